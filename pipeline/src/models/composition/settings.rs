//! The limits of a composition report, which come from the lab's settings.

use serde::{Deserialize, Serialize};

use super::CompositionError;
use crate::models::forest::ForestSettings;

/// Limits, grids and seed of a composition report: `[models.composition]` of `lab.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompositionSettings {
    /// Fewer heats with a composition than this are refused; at least 4.
    pub fewest_heats: usize,
    /// Folds of the cross-validation, at least 2; with fewer heats than folds every heat is one.
    pub folds: usize,
    /// Seed of folds, resamples and forest.
    pub seed: u64,
    /// Shares of the elastic-net penalty on absolute sizes, each in (0, 1].
    pub l1_ratios: Vec<f64>,
    /// Elastic-net penalties, each above 0. They apply to standardised columns and y, so that 1 is a
    /// very strong one whatever the unit.
    pub penalties: Vec<f64>,
    /// Most components of partial least squares, at least 1.
    pub components: usize,
    /// Ridge of the least squares behind the effects, above 0: the share by which it keeps the elastic
    /// net's pull towards zero in a column that moves on its own.
    pub ridge: f64,
    /// Heats there must be beyond the columns, the mean and the scrap ratio for an effect to have an
    /// interval.
    pub spare_heats: usize,
    /// Resamples of heats behind the intervals, at least 20.
    pub resamples: usize,
    /// Share of resamples inside an interval, in (0, 1).
    pub confidence: f64,
    /// Trees of the forest, at least 1.
    pub trees: usize,
    /// Fewest heats in a leaf, at least 1.
    pub fewest_per_leaf: usize,
    /// Share of the columns a split may choose from, in (0, 1].
    pub column_share: f64,
}

impl CompositionSettings {
    /// Refuses what cannot be.
    ///
    /// # Errors
    /// [`CompositionError::Setting`] with the first key that is out of its range.
    pub fn check(&self) -> Result<(), CompositionError> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let counts = [
            ("fewest_heats", self.fewest_heats, 4),
            ("folds", self.folds, 2),
            ("components", self.components, 1),
            ("resamples", self.resamples, 20),
            ("trees", self.trees, 1),
            ("fewest_per_leaf", self.fewest_per_leaf, 1),
        ];
        for (key, count, least) in counts {
            if count < least {
                let problem = format!("must be at least {least}, not {count}");
                return Err(CompositionError::Setting { key, problem });
            }
        }
        let grids = [
            (
                "l1_ratios",
                &self.l1_ratios,
                share as fn(f64) -> bool,
                "in (0, 1]",
            ),
            (
                "penalties",
                &self.penalties,
                positive as fn(f64) -> bool,
                "above 0",
            ),
        ];
        for (key, grid, fits, range) in grids {
            let problem = match grid.iter().find(|&&value| !fits(value)) {
                Some(value) => format!("must be {range}, not {value}"),
                None if grid.is_empty() => "must hold at least one value".to_owned(),
                None => continue,
            };
            return Err(CompositionError::Setting { key, problem });
        }
        let ranged = [
            ("ridge", self.ridge, positive(self.ridge), "above 0"),
            (
                "confidence",
                self.confidence,
                self.confidence > 0.0 && self.confidence < 1.0,
                "in (0, 1)",
            ),
            (
                "column_share",
                self.column_share,
                share(self.column_share),
                "in (0, 1]",
            ),
        ];
        match ranged.into_iter().find(|&(_, _, fits, _)| !fits) {
            Some((key, value, _, range)) => {
                let problem = format!("must be {range}, not {value}");
                Err(CompositionError::Setting { key, problem })
            }
            None => Ok(()),
        }
    }

    /// The forest's part.
    pub(super) fn forest(&self) -> ForestSettings {
        ForestSettings {
            trees: self.trees,
            fewest_per_leaf: self.fewest_per_leaf,
            column_share: self.column_share,
        }
    }
}
