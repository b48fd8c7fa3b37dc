//! Mean, scatter and serial correlation of one sample, to the last digit that the data hold.

use super::double_double::{DoubleDouble, dot, mean};
use super::error::ModelError;

/// Moments of one sample in the order in which it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Values.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation (n − 1 in the denominator); zero for equal values.
    pub sd: f64,
    /// Autocorrelation at lag 1, Σ(yᵢ − ȳ)(yᵢ₊₁ − ȳ)/Σ(yᵢ − ȳ)²; `None` for equal values.
    pub lag1: Option<f64>,
}

impl Summary {
    /// Moments of at least two values, by sums in double-double arithmetic about the mean.
    ///
    /// # Errors
    /// Fewer than two values; a value that is not finite, by row.
    pub fn new(values: &[f64]) -> Result<Summary, ModelError> {
        let n = values.len();
        if n < 2 {
            return Err(ModelError::TooFewValues { n, needed: 2 });
        }
        if let Some(position) = values.iter().position(|v| !v.is_finite()) {
            return Err(ModelError::NotFinite {
                row: position + 1,
                column: "y".to_owned(),
            });
        }
        let centre = mean(values);
        let rest: Vec<DoubleDouble> = values
            .iter()
            .map(|&value| DoubleDouble::from(value) - centre)
            .collect();
        let squares = dot(&rest, &rest);
        let variance = squares / DoubleDouble::from((n - 1) as f64);
        let lag1 =
            (squares.to_f64() > 0.0).then(|| (dot(&rest[..n - 1], &rest[1..]) / squares).to_f64());
        Ok(Summary {
            n,
            mean: centre.to_f64(),
            sd: variance.sqrt().to_f64(),
            lag1,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::reference::{Tolerance, assert_close};

    #[test]
    fn five_values_by_hand_far_from_zero() {
        // 1, 2, 4, 2, 1 less 2: −1, 0, 2, 0, −1, squares 6, no products of neighbours.
        let values = [1.0, 2.0, 4.0, 2.0, 1.0].map(|v| v + 1e15);
        let found = Summary::new(&values).unwrap();
        let tight = Tolerance::Relative(1e-15);
        assert_close("mean", found.mean, 1e15 + 2.0, tight);
        assert_close("sd", found.sd, 1.5_f64.sqrt(), tight);
        assert!(found.lag1.unwrap().abs() < 1e-15);
        // Alternating values of mean 0: five products of −1 over six squares.
        let found = Summary::new(&[1.0, -1.0, 1.0, -1.0, 1.0, -1.0]).unwrap();
        assert_close("lag 1", found.lag1.unwrap(), -5.0 / 6.0, tight);
    }

    #[test]
    fn edges_answer_or_are_refused() {
        assert_eq!(Summary::new(&[7.0; 3]).unwrap().lag1, None);
        let too_few = ModelError::TooFewValues { n: 1, needed: 2 };
        assert_eq!(Summary::new(&[7.0]).unwrap_err(), too_few);
        let error = Summary::new(&[7.0, f64::NAN]).unwrap_err();
        assert!(matches!(error, ModelError::NotFinite { row: 2, .. }));
    }
}
