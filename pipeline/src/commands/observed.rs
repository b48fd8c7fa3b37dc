//! The specimens of a grade that count for a property, all of them or those under some conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::OpenLab;
use super::fit::GradeGroup;
use crate::domain::{Property, sha256};
use crate::features::Specimen;
use crate::qualify::{Conditions, Demand};

/// Specimens that count for a property, with their values and scrap ratios.
pub(super) struct Observed<'a> {
    pub specimens: Vec<&'a Specimen>,
    /// On the measured scale.
    pub measured: Vec<f64>,
    /// Scrap ratio of each specimen's heat; 0 without charge records.
    pub ratios: Vec<f64>,
}

impl<'a> Observed<'a> {
    /// The specimens of a group with a value, of heats that count, under `conditions`.
    pub(super) fn of(
        group: &GradeGroup<'a>,
        property: Property,
        conditions: &Conditions,
    ) -> Observed<'a> {
        let mut observed = Observed {
            specimens: Vec::new(),
            measured: Vec::new(),
            ratios: Vec::new(),
        };
        for &specimen in &group.specimens {
            let heat = specimen.heat_id.as_str();
            let Some(&measured) = specimen.values.get(&property) else {
                continue;
            };
            if group.left_out.contains(heat) || !inside(specimen, conditions) {
                continue;
            }
            observed.specimens.push(specimen);
            observed.measured.push(measured);
            observed
                .ratios
                .push(group.ratios.get(heat).copied().unwrap_or(0.0));
        }
        observed
    }

    /// Heat of each specimen.
    pub(super) fn heat_ids(&self) -> Vec<&'a str> {
        self.specimens
            .iter()
            .map(|specimen| specimen.heat_id.as_str())
            .collect()
    }

    /// Distinct gauge lengths of the elongations, sorted; `None` where none is stated.
    pub(super) fn elongation_types(&self) -> BTreeSet<Option<&'a str>> {
        let kind = |specimen: &&'a Specimen| specimen.elongation_type.as_deref();
        self.specimens.iter().map(kind).collect()
    }

    /// Distinct origins of the test pieces, sorted; `None` where none is stated.
    pub(super) fn origins(&self) -> BTreeSet<Option<&'a str>> {
        let origin = |specimen: &&'a Specimen| specimen.specimen_origin.as_deref();
        self.specimens.iter().map(origin).collect()
    }

    /// Lowest and highest thickness, mm; `None` when one is not stated.
    pub(super) fn thickness_mm(&self) -> Option<[f64; 2]> {
        let stated: Option<Vec<f64>> = self.specimens.iter().map(|s| s.thickness_mm).collect();
        let stated = stated.filter(|stated| !stated.is_empty())?;
        let low = stated.iter().copied().fold(f64::INFINITY, f64::min);
        let high = stated.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some([low, high])
    }

    /// Mean of each heat, on the measured scale.
    pub(super) fn heat_means(&self) -> BTreeMap<String, f64> {
        let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
        for (specimen, measured) in self.specimens.iter().zip(&self.measured) {
            let sum = sums.entry(specimen.heat_id.as_str()).or_default();
            *sum = (sum.0 + measured, sum.1 + 1);
        }
        #[allow(clippy::cast_precision_loss, reason = "specimens of one heat")]
        let mean = |(heat, (sum, n)): (&str, (f64, usize))| (heat.to_owned(), sum / n as f64);
        sums.into_iter().map(mean).collect()
    }

    /// One figure for "these specimens with these values and ratios", in their fixed order.
    pub(super) fn row_ids_sha256(&self) -> String {
        let mut text = String::new();
        for ((specimen, measured), ratio) in
            self.specimens.iter().zip(&self.measured).zip(&self.ratios)
        {
            text.push_str(&format!(
                "{}\t{}\t{measured:?}\t{ratio:?}\n",
                specimen.specimen_id, specimen.heat_id
            ));
        }
        sha256(text.as_bytes())
    }
}

/// Whether a specimen is what the conditions ask for; one that does not state it is not.
fn inside(specimen: &Specimen, conditions: &Conditions) -> bool {
    let is = |asked: Option<&str>, given: &Option<String>| {
        asked.is_none_or(|asked| given.as_deref() == Some(asked))
    };
    is(
        conditions.specimen_origin.map(|origin| origin.as_str()),
        &specimen.specimen_origin,
    ) && is(
        conditions.elongation_type.map(|kind| kind.as_str()),
        &specimen.elongation_type,
    ) && conditions.thickness_mm.is_none_or(|[low, high]| {
        specimen
            .thickness_mm
            .is_some_and(|thickness| thickness >= low && thickness <= high)
    })
}

/// Conditions that components ask of a property of this grade and that only some of its specimens meet,
/// in the order of components.
pub(super) fn partly_met(
    lab: &OpenLab,
    group: &GradeGroup<'_>,
    property: Property,
    all: &Observed<'_>,
) -> Vec<Conditions> {
    let mut asked: Vec<Conditions> = Vec::new();
    let components = lab.catalogue.components();
    for component in components.filter(|component| component.fits(group.grade)) {
        for requirement in &component.requirements {
            let conditions = Conditions::of(&requirement.demand);
            let about = matches!(&requirement.demand, Demand::Property { property: of, .. } if *of == property);
            let met = || {
                let specimens = all.specimens.iter();
                specimens
                    .filter(|specimen| inside(specimen, &conditions))
                    .count()
            };
            if about
                && !conditions.is_none()
                && !asked.contains(&conditions)
                && (1..all.specimens.len()).contains(&met())
            {
                asked.push(conditions);
            }
        }
    }
    asked
}
