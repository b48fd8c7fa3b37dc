//! `schemas/components/*.toml`: the unchecked shape of a component and its checks.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::catalogue_error::CatalogueError;
use super::component::{Component, Demand, Limit, Requirement, Title};
use super::toml_entries::{Checker, Entry, highest_limit};
use super::verdict::{Basis, Direction, LimitStatus};
use super::vocabulary::{Criticality, ElongationType, EvidenceKind, ProductForm};
use crate::domain::{Element, Property};

/// Most decimals a rounding rule may name; a laboratory reports fewer.
const DIGITS_AT_MOST: u32 = 6;

impl Component {
    /// Reads and checks one file; every mistake in it is reported.
    pub(super) fn read(file: &str, text: &str) -> Result<Component, Vec<CatalogueError>> {
        let mut checker = Checker::new(file, text);
        let component = read(&mut checker, file);
        checker.finish(component)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    id: Option<Spanned<String>>,
    title: Option<Spanned<RawTitle>>,
    critical: Option<Spanned<Vec<Spanned<String>>>>,
    product_forms: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTitle {
    en: Option<Spanned<String>>,
    zh: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequirement {
    property: Option<Spanned<String>>,
    element: Option<Spanned<String>>,
    evidence: Option<Spanned<String>>,
    at_least: Option<Spanned<f64>>,
    at_most: Option<Spanned<f64>>,
    basis: Option<Spanned<String>>,
    compare: Option<Spanned<String>>,
    digits: Option<Spanned<u32>>,
    test_temp_c: Option<Spanned<[f64; 2]>>,
    elongation_type: Option<Spanned<String>>,
    mandatory: Option<Spanned<bool>>,
    criterion: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
}

fn read(checker: &mut Checker<'_>, file: &str) -> Option<Component> {
    let document = checker.document(&["requirement"])?;
    let head = checker.shape::<RawHead>("head", document.head);
    let entries: Vec<_> = document.lists.into_iter().flatten().collect();
    let has_entries = !entries.is_empty();
    let mut requirements = Vec::new();
    for (position, value) in entries.into_iter().enumerate() {
        let name = format!("requirement {}", position + 1);
        if let Some((raw, span)) = checker.shape::<RawRequirement>(&name, value) {
            let place = span.clone();
            let mut entry = checker.entry(&name, span);
            requirements.push((name, place, requirement(&mut entry, raw)));
        }
    }
    let (raw, span) = head?;
    let mut entry = checker.entry("head", span);
    if !has_entries {
        let message = "a component needs at least one [[requirement]], or every grade would pass";
        entry.reject_entry("requirement", "required", message);
    }
    let id = entry.text(
        "id",
        raw.id.clone(),
        "name the component, for example crash-box",
    );
    if let (Some(id), Some(place)) = (&id, raw.id)
        && !id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        let message = "may hold only lower-case letters, digits and hyphens".to_owned();
        entry.reject(place.span(), "id", "id", message);
    }
    let title = entry
        .required("title", raw.title, "give title = { en = …, zh = … }")
        .map(Spanned::into_inner)
        .and_then(|raw| {
            Some((
                entry.text("title.en", raw.en, "give the English title")?,
                raw.zh,
            ))
        })
        .map(|(en, zh)| Title { en, zh });
    let critical = entry.words(
        "critical",
        raw.critical,
        Criticality::ALL,
        Criticality::as_str,
        false,
    );
    let product_forms = entry.words(
        "product_forms",
        raw.product_forms,
        ProductForm::ALL,
        ProductForm::as_str,
        true,
    );
    check_pairs(checker, &requirements);
    Some(Component {
        id: id?,
        title: title?,
        critical,
        product_forms,
        requirements: requirements
            .into_iter()
            .filter_map(|(_, _, read)| read)
            .collect(),
        file: file.to_owned(),
    })
}

/// Checks one requirement; `None` when it cannot be built, with the reasons reported.
fn requirement(entry: &mut Entry<'_, '_>, raw: RawRequirement) -> Option<Requirement> {
    let source = entry.text(
        "source",
        raw.source.clone(),
        "every limit names where it comes from",
    );
    let status = entry
        .required("status", raw.status.clone(), "say verified or unverified")
        .and_then(|word| entry.word("status", &word, &LimitStatus::ALL, LimitStatus::as_str));
    let demand = match (&raw.property, &raw.element, &raw.evidence) {
        (Some(_), None, None) => property_demand(entry, raw),
        (None, Some(_), None) => element_demand(entry, raw),
        (None, None, Some(_)) => evidence_demand(entry, raw),
        (None, None, None) => {
            let message = "a requirement names one of property, element, evidence";
            entry.reject_entry("property", "required", message);
            None
        }
        _ => {
            let message = "a requirement names only one of property, element, evidence";
            entry.reject_entry("property", "conflict", message);
            None
        }
    };
    Some(Requirement {
        demand: demand?,
        source: source?,
        status: status?,
    })
}

fn property_demand(entry: &mut Entry<'_, '_>, raw: RawRequirement) -> Option<Demand> {
    foreign(entry, "mandatory", &raw.mandatory, "evidence");
    foreign(entry, "criterion", &raw.criterion, "evidence");
    let property = entry.property(raw.property.as_ref()?);
    let test_temp_c = entry
        .required(
            "test_temp_c",
            raw.test_temp_c.clone(),
            "say at which test temperatures, °C",
        )
        .and_then(|interval| entry.interval("test_temp_c", &interval, -273.15, 700.0));
    let elongation_type = match (property, &raw.elongation_type) {
        (Some(Property::A), None) => {
            let message = "limits of different elongation types are never mixed: name it";
            entry.reject_entry("elongation_type", "required", message);
            None
        }
        (Some(Property::A), Some(word)) => entry.word(
            "elongation_type",
            word,
            ElongationType::ALL,
            ElongationType::as_str,
        ),
        (_, given) => {
            foreign(entry, "elongation_type", given, "a_pct");
            None
        }
    };
    let highest = property.map_or(f64::INFINITY, highest_limit);
    let limit = limit(entry, &raw, highest, &Basis::ALL);
    let property = property?;
    if property == Property::A && elongation_type.is_none() {
        return None;
    }
    Some(Demand::Property {
        property,
        limit: limit?,
        test_temp_c: test_temp_c?,
        elongation_type,
    })
}

fn element_demand(entry: &mut Entry<'_, '_>, raw: RawRequirement) -> Option<Demand> {
    foreign(entry, "mandatory", &raw.mandatory, "evidence");
    foreign(entry, "criterion", &raw.criterion, "evidence");
    foreign(entry, "test_temp_c", &raw.test_temp_c, "property");
    foreign(entry, "elongation_type", &raw.elongation_type, "a_pct");
    let symbol = raw.element.as_ref()?;
    let element = Element::parse(symbol.get_ref());
    if element.is_none() {
        let message = "is not a chemical symbol such as Fe".to_owned();
        entry.reject(symbol.span(), "element", "vocabulary", message);
    }
    // No tolerance bound is fitted to a mass fraction, so A and B would have no number to compare.
    let limit = limit(entry, &raw, 100.0, &[Basis::Mean, Basis::Min, Basis::Max]);
    Some(Demand::Element {
        element: element?,
        limit: limit?,
    })
}

fn evidence_demand(entry: &mut Entry<'_, '_>, raw: RawRequirement) -> Option<Demand> {
    foreign(entry, "at_least", &raw.at_least, "property or element");
    foreign(entry, "at_most", &raw.at_most, "property or element");
    foreign(entry, "basis", &raw.basis, "property or element");
    foreign(entry, "compare", &raw.compare, "property or element");
    foreign(entry, "digits", &raw.digits, "property or element");
    foreign(entry, "test_temp_c", &raw.test_temp_c, "property");
    foreign(entry, "elongation_type", &raw.elongation_type, "a_pct");
    let evidence = entry.word(
        "evidence",
        raw.evidence.as_ref()?,
        EvidenceKind::ALL,
        EvidenceKind::as_str,
    );
    let mandatory = raw.mandatory.is_none_or(Spanned::into_inner);
    let criterion = raw.criterion.map_or(String::new(), Spanned::into_inner);
    Some(Demand::Evidence {
        evidence: evidence?,
        mandatory,
        criterion,
    })
}

/// Reports a key that says nothing in this kind of requirement: it would be passed over in silence.
fn foreign<T>(entry: &mut Entry<'_, '_>, key: &str, value: &Option<Spanned<T>>, owner: &str) {
    if let Some(value) = value {
        entry.reject(
            value.span(),
            key,
            "conflict",
            format!("belongs to {owner} only"),
        );
    }
}

fn limit(
    entry: &mut Entry<'_, '_>,
    raw: &RawRequirement,
    highest: f64,
    bases: &[Basis],
) -> Option<Limit> {
    let side = entry.side(raw.at_least.clone(), raw.at_most.clone());
    let (direction, value) = match side {
        Some((direction, value)) => {
            let number = entry.number(direction.as_str(), &value, 0.0, highest);
            (Some(direction), number)
        }
        None => (None, None),
    };
    let basis = entry
        .required("basis", raw.basis.clone(), "say which number is compared")
        .and_then(|word| {
            let basis = entry.word("basis", &word, bases, Basis::as_str)?;
            let clash = match (direction, basis) {
                (Some(Direction::AtLeast), Basis::Max) => Some("min"),
                (Some(Direction::AtMost), Basis::Min) => Some("max"),
                _ => None,
            };
            if let (Some(direction), Some(meant)) = (direction, clash) {
                let message = format!("does not go with {direction}: use {meant}");
                entry.reject(word.span(), "basis", "conflict", message);
                return None;
            }
            Some(basis)
        });
    let rounded_to = rounding(entry, raw);
    Some(Limit {
        direction: direction?,
        value: value?,
        basis: basis?,
        rounded_to: rounded_to?,
    })
}

/// The comparison rule: `Some(None)` is in full, `None` a mistake that was reported.
fn rounding(entry: &mut Entry<'_, '_>, raw: &RawRequirement) -> Option<Option<u32>> {
    let rounds = match &raw.compare {
        None => false,
        Some(word) => {
            // `compare` has two words and is not worth a type of its own.
            entry.word("compare", word, &["full", "rounded"], |word| word)? == "rounded"
        }
    };
    match (&raw.digits, rounds) {
        (None, false) => Some(None),
        (None, true) => {
            let message = "compare = \"rounded\" needs the number of decimals";
            entry.reject_entry("digits", "required", message);
            None
        }
        (Some(digits), false) => {
            let message = "needs compare = \"rounded\" beside it".to_owned();
            entry.reject(digits.span(), "digits", "conflict", message);
            None
        }
        (Some(digits), true) if *digits.get_ref() > DIGITS_AT_MOST => {
            let message = format!("must lie between 0 and {DIGITS_AT_MOST}");
            entry.reject(digits.span(), "digits", "range", message);
            None
        }
        (Some(digits), true) => Some(Some(*digits.get_ref())),
    }
}

/// Refuses a lower limit above an upper limit of the same subject and conditions: nothing could meet it.
fn check_pairs(
    checker: &mut Checker<'_>,
    requirements: &[(String, Range<usize>, Option<Requirement>)],
) {
    let limits: Vec<_> = requirements
        .iter()
        .filter_map(|(name, span, read)| {
            let demand = &read.as_ref()?.demand;
            Some((name, span, demand, demand.limit()?))
        })
        .collect();
    for (lower_name, _, lower, low) in &limits {
        for (name, span, upper, high) in &limits {
            let opposed =
                low.direction == Direction::AtLeast && high.direction == Direction::AtMost;
            if opposed && same_subject(lower, upper) && low.value > high.value {
                let message = format!(
                    "no {} can be at least {} ({lower_name}) and at most {}",
                    upper.subject(),
                    low.value,
                    high.value
                );
                let mut entry = checker.entry(name, (*span).clone());
                entry.reject_entry("at_most", "order", &message);
            }
        }
    }
}

fn same_subject(one: &Demand, other: &Demand) -> bool {
    match (one, other) {
        (
            Demand::Property {
                property,
                test_temp_c: window,
                elongation_type: kind,
                ..
            },
            Demand::Property {
                property: p,
                test_temp_c: w,
                elongation_type: k,
                ..
            },
        ) => property == p && kind == k && window[0] <= w[1] && w[0] <= window[1],
        (Demand::Element { element, .. }, Demand::Element { element: e, .. }) => element == e,
        _ => false,
    }
}
