//! Partial least squares: a second linear model that shares an effect among elements that move together.
//!
//! linfa-pls divides every column by its standard deviation, so that one of nothing but rounding would
//! weigh as much as any other, and every component by its size, so that one beyond the last would be
//! rounding over rounding. Columns are therefore standardised here, and a component is asked for only
//! while the columns still say something about what is left of y.

use linfa::Dataset;
use linfa::traits::Fit as _;
use linfa_pls::PlsRegression;
use ndarray::{Array1, Array2};

use super::cross_validation::{Score, cross_validate};
use super::heat_means::{mean_and_deviation, varies};
use super::{CompositionError, CompositionSettings, PlsReport, PlsScore};

/// Share of the covariance with y below which what is left is rounding.
const EXHAUSTED: f64 = 1e-8;

/// A fit with some number of components.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Latent {
    level: f64,
    centres: Vec<f64>,
    spreads: Vec<f64>,
    /// Change of y per standard deviation of a column; 0 for one that does not vary.
    pub(super) per_deviation: Vec<f64>,
}

impl Latent {
    fn at(&self, columns: &[Vec<f64>], heat: usize) -> f64 {
        let composition: f64 = columns
            .iter()
            .enumerate()
            .filter(|&(j, _)| self.spreads[j] > 0.0)
            .map(|(j, column)| {
                self.per_deviation[j] * (column[heat] - self.centres[j]) / self.spreads[j]
            })
            .sum();
        self.level + composition
    }
}

/// Fits with 1, 2, … components, as many as `heats` hold and at most `most`.
///
/// The list is empty when y does not vary in these heats, or no column has to do with it.
pub(super) fn fits(columns: &[Vec<f64>], y: &[f64], heats: &[usize], most: usize) -> Vec<Latent> {
    let standardise = |values: &[f64]| {
        let values: Vec<f64> = heats.iter().map(|&heat| values[heat]).collect();
        let (centre, spread) = mean_and_deviation(&values);
        let spread = if varies(&values) { spread } else { 0.0 };
        let scaled: Array1<f64> = values
            .iter()
            .map(|v| match spread > 0.0 {
                true => (v - centre) / spread,
                false => 0.0,
            })
            .collect();
        (centre, spread, scaled)
    };
    let (level, spread, target) = standardise(y);
    let mut records = Array2::zeros((heats.len(), columns.len()));
    let (mut centres, mut spreads) = (Vec::new(), Vec::new());
    for (column, mut record) in columns.iter().zip(records.columns_mut()) {
        let (centre, spread, scaled) = standardise(column);
        record.assign(&scaled);
        centres.push(centre);
        spreads.push(spread);
    }
    // Every component takes one dimension of the heats, and their mean has taken one already.
    let most = most.min(columns.len()).min(heats.len().saturating_sub(2));
    let largest = |values: Array1<f64>| values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    let at_first = largest(records.t().dot(&target));
    let mut left = target.clone();
    let dataset = Dataset::new(records, target.insert_axis(ndarray::Axis(1)));
    let mut fits = Vec::new();
    for components in 1..=most {
        let covariance = largest(dataset.records.t().dot(&left));
        // With n standardised values a perfect correlation has covariance n − 1.
        let nothing = EXHAUSTED * at_first.max(EXHAUSTED * heats.len() as f64);
        if spread <= 0.0 || covariance <= nothing {
            break;
        }
        let Ok(fit) = PlsRegression::params(components).scale(false).fit(&dataset) else {
            break;
        };
        let weights = fit.coefficients().column(0).to_owned();
        if weights.iter().any(|w| !w.is_finite()) {
            break;
        }
        left = dataset.targets.column(0).to_owned() - dataset.records.dot(&weights);
        fits.push(Latent {
            level,
            centres: centres.clone(),
            spreads: spreads.clone(),
            per_deviation: weights.iter().map(|w| w * spread).collect(),
        });
    }
    fits
}

/// Scores every number of components and chooses; with the errors of the chosen one, heat by heat.
pub(super) fn choose(
    columns: &[Vec<f64>],
    y: &[f64],
    folds: &[usize],
    settings: &CompositionSettings,
) -> Result<(PlsReport, Vec<f64>), CompositionError> {
    let last = folds.iter().copied().max().unwrap_or_default();
    let fitted: Vec<Vec<Latent>> = (0..=last)
        .map(|fold| {
            let train: Vec<usize> = (0..folds.len())
                .filter(|&heat| folds[heat] != fold)
                .collect();
            fits(columns, y, &train, settings.components)
        })
        .collect();
    let mut best: Option<(usize, Score, Vec<f64>)> = None;
    let mut scores = Vec::new();
    for components in 1..=settings.components {
        let mut fold = fitted.iter();
        let errors = cross_validate(y, folds, |_, test| {
            let latent = fold.next()?.get(components - 1)?;
            Some(test.iter().map(|&heat| latent.at(columns, heat)).collect())
        });
        let score = errors.as_deref().map(Score::of);
        scores.push(PlsScore { components, score });
        let (Some(score), Some(errors)) = (score, errors) else {
            continue;
        };
        if best
            .as_ref()
            .is_none_or(|(_, other, _)| score.cv_rmse < other.cv_rmse)
        {
            best = Some((components, score, errors));
        }
    }
    let Some((components, score, errors)) = best else {
        return Err(CompositionError::NoFit {
            model: "partial least squares",
        });
    };
    let report = PlsReport {
        components,
        score,
        scores,
    };
    Ok((report, errors))
}
