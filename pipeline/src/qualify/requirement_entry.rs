//! One `[[requirement]]` of a component: its unchecked shape and its checks.

use serde::Deserialize;
use toml::Spanned;

use super::component::{Demand, EvidenceLimit, Limit, Requirement};
use super::toml_entries::{Entry, highest_limit};
use super::verdict::{Basis, Direction, LimitStatus};
use super::vocabulary::{ElongationType, EvidenceKind, Index, ProductForm, SpecimenOrigin};
use crate::domain::property::Scale;
use crate::domain::{Element, Property};

/// Most decimals a rounding rule may name; a laboratory reports fewer.
const DIGITS_AT_MOST: u32 = 6;

/// Highest Cpk a limit may ask for; six sigma is 2.
///
/// From about 2.7 on the share Φ(3 Cpk) is 1 in double precision, and no bound of it exists.
const CPK_AT_MOST: f64 = 2.5;

/// Thickest test piece a window may speak of, mm.
const THICKNESS_AT_MOST: f64 = 1000.0;

/// Bases of a number that every heat has one of.
///
/// No tolerance bound is fitted to a mass fraction or an index, so A, B and Cpk would have no number to
/// compare.
const BASES_OF_HEATS: [Basis; 3] = [Basis::Mean, Basis::Min, Basis::Max];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequirement {
    property: Option<Spanned<String>>,
    element: Option<Spanned<String>>,
    index: Option<Spanned<String>>,
    evidence: Option<Spanned<String>>,
    at_least: Option<Spanned<f64>>,
    at_most: Option<Spanned<f64>>,
    unit: Option<Spanned<String>>,
    basis: Option<Spanned<String>>,
    cpk_at_least: Option<Spanned<f64>>,
    compare: Option<Spanned<String>>,
    digits: Option<Spanned<u32>>,
    test_temp_c: Option<Spanned<[f64; 2]>>,
    specimen_origin: Option<Spanned<String>>,
    thickness_mm: Option<Spanned<[f64; 2]>>,
    elongation_type: Option<Spanned<String>>,
    mandatory: Option<Spanned<bool>>,
    criterion: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
}

/// Checks one requirement of a component with these product forms; `None` when it cannot be built, with
/// the reasons reported.
pub(super) fn read(
    entry: &mut Entry<'_, '_>,
    raw: RawRequirement,
    forms: &[ProductForm],
) -> Option<Requirement> {
    let source = entry.text(
        "source",
        raw.source.clone(),
        "every limit names where it comes from",
    );
    let status = entry
        .required("status", raw.status.clone(), "say verified or unverified")
        .and_then(|word| entry.word("status", &word, &LimitStatus::ALL, LimitStatus::as_str));
    let demand = match (&raw.property, &raw.element, &raw.index, &raw.evidence) {
        (Some(_), None, None, None) => property_demand(entry, raw, forms),
        (None, Some(_), None, None) => element_demand(entry, raw),
        (None, None, Some(_), None) => index_demand(entry, raw, forms),
        (None, None, None, Some(_)) => evidence_demand(entry, raw),
        (None, None, None, None) => {
            let message = "a requirement names one of property, element, index, evidence";
            entry.reject_entry("property", "required", message);
            None
        }
        _ => {
            let message = "a requirement names only one of property, element, index, evidence";
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

fn property_demand(
    entry: &mut Entry<'_, '_>,
    raw: RawRequirement,
    forms: &[ProductForm],
) -> Option<Demand> {
    foreign_to_limits(entry, &raw);
    let property = entry.property(raw.property.as_ref()?);
    let test_temp_c = entry
        .required(
            "test_temp_c",
            raw.test_temp_c.clone(),
            "say at which test temperatures, °C",
        )
        .and_then(|interval| entry.interval("test_temp_c", &interval, -273.15, 700.0));
    let elongation_type = elongation_type(entry, property, &raw, forms);
    // A condition that is written but wrong must not be dropped in silence: `Some(None)` is none given.
    let specimen_origin = match &raw.specimen_origin {
        None => Some(None),
        Some(word) => origin(entry, word, forms).map(Some),
    };
    let thickness_mm = match &raw.thickness_mm {
        None => Some(None),
        Some(window) => entry
            .interval("thickness_mm", window, 0.0, THICKNESS_AT_MOST)
            .map(Some),
    };
    let highest = property.map_or(f64::INFINITY, highest_limit);
    let limit = limit(entry, &raw, (0.0, highest), &Basis::ALL);
    let property = property?;
    let limit = limit.filter(|limit| is_possible(entry, property, limit, &raw))?;
    if property == Property::A && elongation_type.is_none() {
        return None;
    }
    Some(Demand::Property {
        property,
        limit,
        test_temp_c: test_temp_c?,
        elongation_type,
        specimen_origin: specimen_origin?,
        thickness_mm: thickness_mm?,
    })
}

fn elongation_type(
    entry: &mut Entry<'_, '_>,
    property: Option<Property>,
    raw: &RawRequirement,
    forms: &[ProductForm],
) -> Option<ElongationType> {
    match (property, &raw.elongation_type) {
        (Some(Property::A), None) => {
            let message = "limits of different elongation types are never mixed: name it";
            entry.reject_entry("elongation_type", "required", message);
            None
        }
        (Some(Property::A), Some(word)) => {
            let all = ElongationType::ALL;
            let kind = entry.word("elongation_type", word, all, ElongationType::as_str)?;
            if no_form_of(kind.product_forms(), forms) {
                let message = format!("cannot be measured on {}", listed(forms));
                entry.reject(word.span(), "elongation_type", "impossible", message);
                return None;
            }
            Some(kind)
        }
        (_, given) => {
            foreign(entry, "elongation_type", given, "a_pct");
            None
        }
    }
}

/// The origin of test pieces, which every product form of the component must be able to have: grades of
/// the others could never qualify.
fn origin(
    entry: &mut Entry<'_, '_>,
    word: &Spanned<String>,
    forms: &[ProductForm],
) -> Option<SpecimenOrigin> {
    let all = SpecimenOrigin::ALL;
    let origin = entry.word("specimen_origin", word, all, SpecimenOrigin::as_str)?;
    let strangers: Vec<ProductForm> = forms
        .iter()
        .copied()
        .filter(|form| !origin.product_forms().contains(form))
        .collect();
    if strangers.is_empty() {
        return Some(origin);
    }
    let message = format!("no test piece of {} comes from there", listed(&strangers));
    entry.reject(word.span(), "specimen_origin", "impossible", message);
    None
}

/// Whether any metal could meet a limit on a property; reports why not.
fn is_possible(
    entry: &mut Entry<'_, '_>,
    property: Property,
    limit: &Limit,
    raw: &RawRequirement,
) -> bool {
    let zero = limit.value <= 0.0;
    let message = if zero && limit.direction == Direction::AtMost {
        "no metal meets it: a tensile property is above 0"
    } else if zero && limit.basis == Basis::Cpk && property.scale() == Scale::Log {
        "has no capability: elongation is modelled as its logarithm, and 0 has none"
    } else {
        return true;
    };
    let given = raw.at_least.as_ref().or(raw.at_most.as_ref());
    if let Some(value) = given {
        let key = limit.direction.as_str();
        entry.reject(value.span(), key, "impossible", message.to_owned());
    }
    false
}

fn element_demand(entry: &mut Entry<'_, '_>, raw: RawRequirement) -> Option<Demand> {
    foreign_to_limits(entry, &raw);
    foreign_to_heats(entry, &raw);
    let symbol = raw.element.as_ref()?;
    let element = Element::parse(symbol.get_ref());
    if element.is_none() {
        let message = "is not a chemical symbol such as Fe".to_owned();
        entry.reject(symbol.span(), "element", "vocabulary", message);
    }
    let limit = limit(entry, &raw, (0.0, 100.0), &BASES_OF_HEATS);
    Some(Demand::Element {
        element: element?,
        limit: limit?,
    })
}

fn index_demand(
    entry: &mut Entry<'_, '_>,
    raw: RawRequirement,
    forms: &[ProductForm],
) -> Option<Demand> {
    foreign_to_limits(entry, &raw);
    foreign_to_heats(entry, &raw);
    let word = raw.index.as_ref()?;
    let mut index = entry.word("index", word, Index::ALL, Index::as_str);
    if let Some(named) = index
        && no_form_of(named.product_forms(), forms)
    {
        let message = format!(
            "is not defined for {}, only for {}",
            listed(forms),
            listed(named.product_forms())
        );
        entry.reject(word.span(), "index", "impossible", message);
        index = None;
    }
    let range = index.map_or((f64::MIN, f64::MAX), Index::range);
    let limit = limit(entry, &raw, range, &BASES_OF_HEATS);
    Some(Demand::Index {
        index: index?,
        limit: limit?,
    })
}

fn evidence_demand(entry: &mut Entry<'_, '_>, raw: RawRequirement) -> Option<Demand> {
    let owners = "property, element or index";
    foreign(entry, "basis", &raw.basis, owners);
    foreign(entry, "cpk_at_least", &raw.cpk_at_least, "basis Cpk");
    foreign_to_heats(entry, &raw);
    let evidence = entry.word(
        "evidence",
        raw.evidence.as_ref()?,
        EvidenceKind::ALL,
        EvidenceKind::as_str,
    );
    let limit = evidence_limit(entry, &raw)?;
    let mandatory = raw.mandatory.is_none_or(Spanned::into_inner);
    let criterion = raw.criterion.map_or(String::new(), Spanned::into_inner);
    Some(Demand::Evidence {
        evidence: evidence?,
        mandatory,
        criterion,
        limit,
    })
}

/// The number of a proof: `Some(None)` when none is demanded, `None` a mistake that was reported.
fn evidence_limit(
    entry: &mut Entry<'_, '_>,
    raw: &RawRequirement,
) -> Option<Option<EvidenceLimit>> {
    if raw.at_least.is_none() && raw.at_most.is_none() {
        let owner = "a limit: give at_least or at_most";
        let mut alone = false;
        let texts = [("unit", &raw.unit), ("compare", &raw.compare)];
        for (key, value) in texts {
            alone |= value.is_some();
            foreign_to(entry, key, value, owner);
        }
        alone |= raw.digits.is_some();
        foreign_to(entry, "digits", &raw.digits, owner);
        return (!alone).then_some(None);
    }
    let side = entry.side(raw.at_least.clone(), raw.at_most.clone());
    let number = side.map(|(direction, value)| {
        let number = entry.number(direction.as_str(), &value, f64::MIN, f64::MAX);
        (direction, number)
    });
    let unit = entry.text(
        "unit",
        raw.unit.clone(),
        "a proof is compared only in the unit of its limit: name it",
    );
    let digits = rounding(entry, raw);
    let (direction, value) = number?;
    let Digits { rounded_to, digits } = digits?;
    Some(Some(EvidenceLimit {
        direction,
        value: value?,
        unit: unit?.trim().to_owned(),
        rounded_to,
        digits,
    }))
}

/// Whether none of a component's product forms is on a list.
fn no_form_of(possible: &[ProductForm], forms: &[ProductForm]) -> bool {
    !forms.is_empty() && !forms.iter().any(|form| possible.contains(form))
}

fn listed(forms: &[ProductForm]) -> String {
    let words: Vec<&str> = forms.iter().map(|form| form.as_str()).collect();
    words.join(", ")
}

/// Reports keys that only evidence has.
fn foreign_to_limits(entry: &mut Entry<'_, '_>, raw: &RawRequirement) {
    foreign(entry, "mandatory", &raw.mandatory, "evidence");
    foreign(entry, "criterion", &raw.criterion, "evidence");
    foreign(entry, "unit", &raw.unit, "evidence");
}

/// Reports keys that only a property has.
fn foreign_to_heats(entry: &mut Entry<'_, '_>, raw: &RawRequirement) {
    foreign(entry, "test_temp_c", &raw.test_temp_c, "property");
    foreign(entry, "specimen_origin", &raw.specimen_origin, "property");
    foreign(entry, "thickness_mm", &raw.thickness_mm, "property");
    foreign(entry, "elongation_type", &raw.elongation_type, "a_pct");
}

/// Reports a key that says nothing in this kind of requirement: it would be passed over in silence.
fn foreign<T>(entry: &mut Entry<'_, '_>, key: &str, value: &Option<Spanned<T>>, owner: &str) {
    foreign_to(entry, key, value, &format!("{owner} only"));
}

fn foreign_to<T>(entry: &mut Entry<'_, '_>, key: &str, value: &Option<Spanned<T>>, owner: &str) {
    if let Some(value) = value {
        let message = format!("belongs to {owner}");
        entry.reject(value.span(), key, "conflict", message);
    }
}

fn limit(
    entry: &mut Entry<'_, '_>,
    raw: &RawRequirement,
    (lowest, highest): (f64, f64),
    bases: &[Basis],
) -> Option<Limit> {
    let side = entry.side(raw.at_least.clone(), raw.at_most.clone());
    let (direction, value) = match side {
        Some((direction, value)) => {
            let number = entry.number(direction.as_str(), &value, lowest, highest);
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
    let cpk_at_least = capability(entry, basis, raw);
    let digits = match basis {
        Some(Basis::Cpk) => never_rounded(entry, raw),
        _ => rounding(entry, raw),
    };
    let Digits { rounded_to, digits } = digits?;
    Some(Limit {
        direction: direction?,
        value: value?,
        basis: basis?,
        rounded_to,
        digits,
        cpk_at_least: cpk_at_least?,
    })
}

/// The Cpk to be reached: `Some(None)` for another basis, `None` a mistake that was reported.
fn capability(
    entry: &mut Entry<'_, '_>,
    basis: Option<Basis>,
    raw: &RawRequirement,
) -> Option<Option<f64>> {
    match (basis, &raw.cpk_at_least) {
        (Some(Basis::Cpk), given) => {
            let message = "basis = \"Cpk\" needs the Cpk to be reached, for example 1.33";
            let value = entry.required("cpk_at_least", given.clone(), message)?;
            entry
                .number("cpk_at_least", &value, 0.0, CPK_AT_MOST)
                .map(Some)
        }
        (_, None) => Some(None),
        (None, Some(_)) => None,
        (Some(_), given) => {
            foreign(entry, "cpk_at_least", given, "basis Cpk");
            None
        }
    }
}

/// The comparison rule of a limit.
struct Digits {
    rounded_to: Option<u32>,
    digits: Option<u32>,
}

/// The comparison rule of a capability: rounding rules (GB/T 8170, ASTM E29) speak of measured values,
/// and a confidence bound is none. `None` when one was given, which is reported.
fn never_rounded(entry: &mut Entry<'_, '_>, raw: &RawRequirement) -> Option<Digits> {
    let message = "does not go with basis Cpk: a capability is compared in full";
    if let Some(word) = &raw.compare {
        entry.reject(word.span(), "compare", "conflict", message.to_owned());
    }
    if let Some(digits) = &raw.digits {
        entry.reject(digits.span(), "digits", "conflict", message.to_owned());
    }
    (raw.compare.is_none() && raw.digits.is_none()).then_some(Digits {
        rounded_to: None,
        digits: None,
    })
}

/// The comparison rule; `None` a mistake that was reported.
fn rounding(entry: &mut Entry<'_, '_>, raw: &RawRequirement) -> Option<Digits> {
    let rounds = match &raw.compare {
        None => None,
        Some(word) => {
            // `compare` has two words and is not worth a type of its own.
            let word = entry.word("compare", word, &["full", "rounded"], |word| word)?;
            Some(word == "rounded")
        }
    };
    match (&raw.digits, rounds) {
        (None, None | Some(false)) => Some(Digits {
            rounded_to: None,
            digits: None,
        }),
        (None, Some(true)) => {
            let message = "compare = \"rounded\" needs the number of decimals";
            entry.reject_entry("digits", "required", message);
            None
        }
        (Some(digits), None) => {
            let message = "needs compare = \"rounded\" beside it".to_owned();
            entry.reject(digits.span(), "digits", "conflict", message);
            None
        }
        (Some(digits), Some(_)) if *digits.get_ref() > DIGITS_AT_MOST => {
            let message = format!("must lie between 0 and {DIGITS_AT_MOST}");
            entry.reject(digits.span(), "digits", "range", message);
            None
        }
        (Some(digits), Some(rounds)) => {
            let digits = *digits.get_ref();
            Some(Digits {
                rounded_to: rounds.then_some(digits),
                digits: Some(digits),
            })
        }
    }
}
