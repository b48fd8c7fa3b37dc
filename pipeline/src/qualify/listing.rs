//! The catalogue as a person reads it: one row per grade and component, or one of them in full.
//!
//! What comes in: the checked catalogue. What goes out: rows of text, for a terminal or as JSON. An id
//! that is not there is `None`; [`near`] then says what may have been meant.

use serde::Serialize;

use super::catalogue::{Catalogue, folded};
use super::component::{Component, Demand, Limit, Requirement};
use super::grade_spec::{CompositionLimit, GradeName, GradeSpec, MinimumLimit};
pub use super::near_names::near;
use super::phrase;
use super::verdict::{Basis, Direction, LimitStatus};
use super::vocabulary::{AppliesTo, ElongationType, ProductForm, SpecimenOrigin};

/// What a catalogue file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// An alloy with the limits of its own standard.
    Grade,
    /// A car part with its requirements.
    Component,
}

/// One grade or component in one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverviewRow {
    /// Grade or component.
    pub kind: EntryKind,
    /// Its id.
    pub id: String,
    /// The grade's family or the component's English title.
    pub about: String,
    /// Tempers with tensile limits of a grade, product forms of a component; in the order of the file.
    pub conditions: Vec<String>,
    /// Composition and tensile limits of a grade, requirements of a component. A range of one element
    /// counts once.
    pub limits: usize,
    /// How many of `limits` nobody has checked against their source.
    pub unverified: usize,
    /// The file it came from.
    pub file: String,
    /// Whether that file is the lab's own.
    pub of_lab: bool,
}

/// One grade or component in full.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Details {
    /// Grade or component.
    pub kind: EntryKind,
    /// Its id: the designation the limits belong to.
    pub id: String,
    /// The grade's family or the component's English title.
    pub about: String,
    /// The component's Chinese title, where given.
    pub about_zh: Option<String>,
    /// Other names that find a grade.
    pub names: Vec<GradeName>,
    /// The name it was found by; `None` when it was asked for by its id.
    pub found_by: Option<GradeName>,
    /// Whose limits these are, in one sentence; present when it was found by a name.
    pub note: Option<String>,
    /// What can go wrong with a component in service.
    pub critical: Vec<String>,
    /// Product forms a component can be made from.
    pub product_forms: Vec<String>,
    /// Every limit, in the order of the file: of a grade first composition, then tensile.
    pub rows: Vec<LimitRow>,
    /// The file it came from.
    pub file: String,
    /// Whether that file is the lab's own.
    pub of_lab: bool,
}

/// One limit in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitRow {
    /// Symbol of a property or element, kind of evidence.
    pub what: String,
    /// Temper, form, thickness, origin of the test piece, elongation type, test temperature, or casting,
    /// ingot and product; empty when the limit holds for all.
    pub applies_to: String,
    /// The limit with its unit: `≥ 225 MPa`, `0.40–0.80 wt%`, or what a proof must show.
    pub limit: String,
    /// Which number is compared; empty for a grade, whose standard settles it.
    pub basis: String,
    /// In full or rounded; empty for a grade and for evidence.
    pub comparison: String,
    /// Standard with its edition, for tensile limits of a grade; empty otherwise.
    pub standard: String,
    /// Where the figure comes from.
    pub source: String,
    /// Whether it stood there.
    pub status: LimitStatus,
}

/// Every grade, then every component, each by id.
pub fn overview(catalogue: &Catalogue) -> Vec<OverviewRow> {
    let grades = catalogue.grades().map(|grade| {
        let statuses = || {
            let composition = grade.composition.iter().map(|row| row.status);
            composition.chain(grade.minimum.iter().map(|row| row.status))
        };
        let mut tempers: Vec<String> = Vec::new();
        for temper in grade.minimum.iter().flat_map(|row| &row.tempers) {
            if !tempers.contains(temper) {
                tempers.push(temper.clone());
            }
        }
        OverviewRow {
            kind: EntryKind::Grade,
            id: grade.id.clone(),
            about: grade.family.clone(),
            conditions: tempers,
            limits: statuses().count(),
            unverified: unverified(statuses()),
            file: grade.file.clone(),
            of_lab: catalogue.is_own_grade(grade),
        }
    });
    let components = catalogue.components().map(|component| OverviewRow {
        kind: EntryKind::Component,
        id: component.id.clone(),
        about: component.title.en.clone(),
        conditions: forms(&component.product_forms),
        limits: component.requirements.len(),
        unverified: unverified(component.requirements.iter().map(|part| part.status)),
        file: component.file.clone(),
        of_lab: catalogue.is_own_component(component),
    });
    grades.chain(components).collect()
}

/// The grade with this id or name, or the component with this id, whatever the case, spaces, hyphens
/// and underscores; `None` when there is neither. A grade goes before a component of the same name.
pub fn details(catalogue: &Catalogue, id: &str) -> Option<Details> {
    if let Some(grade) = catalogue.grade_of(id) {
        return Some(grade_details(catalogue, grade, id));
    }
    catalogue
        .component(id)
        .or_else(|| {
            let asked = folded(id);
            catalogue
                .components()
                .find(|component| folded(&component.id) == asked)
        })
        .map(|component| component_details(catalogue, component))
}

fn grade_details(catalogue: &Catalogue, grade: &GradeSpec, asked: &str) -> Details {
    let asked = folded(asked);
    let found_by = if folded(&grade.id) == asked {
        None
    } else {
        let named = |name: &&GradeName| folded(&name.name) == asked;
        grade.names.iter().find(named).cloned()
    };
    let note = found_by.as_ref().map(|name| {
        format!(
            "`{}` ({}) is a name that finds {}: the limits are those of {}, limits never follow a name",
            name.name, name.system, grade.id, grade.id
        )
    });
    let composition = grade.composition.iter().map(composition_row);
    Details {
        kind: EntryKind::Grade,
        id: grade.id.clone(),
        about: grade.family.clone(),
        about_zh: None,
        names: grade.names.clone(),
        found_by,
        note,
        critical: Vec::new(),
        product_forms: Vec::new(),
        rows: composition
            .chain(grade.minimum.iter().map(tensile_row))
            .collect(),
        file: grade.file.clone(),
        of_lab: catalogue.is_own_grade(grade),
    }
}

fn component_details(catalogue: &Catalogue, component: &Component) -> Details {
    Details {
        kind: EntryKind::Component,
        id: component.id.clone(),
        about: component.title.en.clone(),
        about_zh: component.title.zh.clone(),
        names: Vec::new(),
        found_by: None,
        note: None,
        critical: component
            .critical
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        product_forms: forms(&component.product_forms),
        rows: component.requirements.iter().map(requirement_row).collect(),
        file: component.file.clone(),
        of_lab: catalogue.is_own_component(component),
    }
}

fn composition_row(row: &CompositionLimit) -> LimitRow {
    let digits = row.min.iter().chain(&row.max).map(|end| wt_digits(*end));
    let digits = digits.max().unwrap_or(0);
    let limit = match (row.min, row.max) {
        (Some(min), Some(max)) => format!("{min:.digits$}–{max:.digits$} wt%"),
        (Some(min), None) => format!("≥ {min:.digits$} wt%"),
        (None, Some(max)) => format!("≤ {max:.digits$} wt%"),
        (None, None) => String::new(),
    };
    let applies_to = match row.applies_to {
        AppliesTo::Casting => "casting",
        AppliesTo::Ingot => "ingot",
        AppliesTo::Product => "product",
    };
    LimitRow {
        what: row.element.symbol().to_owned(),
        applies_to: applies_to.to_owned(),
        limit,
        basis: String::new(),
        comparison: String::new(),
        standard: String::new(),
        source: row.source.clone(),
        status: row.status,
    }
}

fn tensile_row(row: &MinimumLimit) -> LimitRow {
    let mut applies_to = vec![row.tempers.join(", "), forms(&row.product_forms).join(", ")];
    applies_to.extend(row.thickness_mm.map(thickness));
    applies_to.extend(row.specimen_origin.map(origin));
    applies_to.extend(row.elongation_type.map(elongation));
    LimitRow {
        what: row.property.symbol().to_owned(),
        applies_to: applies_to.join("; "),
        limit: sided(row.direction, &row.value.to_string(), row.property.unit()),
        basis: String::new(),
        comparison: String::new(),
        standard: row.standard.clone(),
        source: row.source.clone(),
        status: row.status,
    }
}

fn requirement_row(requirement: &Requirement) -> LimitRow {
    let demand = &requirement.demand;
    let mut applies_to: Vec<String> = Vec::new();
    let (limit, basis, comparison) = match demand {
        Demand::Property {
            limit,
            test_temp_c: [low, high],
            elongation_type,
            specimen_origin,
            thickness_mm,
            ..
        } => {
            applies_to.push(format!("{low}–{high} °C"));
            applies_to.extend(thickness_mm.map(thickness));
            applies_to.extend(specimen_origin.map(origin));
            applies_to.extend(elongation_type.map(elongation));
            let number = limit.value.to_string();
            in_words(demand, limit, &number)
        }
        Demand::Element { limit, .. } => {
            let digits = limit
                .rounded_to
                .and_then(|digits| usize::try_from(digits).ok())
                .unwrap_or_else(|| wt_digits(limit.value));
            let number = format!("{:.digits$}", limit.value);
            in_words(demand, limit, &number)
        }
        Demand::Index { limit, .. } => in_words(demand, limit, &limit.value.to_string()),
        Demand::Evidence {
            mandatory,
            criterion,
            limit,
            ..
        } => {
            let number = limit
                .as_ref()
                .map(|limit| sided(limit.direction, &limit.value.to_string(), &limit.unit));
            let wanted: Vec<String> = number
                .into_iter()
                .chain((!criterion.is_empty()).then(|| criterion.clone()))
                .collect();
            let shown = if wanted.is_empty() {
                "a valid proof".to_owned()
            } else {
                wanted.join("; ")
            };
            (shown, proof(*mandatory), String::new())
        }
    };
    LimitRow {
        what: phrase::subject(demand).replace('_', " "),
        applies_to: applies_to.join("; "),
        limit,
        basis,
        comparison,
        standard: String::new(),
        source: requirement.source.clone(),
        status: requirement.status,
    }
}

/// Limit, basis and comparison of a requirement with a number.
fn in_words(demand: &Demand, limit: &Limit, number: &str) -> (String, String, String) {
    let basis = match (limit.basis, demand) {
        (Basis::A, _) => "A bound",
        (Basis::B, _) => "B bound",
        (Basis::Mean, Demand::Property { .. }) => "fitted mean",
        (Basis::Mean, _) => "mean of the heats",
        (Basis::Min, _) => "lowest heat",
        (Basis::Max, _) => "highest heat",
        (Basis::Cpk, _) => "Cpk",
    };
    let basis = match limit.cpk_at_least {
        Some(wanted) => format!("{basis} ≥ {wanted}"),
        None => basis.to_owned(),
    };
    let comparison = match limit.rounded_to {
        None => "in full".to_owned(),
        Some(1) => "rounded to 1 decimal".to_owned(),
        Some(digits) => format!("rounded to {digits} decimals"),
    };
    (
        sided(limit.direction, number, demand.unit()),
        basis,
        comparison,
    )
}

fn sided(direction: Direction, number: &str, unit: &str) -> String {
    let sign = match direction {
        Direction::AtLeast => '≥',
        Direction::AtMost => '≤',
    };
    let text = format!("{sign} {number} {unit}");
    // An index without a unit must not end in a space.
    text.trim_end().to_owned()
}

fn proof(mandatory: bool) -> String {
    let word = if mandatory { "mandatory" } else { "optional" };
    format!("{word} proof")
}

fn unverified(statuses: impl Iterator<Item = LimitStatus>) -> usize {
    statuses
        .filter(|status| *status == LimitStatus::Unverified)
        .count()
}

fn forms(forms: &[ProductForm]) -> Vec<String> {
    forms
        .iter()
        .map(|form| form.as_str().replace('_', " "))
        .collect()
}

fn thickness([low, high]: [f64; 2]) -> String {
    if low > 0.0 {
        format!("{low}–{high} mm")
    } else {
        format!("up to {high} mm")
    }
}

fn origin(origin: SpecimenOrigin) -> String {
    format!("test piece {}", origin.as_str().replace('_', " "))
}

/// `A50`; the plain `A` would read as the property.
fn elongation(kind: ElongationType) -> String {
    match kind {
        ElongationType::A => "A of 5.65 √S₀".to_owned(),
        other => other.as_str().to_owned(),
    }
}

/// Decimals in which a limit in wt% is written: two up to 0.55 wt% and one above, as the Aluminum
/// Association registers them, and more where the figure has more.
fn wt_digits(limit: f64) -> usize {
    let written = limit
        .to_string()
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    written.max(if limit <= 0.55 { 2 } else { 1 })
}

#[cfg(test)]
mod tests;
