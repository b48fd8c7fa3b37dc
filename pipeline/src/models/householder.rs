//! Column-pivoted Householder QR in double-double arithmetic.

use std::cmp::Ordering;

use super::double_double::{DoubleDouble, dot, sum};

/// A matrix by columns.
pub(super) type Columns = Vec<Vec<DoubleDouble>>;

/// A P = Q R by Householder reflections, the largest remaining column first.
pub(super) struct Factor {
    /// Per step the reflector v (zero above the step's row) and 2/v'v.
    reflectors: Vec<(Vec<DoubleDouble>, DoubleDouble)>,
    /// Columns of R in pivoted order, entries above and on the diagonal.
    r: Columns,
    /// Original column of each pivoted one.
    order: Vec<usize>,
}

impl Factor {
    /// Factors the columns; the error is the column whose pivot is at most tolerance·|R₁₁|.
    pub(super) fn new(mut columns: Columns, tolerance: f64) -> Result<Factor, usize> {
        let p = columns.len();
        let mut order: Vec<usize> = (0..p).collect();
        let mut reflectors = Vec::with_capacity(p);
        let mut first_pivot = 0.0;
        for step in 0..p {
            let norms: Vec<f64> = columns
                .iter()
                .map(|c| dot(&c[step..], &c[step..]).to_f64())
                .collect();
            let largest = (step..p).fold(
                step,
                |best, j| if norms[j] > norms[best] { j } else { best },
            );
            columns.swap(step, largest);
            order.swap(step, largest);
            let norm = dot(&columns[step][step..], &columns[step][step..]).sqrt();
            if step == 0 {
                first_pivot = norm.to_f64();
            }
            if norm.to_f64() <= tolerance * first_pivot {
                return Err(order[step]);
            }
            // The sign that avoids cancellation.
            let head = columns[step][step];
            let image = if head.to_f64() > 0.0 { -norm } else { norm };
            let mut v = columns[step].clone();
            v[..step].fill(DoubleDouble::ZERO);
            v[step] = head - image;
            let factor = DoubleDouble::from(2.0) / dot(&v[step..], &v[step..]);
            for column in &mut columns[step + 1..] {
                reflect(&v, factor, step, column);
            }
            columns[step][step] = image;
            reflectors.push((v, factor));
        }
        for column in &mut columns {
            column.truncate(p);
        }
        Ok(Factor {
            reflectors,
            r: columns,
            order,
        })
    }

    /// The least-squares solution for one right-hand side, in the original column order.
    pub(super) fn solve(&self, y: &[DoubleDouble]) -> Vec<DoubleDouble> {
        let p = self.order.len();
        let mut z = y.to_vec();
        for (step, (v, factor)) in self.reflectors.iter().enumerate() {
            reflect(v, *factor, step, &mut z);
        }
        let mut solution = vec![DoubleDouble::ZERO; p];
        for i in (0..p).rev() {
            let known = sum((i + 1..p).map(|j| self.r[j][i] * z[j]));
            z[i] = (z[i] - known) / self.r[i][i];
            solution[self.order[i]] = z[i];
        }
        solution
    }

    /// R⁻¹, upper triangular, by rows in pivoted order.
    fn inverse_r(&self) -> Columns {
        let p = self.order.len();
        let mut inverse = vec![vec![DoubleDouble::ZERO; p]; p];
        // Bottom row first: each row needs those below it.
        for i in (0..p).rev() {
            let pivot = self.r[i][i];
            let entry = |j: usize| match j.cmp(&i) {
                Ordering::Less => DoubleDouble::ZERO,
                Ordering::Equal => DoubleDouble::ONE / pivot,
                Ordering::Greater => {
                    -(sum((i + 1..=j).map(|k| self.r[k][i] * inverse[k][j])) / pivot)
                }
            };
            inverse[i] = (0..p).map(entry).collect();
        }
        inverse
    }

    /// (A'A)⁻¹ = R⁻¹R⁻ᵀ in the original column order.
    pub(super) fn inverse(&self) -> Columns {
        let p = self.order.len();
        let rows = self.inverse_r();
        let mut inverse = vec![vec![DoubleDouble::ZERO; p]; p];
        for (i, &row) in self.order.iter().enumerate() {
            for (j, &column) in self.order.iter().enumerate() {
                inverse[row][column] = dot(&rows[i], &rows[j]);
            }
        }
        inverse
    }

    /// ‖R‖₁·‖R⁻¹‖₁; 1 for no columns.
    pub(super) fn condition(&self) -> f64 {
        let p = self.order.len();
        if p == 0 {
            return 1.0;
        }
        let inverse = self.inverse_r();
        let size = |entry: &dyn Fn(usize, usize) -> DoubleDouble| {
            let column = |j: usize| (0..=j).map(|i| entry(i, j).to_f64().abs()).sum::<f64>();
            (0..p).map(column).fold(0.0, f64::max)
        };
        size(&|i, j| self.r[j][i]) * size(&|i, j| inverse[i][j])
    }

    /// a'(A'A)⁻¹a for row a: the squared length of R⁻ᵀa.
    pub(super) fn leverage(&self, columns: &Columns, row: usize) -> f64 {
        let mut u: Vec<DoubleDouble> = Vec::with_capacity(self.order.len());
        for (j, &column) in self.order.iter().enumerate() {
            let known = dot(&self.r[j], &u);
            u.push((columns[column][row] - known) / self.r[j][j]);
        }
        dot(&u, &u).to_f64()
    }
}

/// column −= v (2/v'v) v'column, below row `step`.
fn reflect(v: &[DoubleDouble], factor: DoubleDouble, step: usize, column: &mut [DoubleDouble]) {
    let weight = factor * dot(&v[step..], &column[step..]);
    for (x, &v) in column[step..].iter_mut().zip(&v[step..]) {
        *x = *x - weight * v;
    }
}
