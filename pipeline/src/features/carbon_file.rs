//! `schemas/carbon.toml`: the unchecked shape of factor sets, their checks, and layers put together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::carbon::{Covers, ElementFactor, Factor, FactorSet, Factors, SupplierFactor};
use super::carbon::{SystemModel, words_of};
use super::checked_toml::{Checker, Entry, RawOrigin, RawTitle};
use crate::domain::{Element, SourceClass};

/// No material weighs more, kg CO2e per kg; beyond it, kg per tonne were given.
const HIGHEST: f64 = 100.0;
/// Years a set may speak of.
const YEARS: [f64; 2] = [1990.0, 2100.0];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    default: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSet {
    id: Option<Spanned<String>>,
    title: Option<RawTitle>,
    year: Option<Spanned<u16>>,
    system_model: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFactor {
    set: Option<Spanned<String>>,
    source_class: Option<Spanned<String>>,
    element: Option<Spanned<String>>,
    materials: Option<Vec<Spanned<String>>>,
    factor: Option<Spanned<f64>>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMelting {
    set: Option<Spanned<String>>,
    factor: Option<Spanned<f64>>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSupplier {
    supplier: Option<Spanned<String>>,
    stream: Option<Spanned<String>>,
    source_class: Option<Spanned<String>>,
    factor: Option<Spanned<f64>>,
    system_model: Option<Spanned<String>>,
    valid_until: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
}

/// What a factor of a set is for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Class(SourceClass),
    Element(Element),
    Melting,
}

/// A checked factor of a set that may stand in another layer.
struct Given {
    set: Spanned<String>,
    key: Key,
    factor: Factor,
    /// Folded words of materials, where any are given.
    materials: Option<Vec<Vec<String>>>,
    entry: Entry,
}

/// Reads layers, the later over the earlier.
pub(super) fn read(layers: &[(&str, &str)]) -> Result<Factors, Vec<String>> {
    let mut errors = Vec::new();
    let mut factors = Factors {
        default: String::new(),
        sets: BTreeMap::new(),
        suppliers: Vec::new(),
    };
    for (text, file) in layers {
        let mut checker = Checker::new(text, file);
        read_layer(&mut checker, file, &mut factors);
        errors.extend(checker.into_errors());
    }
    if errors.is_empty() {
        let file = layers.last().map_or("carbon.toml", |(_, file)| file);
        errors = incomplete(&factors, file);
    }
    if errors.is_empty() {
        Ok(factors)
    } else {
        Err(errors)
    }
}

/// Sets without the factor of a class, after all layers; `file` is named as the last that could help.
fn incomplete(factors: &Factors, file: &str) -> Vec<String> {
    let mut errors = Vec::new();
    for set in factors.sets.values() {
        let missing = FactorSet::CLASSES.into_iter();
        for class in missing.filter(|class| !set.classes.contains_key(class)) {
            let id = &set.id;
            errors.push(format!(
                "{file}: set `{id}`: missing: a [[factor]] with source_class = \"{class}\" [required]"
            ));
        }
    }
    if factors.default.is_empty() {
        let message = "key `default`: missing: name the set that is taken unless told otherwise";
        errors.push(format!("{file}: head: {message} [required]"));
    }
    errors
}

fn read_layer(checker: &mut Checker<'_>, file: &str, factors: &mut Factors) {
    let lists = ["set", "factor", "melting", "supplier"];
    let Some((head, lists)) = checker.document(&lists) else {
        return;
    };
    let mut lists = lists.into_iter();
    let mut take = || lists.next().unwrap_or_default();
    let (sets, given, melting, suppliers) = (take(), take(), take(), take());

    let mut seen = BTreeSet::new();
    for (position, value) in sets.into_iter().enumerate() {
        let name = format!("set {}", position + 1);
        if let Some((raw, entry)) = checker.shape::<RawSet>(name, value)
            && let Some(set) = set(checker, &entry, raw)
        {
            if !seen.insert(set.id.clone()) {
                let message = format!("`{}` is already a set of this file", set.id);
                checker.reject_entry(&entry, "id", "unique", &message);
            }
            // The factors of an earlier layer stay until they are replaced one by one.
            let earlier = factors.sets.remove(&set.id);
            let set = match earlier {
                Some(earlier) => FactorSet {
                    classes: earlier.classes,
                    elements: earlier.elements,
                    melting: earlier.melting,
                    ..set
                },
                None => set,
            };
            factors.sets.insert(set.id.clone(), set);
        }
    }
    let mut all = Vec::new();
    for (position, value) in given.into_iter().enumerate() {
        let name = format!("factor {}", position + 1);
        if let Some((raw, entry)) = checker.shape::<RawFactor>(name, value) {
            all.extend(factor(checker, entry, raw));
        }
    }
    for (position, value) in melting.into_iter().enumerate() {
        let name = format!("melting {}", position + 1);
        if let Some((raw, entry)) = checker.shape::<RawMelting>(name, value) {
            let origin = RawOrigin {
                source: raw.source,
                status: raw.status,
            };
            let factor = number(checker, &entry, raw.factor);
            let factor = checker.sourced(&entry, factor, origin);
            let set = checker.text(&entry, "set", raw.set, "name the set");
            all.extend(set.zip(factor).map(|(set, factor)| Given {
                set,
                key: Key::Melting,
                factor,
                materials: None,
                entry,
            }));
        }
    }
    put(checker, all, factors);
    for (position, value) in suppliers.into_iter().enumerate() {
        let name = format!("supplier {}", position + 1);
        if let Some((raw, entry)) = checker.shape::<RawSupplier>(name, value) {
            let found = supplier(checker, &entry, raw, file);
            factors.suppliers.extend(found);
        }
    }
    if let Some((raw, entry)) = checker.shape::<RawHead>("head".to_owned(), head)
        && let Some(default) = raw.default
    {
        if factors.sets.contains_key(default.get_ref()) {
            factors.default = default.into_inner();
        } else {
            unknown_set(checker, &entry, "default", &default, factors);
        }
    }
}

fn unknown_set(
    checker: &mut Checker<'_>,
    entry: &Entry,
    key: &str,
    id: &Spanned<String>,
    factors: &Factors,
) {
    let known: Vec<&str> = factors.sets.keys().map(String::as_str).collect();
    let message = format!("must be one of {}", known.join(", "));
    checker.reject(entry, id.span(), key, "vocabulary", &message);
}

/// Puts the factors of one layer into their sets.
fn put(checker: &mut Checker<'_>, all: Vec<Given>, factors: &mut Factors) {
    let mut seen = BTreeSet::new();
    for given in all {
        let Given {
            set: id,
            key,
            factor,
            materials,
            entry,
        } = given;
        if !seen.insert((id.get_ref().clone(), key.clone())) {
            let message = format!("`{}` has this factor already in this file", id.get_ref());
            checker.reject_entry(&entry, "set", "unique", &message);
        }
        let Some(set) = factors.sets.get_mut(id.get_ref()) else {
            unknown_set(checker, &entry, "set", &id, factors);
            continue;
        };
        match key {
            Key::Class(class) => {
                set.classes.insert(class, factor);
            }
            Key::Element(element) => {
                let earlier = set
                    .elements
                    .remove(&element)
                    .map(|earlier| earlier.materials);
                let materials = materials.or(earlier).unwrap_or_default();
                set.elements
                    .insert(element, ElementFactor { factor, materials });
            }
            Key::Melting => set.melting = Some(factor),
        }
    }
}

fn set(checker: &mut Checker<'_>, entry: &Entry, raw: RawSet) -> Option<FactorSet> {
    let id = checker.id(
        entry,
        raw.id,
        "name the set, for example china-2020-cut-off",
    );
    let title = checker.title(entry, raw.title);
    let year = match raw.year {
        Some(year) => {
            let number = Spanned::new(year.span(), f64::from(*year.get_ref()));
            let fits = checker.number(entry, "year", &number, YEARS).is_some();
            fits.then(|| year.into_inner())
        }
        None => {
            checker.reject_entry(entry, "year", "required", "say which year it speaks of");
            None
        }
    };
    let system_model = match raw.system_model {
        Some(word) => model(checker, entry, &word),
        None => {
            let message = "say cut_off or substitution";
            checker.reject_entry(entry, "system_model", "required", message);
            None
        }
    };
    let message = "every set names where it comes from";
    let source = checker.text(entry, "source", raw.source, message);
    Some(FactorSet {
        id: id?.into_inner(),
        title: title?,
        year: year?,
        system_model: system_model?,
        source: source?.into_inner(),
        classes: BTreeMap::new(),
        elements: BTreeMap::new(),
        melting: None,
    })
}

fn model(checker: &mut Checker<'_>, entry: &Entry, word: &Spanned<String>) -> Option<SystemModel> {
    let words = &SystemModel::ALL;
    checker.word(entry, "system_model", word, words, SystemModel::as_str)
}

fn number(checker: &mut Checker<'_>, entry: &Entry, value: Option<Spanned<f64>>) -> Option<f64> {
    match value {
        Some(value) => checker.number(entry, "factor", &value, [0.0, HIGHEST]),
        None => {
            checker.reject_entry(entry, "factor", "required", "give kg CO2e per kg");
            None
        }
    }
}

fn class(checker: &mut Checker<'_>, entry: &Entry, word: &Spanned<String>) -> Option<SourceClass> {
    let words = &FactorSet::CLASSES;
    checker.word(entry, "source_class", word, words, SourceClass::as_str)
}

fn factor(checker: &mut Checker<'_>, entry: Entry, raw: RawFactor) -> Option<Given> {
    let set = checker.text(&entry, "set", raw.set, "name the set");
    let key = match (&raw.source_class, &raw.element) {
        (Some(word), None) => class(checker, &entry, word).map(Key::Class),
        (None, Some(symbol)) => {
            let element = Element::parse(symbol.get_ref());
            if element.is_none() {
                let message = "is not a chemical symbol";
                checker.reject(&entry, symbol.span(), "element", "vocabulary", message);
            }
            element.map(Key::Element)
        }
        (None, None) => {
            let message = "a factor is for a source_class or an element";
            checker.reject_entry(&entry, "source_class", "required", message);
            None
        }
        (Some(_), Some(symbol)) => {
            let message = "a factor is for a source_class or an element, not both";
            checker.reject(&entry, symbol.span(), "element", "conflict", message);
            None
        }
    };
    let mut materials = None;
    if let Some(names) = raw.materials {
        let mut kept = Vec::new();
        for name in names {
            let words = words_of(name.get_ref());
            if words.is_empty() {
                // It would be the beginning of every material.
                let message = "must have at least one letter or digit";
                checker.reject(&entry, name.span(), "materials", "text", message);
            } else if raw.element.is_none() {
                let message = "belongs to the factor of an element";
                checker.reject(&entry, name.span(), "materials", "conflict", message);
            }
            kept.push(words);
        }
        materials = Some(kept);
    }
    let factor = number(checker, &entry, raw.factor);
    let origin = RawOrigin {
        source: raw.source,
        status: raw.status,
    };
    let factor = checker.sourced(&entry, factor, origin);
    Some(Given {
        set: set?,
        key: key?,
        factor: factor?,
        materials,
        entry,
    })
}

fn supplier(
    checker: &mut Checker<'_>,
    entry: &Entry,
    raw: RawSupplier,
    file: &str,
) -> Option<SupplierFactor> {
    let message = "name the supplier as charge lines do";
    let supplier = checker.text(entry, "supplier", raw.supplier, message);
    let covers = match (raw.stream, raw.source_class) {
        (Some(stream), None) => {
            let stream = checker.text(entry, "stream", Some(stream), "name the stream");
            stream.map(|stream| Covers::Stream(stream.into_inner()))
        }
        (None, Some(word)) => class(checker, entry, &word).map(Covers::SourceClass),
        (None, None) => {
            let message = "a supplier's figure is for a stream or a source_class";
            checker.reject_entry(entry, "stream", "required", message);
            None
        }
        (Some(_), Some(word)) => {
            let message = "a supplier's figure is for a stream or a source_class, not both";
            checker.reject(entry, word.span(), "source_class", "conflict", message);
            None
        }
    };
    let system_model = match raw.system_model {
        Some(word) => model(checker, entry, &word),
        None => Some(SystemModel::CutOff),
    };
    let valid_until = raw.valid_until.map(|day| {
        let read = chrono::NaiveDate::parse_from_str(day.get_ref(), "%Y-%m-%d");
        if read.is_err() || day.get_ref().len() != "2027-12-31".len() {
            let message = "must be a day like 2027-12-31";
            checker.reject(entry, day.span(), "valid_until", "date", message);
        }
        day.into_inner()
    });
    let factor = number(checker, entry, raw.factor);
    let origin = RawOrigin {
        source: raw.source,
        status: raw.status,
    };
    let factor = checker.sourced(entry, factor, origin);
    Some(SupplierFactor {
        supplier: supplier?.into_inner(),
        covers: covers?,
        factor: factor?,
        system_model: system_model?,
        valid_until,
        place: format!("{file}:{}", checker.line(entry.span.start)),
    })
}
