//! `schemas/components/*.toml`: the unchecked shape of a component and its checks.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::catalogue_error::CatalogueError;
use super::component::{Component, Demand, Requirement, Title};
use super::requirement_entry::{self, RawRequirement};
use super::toml_entries::Checker;
use super::verdict::Direction;
use super::vocabulary::{Criticality, ProductForm};

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

/// The checked head of a file; `None` of what cannot be built.
struct Head {
    id: Option<String>,
    title: Option<Title>,
    critical: Vec<Criticality>,
    product_forms: Vec<ProductForm>,
}

fn read(checker: &mut Checker<'_>, file: &str) -> Option<Component> {
    let document = checker.document(&["requirement"])?;
    let entries: Vec<_> = document.lists.into_iter().flatten().collect();
    let head = checker
        .shape::<RawHead>("head", document.head)
        .map(|(raw, span)| head(checker, raw, span, !entries.is_empty()));
    let product_forms = head.as_ref().map_or(&[][..], |head| &head.product_forms);
    let mut requirements = Vec::new();
    for (position, value) in entries.into_iter().enumerate() {
        let name = format!("requirement {}", position + 1);
        if let Some((raw, span)) = checker.shape::<RawRequirement>(&name, value) {
            let place = span.clone();
            let mut entry = checker.entry(&name, span);
            let read = requirement_entry::read(&mut entry, raw, product_forms);
            requirements.push((name, place, read));
        }
    }
    check_pairs(checker, &requirements);
    let head = head?;
    Some(Component {
        id: head.id?,
        title: head.title?,
        critical: head.critical,
        product_forms: head.product_forms,
        requirements: requirements
            .into_iter()
            .filter_map(|(_, _, read)| read)
            .collect(),
        file: file.to_owned(),
    })
}

fn head(checker: &mut Checker<'_>, raw: RawHead, span: Range<usize>, has_entries: bool) -> Head {
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
    Head {
        id,
        title,
        critical,
        product_forms,
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
            let (direction, value) = side(demand)?;
            Some((name, span, demand, direction, value))
        })
        .collect();
    for (lower_name, _, lower, low_side, low) in &limits {
        for (name, span, upper, high_side, high) in &limits {
            let opposed = *low_side == Direction::AtLeast && *high_side == Direction::AtMost;
            if opposed && same_subject(lower, upper) && low > high {
                let message = format!(
                    "no {} can be at least {low} ({lower_name}) and at most {high}",
                    upper.subject(),
                );
                let mut entry = checker.entry(name, (*span).clone());
                entry.reject_entry("at_most", "order", &message);
            }
        }
    }
}

fn side(demand: &Demand) -> Option<(Direction, f64)> {
    match demand {
        Demand::Evidence { limit, .. } => {
            let limit = limit.as_ref()?;
            Some((limit.direction, limit.value))
        }
        _ => {
            let limit = demand.limit()?;
            Some((limit.direction, limit.value))
        }
    }
}

/// Whether the same metal would have to meet both: same subject, and conditions that overlap.
fn same_subject(one: &Demand, other: &Demand) -> bool {
    match (one, other) {
        (
            Demand::Property {
                property,
                test_temp_c,
                elongation_type,
                specimen_origin,
                thickness_mm,
                ..
            },
            Demand::Property {
                property: p,
                test_temp_c: w,
                elongation_type: k,
                specimen_origin: o,
                thickness_mm: t,
                ..
            },
        ) => {
            let apart = |a: &[f64; 2], b: &[f64; 2]| a[0] > b[1] || b[0] > a[1];
            let same_origin = specimen_origin.is_none() || o.is_none() || specimen_origin == o;
            let same_thickness = thickness_mm
                .as_ref()
                .zip(t.as_ref())
                .is_none_or(|(a, b)| !apart(a, b));
            let same_window = !apart(test_temp_c, w);
            property == p && elongation_type == k && same_window && same_origin && same_thickness
        }
        (Demand::Element { element, .. }, Demand::Element { element: e, .. }) => element == e,
        (Demand::Index { index, .. }, Demand::Index { index: i, .. }) => index == i,
        (
            Demand::Evidence {
                evidence, limit, ..
            },
            Demand::Evidence {
                evidence: e,
                limit: l,
                ..
            },
        ) => {
            let unit = |limit: &Option<super::component::EvidenceLimit>| {
                limit.as_ref().map(|limit| limit.unit.clone())
            };
            evidence == e && unit(limit) == unit(l)
        }
        _ => false,
    }
}
