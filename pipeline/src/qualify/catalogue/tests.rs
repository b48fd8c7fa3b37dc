//! What the reader accepts, what it says about what it refuses, and that every shipped file is fit.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::qualify::{AppliesTo, Basis, Demand, LimitStatus, NameSystem};

const HEAD: &str = "id = \"tray\"\ntitle = { en = \"Tray\", zh = \"托盘\" }\n\
                    product_forms = [\"hollow_profile\"]\n";
const GRADE: &str = "id = \"EN AW-6061\"\nfamily = \"extrusion\"\n\
                     names = [{ name = \"6061\", system = \"aa\" }]\n";
const FE: &str = "[[composition]]\nelement = \"Fe\"\nmax = 0.7\napplies_to = \"product\"\n\
                  source = \"EN 573-3\"\nstatus = \"unverified\"\n";
const CU: &str = "[[requirement]]\nelement = \"Cu\"\nat_most = 0.3\nbasis = \"max\"\n\
                  source = \"drawing 7\"\nstatus = \"verified\"\n";

fn layer(grades: &[(&str, String)], components: &[(&str, String)]) -> Layer {
    let own = |files: &[(&str, String)]| {
        files
            .iter()
            .map(|(file, text)| ((*file).to_owned(), text.clone()))
            .collect()
    };
    Layer {
        grades: own(grades),
        components: own(components),
    }
}

fn component_errors(text: String) -> Vec<String> {
    let found = Catalogue::load(&[layer(&[], &[("tray.toml", text)])]);
    found.unwrap_err().iter().map(ToString::to_string).collect()
}

fn grade_errors(text: String) -> Vec<String> {
    let found = Catalogue::load(&[layer(&[("6061.toml", text)], &[])]);
    found.unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_file_is_read_in_full() {
    let text = format!(
        "{HEAD}critical = [\"leak\"]\n{CU}compare = \"rounded\"\ndigits = 2\n\
         [[requirement]]\nproperty = \"a_pct\"\nat_least = 8\nbasis = \"B\"\n\
         test_temp_c = [10, 35]\nelongation_type = \"A50\"\nsource = \"s\"\nstatus = \"unverified\"\n\
         [[requirement]]\nevidence = \"leak\"\nsource = \"s\"\nstatus = \"verified\"\n"
    );
    let catalogue = Catalogue::load(&[layer(&[], &[("tray.toml", text)])]).unwrap();
    let tray = catalogue.component("tray").unwrap();
    assert_eq!(tray.title.zh.as_deref(), Some("托盘"));
    let limit = tray.requirements[0].demand.limit().unwrap();
    assert_eq!(
        (limit.value, limit.basis, limit.rounded_to),
        (0.3, Basis::Max, Some(2))
    );
    let Demand::Property {
        test_temp_c,
        elongation_type,
        limit,
        ..
    } = &tray.requirements[1].demand
    else {
        panic!("{:?}", tray.requirements[1]);
    };
    assert_eq!(
        (*test_temp_c, limit.value, limit.rounded_to),
        ([10.0, 35.0], 8.0, None)
    );
    assert_eq!(elongation_type.map(|kind| kind.as_str()), Some("A50"));
    assert!(matches!(
        &tray.requirements[2].demand,
        Demand::Evidence {
            mandatory: true,
            ..
        }
    ));
    assert_eq!(tray.requirements[1].status, LimitStatus::Unverified);
}

/// Every mistake is named with file, line, entry, key, value and rule.
#[test]
fn errors_point_at_the_spot() {
    let property = "[[requirement]]\nproperty = \"rp02_mpa\"\nat_least = 225\nbasis = \"B\"\n\
                    test_temp_c = [10, 35]\nsource = \"s\"\nstatus = \"verified\"\n";
    let change = |from: &str, to: &str| {
        let text = format!("{HEAD}{property}");
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    for (text, expected) in [
        (
            change("source = \"s\"\n", ""),
            "tray.toml:4: requirement 1: key `source`: missing: every limit names where it comes from [required]",
        ),
        (
            change("source = \"s\"", "source = \" \""),
            "tray.toml:9: requirement 1: key `source`: ` ` must not be blank: every limit names where it comes from [text]",
        ),
        (
            change("status = \"verified\"\n", ""),
            "tray.toml:4: requirement 1: key `status`: missing: say verified or unverified [required]",
        ),
        (
            change("\"verified\"", "\"checked\""),
            "tray.toml:10: requirement 1: key `status`: `checked` must be one of verified, unverified [vocabulary]",
        ),
        (
            change("rp02_mpa", "rp02"),
            "tray.toml:5: requirement 1: key `property`: `rp02` must be one of rm_mpa, rp02_mpa, a_pct [vocabulary]",
        ),
        (
            change("[10, 35]", "[35, 10]"),
            "tray.toml:8: requirement 1: key `test_temp_c`: `[35, 10]` the first number must not exceed the second [order]",
        ),
        (
            change("225", "225000"),
            "tray.toml:6: requirement 1: key `at_least`: `225000` must lie between 0 and 1000 [range]",
        ),
        (
            change("225", "nan"),
            "tray.toml:6: requirement 1: key `at_least`: `nan` must be a finite number [number]",
        ),
        (
            change("at_least = 225\n", ""),
            "tray.toml:4: requirement 1: key `at_least`: missing: a limit needs one of at_least, at_most [required]",
        ),
        (
            change("basis = \"B\"", "basis = \"max\""),
            "tray.toml:7: requirement 1: key `basis`: `max` does not go with at_least: use min [conflict]",
        ),
        (
            change("basis = \"B\"", "basis = \"Cpk\""),
            "tray.toml:4: requirement 1: key `cpk_at_least`: missing: basis = \"Cpk\" needs the Cpk to be reached, for example 1.33 [required]",
        ),
        (
            change("basis = \"B\"", "basis = \"B\"\ncompare = \"rounded\""),
            "tray.toml:4: requirement 1: key `digits`: missing: compare = \"rounded\" needs the number of decimals [required]",
        ),
        (
            change("basis = \"B\"", "basis = \"B\"\ndigits = 1"),
            "tray.toml:8: requirement 1: key `digits`: `1` needs compare = \"rounded\" beside it [conflict]",
        ),
        (
            change("rp02_mpa", "a_pct").replace("225", "8"),
            "tray.toml:4: requirement 1: key `elongation_type`: missing: limits of different elongation types are never mixed: name it [required]",
        ),
        (
            change("hollow_profile", "tube"),
            "tray.toml:3: head: key `product_forms`: `tube` must be one of die_casting, permanent_mould_casting, sand_casting, open_profile, hollow_profile, sheet, plate, forging, bar [vocabulary]",
        ),
        (
            change("\"tray\"", "\"Tray 1\""),
            "tray.toml:1: head: key `id`: `Tray 1` may hold only lower-case letters, digits and hyphens [id]",
        ),
        (
            change(
                "property = \"rp02_mpa\"",
                "mandatory = false\nproperty = \"rp02_mpa\"",
            ),
            "tray.toml:5: requirement 1: key `mandatory`: `false` belongs to evidence only [conflict]",
        ),
        (
            format!("{HEAD}{CU}").replace("\"max\"", "\"B\""),
            "tray.toml:7: requirement 1: key `basis`: `B` must be one of mean, min, max [vocabulary]",
        ),
        (
            format!("{HEAD}{CU}").replace("\"Cu\"", "\"cu\""),
            "tray.toml:5: requirement 1: key `element`: `cu` is not a chemical symbol such as Fe [vocabulary]",
        ),
        (
            HEAD.to_owned(),
            "tray.toml:1: head: key `requirement`: missing: a component needs at least one [[requirement]], or every grade would pass [required]",
        ),
    ] {
        assert_eq!(component_errors(text), [expected]);
    }
    let pair = format!(
        "{HEAD}{CU}{}",
        CU.replace("at_most = 0.3", "at_least = 0.4")
            .replace("max", "min")
    );
    let found = component_errors(pair);
    assert_eq!(
        found,
        [
            "tray.toml:4: requirement 1: key `at_most`: no Cu can be at least 0.4 (requirement 2) and at most 0.3 [order]"
        ]
    );
}

#[test]
fn unknown_keys_and_wrong_types_keep_the_words_of_toml() {
    let found = component_errors(format!("{HEAD}{}", CU.replace("at_most", "atmost")));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with(
            "tray.toml:6: requirement 1: `atmost`: unknown field `atmost`, expected one of"
        ),
        "{found:?}"
    );
    let found = component_errors(format!("{HEAD}{}", CU.replace("0.3", "\"0.3\"")));
    assert!(
        found[0].starts_with(
            "tray.toml:6: requirement 1: `\"0.3\"`: invalid type: string \"0.3\", expected f64"
        ),
        "{found:?}"
    );
    let found = component_errors(format!("colour = \"red\"\n{HEAD}{CU}"));
    assert!(
        found[0].starts_with("tray.toml:1: head: `colour`: unknown field"),
        "{found:?}"
    );
    let found = component_errors(format!("{HEAD}requirement = 3\n"));
    assert!(
        found[1].contains("must be a list of tables, each under [[requirement]]"),
        "{found:?}"
    );
    let found = component_errors(format!(
        "{HEAD}{}",
        CU.replace("at_most = 0.3", "at_most = ")
    ));
    assert!(found[0].starts_with("tray.toml:6:"), "{found:?}");
    assert!(found[0].contains("not valid TOML"), "{found:?}");
}

#[test]
fn all_mistakes_of_all_files_are_reported_at_once() {
    let bad = format!(
        "{HEAD}{}{}{}",
        CU.replace("source = \"drawing 7\"\n", "")
            .replace("0.3", "300"),
        CU.replace("at_most", "atmost"),
        CU.replace("\"verified\"", "\"true\""),
    );
    let broken = "id = ".to_owned();
    let grade = format!("{GRADE}{}", FE.replace("max", "min = 0.9\nmax"));
    let layer = layer(
        &[("6061.toml", grade)],
        &[("tray.toml", bad), ("beam.toml", broken)],
    );
    let found = Catalogue::load(&[layer]).unwrap_err();
    let places: Vec<(&str, usize)> = found.iter().map(|e| (e.file(), e.line())).collect();
    assert_eq!(
        places,
        [
            ("6061.toml", 6),
            ("tray.toml", 4),
            ("tray.toml", 6),
            ("tray.toml", 11),
            ("tray.toml", 20),
            ("beam.toml", 1)
        ]
    );
    let finding = found[0].to_finding();
    assert_eq!(
        (finding.field.as_str(), finding.value.as_str()),
        ("composition 1: min", "0.9")
    );
    assert_eq!((finding.rule.as_str(), finding.line), ("order", 6));
}

#[test]
fn grade_files_are_checked_too() {
    let minimum = "[[minimum]]\ntempers = [\"T6\"]\nproduct_forms = [\"sheet\"]\n\
                   thickness_mm = [0.4, 1.5]\nproperty = \"rm_mpa\"\nat_least = 290\n\
                   standard = \"EN 485-2\"\nsource = \"s\"\nstatus = \"unverified\"\n";
    let good = format!("{GRADE}{FE}{minimum}");
    let catalogue = Catalogue::load(&[layer(&[("6061.toml", good.clone())], &[])]).unwrap();
    let grade = catalogue.grade_of("6061").unwrap();
    assert_eq!(grade.names[0].system, NameSystem::Aa);
    assert_eq!(grade.composition[0].applies_to, AppliesTo::Product);
    assert_eq!(grade.minimum_for("T6", "sheet").count(), 1);
    assert_eq!(grade.minimum_for("T4", "sheet").count(), 0);
    for (from, to, expected) in [
        (
            "max = 0.7",
            "min = 0.9\nmax = 0.7",
            "key `min`: `0.9` exceeds max = 0.7: no metal lies between them [order]",
        ),
        (
            "max = 0.7\n",
            "",
            "key `max`: missing: a composition limit needs min, max or both [required]",
        ),
        (
            "\"product\"",
            "\"bar\"",
            "key `applies_to`: `bar` must be one of casting, ingot, product [vocabulary]",
        ),
        (
            "[0.4, 1.5]",
            "[1.5, 0.4]",
            "key `thickness_mm`: `[1.5, 0.4]` the first number must not exceed the second [order]",
        ),
        (
            "[\"T6\"]",
            "[]",
            "key `tempers`: `[]` list at least one temper [required]",
        ),
        (
            "\"rm_mpa\"",
            "\"Rm\"",
            "key `property`: `Rm` must be one of rm_mpa, rp02_mpa, a_pct [vocabulary]",
        ),
        (
            "standard = \"EN 485-2\"\n",
            "",
            "key `standard`: missing: name the standard, with its edition [required]",
        ),
        (
            "\"aa\"",
            "\"astm\"",
            "key `system`: `astm` must be one of en, aa, gb, jis, trade [vocabulary]",
        ),
        (
            "source = \"s\"\n",
            "",
            "key `source`: missing: every limit names where it comes from [required]",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let found = grade_errors(good.replace(from, to));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(expected), "{found:?}");
    }
}

#[test]
fn a_labs_own_file_replaces_the_shipped_one() {
    let shipped = layer(
        &[("a/6061.toml", format!("{GRADE}{FE}"))],
        &[("a/tray.toml", format!("{HEAD}{CU}"))],
    );
    let own = layer(
        &[(
            "b/6061.toml",
            format!("{GRADE}{}", FE.replace("0.7", "0.5")).replace("EN AW", "en aw"),
        )],
        &[("b/tray.toml", format!("{HEAD}{}", CU.replace("0.3", "0.2")))],
    );
    let catalogue = Catalogue::load(&[shipped.clone(), own.clone()]).unwrap();
    assert_eq!(catalogue.grades().count(), 1);
    assert_eq!(
        catalogue.grade_of("6061").unwrap().composition[0].max,
        Some(0.5)
    );
    let limit = catalogue.component("tray").unwrap().requirements[0]
        .demand
        .limit()
        .copied();
    assert_eq!(limit.map(|limit| limit.value), Some(0.2));

    let both = Layer {
        grades: [shipped.grades, own.grades].concat(),
        components: [shipped.components, own.components].concat(),
    };
    let found: Vec<String> = Catalogue::load(&[both])
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "b/6061.toml: id `en aw-6061` is already declared by a/6061.toml [unique]",
            "b/tray.toml: id `tray` is already declared by a/tray.toml [unique]"
        ]
    );
}

#[test]
fn names_find_a_grade_and_clash_only_within_a_layer() {
    let other = format!("{GRADE}{FE}").replace("EN AW-6061", "Own 6061 scrap");
    let shipped = layer(&[("a.toml", format!("{GRADE}{FE}"))], &[]);
    let own = layer(&[("b.toml", other.clone())], &[]);
    let catalogue = Catalogue::load(&[shipped, own]).unwrap();
    for (name, id) in [
        ("EN AW-6061", "EN AW-6061"),
        ("en aw 6061", "EN AW-6061"),
        (" ENAW6061", "EN AW-6061"),
        ("own 6061 SCRAP", "Own 6061 scrap"),
        ("6061", "Own 6061 scrap"),
    ] {
        assert_eq!(
            catalogue.grade_of(name).map(|grade| grade.id.as_str()),
            Some(id),
            "{name}"
        );
    }
    assert_eq!(catalogue.grade_of("6082"), None);
    let clash = layer(
        &[("a.toml", format!("{GRADE}{FE}")), ("b.toml", other)],
        &[],
    );
    let found = Catalogue::load(&[clash]).unwrap_err();
    assert_eq!(found.len(), 1);
    let text = found[0].to_string();
    assert_eq!(
        text,
        "b.toml: name `6061` already belongs to `EN AW-6061` [unique]"
    );
}

mod language;
mod shipped;
