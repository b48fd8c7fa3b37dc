//! Profiles with mistakes in them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::document::Document;
use super::language::{Key, PROFILE, Shape};
use super::raw::RawProfile;
use super::{Profile, Profiles};
use crate::contract::{Contracts, Schemas};

fn problems(text: &str) -> Vec<String> {
    let contracts = Contracts::load(&Schemas::embedded()).unwrap();
    Profile::from_toml(text, &contracts)
        .err()
        .unwrap_or_default()
}

#[test]
fn what_the_keys_have_to_do_with_each_other_is_checked_all_at_once() {
    let text = r#"id = "p"
title = "t"
layout = "element_rows"
table = "tensile_tests"

[match]
file_name = '(?<heat>.+)\.csv'

[format]
encoding = "klingon"
delimiter = "::"
thousands = "auto"
dates = ["d.m.y"]
sheet = 0

[header]
find = ["Rm"]
line = 3

[[column]]
field = "rm_mpa"
names = ["Rm"]
unit = "kg"

[[column]]
field = "rm_mpa"
names = []

[[head]]
key = "Breite"
field = "width_mm"
unit = "MPa"

[constants]
elongation_type = "A51"

[values.product_form]
Blech = "Sheet Metal"

[elements]
unit = "MPa"
names = { Silizium = "SI" }

[blocks]
width = 2
repeat = true
"#;
    let found = problems(text);
    let places: Vec<&str> = found
        .iter()
        .map(|problem| problem.split(": ").next().unwrap_or_default())
        .zip(&found)
        .map(|(line, problem)| {
            let key = problem[line.len() + 2..].find(": ").unwrap_or(0);
            &problem[..line.len() + 2 + key]
        })
        .collect();
    assert_eq!(
        places,
        [
            "4: table",
            "7: match.file_name",
            "10: format.encoding",
            "11: format.delimiter",
            "12: format.thousands",
            "13: format.dates",
            "14: format.sheet",
            "18: header.line",
            "23: column[1].unit",
            "26: column[2].field",
            "27: column[2].names",
            "32: head[1].unit",
            "35: constants.elongation_type",
            "38: values.product_form.Blech",
            "40: elements.element",
            "40: elements.replicates",
            "41: elements.unit",
            "42: elements.names.Silizium",
            "44: blocks",
            "44: blocks",
        ]
    );
}

#[test]
fn shipped_profiles_are_right() {
    let schemas = Schemas::embedded();
    let contracts = Contracts::load(&schemas).unwrap();
    let profiles = Profiles::load(&schemas, &contracts).unwrap();
    assert!(profiles.ids().count() >= 5);
}

/// A value of every shape, every key of every table in it.
fn example(shape: &Shape) -> toml::Value {
    let text = || toml::Value::String("x".to_owned());
    let table = |key: &str, value: toml::Value| {
        toml::Value::Table([(key.to_owned(), value)].into_iter().collect())
    };
    match shape {
        Shape::Text | Shape::Regex | Shape::TextOrCount | Shape::TextOrTexts => text(),
        Shape::Word(words) => toml::Value::String(words[0].to_owned()),
        Shape::Truth => toml::Value::Boolean(true),
        Shape::Count(least, _) => toml::Value::Integer(*least),
        Shape::Texts => toml::Value::Array(vec![text()]),
        Shape::Scalars | Shape::TextMap => table("k", text()),
        Shape::TextMaps => table("k", table("k", text())),
        Shape::Table(keys) => everything(keys),
        Shape::Tables(keys) => toml::Value::Array(vec![everything(keys)]),
    }
}

fn everything(keys: &[Key]) -> toml::Value {
    let entries = keys
        .iter()
        .map(|key| (key.name.to_owned(), example(&key.shape)));
    toml::Value::Table(entries.collect())
}

#[test]
fn every_key_of_the_language_is_read() {
    // `RawProfile` refuses a key that it does not know.
    let text = toml::to_string(&everything(PROFILE)).unwrap();
    assert_eq!(Document::new(&text).problems, []);
    toml::from_str::<RawProfile>(&text).unwrap();
}
