//! Which element carries the effect of scrap on one property of one grade.

use std::collections::{BTreeMap, BTreeSet};

use super::OpenLab;
use super::fit::GradeGroup;
use super::qualify::heat_data;
use crate::domain::Element;
use crate::error::Error;
use crate::features::Heats;
use crate::models::composition::{CompositionData, CompositionReport, composition_report};

/// The compositions of the heats of one grade.
#[derive(Debug)]
pub(super) struct Compositions {
    elements: Vec<Element>,
    of_heat: BTreeMap<String, BTreeMap<Element, f64>>,
}

impl Compositions {
    /// Of the heats of a group that count.
    ///
    /// # Errors
    /// When the contract of `heats` lacks a column.
    pub(super) fn of(heats: &Heats, group: &GradeGroup<'_>) -> Result<Compositions, Error> {
        let of_heat: BTreeMap<String, BTreeMap<Element, f64>> = heat_data(heats, group)?
            .into_iter()
            .map(|heat| (heat.heat_id, heat.composition))
            .collect();
        let elements: BTreeSet<Element> =
            of_heat.values().flat_map(BTreeMap::keys).cloned().collect();
        Ok(Compositions {
            elements: elements.into_iter().collect(),
            of_heat,
        })
    }

    /// What composition says of some specimens' values; the reason when it says nothing.
    ///
    /// `scrap` holds the scrap ratio of each specimen's heat, if the grade has any.
    pub(super) fn explain(
        &self,
        lab: &OpenLab,
        heat_ids: &[&str],
        heats: &[usize],
        y: &[f64],
        scrap: Option<&[f64]>,
    ) -> Result<CompositionReport, String> {
        let column = |element: &Element| {
            let content = |id: &&str| self.of_heat.get(*id)?.get(element).copied();
            heat_ids.iter().map(content).collect()
        };
        let data = CompositionData {
            names: self
                .elements
                .iter()
                .map(|element| element.symbol().to_owned())
                .collect(),
            columns: self.elements.iter().map(column).collect(),
            y: y.to_vec(),
            heats: heats.to_vec(),
            scrap: scrap.map(<[f64]>::to_vec),
        };
        composition_report(&data, &lab.settings.composition).map_err(|error| error.to_string())
    }
}
