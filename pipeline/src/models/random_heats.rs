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
mod tests {
    use linfa::traits::Predict;

    use super::*;

    type Matrix = Vec<Vec<f64>>;

    fn product(a: &Matrix, b: &Matrix) -> Matrix {
        let entry = |row: &[f64], j: usize| row.iter().zip(b).map(|(a, line)| a * line[j]).sum();
        a.iter()
            .map(|row| (0..b[0].len()).map(|j| entry(row, j)).collect())
            .collect()
    }

    fn transposed(a: &Matrix) -> Matrix {
        (0..a[0].len())
            .map(|j| a.iter().map(|row| row[j]).collect())
            .collect()
    }

    fn inverse2(a: &Matrix) -> Matrix {
        let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
        vec![
            vec![a[1][1] / determinant, -a[0][1] / determinant],
            vec![-a[1][0] / determinant, a[0][0] / determinant],
        ]
    }

    fn trace(a: &Matrix) -> f64 {
        (0..a.len()).map(|i| a[i][i]).sum()
    }

    fn near(actual: f64, expected: f64) -> bool {
        (actual - expected).abs() <= 1e-10 * expected.abs().max(1e-3)
    }

    /// Four heats; x varies inside the last two.
    fn example() -> Observations {
        Observations {
            y: vec![20.0, 21.5, 19.0, 21.0, 20.5, 14.0, 15.5, 19.0, 18.5, 18.0],
            x: vec![0.5, 0.5, 0.5, 0.2, 0.2, 0.8, 0.7, 0.9, 0.9, 0.4],
            heats: vec![0, 0, 0, 1, 1, 2, 2, 3, 3, 2],
        }
    }

    /// Every number of the fit against the matrices of the definition, written out in full.
    #[test]
    fn sums_over_heats_equal_the_matrices_they_stand_for() {
        let data = example();
        let fit = fit(&data, Model::Linear).unwrap();
        let x: Matrix = data.x.iter().map(|&x| vec![1.0, x]).collect();
        let z: Matrix = data
            .heats
            .iter()
            .map(|&h| (0..4).map(|j| f64::from(u8::from(j == h))).collect())
            .collect();
        let inverse = inverse2(&product(&transposed(&x), &x));
        let hat = product(&product(&x, &inverse), &transposed(&x));
        let zz = product(&transposed(&z), &z);
        let zhz = product(&product(&transposed(&z), &hat), &z);
        let b: Matrix = (0..4)
            .map(|i| (0..4).map(|j| zz[i][j] - zhz[i][j]).collect())
            .collect();
        assert!(near(fit.tr1, trace(&b)) && near(fit.tr2, trace(&product(&b, &b))));

        let y: Matrix = data.y.iter().map(|&y| vec![y]).collect();
        let theta = product(&inverse, &product(&transposed(&x), &y));
        assert!(near(fit.coefficients[0], theta[0][0]) && near(fit.coefficients[1], theta[1][0]));
        let fitted = product(&x, &theta);
        let rss: f64 = y
            .iter()
            .zip(&fitted)
            .map(|(y, f)| (y[0] - f[0]).powi(2))
            .sum();
        assert!(near(fit.rmsa, rss / 8.0) && fit.dof == 8);

        // [X Z] has rank 5: the line's slope beside four heat means.
        assert_eq!((fit.r1, fit.r2, fit.heats), (2, 5, 4));
        let group_mean = |values: &[f64], h: usize| {
            let members = values.iter().zip(&data.heats).filter(|&(_, &g)| g == h);
            members.clone().map(|(v, _)| v).sum::<f64>() / members.count() as f64
        };
        let within: Vec<(f64, f64)> = (0..10)
            .map(|i| {
                let h = data.heats[i];
                (
                    data.x[i] - group_mean(&data.x, h),
                    data.y[i] - group_mean(&data.y, h),
                )
            })
            .collect();
        let slope = within.iter().map(|(x, y)| x * y).sum::<f64>()
            / within.iter().map(|(x, _)| x * x).sum::<f64>();
        let rss = within
            .iter()
            .map(|(x, y)| (y - slope * x).powi(2))
            .sum::<f64>();
        assert!(near(fit.rmsb, rss / 5.0));
        let between = (8.0 / fit.tr1 * (fit.rmsa - fit.rmsb)).max(0.0);
        assert!(between > 0.0 && near(fit.between_variance, between));

        let zxi = product(&product(&transposed(&z), &x), &inverse);
        for at in [0.2, 0.5, 0.9] {
            let w = vec![vec![1.0], vec![at]];
            let (eta0, eta1) = fit.effective_sizes(at);
            let q0 = product(&product(&transposed(&w), &inverse), &w)[0][0];
            let sums = product(&zxi, &w);
            let q1: f64 = sums.iter().map(|s| s[0] * s[0]).sum();
            assert!(near(eta0, q0.recip()) && near(eta1, q1.recip()));
        }
        let middle = product(&transposed(&zxi), &zxi);
        for (i, line) in fit.covariance.iter().enumerate() {
            for (j, &entry) in line.iter().enumerate() {
                let expected = between * middle[i][j] + fit.rmsb * inverse[i][j];
                assert!(near(entry, expected), "{i} {j}: {entry} {expected}");
            }
        }
    }

    #[test]
    fn data_that_cannot_carry_the_model_are_refused_with_the_reason() {
        let refused = |change: &dyn Fn(&mut Observations), model: Model| {
            let mut data = example();
            change(&mut data);
            fit(&data, model).unwrap_err()
        };
        let line = Model::Linear;
        let heats = |list: [usize; 10]| move |d: &mut Observations| d.heats = list.to_vec();
        assert_eq!(
            refused(&heats([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]), line),
            ModelError::TooFewHeats {
                heats: 2,
                needed: 3
            }
        );
        assert_eq!(
            refused(&heats([0, 0, 0, 0, 3, 1, 1, 1, 1, 1]), line),
            ModelError::HeatsNotDense { missing: 2 }
        );
        assert_eq!(
            refused(&|d| d.x = vec![0.1; 10], line),
            ModelError::ConstantX
        );
        assert_eq!(
            refused(&|d| d.y[3] = f64::NAN, line),
            ModelError::NotFinite {
                row: 4,
                column: "y".to_owned()
            }
        );
        assert_eq!(
            refused(&|d| d.x[0] = f64::INFINITY, line),
            ModelError::NotFinite {
                row: 1,
                column: "x".to_owned()
            }
        );
        assert_eq!(
            refused(&|d| d.y = d.x.iter().map(|x| 3.0 - x).collect(), line),
            ModelError::NoScatter
        );
        assert_eq!(
            refused(&|d| d.y = vec![0.1; 10], Model::Mean),
            ModelError::NoScatter
        );
        assert!(matches!(
            refused(&|d| d.heats.truncate(4), line),
            ModelError::Length { .. }
        ));
        assert!(matches!(
            refused(&|d| d.x.truncate(4), line),
            ModelError::Length { .. }
        ));
        // Nine heats, one of two specimens, and a slope inside it: nothing is left for s_e.
        assert_eq!(
            refused(&heats([0, 1, 2, 3, 4, 5, 6, 7, 8, 8]), line),
            ModelError::Confounded
        );
        let nothing = Observations {
            y: vec![],
            x: vec![],
            heats: vec![],
        };
        assert_eq!(
            fit(&nothing, Model::Mean).unwrap_err(),
            ModelError::TooFewHeats {
                heats: 0,
                needed: 3
            }
        );
    }

    #[test]
    fn equal_specimens_in_each_heat_rest_the_bound_on_the_heats() {
        let heats: Vec<usize> = (0..12).map(|i| i / 3).collect();
        let of_heat = [20.1, 23.3, 21.7, 24.9];
        let data = Observations {
            y: heats.iter().map(|&h| of_heat[h]).collect(),
            x: vec![0.0; 12],
            heats,
        };
        let copied = fit(&data, Model::Mean).unwrap();
        assert_eq!(
            (copied.within_variance, copied.heat_variance_share()),
            (0.0, 1.0)
        );
        // Copying a value adds no information: the same bound as from the four heats alone.
        let alone = Observations {
            y: of_heat.to_vec(),
            x: vec![0.0; 4],
            heats: (0..4).collect(),
        };
        let alone = fit(&alone, Model::Mean).unwrap();
        let bound = |fit: &HeatFit| fit.lower_bound(0.0, 0.9, 0.95).unwrap().bound;
        assert!((bound(&copied) / bound(&alone) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn heats_that_do_not_differ_give_the_bound_of_independent_specimens() {
        // Each heat has the same three values, so RMSA < RMSB and s_b² = 0.
        let data = Observations {
            y: [10.0, 11.0, 12.0].repeat(4),
            x: vec![f64::NAN; 12],
            heats: (0..12).map(|i| i / 3).collect(),
        };
        let fit = fit(&data, Model::Mean).unwrap();
        assert_eq!(
            (fit.between_variance, fit.heat_variance_share()),
            (0.0, 0.0)
        );
        assert_eq!(fit.x_range(), (f64::NEG_INFINITY, f64::INFINITY));
        let k = crate::models::independent::k_normal(12, 0.9, 0.95).unwrap();
        assert!((fit.lower_bound(0.0, 0.9, 0.95).unwrap().k - k).abs() < 1e-12);
    }

    #[test]
    fn linfas_traits_fit_and_predict() {
        let data = example();
        let records = Array2::from_shape_vec((10, 1), data.x.clone()).unwrap();
        let dataset = Dataset::new(records.clone(), Array1::from(data.y.clone()));
        let fitted = RandomHeatParams::new(Model::Linear, data.heats.clone())
            .fit(&dataset)
            .unwrap();
        assert_eq!(fitted, fit(&data, Model::Linear).unwrap());
        let predicted: Array1<f64> = fitted.predict(&records);
        assert_eq!(predicted[3], fitted.estimate(0.2));
    }
}
