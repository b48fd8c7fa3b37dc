//! Which element carries the effect of scrap: elastic net and partial least squares on composition.
//!
//! Comes in: one row per specimen or heat with its composition, indices and scrap ratio. Goes out: a
//! [`CompositionReport`]. What can go wrong: too few heats, nothing that varies, numbers that are not
//! finite, settings that cannot be.
//!
//! Everything is fitted on heat means, each heat with the same weight: composition and scrap ratio
//! belong to the heat, and specimens of one heat resemble each other so much (intra-heat correlation up
//! to 0.9) that ten of them say little more about a slope than five.
//!
//! Composition mediates scrap: scrap brings iron, iron costs strength. So two effects are reported
//! beside each other and never mixed: the *total* effect, the slope of y on the scrap ratio alone, and
//! the part of it that each element *carries*, (slope of the element on the scrap ratio) × (change of y
//! per unit of the element, the scrap ratio and the other elements held). The scrap ratio is never
//! penalised in that model, which makes the decomposition exact whatever the penalty: total =
//! Σ carried + remainder, and the remainder is the slope on scrap that composition does not explain
//! (oxides, hydrogen, elements nobody measured). It assumes what every linear mediation assumes: both
//! relations are straight lines, elements do not change each other's effect, and nothing unmeasured
//! moves an element and y together once the scrap ratio is held.
//!
//! Elements that move together share their effect, and with few heats nobody can tell them apart:
//! intervals say so, and below [`CompositionSettings::spare_heats`] there are none.

mod cross_validation;
mod effects;
mod elastic;
mod heat_means;
mod latent;
mod settings;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::cross_validation::{deal_into_folds, errors_of};
use self::elastic::Conditioned;
use self::heat_means::HeatMeans;
use super::diagnostics::Diagnostic;
use super::forest::{self, Forest};

pub use self::cross_validation::Score;
pub use self::effects::{ElementEffect, Estimate, ScrapEffect};
pub use self::heat_means::{CompositionData, Dropped};
pub use self::settings::CompositionSettings;

/// Why there is no composition report.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CompositionError {
    /// Inputs that belong together differ in length.
    #[error("{what} has {found} values where {expected} were expected")]
    Length {
        /// The input that is too short or too long.
        what: String,
        /// The number of rows, or of names.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// A value is NaN or infinite; a missing one is `None`.
    #[error("row {row}, column {column}: not a finite number")]
    NotFinite {
        /// Row, from 1.
        row: usize,
        /// Name of the column; `y` or `scrap ratio`.
        column: String,
    },
    /// Two columns share a name.
    #[error("column {column} is given twice")]
    Twice {
        /// The name.
        column: String,
    },
    /// Fewer heats with chemistry than the settings ask for.
    #[error("{heats} heats with a composition are too few: at least {needed} are needed")]
    TooFewHeats {
        /// Heats with at least one measured column.
        heats: usize,
        /// Heats needed.
        needed: usize,
    },
    /// All heats have the same mean.
    #[error("y is the same in all heats: there is no effect to attribute")]
    ResponseConstant,
    /// Nothing is left to regress on.
    #[error("no element can be used: {reasons}")]
    NothingVaries {
        /// Every column with the reason why it was dropped.
        reasons: String,
    },
    /// No model of the grid converged in every fold.
    #[error("no {model} could be fitted in every fold")]
    NoFit {
        /// The model.
        model: &'static str,
    },
    /// A setting that cannot be.
    #[error("models.composition.{key} {problem}")]
    Setting {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// One elastic net of the grid with its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElasticNetScore {
    /// Share of the penalty on absolute sizes, the rest being on squares.
    pub l1_ratio: f64,
    /// Penalty on the standardised scale.
    pub penalty: f64,
    /// Its score; null when the fit did not converge in some fold.
    pub score: Option<Score>,
}

/// The elastic nets tried and the one chosen: the lowest error, at equal error the larger penalty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElasticNetReport {
    /// Chosen share of the penalty on absolute sizes.
    pub l1_ratio: f64,
    /// Chosen penalty.
    pub penalty: f64,
    /// Score of the chosen one; a little flattering, as the best of many is.
    pub score: Score,
    /// Every score.
    pub scores: Vec<ElasticNetScore>,
}

/// One partial-least-squares model with its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlsScore {
    /// Number of components.
    pub components: usize,
    /// Its score; null when a fold does not hold that many components.
    pub score: Option<Score>,
}

/// The partial-least-squares models tried and the one chosen: the lowest error, at equal error the
/// fewer components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlsReport {
    /// Chosen number of components.
    pub components: usize,
    /// Score of the chosen one; a little flattering, as the best of many is.
    pub score: Score,
    /// Every score.
    pub scores: Vec<PlsScore>,
}

/// What composition says about one property of one grade.
///
/// All scores come from the same folds, which leave whole heats out. Errors and effects are in the
/// units of y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompositionReport {
    /// Rows handed over.
    pub rows: usize,
    /// Heats in the models.
    pub heats: usize,
    /// Heats left out because not one column was measured.
    pub heats_without_composition: usize,
    /// Columns not in the models, each with its reason.
    pub dropped: Vec<Dropped>,
    /// Folds; no more than heats.
    pub folds: usize,
    /// Seed of folds, resamples and forest.
    pub seed: u64,
    /// The mean of the other heats: what a model has to beat.
    pub mean: Score,
    /// A straight line in the scrap ratio; null without a scrap ratio that varies.
    pub linear_in_scrap: Option<Score>,
    /// Elastic net on composition with the scrap ratio unpenalised.
    pub elastic_net: ElasticNetReport,
    /// Partial least squares on composition and scrap ratio.
    pub pls: PlsReport,
    /// Regression forest on composition and scrap ratio.
    pub forest: Score,
    /// Whether the forest finds what no linear model does.
    pub nonlinearity: Diagnostic,
    /// Effects of the elements by rank.
    pub effects: Vec<ElementEffect>,
    /// Total effect of scrap and what composition carries of it; null without a scrap ratio that
    /// varies.
    pub scrap: Option<ScrapEffect>,
    /// Whether there are heats enough for intervals; without, effects are those of the elastic net.
    pub evidence: Diagnostic,
    /// Resamples of heats behind the intervals; those in which y or the scrap ratio did not vary are
    /// left out.
    pub resamples: usize,
    /// Share of resamples inside an interval.
    pub confidence: f64,
}

/// Fits, compares and explains: see the [module](self).
///
/// The same rows in any order give the same bytes, whatever the number of threads.
///
/// # Errors
/// Everything [`CompositionError`] names; a report is never made from fewer heats than
/// [`CompositionSettings::fewest_heats`].
pub fn composition_report(
    data: &CompositionData,
    settings: &CompositionSettings,
) -> Result<CompositionReport, CompositionError> {
    settings.check()?;
    let (means, dropped, heats_without_composition) = HeatMeans::of(data, settings)?;
    let heats = means.y.len();
    let folds = deal_into_folds(heats, settings.folds, settings.seed);
    let everything = means.with_scrap();

    let of_mean = errors_of(&means.y, &folds, |train, test| {
        let mean = train.iter().map(|&heat| means.y[heat]).sum::<f64>() / train.len() as f64;
        vec![mean; test.len()]
    });
    let of_line = means.scrap.is_some().then(|| {
        errors_of(&means.y, &folds, |train, test| {
            let line = Conditioned::of(&means, train).line();
            test.iter().map(|&heat| line.at(&means, heat)).collect()
        })
    });
    let (elastic_net, of_net) = elastic::choose(&means, &folds, settings)?;
    let (pls, of_pls) = latent::choose(&everything, &means.y, &folds, settings)?;
    let of_forest = errors_of(&means.y, &folds, |train, test| {
        let forest = Forest::grow(
            &everything,
            &means.y,
            train,
            &settings.forest(),
            settings.seed,
        );
        test.iter()
            .map(|&heat| forest.predict(&everything, heat))
            .collect()
    });

    let mut linear = vec![
        ("elastic net", of_net.as_slice()),
        ("partial least squares", of_pls.as_slice()),
        ("mean", of_mean.as_slice()),
    ];
    if let Some(errors) = &of_line {
        linear.push(("line in the scrap ratio", errors));
    }
    let nonlinearity = forest::nonlinearity(&linear, &of_forest);
    let explained = effects::explain(&means, &elastic_net, &pls, settings)?;
    Ok(CompositionReport {
        rows: data.y.len(),
        heats,
        heats_without_composition,
        dropped,
        folds: folds.iter().max().map_or(0, |last| last + 1),
        seed: settings.seed,
        mean: Score::of(&of_mean),
        linear_in_scrap: of_line.as_deref().map(Score::of),
        elastic_net,
        pls,
        forest: Score::of(&of_forest),
        nonlinearity,
        effects: explained.effects,
        scrap: explained.scrap,
        evidence: explained.evidence,
        resamples: explained.resamples,
        confidence: settings.confidence,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;
