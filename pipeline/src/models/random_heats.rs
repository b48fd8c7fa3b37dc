//! Regression with random heats: Vangel's RECIPE (NIST, 1994; ASTM STP 1274, 1996).
//!
//! In: [`Observations`] and a [`Model`]. Out: a [`HeatFit`]. Refused: fewer than three heats,
//! constant x for a line, values that are not finite, heats confounded with x, data without
//! scatter. Memory is linear in the number of specimens: Z only ever appears as sums over heats.
//!
//! Should all specimens of each heat agree (RMSB = 0) while heats differ, the fit is accepted: the
//! bound then rests on the heats alone, with ν₁ degrees of freedom, and is not too high. Data with
//! no scatter at all are refused, because estimate and bound would coincide and claim certainty.

use linfa::Dataset;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, Array2};

use super::design::{Design, Predictor};
use super::double_double::mean;
use super::error::ModelError;
use super::heat_fit::{HeatFit, Model};
use super::heat_sums::{heat_sizes, within_heats};
use super::least_squares::{LeastSquares, solve};

/// Fewer heats than this do not show how heats scatter.
pub const FEWEST_HEATS: usize = 3;
/// At or below this tr₂ the heat variance counts as not estimable.
const SMALLEST_TR2: f64 = 1e-7;

/// Specimens on the modelling scale, one entry per specimen in each vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    /// Response.
    pub y: Vec<f64>,
    /// Covariate, typically the scrap ratio of the heat; ignored by [`Model::Mean`].
    pub x: Vec<f64>,
    /// Index of the heat, from 0 without gaps; see [`super::heat_sums::index_heats`].
    pub heats: Vec<usize>,
}

/// Fits the random-heat regression.
///
/// # Errors
/// [`ModelError::Length`], [`ModelError::NotFinite`], [`ModelError::HeatsNotDense`],
/// [`ModelError::TooFewHeats`], [`ModelError::ConstantX`], [`ModelError::Confounded`],
/// [`ModelError::HeatScatterNotEstimable`], [`ModelError::NoScatter`].
pub fn fit(observations: &Observations, model: Model) -> Result<HeatFit, ModelError> {
    let n = observations.y.len();
    if observations.x.len() != n {
        return Err(ModelError::Length {
            what: "x".to_owned(),
            expected: n,
            found: observations.x.len(),
        });
    }
    let mut records = Array2::zeros((n, 1));
    for (cell, &x) in records.iter_mut().zip(&observations.x) {
        *cell = x;
    }
    let dataset = Dataset::new(records, Array1::from(observations.y.clone()));
    RandomHeatParams::new(model, observations.heats.clone()).fit(&dataset)
}

/// The random-heat regression as a linfa estimator.
///
/// | parameter | range |
/// |---|---|
/// | model | mean or line |
/// | heats | one index per record, from 0 without gaps, at least [`FEWEST_HEATS`] different |
///
/// # Shapes
/// Records n × 1 (the covariate), targets n.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomHeatParams {
    model: Model,
    heats: Vec<usize>,
}

impl RandomHeatParams {
    /// Parameters for records whose heats are `heats`; checked when fitting.
    pub fn new(model: Model, heats: Vec<usize>) -> RandomHeatParams {
        RandomHeatParams { model, heats }
    }
}

impl Fit<Array2<f64>, Array1<f64>, ModelError> for RandomHeatParams {
    type Object = HeatFit;

    fn fit(&self, dataset: &Dataset<f64, f64, ndarray::Ix1>) -> Result<HeatFit, ModelError> {
        let y = dataset.targets.to_vec();
        let x: Vec<f64> = dataset
            .records
            .rows()
            .into_iter()
            .flat_map(|r| r.first().copied())
            .collect();
        for (what, found) in [("heats", self.heats.len()), ("x", x.len())] {
            if found != y.len() && (what == "heats" || self.model == Model::Linear) {
                return Err(ModelError::Length {
                    what: what.to_owned(),
                    expected: y.len(),
                    found,
                });
            }
        }
        let design = match self.model {
            Model::Mean => Design::mean(),
            Model::Linear => Design::linear(
                vec![Predictor {
                    name: "x".to_owned(),
                    values: x.clone(),
                }],
                true,
            ),
        };
        let groups = heat_sizes(&self.heats)?;
        if groups.len() < FEWEST_HEATS {
            // A bad value is the more useful message, so it is looked for first.
            design.check(&y)?;
            return Err(ModelError::TooFewHeats {
                heats: groups.len(),
                needed: FEWEST_HEATS,
            });
        }
        let plain = solve(&design, &y).map_err(|error| match error {
            ModelError::RankDeficient { .. } => ModelError::ConstantX,
            other => other,
        })?;
        assemble(&plain, self.model, &y, &x, &self.heats, &groups)
    }
}

impl PredictInplace<Array2<f64>, Array1<f64>> for HeatFit {
    /// Means per record; NaN for a record without a covariate.
    fn predict_inplace<'a>(&'a self, x: &'a Array2<f64>, y: &mut Array1<f64>) {
        for (record, mean) in x.rows().into_iter().zip(y.iter_mut()) {
            *mean = self.estimate(record.first().copied().unwrap_or(f64::NAN));
        }
    }

    fn default_target(&self, x: &Array2<f64>) -> Array1<f64> {
        Array1::zeros(x.nrows())
    }
}

/// From the plain fit and the sums over heats to the fit with random heats.
fn assemble(
    plain: &LeastSquares,
    model: Model,
    y: &[f64],
    x: &[f64],
    heats: &[usize],
    sizes: &[usize],
) -> Result<HeatFit, ModelError> {
    let n = plain.n;
    let largest = y.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
    let rounding = 8.0 * f64::EPSILON * largest;
    let rmsa = plain.rss / plain.dof as f64;
    if rmsa.sqrt() <= rounding {
        return Err(ModelError::NoScatter);
    }
    let linear = model == Model::Linear;
    let x_centre = if linear { mean(x).to_f64() } else { 0.0 };
    let x_spread = if linear {
        x.iter()
            .map(|x| (x - x_centre) * (x - x_centre))
            .sum::<f64>()
            .sqrt()
    } else {
        1.0
    };
    // G = Z'Q, a line per heat.
    let level_weight = (n as f64).sqrt().recip();
    let mut sums: Vec<Vec<f64>> = sizes
        .iter()
        .map(|&size| vec![size as f64 * level_weight])
        .collect();
    if linear {
        sums.iter_mut().for_each(|line| line.push(0.0));
        for (&x, &heat) in x.iter().zip(heats) {
            sums[heat][1] += (x - x_centre) / x_spread;
        }
    }
    let width = plain.rank;
    let moment = |j: usize, k: usize| sums.iter().map(|line| line[j] * line[k]).sum::<f64>();
    let heat_moment: Vec<Vec<f64>> = (0..width)
        .map(|j| (0..width).map(|k| moment(j, k)).collect())
        .collect();
    // B = diag(sizes) − GG', so its traces need no heats × heats matrix.
    let tr1 = n as f64 - (0..width).map(|j| heat_moment[j][j]).sum::<f64>();
    let diagonal = |(line, &size): (&Vec<f64>, &usize)| {
        let size = size as f64;
        size * (size - 2.0 * line.iter().map(|g| g * g).sum::<f64>())
    };
    let tr2 = sums.iter().zip(sizes).map(diagonal).sum::<f64>()
        + heat_moment.iter().flatten().map(|m| m * m).sum::<f64>();
    if tr2 <= SMALLEST_TR2 || tr1 <= 0.0 {
        return Err(ModelError::HeatScatterNotEstimable { tr2 });
    }

    let separable = sizes.len() < n;
    let within = within_heats(y, linear.then_some(x), heats, sizes);
    let (r2, rmsb) = if separable {
        if within.rank >= n {
            return Err(ModelError::Confounded);
        }
        let rmsb = within.rss / (n - within.rank) as f64;
        (
            within.rank,
            if rmsb.sqrt() <= rounding { 0.0 } else { rmsb },
        )
    } else {
        (n, rmsa)
    };
    let (between_variance, within_variance) = if separable {
        ((plain.dof as f64 / tr1 * (rmsa - rmsb)).max(0.0), rmsb)
    } else {
        (rmsa, 0.0)
    };

    let finite = x.len() == n && x.iter().all(|x| x.is_finite());
    let range =
        |start: f64, pick: fn(f64, f64) -> f64| finite.then(|| x.iter().copied().fold(start, pick));
    Ok(HeatFit {
        model,
        n,
        heats: sizes.len(),
        term_names: plain.design.coefficient_names(),
        coefficients: plain.coefficients.clone(),
        covariance: covariance(
            &heat_moment,
            between_variance,
            within_variance,
            (level_weight, x_centre, x_spread),
        ),
        rank: plain.rank,
        condition: plain.condition,
        dof: plain.dof,
        sigma: (between_variance + within_variance).sqrt(),
        rmsa,
        rmsb,
        between_variance,
        within_variance,
        separable,
        r1: plain.rank,
        r2,
        nu0: plain.dof as f64,
        nu1: tr1 * tr1 / tr2,
        tr1,
        tr2,
        x_min: range(f64::INFINITY, f64::min),
        x_max: range(f64::NEG_INFINITY, f64::max),
        x_centre,
        x_spread,
        level: mean(y).to_f64(),
        heat_moment,
    })
}

/// Covariance of the coefficients: s_b² Q'ZZ'Q + s_e² I in the orthonormal basis, mapped back.
fn covariance(
    heat_moment: &[Vec<f64>],
    between: f64,
    within: f64,
    (level_weight, x_centre, x_spread): (f64, f64, f64),
) -> Vec<Vec<f64>> {
    let entry =
        |j: usize, k: usize| between * heat_moment[j][k] + if j == k { within } else { 0.0 };
    let level = level_weight * level_weight * entry(0, 0);
    if heat_moment.len() < 2 {
        return vec![vec![level]];
    }
    let slope = entry(1, 1) / (x_spread * x_spread);
    let mixed = level_weight * entry(0, 1) / x_spread;
    let cross = mixed - x_centre * slope;
    let intercept = level - 2.0 * x_centre * mixed + x_centre * x_centre * slope;
    vec![vec![intercept, cross], vec![cross, slope]]
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;
