//! Least squares by column-pivoted Householder QR with one step of refinement.
//!
//! In: a [`Design`] and a response. Out: a [`LeastSquares`] with everything a report or a bound
//! needs. Can go wrong: unequal lengths, values that are not finite, too few rows, a column that
//! depends on others; each is named.
//!
//! Columns are centred (when there is an intercept) and scaled to norms in [1, 2) by powers of
//! two; the factorisation runs in double-double arithmetic, so that the ten-degree polynomial of
//! NIST's Filip keeps as many digits as a straight line does. A column counts as dependent when
//! its pivot is at most max(n, p)·ε·|R₁₁| with the ε of a double, the precision of the data.

use super::design::Design;
use super::double_double::{DoubleDouble, dot, mean, sum};
use super::error::ModelError;
use super::householder::{Columns, Factor};

/// A least-squares fit. Coefficients come in the order of [`Design::coefficient_names`].
#[derive(Clone, Debug)]
pub struct LeastSquares {
    /// The design that was fitted.
    pub design: Design,
    /// Rows.
    pub n: usize,
    /// Rank of the design matrix, the number of coefficients (a lower rank is refused).
    pub rank: usize,
    /// Residual degrees of freedom, n − rank.
    pub dof: usize,
    /// Coefficients in the units of the data.
    pub coefficients: Vec<f64>,
    /// (X'X)⁻¹ in the units of the data, p × p.
    pub inverse: Vec<Vec<f64>>,
    /// y − ŷ per row; exactly zero when no residual exceeds the rounding of y.
    pub residuals: Vec<f64>,
    /// Residual sum of squares.
    pub rss: f64,
    /// Condition number in the 1-norm of the centred and scaled design's R; 1 without terms.
    pub condition: f64,
    /// Diagonal of the hat matrix per row, in (0, 1]; sums to the rank.
    pub leverage: Vec<f64>,
    /// The same fit in the centred and scaled basis, in which it is well conditioned.
    basis: CentredBasis,
}

/// Centred and scaled columns c = (x − centre)/scale and what was estimated in them.
#[derive(Clone, Debug)]
struct CentredBasis {
    rows: DoubleDouble,
    level: DoubleDouble,
    centres: Vec<DoubleDouble>,
    scales: Vec<f64>,
    slopes: Vec<DoubleDouble>,
    inverse: Vec<Vec<DoubleDouble>>,
}

/// What a fit says at one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// ŷ = w'θ̂.
    pub estimate: f64,
    /// q = w'(X'X)⁻¹w, the variance of ŷ in units of σ².
    pub q: f64,
}

impl LeastSquares {
    /// Residual standard deviation √(RSS/(n − rank)); `None` without degrees of freedom.
    pub fn sigma(&self) -> Option<f64> {
        (self.dof > 0).then(|| (self.rss / self.dof as f64).sqrt())
    }

    /// Estimate and its variance factor at a point, one value per predictor.
    ///
    /// # Errors
    /// The number of values differs from the number of predictors, or one is not finite.
    pub fn predict(&self, at: &[f64]) -> Result<Prediction, ModelError> {
        let basis = &self.basis;
        let row: Vec<DoubleDouble> = self
            .design
            .row(at)?
            .into_iter()
            .zip(&basis.centres)
            .zip(&basis.scales)
            .map(|((x, &centre), &scale)| (x - centre) / DoubleDouble::from(scale))
            .collect();
        let estimate = basis.level + dot(&row, &basis.slopes);
        let spread = sum(basis
            .inverse
            .iter()
            .zip(&row)
            .map(|(line, &x)| x * dot(line, &row)));
        let mean_part = if self.design.has_intercept() {
            DoubleDouble::ONE / basis.rows
        } else {
            DoubleDouble::ZERO
        };
        Ok(Prediction {
            estimate: estimate.to_f64(),
            q: (mean_part + spread).to_f64(),
        })
    }
}

/// Fits `y` on `design`.
///
/// # Errors
/// [`ModelError::Length`], [`ModelError::NotFinite`], [`ModelError::NoTerms`],
/// [`ModelError::TooFewValues`] when n < p, [`ModelError::RankDeficient`].
pub fn solve(design: &Design, y: &[f64]) -> Result<LeastSquares, ModelError> {
    design.check(y)?;
    let (n, p) = (y.len(), design.coefficients());
    if p == 0 {
        return Err(ModelError::NoTerms);
    }
    if n < p {
        return Err(ModelError::TooFewValues { n, needed: p });
    }
    let level = if design.has_intercept() {
        mean(y)
    } else {
        DoubleDouble::ZERO
    };
    let response: Vec<_> = y.iter().map(|&v| DoubleDouble::from(v) - level).collect();
    let (columns, centres, scales) = centre_and_scale(design, n)?;

    let factor = Factor::new(columns.clone(), tolerance(n, p)).map_err(|column| {
        ModelError::RankDeficient {
            column: design.term_name(column),
        }
    })?;
    let mut slopes = factor.solve(&response);
    // One step of refinement: what the first answer leaves over is fitted again and added.
    let rest = residuals_of(&columns, &slopes, &response);
    for (slope, correction) in slopes.iter_mut().zip(factor.solve(&rest)) {
        *slope = *slope + correction;
    }
    let mut residuals = residuals_of(&columns, &slopes, &response);
    // Residuals within the rounding of y are no scatter: the data cannot tell them from zero.
    let largest = y.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
    if residuals
        .iter()
        .all(|r| r.abs().to_f64() <= f64::EPSILON * largest)
    {
        residuals.fill(DoubleDouble::ZERO);
    }
    let rss = dot(&residuals, &residuals).to_f64();

    let inverse = factor.inverse();
    let leverage = (0..n)
        .map(|row| factor.leverage(&columns, row))
        .collect::<Vec<_>>();
    let mean_share = if design.has_intercept() {
        1.0 / n as f64
    } else {
        0.0
    };
    let basis = CentredBasis {
        rows: DoubleDouble::from(n as f64),
        level,
        centres,
        scales,
        slopes,
        inverse,
    };
    let (coefficients, inverse) = basis.in_data_units(design.has_intercept());
    Ok(LeastSquares {
        design: design.clone(),
        n,
        rank: p,
        dof: n - p,
        coefficients,
        inverse,
        residuals: residuals.into_iter().map(DoubleDouble::to_f64).collect(),
        rss,
        condition: factor.condition(),
        leverage: leverage.into_iter().map(|h| h + mean_share).collect(),
        basis,
    })
}

/// max(n, p)·ε.
fn tolerance(n: usize, p: usize) -> f64 {
    n.max(p) as f64 * f64::EPSILON
}

/// The design's columns less their means over a power of two, with those means and powers.
fn centre_and_scale(
    design: &Design,
    n: usize,
) -> Result<(Columns, Vec<DoubleDouble>, Vec<f64>), ModelError> {
    let mut columns = design.columns();
    let (mut centres, mut scales) = (Vec::new(), Vec::new());
    for (term, column) in columns.iter_mut().enumerate() {
        let raw = dot(column, column).sqrt().to_f64();
        let centre = if design.has_intercept() {
            sum(column.iter().copied()) / DoubleDouble::from(n as f64)
        } else {
            DoubleDouble::ZERO
        };
        for x in column.iter_mut() {
            *x = *x - centre;
        }
        let norm = dot(column, column).sqrt().to_f64();
        // A column that does not vary is a multiple of the intercept (or zero).
        if norm <= tolerance(n, design.coefficients()) * raw || !norm.is_finite() {
            return Err(ModelError::RankDeficient {
                column: design.term_name(term),
            });
        }
        let scale = norm.log2().floor().exp2();
        for x in column.iter_mut() {
            *x = *x / DoubleDouble::from(scale);
        }
        centres.push(centre);
        scales.push(scale);
    }
    Ok((columns, centres, scales))
}

/// y − Xβ.
fn residuals_of(
    columns: &Columns,
    slopes: &[DoubleDouble],
    y: &[DoubleDouble],
) -> Vec<DoubleDouble> {
    let mut residuals = y.to_vec();
    for (column, &slope) in columns.iter().zip(slopes) {
        for (residual, &x) in residuals.iter_mut().zip(column) {
            *residual = *residual - slope * x;
        }
    }
    residuals
}

impl CentredBasis {
    /// Coefficients and (X'X)⁻¹ for the columns as they were measured.
    fn in_data_units(&self, intercept: bool) -> (Vec<f64>, Vec<Vec<f64>>) {
        let over_scale = |value: DoubleDouble, j: usize| value / DoubleDouble::from(self.scales[j]);
        let p = self.slopes.len();
        let slopes: Vec<_> = (0..p).map(|j| over_scale(self.slopes[j], j)).collect();
        let inner: Vec<Vec<_>> = (0..p)
            .map(|j| {
                (0..p)
                    .map(|k| over_scale(over_scale(self.inverse[j][k], j), k))
                    .collect()
            })
            .collect();
        let mut coefficients = Vec::new();
        let mut inverse = Vec::new();
        if intercept {
            // cov(intercept, slopes) = −C m, var(intercept) = 1/n + m'C m.
            let cross: Vec<_> = inner.iter().map(|line| -dot(line, &self.centres)).collect();
            let corner = DoubleDouble::ONE / self.rows - dot(&cross, &self.centres);
            coefficients.push((self.level - dot(&slopes, &self.centres)).to_f64());
            inverse.push(
                std::iter::once(corner)
                    .chain(cross.iter().copied())
                    .collect::<Vec<_>>(),
            );
            for (line, &cross) in inner.into_iter().zip(&cross) {
                inverse.push(std::iter::once(cross).chain(line).collect());
            }
        } else {
            inverse = inner;
        }
        coefficients.extend(slopes.into_iter().map(DoubleDouble::to_f64));
        let rounded =
            |line: Vec<DoubleDouble>| line.into_iter().map(DoubleDouble::to_f64).collect();
        (coefficients, inverse.into_iter().map(rounded).collect())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use super::*;
    use crate::models::design::Predictor;
    use crate::models::reference::assert_digits;

    fn column(name: &str, values: &[f64]) -> Predictor {
        Predictor {
            name: name.to_owned(),
            values: values.to_vec(),
        }
    }

    /// Wampler, JASA 65 (1970): y = Σ (x/scale)^k for x = 0 to 20, whose powers are nearly
    /// dependent. That of scale 1 is whole numbers and so without any rounding in y.
    #[test]
    fn a_polynomial_of_degree_five_is_recovered() {
        let x: Vec<f64> = (0..21).map(f64::from).collect();
        let design = Design::polynomial(column("x", &x), 5, true);
        for (scale, digits) in [(1.0, 14.0), (10.0, 12.0)] {
            let value = |x: &f64| (0..6).map(|k| (x / scale).powi(k)).sum();
            let y: Vec<f64> = x.iter().map(value).collect();
            let fit = solve(&design, &y).unwrap();
            assert_eq!((fit.rank, fit.dof, fit.rss), (6, 15, 0.0));
            for (k, &coefficient) in (0..).zip(&fit.coefficients) {
                let exact = 1.0 / f64::powi(scale, k);
                assert_digits(&format!("B{k}"), coefficient, exact, digits);
            }
            let leverage: f64 = fit.leverage.iter().sum();
            assert!((leverage - 6.0).abs() < 1e-12, "leverage {leverage}");
        }
    }

    #[test]
    fn a_line_through_three_points_by_hand() {
        // x = 0, 1, 2; y = 0, 1, 5: slope 2.5, level 2, residuals 0.5, −1, 0.5.
        let design = Design::linear(vec![column("x", &[0.0, 1.0, 2.0])], true);
        let fit = solve(&design, &[0.0, 1.0, 5.0]).unwrap();
        assert_eq!(fit.coefficients, [-0.5, 2.5]);
        assert_eq!(fit.residuals, [0.5, -1.0, 0.5]);
        assert_eq!(fit.rss, 1.5);
        for (actual, exact) in fit.leverage.iter().zip([5.0 / 6.0, 1.0 / 3.0, 5.0 / 6.0]) {
            assert!((actual - exact).abs() < 1e-15);
        }
        assert!((fit.inverse[0][0] - 5.0 / 6.0).abs() < 1e-15);
        assert!((fit.inverse[0][1] + 0.5).abs() < 1e-15);
        let prediction = fit.predict(&[3.0]).unwrap();
        assert!((prediction.estimate - 7.0).abs() < 1e-14);
        assert!((prediction.q - (1.0 / 3.0 + 2.0)).abs() < 1e-14);
        // One column, orthogonal to the intercept after centring.
        assert!((fit.condition - 1.0).abs() < 1e-15);
    }

    #[test]
    fn dependent_columns_are_named() {
        let first = [1.0, 2.0, 4.0, 8.0, 9.0];
        let second = [3.0, 1.0, 4.0, 1.0, 5.0];
        let both: Vec<f64> = first
            .iter()
            .zip(&second)
            .map(|(a, b)| a + 2.0 * b)
            .collect();
        let y = [1.0, 2.0, 3.0, 4.0, 6.0];
        let columns = vec![
            column("cu", &first),
            column("fe", &second),
            column("sum", &both),
        ];
        let error = solve(&Design::linear(columns, true), &y).unwrap_err();
        let ModelError::RankDeficient { column: named } = error else {
            panic!("{error}")
        };
        assert!(["cu", "fe", "sum"].contains(&named.as_str()), "{named}");

        let constant = vec![column("cu", &first), column("al", &[0.1; 5])];
        let error = solve(&Design::linear(constant.clone(), true), &y).unwrap_err();
        assert_eq!(
            error,
            ModelError::RankDeficient {
                column: "al".to_owned()
            }
        );
        // Without an intercept the constant column is one, and fine.
        assert_eq!(solve(&Design::linear(constant, false), &y).unwrap().rank, 2);
        let zero = vec![column("zero", &[0.0; 5])];
        assert!(solve(&Design::linear(zero, false), &y).is_err());
    }

    #[test]
    fn bad_cells_are_named_by_row_and_column() {
        let design = Design::linear(vec![column("fe", &[1.0, f64::NAN, 3.0])], true);
        let error = solve(&design, &[1.0, 2.0, f64::INFINITY]).unwrap_err();
        assert_eq!(
            error,
            ModelError::NotFinite {
                row: 2,
                column: "fe".to_owned()
            }
        );
        assert_eq!(error.to_string(), "row 2, column fe: not a finite number");
        let error = solve(&Design::mean(), &[1.0, f64::INFINITY]).unwrap_err();
        assert_eq!(
            error,
            ModelError::NotFinite {
                row: 2,
                column: "y".to_owned()
            }
        );
    }

    #[test]
    fn shapes_that_cannot_be_fitted_are_refused() {
        let x = column("x", &[1.0, 2.0]);
        assert_eq!(
            solve(&Design::linear(vec![], false), &[1.0]).unwrap_err(),
            ModelError::NoTerms
        );
        let quadratic = Design::polynomial(x.clone(), 2, true);
        let too_few = ModelError::TooFewValues { n: 2, needed: 3 };
        assert_eq!(solve(&quadratic, &[1.0, 2.0]).unwrap_err(), too_few);
        assert!(matches!(
            solve(&Design::linear(vec![x.clone()], true), &[1.0]).unwrap_err(),
            ModelError::Length { .. }
        ));
        let too_few = ModelError::TooFewValues { n: 0, needed: 1 };
        assert_eq!(solve(&Design::mean(), &[]).unwrap_err(), too_few);
        // As many rows as coefficients: exact, with no degrees of freedom and no sigma.
        let exact = solve(&Design::linear(vec![x], true), &[1.0, 3.0]).unwrap();
        assert_eq!((exact.dof, exact.rss, exact.sigma()), (0, 0.0, None));
        assert!(exact.predict(&[]).is_err() && exact.predict(&[f64::NAN]).is_err());
    }
}
