//! A grade's own standard: `schemas/grades/*.toml`, unchecked and checked.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::catalogue_error::CatalogueError;
use super::toml_entries::{Checker, Entry, highest_limit};
use super::verdict::{Direction, LimitStatus};
use super::vocabulary::{AppliesTo, ElongationType, NameSystem, ProductForm, SpecimenOrigin};
use crate::domain::{Element, Property};

/// An alloy with the limits of its own standard.
///
/// "Meets its standard" is not "fit for the part": these limits stand beside a component's
/// requirements and never replace them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GradeSpec {
    /// The designation the limits belong to, for example `EN AC-43500`.
    pub id: String,
    /// Other names under which it is found. A name of another system finds the file; it does not
    /// make that system's limits equal to these.
    pub names: Vec<GradeName>,
    /// What it is mainly used for, in words.
    pub family: String,
    /// Composition limits.
    pub composition: Vec<CompositionLimit>,
    /// Tensile limits by temper, form and thickness.
    pub minimum: Vec<MinimumLimit>,
    /// The file it came from.
    pub file: String,
}

/// One name of a grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GradeName {
    /// As written.
    pub name: String,
    /// The system it belongs to.
    pub system: NameSystem,
}

/// The permitted mass fraction of one element, wt%.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompositionLimit {
    /// The element.
    pub element: Element,
    /// Lowest, where limited.
    pub min: Option<f64>,
    /// Highest, where limited; at least one of the two is present.
    pub max: Option<f64>,
    /// Casting, ingot or wrought product. An element without an ingot row has the casting's limits.
    pub applies_to: AppliesTo,
    /// Where the figure comes from.
    pub source: String,
    /// Whether it stood there.
    pub status: LimitStatus,
}

/// One tensile limit of the grade's standard.
///
/// Keyed as limits are: standard with edition, temper, product form, thickness, origin of the test
/// piece and elongation type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MinimumLimit {
    /// Tempers it applies to.
    pub tempers: Vec<String>,
    /// Product forms it applies to.
    pub product_forms: Vec<ProductForm>,
    /// Thickness it applies to, mm; `None` where the standard does not say. A thickness on the edge of
    /// two rows belongs to the thinner one.
    pub thickness_mm: Option<[f64; 2]>,
    /// The property.
    pub property: Property,
    /// Side of the limit.
    pub direction: Direction,
    /// The limit, MPa or %.
    pub value: f64,
    /// Origin of the test piece, where the standard says.
    pub specimen_origin: Option<SpecimenOrigin>,
    /// Elongation type, for `a_pct` where known.
    pub elongation_type: Option<ElongationType>,
    /// Standard, with edition where known.
    pub standard: String,
    /// Where the figure comes from.
    pub source: String,
    /// Whether it stood there.
    pub status: LimitStatus,
}

impl GradeSpec {
    /// Tensile limits for a temper and product form, in the order of the file.
    pub fn minimum_for<'s>(
        &'s self,
        temper: &'s str,
        product_form: &'s str,
    ) -> impl Iterator<Item = &'s MinimumLimit> + 's {
        self.minimum.iter().filter(move |row| {
            row.tempers.iter().any(|t| t == temper)
                && row
                    .product_forms
                    .iter()
                    .any(|form| form.as_str() == product_form)
        })
    }

    /// Reads and checks one file; every mistake in it is reported.
    pub(super) fn read(file: &str, text: &str) -> Result<GradeSpec, Vec<CatalogueError>> {
        let mut checker = Checker::new(file, text);
        let grade = read(&mut checker, file);
        checker.finish(grade)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    id: Option<Spanned<String>>,
    family: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawName {
    name: Option<Spanned<String>>,
    system: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComposition {
    element: Option<Spanned<String>>,
    min: Option<Spanned<f64>>,
    max: Option<Spanned<f64>>,
    applies_to: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMinimum {
    tempers: Option<Spanned<Vec<String>>>,
    product_forms: Option<Spanned<Vec<Spanned<String>>>>,
    thickness_mm: Option<Spanned<[f64; 2]>>,
    property: Option<Spanned<String>>,
    at_least: Option<Spanned<f64>>,
    at_most: Option<Spanned<f64>>,
    specimen_origin: Option<Spanned<String>>,
    elongation_type: Option<Spanned<String>>,
    standard: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
}

fn read(checker: &mut Checker<'_>, file: &str) -> Option<GradeSpec> {
    let document = checker.document(&["names", "composition", "minimum"])?;
    let mut lists = document.lists.into_iter();
    let mut next_list = || lists.next().unwrap_or_default().into_iter().enumerate();
    let mut names = Vec::new();
    for (position, value) in next_list() {
        let title = format!("names {}", position + 1);
        if let Some((raw, span)) = checker.shape::<RawName>(&title, value) {
            names.extend(grade_name(&mut checker.entry(&title, span), raw));
        }
    }
    let mut composition = Vec::new();
    for (position, value) in next_list() {
        let title = format!("composition {}", position + 1);
        if let Some((raw, span)) = checker.shape::<RawComposition>(&title, value) {
            composition.extend(composition_limit(&mut checker.entry(&title, span), raw));
        }
    }
    let mut minimum = Vec::new();
    for (position, value) in next_list() {
        let title = format!("minimum {}", position + 1);
        if let Some((raw, span)) = checker.shape::<RawMinimum>(&title, value) {
            minimum.extend(minimum_limit(&mut checker.entry(&title, span), raw));
        }
    }
    let (raw, span) = checker.shape::<RawHead>("head", document.head)?;
    let mut entry = checker.entry("head", span);
    let id = entry.text("id", raw.id, "name the grade, for example EN AC-43500");
    let family = entry.text("family", raw.family, "say what it is mainly used for");
    Some(GradeSpec {
        id: id?,
        names,
        family: family?,
        composition,
        minimum,
        file: file.to_owned(),
    })
}

fn grade_name(entry: &mut Entry<'_, '_>, raw: RawName) -> Option<GradeName> {
    let name = entry.text("name", raw.name, "give the name");
    let system = entry
        .required(
            "system",
            raw.system,
            "say which designation system it belongs to",
        )
        .and_then(|word| entry.word("system", &word, NameSystem::ALL, NameSystem::as_str));
    Some(GradeName {
        name: name?,
        system: system?,
    })
}

fn composition_limit(entry: &mut Entry<'_, '_>, raw: RawComposition) -> Option<CompositionLimit> {
    let (source, status) = origin(entry, raw.source, raw.status);
    let element = entry
        .required("element", raw.element, "name the element by its symbol")
        .and_then(|symbol| {
            let element = Element::parse(symbol.get_ref());
            if element.is_none() {
                let message = "is not a chemical symbol such as Fe".to_owned();
                entry.reject(symbol.span(), "element", "vocabulary", message);
            }
            element
        });
    let applies_to = entry
        .required(
            "applies_to",
            raw.applies_to,
            "say casting, ingot or product",
        )
        .and_then(|word| entry.word("applies_to", &word, AppliesTo::ALL, AppliesTo::as_str));
    if raw.min.is_none() && raw.max.is_none() {
        entry.reject_entry(
            "max",
            "required",
            "a composition limit needs min, max or both",
        );
    }
    let min = raw
        .min
        .as_ref()
        .map(|min| entry.number("min", min, 0.0, 100.0));
    let max = raw
        .max
        .as_ref()
        .map(|max| entry.number("max", max, 0.0, 100.0));
    if let (Some(Some(low)), Some(Some(high)), Some(place)) = (min, max, &raw.min)
        && low > high
    {
        let message = format!("exceeds max = {high}: no metal lies between them");
        entry.reject(place.span(), "min", "order", message);
    }
    Some(CompositionLimit {
        element: element?,
        min: min.flatten(),
        max: max.flatten(),
        applies_to: applies_to?,
        source: source?,
        status: status?,
    })
}

fn minimum_limit(entry: &mut Entry<'_, '_>, raw: RawMinimum) -> Option<MinimumLimit> {
    let (source, status) = origin(entry, raw.source, raw.status);
    let standard = entry.text(
        "standard",
        raw.standard,
        "name the standard, with its edition",
    );
    let tempers = entry
        .required(
            "tempers",
            raw.tempers,
            "list the tempers the limit applies to",
        )
        .map(|tempers| {
            if tempers
                .get_ref()
                .iter()
                .all(|temper| temper.trim().is_empty())
            {
                let message = "list at least one temper".to_owned();
                entry.reject(tempers.span(), "tempers", "required", message);
            }
            tempers.into_inner()
        });
    let product_forms = entry.words(
        "product_forms",
        raw.product_forms,
        ProductForm::ALL,
        ProductForm::as_str,
        true,
    );
    let thickness_mm = raw
        .thickness_mm
        .and_then(|interval| entry.interval("thickness_mm", &interval, 0.0, 1000.0));
    let property = entry
        .required("property", raw.property, "name the property by its column")
        .and_then(|word| entry.property(&word));
    let highest = property.map_or(f64::INFINITY, highest_limit);
    let side = entry
        .side(raw.at_least, raw.at_most)
        .and_then(|(direction, value)| {
            Some((
                direction,
                entry.number(direction.as_str(), &value, 0.0, highest)?,
            ))
        });
    let specimen_origin = raw.specimen_origin.and_then(|word| {
        entry.word(
            "specimen_origin",
            &word,
            SpecimenOrigin::ALL,
            SpecimenOrigin::as_str,
        )
    });
    let elongation_type = raw.elongation_type.and_then(|word| {
        if property.is_some_and(|property| property != Property::A) {
            let message = "belongs to a_pct only".to_owned();
            entry.reject(word.span(), "elongation_type", "conflict", message);
            return None;
        }
        entry.word(
            "elongation_type",
            &word,
            ElongationType::ALL,
            ElongationType::as_str,
        )
    });
    let (direction, value) = side?;
    Some(MinimumLimit {
        tempers: tempers?,
        product_forms,
        thickness_mm,
        property: property?,
        direction,
        value,
        specimen_origin,
        elongation_type,
        standard: standard?,
        source: source?,
        status: status?,
    })
}

/// Source and status: required of every limit, because a figure nobody can trace is no limit.
fn origin(
    entry: &mut Entry<'_, '_>,
    source: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
) -> (Option<String>, Option<LimitStatus>) {
    let source = entry.text("source", source, "every limit names where it comes from");
    let status = entry
        .required("status", status, "say verified or unverified")
        .and_then(|word| entry.word("status", &word, &LimitStatus::ALL, LimitStatus::as_str));
    (source, status)
}
