//! The orthonormal functions in which a polynomial, or several regressors, are fitted and kept.
//!
//! Every regressor is centred and scaled first, u = (x − centre)/scale with |u| ≤ 1, and powers
//! are formed in u, so that neither the unit nor the origin of x costs digits. Function j of the
//! basis is Σ_k (u^power − mean)_k R⁻¹_kj over the terms k ≤ j; beside the constant 1/√n these are
//! orthonormal over the observed specimens.

use serde::{Deserialize, Serialize};

use super::design::{Design, Predictor};
use super::double_double::{DoubleDouble, dot, mean, sum};
use super::error::ModelError;
use super::heat_sums::WithinColumn;
use super::least_squares::{LeastSquares, solve};

/// One x column: where it was observed and how it is centred and scaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regressor {
    /// The column's name.
    pub name: String,
    /// Smallest observed value.
    pub min: f64,
    /// Largest observed value.
    pub max: f64,
    /// Its mean over the specimens.
    pub centre: f64,
    /// Largest distance from the centre; more than zero.
    pub scale: f64,
}

/// A power of one regressor, less its mean over the specimens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BasisTerm {
    /// Which regressor, from 0.
    pub regressor: usize,
    /// Its power, from 1.
    pub power: u32,
    /// Mean of u^power.
    pub mean: f64,
}

/// Orthonormal functions of the regressors, and the fit in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatBasis {
    /// The x columns.
    pub regressors: Vec<Regressor>,
    /// The terms, lower powers first.
    pub terms: Vec<BasisTerm>,
    /// R⁻¹ of the centred terms, upper triangular, a line per term.
    pub inverse_r: Vec<Vec<f64>>,
    /// Weight of each function in the fit: estimate = ȳ + Σ weight · function.
    pub weights: Vec<f64>,
}

impl Regressor {
    fn of(predictor: &Predictor) -> Regressor {
        let values = &predictor.values;
        let centre = mean(values).to_f64();
        let largest = |measure: &dyn Fn(f64) -> f64| {
            values
                .iter()
                .fold(f64::NEG_INFINITY, |most, &x| most.max(measure(x)))
        };
        Regressor {
            name: predictor.name.clone(),
            min: -largest(&|x| -x),
            max: largest(&|x| x),
            centre,
            scale: largest(&|x| (x - centre).abs()),
        }
    }

    fn scaled(&self, x: f64) -> f64 {
        (x - self.centre) / self.scale
    }

    /// Rounding of n values of u: what x can differ by without having been meant to.
    fn rounding(&self, n: usize) -> f64 {
        n as f64 * f64::EPSILON * (1.0 + self.centre.abs() / self.scale)
    }
}

/// A basis with what only fitting needs.
pub(super) struct FittedBasis {
    pub(super) basis: HeatBasis,
    /// The plain least-squares fit of y on the powers of u.
    pub(super) plain: LeastSquares,
    /// The terms over the specimens, to be taken less their heat means.
    pub(super) within: Vec<WithinColumn>,
}

impl HeatBasis {
    /// Fits `y` on the powers 1 to `degree` of every predictor.
    ///
    /// # Errors
    /// What [`solve`] refuses; [`ModelError::ConstantX`] or [`ModelError::TooFewDistinct`] for a
    /// single x.
    pub(super) fn fit(
        predictors: &[Predictor],
        degree: u32,
        y: &[f64],
    ) -> Result<FittedBasis, ModelError> {
        Design::linear(predictors.to_vec(), true).check(y)?;
        let n = y.len();
        let needed = predictors
            .len()
            .saturating_mul(degree as usize)
            .saturating_add(1);
        if n <= needed {
            return Err(ModelError::TooFewValues {
                n,
                needed: needed.saturating_add(1),
            });
        }
        let regressors: Vec<Regressor> = predictors.iter().map(Regressor::of).collect();
        for regressor in &regressors {
            let rounding = n as f64 * f64::EPSILON * regressor.centre.abs();
            if regressor.scale <= rounding || !regressor.scale.is_finite() {
                return Err(match regressors.as_slice() {
                    [_] => ModelError::ConstantX,
                    _ => ModelError::RankDeficient {
                        column: regressor.name.clone(),
                    },
                });
            }
        }
        if let [only] = predictors {
            let distinct = distinct(&only.values);
            if distinct <= degree as usize {
                return Err(ModelError::TooFewDistinct {
                    degree,
                    distinct,
                    needed: degree as usize + 1,
                });
            }
        }
        let scaled: Vec<Predictor> = regressors
            .iter()
            .zip(predictors)
            .map(|(regressor, predictor)| Predictor {
                name: predictor.name.clone(),
                values: predictor
                    .values
                    .iter()
                    .map(|&x| regressor.scaled(x))
                    .collect(),
            })
            .collect();
        let design = match scaled.as_slice() {
            [only] => Design::polynomial(only.clone(), degree, true),
            _ => Design::linear(scaled.clone(), true),
        };
        let plain = solve(&design, y)?;
        let powers: Vec<(usize, u32)> = (0..scaled.len())
            .flat_map(|regressor| (1..=degree).map(move |power| (regressor, power)))
            .collect();
        let within = powers
            .iter()
            .map(|&(regressor, power)| WithinColumn {
                values: scaled[regressor]
                    .values
                    .iter()
                    .map(|&u| raised(u, power))
                    .collect(),
                rounding: f64::from(power) * regressors[regressor].rounding(n),
            })
            .collect();
        let mut columns = design.columns();
        let mut terms = Vec::new();
        for ((regressor, power), column) in powers.into_iter().zip(&mut columns) {
            // The mean is subtracted as it is stored, so that evaluation repeats it exactly; what
            // its rounding leaves over is below the precision of the basis.
            let mean =
                (sum(column.iter().copied()) / DoubleDouble::from(column.len() as f64)).to_f64();
            for value in column.iter_mut() {
                *value = *value - DoubleDouble::from(mean);
            }
            terms.push(BasisTerm {
                regressor,
                power,
                mean,
            });
        }
        let (functions, inverse_r) = orthonormal(columns);
        let level = mean(y);
        let response: Vec<_> = y.iter().map(|&v| DoubleDouble::from(v) - level).collect();
        let rounded = |line: &Vec<DoubleDouble>| line.iter().map(|v| v.to_f64()).collect();
        Ok(FittedBasis {
            basis: HeatBasis {
                regressors,
                terms,
                inverse_r: inverse_r.iter().map(rounded).collect(),
                weights: functions
                    .iter()
                    .map(|f| dot(f, &response).to_f64())
                    .collect(),
            },
            plain,
            within,
        })
    }

    /// The functions, the constant left out, at one value per regressor; missing values are NaN.
    pub(super) fn functions(&self, at: &[f64]) -> Vec<f64> {
        let mut functions = vec![0.0; self.terms.len()];
        for (term, line) in self.terms.iter().zip(&self.inverse_r) {
            let x = at.get(term.regressor).copied().unwrap_or(f64::NAN);
            // A basis read back from damaged text answers NaN rather than stopping the program.
            let regressor = self.regressors.get(term.regressor);
            let u = regressor.map_or(f64::NAN, |regressor| regressor.scaled(x));
            let centred = raised(u, term.power) - term.mean;
            for (function, entry) in functions.iter_mut().zip(line) {
                *function += centred * entry;
            }
        }
        functions
    }

    /// The matrix that turns weights of the orthonormal functions, the constant 1/√n first, into
    /// coefficients of the powers of x, the intercept first.
    pub(super) fn to_data_units(&self, n: usize) -> Vec<Vec<DoubleDouble>> {
        let size = self.terms.len() + 1;
        let mut map = vec![vec![DoubleDouble::ZERO; size]; size];
        map[0][0] = DoubleDouble::ONE / DoubleDouble::from(n as f64).sqrt();
        for (term, line) in self.terms.iter().zip(&self.inverse_r) {
            let regressor = &self.regressors[term.regressor];
            let back = DoubleDouble::ONE / DoubleDouble::from(regressor.scale);
            let shift = -DoubleDouble::from(regressor.centre);
            // u^k − mean = Σ_i C(k, i) x^i (−centre)^(k−i) / scale^k − mean.
            let mut expansion = vec![DoubleDouble::ZERO; size];
            let mut binomial = DoubleDouble::ONE;
            for power in 0..=term.power {
                let value = binomial * shift.powi(term.power - power) * back.powi(term.power);
                let row = self.row_of(term.regressor, power);
                expansion[row] = expansion[row] + value;
                binomial = binomial * DoubleDouble::from(f64::from(term.power - power))
                    / DoubleDouble::from(f64::from(power + 1));
            }
            expansion[0] = expansion[0] - DoubleDouble::from(term.mean);
            for (row, &value) in map.iter_mut().zip(&expansion) {
                for (entry, &weight) in row[1..].iter_mut().zip(line) {
                    *entry = *entry + value * DoubleDouble::from(weight);
                }
            }
        }
        map
    }

    /// Place of a power among the coefficients; every lower power of a term is a term too.
    fn row_of(&self, regressor: usize, power: u32) -> usize {
        let found = |t: &BasisTerm| t.regressor == regressor && t.power == power;
        self.terms.iter().position(found).map_or(0, |row| row + 1)
    }

    /// Names of the coefficients: `intercept`, `x`, `x^2`, ….
    pub(super) fn coefficient_names(&self) -> Vec<String> {
        let name = |term: &BasisTerm| match (term.power, &self.regressors[term.regressor].name) {
            (1, name) => name.clone(),
            (power, name) => format!("{name}^{power}"),
        };
        std::iter::once("intercept".to_owned())
            .chain(self.terms.iter().map(name))
            .collect()
    }
}

/// u^power, always multiplied in the same order.
fn raised(u: f64, power: u32) -> f64 {
    (0..power).fold(1.0, |product, _| product * u)
}

/// How many different values there are.
fn distinct(values: &[f64]) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup_by(|a, b| a.total_cmp(b).is_eq());
    sorted.len()
}

/// Gram–Schmidt, each column cleaned twice, in the order given: lower powers stay what they are.
///
/// Returns the orthonormal columns, and the upper triangular matrix that makes them, a line per
/// given column. The columns are independent: the plain fit has seen to that.
fn orthonormal(
    columns: Vec<Vec<DoubleDouble>>,
) -> (Vec<Vec<DoubleDouble>>, Vec<Vec<DoubleDouble>>) {
    let size = columns.len();
    let mut functions: Vec<Vec<DoubleDouble>> = Vec::new();
    let mut recipes: Vec<Vec<DoubleDouble>> = Vec::new();
    for (k, mut column) in columns.into_iter().enumerate() {
        let mut recipe = vec![DoubleDouble::ZERO; size];
        recipe[k] = DoubleDouble::ONE;
        for _ in 0..2 {
            for (function, earlier) in functions.iter().zip(&recipes) {
                let share = dot(function, &column);
                for (value, &f) in column.iter_mut().zip(function) {
                    *value = *value - share * f;
                }
                for (value, &e) in recipe.iter_mut().zip(earlier) {
                    *value = *value - share * e;
                }
            }
        }
        let norm = dot(&column, &column).sqrt();
        for value in column.iter_mut().chain(recipe.iter_mut()) {
            *value = *value / norm;
        }
        functions.push(column);
        recipes.push(recipe);
    }
    let lines = (0..size)
        .map(|k| recipes.iter().map(|recipe| recipe[k]).collect())
        .collect();
    (functions, lines)
}
