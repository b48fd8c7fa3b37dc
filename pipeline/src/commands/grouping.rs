//! Specimens by grade and temperature class, each heat with its scrap ratio, or left out with a finding.

use std::collections::{BTreeMap, BTreeSet};

use super::OpenLab;
use super::fit::{GradeGroup, about_heat};
use crate::domain::{Finding, Grade};
use crate::error::Error;
use crate::features::{Heats, Specimen};

/// The groups in the order of grade and class.
///
/// A heat whose share of material of unknown origin is above the settings' limit is left out, and so is
/// one without charge records in a grade where others have them; both give a finding.
///
/// # Errors
/// When the contract of `heats` lacks a column.
pub(super) fn groups<'a>(
    lab: &OpenLab,
    heats: &'a Heats,
    findings: &mut Vec<Finding>,
) -> Result<Vec<GradeGroup<'a>>, Error> {
    let definition = lab.settings.scrap_definition;
    let rows = &heats.rows;
    let (ids, ratios) = (rows.text("heat_id")?, rows.number(definition.column())?);
    let unknown = rows.number("unknown_ratio")?;
    let mut ratio_of: BTreeMap<&str, f64> = BTreeMap::new();
    let mut unknown_of: BTreeMap<&str, f64> = BTreeMap::new();
    for row in 0..rows.len() {
        let Some(id) = ids.get(row) else {
            continue;
        };
        if let Some(ratio) = ratios[row] {
            ratio_of.insert(id, ratio);
        }
        if let Some(share) = unknown[row].filter(|&share| share > lab.settings.max_unknown_share) {
            unknown_of.insert(id, share);
        }
    }
    let mut by_group: BTreeMap<(&Grade, i64), Vec<&Specimen>> = BTreeMap::new();
    for specimen in &heats.specimens {
        by_group
            .entry((&specimen.grade, specimen.test_temp_class_c))
            .or_default()
            .push(specimen);
    }
    let mut groups = Vec::new();
    for ((grade, class), specimens) in by_group {
        let heat_ids: BTreeSet<&str> = specimens
            .iter()
            .map(|specimen| specimen.heat_id.as_str())
            .collect();
        let charged = heat_ids.iter().any(|id| ratio_of.contains_key(id));
        let mut left_out = BTreeSet::new();
        for &id in heat_ids.iter().filter(|_| charged) {
            if let Some(share) = unknown_of.get(id) {
                left_out.insert(id);
                findings.push(about_heat(
                    id,
                    "unknown_ratio",
                    "unknown_scrap",
                    format!(
                        "{:.0} % of the charge is of unknown origin, so its scrap ratio is not known to {:.0} %",
                        share * 100.0,
                        lab.settings.max_unknown_share * 100.0
                    ),
                    "the heat is left out of fits; correct the class of its charge lines",
                ));
            } else if !ratio_of.contains_key(id) {
                left_out.insert(id);
                findings.push(about_heat(
                    id,
                    definition.column(),
                    "no_charge",
                    format!("specimens of {grade} but no charge records, unlike other heats of the grade"),
                    "the heat is left out of fits; deliver its charge lines",
                ));
            }
        }
        groups.push(GradeGroup {
            grade,
            class,
            temperatures: temperatures(class, &specimens),
            scrap_definition: charged.then_some(definition),
            ratios: heat_ids
                .iter()
                .filter_map(|&id| Some((id, *ratio_of.get(id)?)))
                .collect(),
            left_out,
            specimens,
        });
    }
    Ok(groups)
}

fn temperatures(class: i64, specimens: &[&Specimen]) -> (f64, f64) {
    #[allow(clippy::cast_precision_loss, reason = "a temperature class")]
    let stated = |specimen: &&Specimen| specimen.test_temp_c.unwrap_or(class as f64);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for temperature in specimens.iter().map(stated) {
        (low, high) = (low.min(temperature), high.max(temperature));
    }
    (low, high)
}
