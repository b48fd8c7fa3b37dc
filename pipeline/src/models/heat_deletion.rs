//! What a fit would be without one of its heats, in closed form.
//!
//! In the orthonormal basis Q of X, leaving heat g out changes the weights γ̂ = Q'y by
//! Δ_g = γ̂ − γ̂_(g) = (I − Q_g'Q_g)⁻¹ Q_g'e_g, where Q_g and e_g are the heat's rows and residuals.
//! Its prediction errors are then e_(g) = e_g + Q_g Δ_g, which is (I − H_gg)⁻¹ e_g: a p × p system
//! per heat, p coefficients, however many specimens it has.

use super::double_double::{DoubleDouble, dot, sum};
use super::error::ModelError;
use super::heat_fit::{HeatFit, squared_length};

/// At or below this share of information left over, a direction counts as lost with the heat.
const NOTHING_LEFT: f64 = 1e-10;

/// One heat's part in a fit.
pub(super) struct HeatPart {
    /// Rows of its specimens.
    pub(super) rows: Vec<usize>,
    /// Sum of the leverages of its specimens, trace H_gg.
    pub(super) leverage: f64,
    /// Δ_g; `None` when the rest does not determine the model.
    pub(super) shift: Option<Vec<f64>>,
    /// Cholesky factor of I − Q_g'Q_g, where there is one.
    factor: Option<Cholesky>,
}

/// The parts of all heats.
pub(super) struct Deletions {
    pub(super) parts: Vec<HeatPart>,
    /// Q, a line per specimen.
    pub(super) q: Vec<Vec<f64>>,
    /// y − ŷ.
    pub(super) residuals: Vec<f64>,
}

impl Deletions {
    /// Takes a fit apart; `points` are its specimens' regressors, one value each for a single x.
    ///
    /// # Errors
    /// [`ModelError::Length`] when specimens, points or heats are not those of the fit.
    pub(super) fn of(
        fit: &HeatFit,
        y: &[f64],
        points: &[Vec<f64>],
        heats: &[usize],
    ) -> Result<Deletions, ModelError> {
        let lengths = [("y", y.len()), ("x", points.len()), ("heats", heats.len())];
        for (what, found) in lengths {
            if found != fit.n {
                return Err(ModelError::Length {
                    what: what.to_owned(),
                    expected: fit.n,
                    found,
                });
            }
        }
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); fit.heats];
        for (row, &heat) in heats.iter().enumerate() {
            match rows.get_mut(heat) {
                Some(rows) => rows.push(row),
                None => return Err(ModelError::HeatsNotDense { missing: fit.heats }),
            }
        }
        let q: Vec<Vec<f64>> = points.iter().map(|at| fit.direction(at)).collect();
        let residuals = y
            .iter()
            .zip(points)
            .map(|(y, at)| Ok(y - fit.estimate_at(at)?))
            .collect::<Result<Vec<f64>, ModelError>>()?;
        let parts = rows
            .into_iter()
            .map(|rows| part(rows, &q, &residuals, fit.rank))
            .collect();
        Ok(Deletions {
            parts,
            q,
            residuals,
        })
    }

    /// e_(g): the errors of predicting a heat from the others; `None` when they do not determine
    /// the model.
    pub(super) fn prediction_errors(&self, part: &HeatPart) -> Option<Vec<f64>> {
        let shift = part.shift.as_ref()?;
        let error = |&row: &usize| {
            let change: f64 = self.q[row].iter().zip(shift).map(|(q, d)| q * d).sum();
            self.residuals[row] + change
        };
        Some(part.rows.iter().map(error).collect())
    }
}

impl HeatPart {
    /// Share of the information in a direction that is lost with the heat: 1 less the ratio of the
    /// (least-squares) variances with and without it. 1 when the rest does not determine the model.
    pub(super) fn information(&self, direction: &[f64]) -> f64 {
        let Some(factor) = &self.factor else {
            return 1.0;
        };
        let solved = factor.solve(direction);
        let without: f64 = direction.iter().zip(&solved).map(|(d, s)| d * s).sum();
        1.0 - squared_length(direction) / without
    }
}

fn part(rows: Vec<usize>, q: &[Vec<f64>], residuals: &[f64], width: usize) -> HeatPart {
    let product = |j: usize, k: usize| rows.iter().map(|&row| q[row][j] * q[row][k]).sum::<f64>();
    let gram: Vec<Vec<f64>> = (0..width)
        .map(|j| (0..width).map(|k| product(j, k)).collect())
        .collect();
    let pull: Vec<f64> = (0..width)
        .map(|j| rows.iter().map(|&row| q[row][j] * residuals[row]).sum())
        .collect();
    let rest: Vec<Vec<f64>> = (0..width)
        .map(|j| {
            (0..width)
                .map(|k| if j == k { 1.0 } else { 0.0 } - gram[j][k])
                .collect()
        })
        .collect();
    let factor = Cholesky::new(&rest, NOTHING_LEFT);
    HeatPart {
        leverage: (0..width).map(|j| gram[j][j]).sum(),
        shift: factor.as_ref().map(|factor| factor.solve(&pull)),
        factor,
        rows,
    }
}

/// A = LL' of a small symmetric positive definite matrix, in twice the usual precision.
pub(super) struct Cholesky {
    l: Vec<Vec<DoubleDouble>>,
}

impl Cholesky {
    /// `None` when a pivot is at most `smallest`, or not a number.
    pub(super) fn new(matrix: &[Vec<f64>], smallest: f64) -> Option<Cholesky> {
        let mut l: Vec<Vec<DoubleDouble>> = Vec::new();
        for (j, line) in matrix.iter().enumerate() {
            let mut row: Vec<DoubleDouble> = Vec::new();
            for (k, earlier) in l.iter().enumerate() {
                let known = dot(&row, earlier);
                row.push((DoubleDouble::from(line[k]) - known) / earlier[k]);
            }
            let pivot = DoubleDouble::from(line[j]) - dot(&row, &row);
            if pivot.to_f64().is_nan() || pivot.to_f64() <= smallest {
                return None;
            }
            row.push(pivot.sqrt());
            l.push(row);
        }
        Some(Cholesky { l })
    }

    /// A⁻¹b.
    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut z: Vec<DoubleDouble> = Vec::new();
        for (row, &b) in self.l.iter().zip(b) {
            let known = dot(row, &z);
            z.push((DoubleDouble::from(b) - known) / row[z.len()]);
        }
        for i in (0..z.len()).rev() {
            let below = self.l.iter().zip(&z).skip(i + 1);
            let known = sum(below.map(|(row, &z)| row[i] * z));
            z[i] = (z[i] - known) / self.l[i][i];
        }
        z.into_iter().map(DoubleDouble::to_f64).collect()
    }
}
