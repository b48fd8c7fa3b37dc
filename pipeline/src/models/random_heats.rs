//! Regression with random heats: Vangel's RECIPE (NIST, 1994; ASTM STP 1274, 1996).
//!
//! In: [`Observations`] and a [`Model`], or several regressors. Out: a [`HeatFit`]. Refused: fewer
//! than three heats, constant x for a line, values that are not finite, heats confounded with x,
//! data without scatter. Memory is linear in the number of specimens: Z only ever appears as sums
//! over heats. Every model has an intercept, without which heats would not scatter about a mean.
//!
//! Should all specimens of each heat agree (RMSB = 0) while heats differ, the fit is accepted: the
//! bound then rests on the heats alone, with ν₁ degrees of freedom, and is not too high. Data with
//! no scatter at all are refused, because estimate and bound would coincide and claim certainty.

use linfa::Dataset;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, Array2};

use super::design::{Design, Predictor};
use super::double_double::{DoubleDouble, dot, mean};
use super::error::ModelError;
use super::heat_basis::{FittedBasis, HeatBasis};
use super::heat_fit::{HeatFit, Model};
use super::heat_summary::HeatSummary;
use super::heat_sums::{Within, heat_sizes, within_heats, within_heats_of_columns};
use super::least_squares::{LeastSquares, solve};
use super::vangel_confidence::{LEAST_CONFIDENCE, vangel_confidence};

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

/// Fits the random-heat regression in one x.
///
/// [`Model::Regressors`] takes x as its only regressor; for more see [`fit_regressors`].
///
/// # Errors
/// [`ModelError::Length`], [`ModelError::NotFinite`], [`ModelError::HeatsNotDense`],
/// [`ModelError::TooFewHeats`], [`ModelError::TooFewValues`], [`ModelError::ConstantX`],
/// [`ModelError::TooFewDistinct`], [`ModelError::RankDeficient`] for a degree too high for the
/// digits of x, [`ModelError::Confounded`], [`ModelError::HeatScatterNotEstimable`],
/// [`ModelError::NoScatter`].
pub fn fit(observations: &Observations, model: Model) -> Result<HeatFit, ModelError> {
    let Observations { y, x, heats } = observations;
    check_lengths(y, x.len(), heats)?;
    let sizes = checked_sizes(y, heats, |y| match model.canonical() {
        Model::Mean => Design::mean().check(y),
        _ => Design::linear(vec![named("x", x)], true).check(y),
    })?;
    let data = Data { y, heats, sizes };
    match model.canonical() {
        model @ (Model::Mean | Model::Linear) => fit_line(&data, model, x),
        Model::Quadratic => fit_general(&data, Model::Quadratic, &[named("x", x)], 2),
        Model::Polynomial(degree) => fit_general(&data, model, &[named("x", x)], degree),
        Model::Regressors => fit_general(&data, Model::Regressors, &[named("x", x)], 1),
    }
}

/// Fits the random-heat regression on several regressors, each as it stands.
///
/// # Errors
/// As for [`fit`]; a regressor that is constant, or a linear combination of the others, is
/// [`ModelError::RankDeficient`] with its name; no regressor at all is [`ModelError::NoTerms`].
pub fn fit_regressors(
    y: &[f64],
    regressors: &[Predictor],
    heats: &[usize],
) -> Result<HeatFit, ModelError> {
    if regressors.is_empty() {
        return Err(ModelError::NoTerms);
    }
    check_lengths(y, y.len(), heats)?;
    let sizes = checked_sizes(y, heats, |y| {
        Design::linear(regressors.to_vec(), true).check(y)
    })?;
    let data = Data { y, heats, sizes };
    fit_general(&data, Model::Regressors, regressors, 1)
}

/// Fits the random-heat regression for a verdict: where the heats are such that a nominal 95 % T
/// would hold in less than 93 % of labs, the bounds of the fit are pivotal ones, and it says so.
///
/// A parabola that was chosen because it fitted better is no fair sample of parabolas: its bounds are
/// those of T or of the line's fit for a verdict, whichever is the more careful at each x. Anything
/// beyond keeps T, and its confidence is not looked for.
///
/// # Errors
/// As for [`fit`].
pub fn fit_for_verdict(observations: &Observations, model: Model) -> Result<HeatFit, ModelError> {
    let mut fit = fit(observations, model)?;
    if fit.model == Model::Quadratic {
        let line = fit_for_verdict(observations, Model::Linear)?;
        fit.careful = Some(Box::new(line));
        return Ok(fit);
    }
    if !matches!(fit.model, Model::Mean | Model::Linear) {
        return Ok(fit);
    }
    let summary = HeatSummary::new(observations, model)?;
    let confidence = vangel_confidence(&fit, &summary)?;
    fit.vangel_confidence = Some(confidence);
    fit.pivotal = (confidence < LEAST_CONFIDENCE).then_some(summary);
    Ok(fit)
}

fn named(name: &str, values: &[f64]) -> Predictor {
    Predictor {
        name: name.to_owned(),
        values: values.to_vec(),
    }
}

/// The random-heat regression as a linfa estimator.
///
/// | parameter | range |
/// |---|---|
/// | model | any [`Model`] |
/// | heats | one index per record, from 0 without gaps, at least [`FEWEST_HEATS`] different |
///
/// # Shapes
/// Records n × 1 (the covariate), or n × p for [`Model::Regressors`], whose columns are then called
/// `x1`, `x2`, …; targets n.
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
        let columns = dataset.records.columns().into_iter().map(|c| c.to_vec());
        if self.model == Model::Regressors {
            let regressors: Vec<Predictor> = columns
                .enumerate()
                .map(|(place, values)| named(&format!("x{}", place + 1), &values))
                .collect();
            return fit_regressors(&y, &regressors, &self.heats);
        }
        let mut x: Vec<f64> = columns.take(1).flatten().collect();
        if x.is_empty() && self.model.canonical() == Model::Mean {
            // A mean needs no covariate.
            x = vec![f64::NAN; y.len()];
        }
        let heats = self.heats.clone();
        fit(&Observations { y, x, heats }, self.model)
    }
}

impl PredictInplace<Array2<f64>, Array1<f64>> for HeatFit {
    /// Means per record; NaN for a record that lacks a covariate or has one too many.
    fn predict_inplace<'a>(&'a self, x: &'a Array2<f64>, y: &mut Array1<f64>) {
        for (record, mean) in x.rows().into_iter().zip(y.iter_mut()) {
            *mean = self.estimate_at(&record.to_vec()).unwrap_or(f64::NAN);
        }
    }

    fn default_target(&self, x: &Array2<f64>) -> Array1<f64> {
        Array1::zeros(x.nrows())
    }
}

/// Responses and their heats, checked.
struct Data<'a> {
    y: &'a [f64],
    heats: &'a [usize],
    sizes: Vec<usize>,
}

fn check_lengths(y: &[f64], x: usize, heats: &[usize]) -> Result<(), ModelError> {
    for (what, found) in [("heats", heats.len()), ("x", x)] {
        if found != y.len() {
            return Err(ModelError::Length {
                what: what.to_owned(),
                expected: y.len(),
                found,
            });
        }
    }
    Ok(())
}

/// Specimens per heat; `check` is asked first where there are too few heats, because a bad value is
/// the more useful message.
fn checked_sizes(
    y: &[f64],
    heats: &[usize],
    check: impl Fn(&[f64]) -> Result<(), ModelError>,
) -> Result<Vec<usize>, ModelError> {
    let sizes = heat_sizes(heats)?;
    if sizes.len() < FEWEST_HEATS {
        check(y)?;
        return Err(ModelError::TooFewHeats {
            heats: sizes.len(),
            needed: FEWEST_HEATS,
        });
    }
    Ok(sizes)
}

/// A mean or a line, in the basis 1/√n and (x − x̄)/√Sxx.
fn fit_line(data: &Data<'_>, model: Model, x: &[f64]) -> Result<HeatFit, ModelError> {
    let linear = model == Model::Linear;
    let design = if linear {
        Design::linear(vec![named("x", x)], true)
    } else {
        Design::mean()
    };
    let plain = solve(&design, data.y).map_err(|error| match error {
        ModelError::RankDeficient { .. } => ModelError::ConstantX,
        other => other,
    })?;
    let x_centre = if linear { mean(x).to_f64() } else { 0.0 };
    let x_spread = if linear {
        x.iter()
            .map(|x| (x - x_centre) * (x - x_centre))
            .sum::<f64>()
            .sqrt()
    } else {
        1.0
    };
    let functions = |row: usize| {
        if linear {
            vec![(x[row] - x_centre) / x_spread]
        } else {
            Vec::new()
        }
    };
    let within = || within_heats(data.y, linear.then_some(x), data.heats, &data.sizes);
    let mut fit = assemble(data, &plain, model, functions, within)?;
    let finite = x.iter().all(|x| x.is_finite());
    let range =
        |start: f64, pick: fn(f64, f64) -> f64| finite.then(|| x.iter().copied().fold(start, pick));
    fit.covariance = line_covariance(&fit, x_centre, x_spread);
    fit.x_min = range(f64::INFINITY, f64::min);
    fit.x_max = range(f64::NEG_INFINITY, f64::max);
    fit.x_centre = x_centre;
    fit.x_spread = x_spread;
    Ok(fit)
}

/// Powers of one x or several regressors, in a [`HeatBasis`].
fn fit_general(
    data: &Data<'_>,
    model: Model,
    predictors: &[Predictor],
    degree: u32,
) -> Result<HeatFit, ModelError> {
    let FittedBasis {
        basis,
        plain,
        within,
    } = HeatBasis::fit(predictors, degree, data.y)?;
    let functions = |row: usize| {
        let at: Vec<f64> = predictors.iter().map(|p| p.values[row]).collect();
        basis.functions(&at)
    };
    let within = || within_heats_of_columns(data.y, &within, data.heats, &data.sizes);
    let mut fit = assemble(data, &plain, model, functions, within)?;
    let map = basis.to_data_units(fit.n);
    let level = DoubleDouble::from(fit.level) * DoubleDouble::from(fit.n as f64).sqrt();
    let weights: Vec<DoubleDouble> = std::iter::once(level)
        .chain(basis.weights.iter().map(|&w| DoubleDouble::from(w)))
        .collect();
    fit.coefficients = map.iter().map(|row| dot(row, &weights).to_f64()).collect();
    fit.covariance = general_covariance(&fit, &map);
    fit.term_names = basis.coefficient_names();
    if let Some(first) = basis.regressors.first() {
        fit.x_min = Some(first.min);
        fit.x_max = Some(first.max);
        fit.x_centre = first.centre;
        let squares = predictors[0].values.iter();
        let squares = squares.map(|x| (x - first.centre) * (x - first.centre));
        fit.x_spread = squares.sum::<f64>().sqrt();
    }
    fit.basis = Some(basis);
    Ok(fit)
}

/// From the plain fit and the sums over heats to the fit with random heats.
///
/// `functions` are the orthonormal functions of a row beside the constant. What depends on the kind
/// of basis (covariance, ranges, centres) is left for the caller to fill in.
fn assemble(
    data: &Data<'_>,
    plain: &LeastSquares,
    model: Model,
    functions: impl Fn(usize) -> Vec<f64>,
    within: impl FnOnce() -> Within,
) -> Result<HeatFit, ModelError> {
    let (n, sizes) = (plain.n, &data.sizes);
    let largest = data
        .y
        .iter()
        .fold(0.0_f64, |largest, v| largest.max(v.abs()));
    let rounding = 8.0 * f64::EPSILON * largest;
    let rmsa = plain.rss / plain.dof as f64;
    if rmsa.sqrt() <= rounding {
        return Err(ModelError::NoScatter);
    }
    // G = Z'Q, a line per heat.
    let level_weight = (n as f64).sqrt().recip();
    let width = plain.rank;
    let mut sums: Vec<Vec<f64>> = sizes
        .iter()
        .map(|&size| {
            let mut line = vec![0.0; width];
            line[0] = size as f64 * level_weight;
            line
        })
        .collect();
    for (row, &heat) in data.heats.iter().enumerate() {
        for (sum, function) in sums[heat][1..].iter_mut().zip(functions(row)) {
            *sum += function;
        }
    }
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
    let (r2, rmsb) = if separable {
        let within = within();
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
    Ok(HeatFit {
        model,
        n,
        heats: sizes.len(),
        term_names: plain.design.coefficient_names(),
        coefficients: plain.coefficients.clone(),
        covariance: Vec::new(),
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
        x_min: None,
        x_max: None,
        x_centre: 0.0,
        x_spread: 1.0,
        level: mean(data.y).to_f64(),
        heat_moment,
        basis: None,
        vangel_confidence: None,
        pivotal: None,
        careful: None,
    })
}

/// Entry of s_b² Q'ZZ'Q + s_e² I, the covariance of the weights in the orthonormal basis.
fn weight_covariance(fit: &HeatFit, j: usize, k: usize) -> f64 {
    let within = if j == k { fit.within_variance } else { 0.0 };
    fit.between_variance * fit.heat_moment[j][k] + within
}

/// Covariance of the coefficients of a mean or a line.
fn line_covariance(fit: &HeatFit, x_centre: f64, x_spread: f64) -> Vec<Vec<f64>> {
    let level_weight = (fit.n as f64).sqrt().recip();
    let level = level_weight * level_weight * weight_covariance(fit, 0, 0);
    if fit.heat_moment.len() < 2 {
        return vec![vec![level]];
    }
    let slope = weight_covariance(fit, 1, 1) / (x_spread * x_spread);
    let mixed = level_weight * weight_covariance(fit, 0, 1) / x_spread;
    let cross = mixed - x_centre * slope;
    let intercept = level - 2.0 * x_centre * mixed + x_centre * x_centre * slope;
    vec![vec![intercept, cross], vec![cross, slope]]
}

/// Covariance of the coefficients of powers or regressors, in twice the usual precision, since
/// coefficients of powers of x itself are strongly correlated.
fn general_covariance(fit: &HeatFit, map: &[Vec<DoubleDouble>]) -> Vec<Vec<f64>> {
    let size = map.len();
    let inner: Vec<Vec<DoubleDouble>> = (0..size)
        .map(|j| {
            (0..size)
                .map(|k| DoubleDouble::from(weight_covariance(fit, j, k)))
                .collect()
        })
        .collect();
    let entry = |a: &Vec<DoubleDouble>, b: &Vec<DoubleDouble>| {
        let half: Vec<DoubleDouble> = inner.iter().map(|line| dot(line, b)).collect();
        dot(a, &half).to_f64()
    };
    map.iter()
        .map(|a| map.iter().map(|b| entry(a, b)).collect())
        .collect()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;
