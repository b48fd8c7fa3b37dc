//! What the bounds of a single sample have in common.

use crate::models::double_double::mean;
use crate::models::error::ModelError;
use crate::models::side::Side;

/// A one-sided tolerance bound of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleBound {
    /// The estimated median, in the units of the data.
    pub estimate: f64,
    /// The bound, in the units of the data.
    pub bound: f64,
    /// Distance from the estimate outwards to the bound in standard deviations of the sample; on
    /// the log scale for a lognormal sample, where it is the usual k factor.
    pub k: f64,
}

impl SampleBound {
    /// A bound on the scale of the data, `deviation` being their standard deviation.
    pub(super) fn new(side: Side, estimate: f64, bound: f64, deviation: f64) -> SampleBound {
        SampleBound {
            estimate,
            bound,
            k: side.distance(estimate, bound) / deviation,
        }
    }
}

/// Refuses values that are not finite, and with `positive` those that are not above zero.
pub(super) fn check_values(
    values: &[f64],
    positive: Option<&'static str>,
) -> Result<(), ModelError> {
    for (row, &value) in values.iter().enumerate() {
        let row = row + 1;
        if !value.is_finite() {
            let column = "y".to_owned();
            return Err(ModelError::NotFinite { row, column });
        }
        if let Some(method) = positive.filter(|_| value <= 0.0) {
            return Err(ModelError::NotPositive { row, value, method });
        }
    }
    Ok(())
}

/// Standard deviation of at least two values that differ by more than rounding.
pub(super) fn deviation(values: &[f64]) -> Result<f64, ModelError> {
    if values.len() < 2 {
        let (n, needed) = (values.len(), 2);
        return Err(ModelError::TooFewValues { n, needed });
    }
    let centre = mean(values).to_f64();
    let largest = values
        .iter()
        .fold(0.0_f64, |largest, v| largest.max(v.abs()));
    // Squares of shares of the largest value cannot overflow, whatever the unit.
    let squares: f64 = values
        .iter()
        .map(|v| ((v - centre) / largest) * ((v - centre) / largest))
        .sum();
    let share = (squares / (values.len() - 1) as f64).sqrt();
    if share > 8.0 * f64::EPSILON {
        Ok(share * largest)
    } else {
        Err(ModelError::NoScatter)
    }
}

/// The values in ascending order.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The median of a sorted sample that is not empty.
pub(super) fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        // Halving first keeps the sum from overflowing.
        0.5 * sorted[half - 1] + 0.5 * sorted[half]
    } else {
        sorted[half]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn scatter_is_found_in_any_unit_and_its_absence_named() {
        for unit in [1e-300, 1.0, 1e300] {
            let s = deviation(&[unit, 2.0 * unit, 3.0 * unit]).unwrap() / unit;
            assert!((s - 1.0).abs() < 1e-14, "{unit}: {s}");
        }
        assert_eq!(deviation(&[0.1; 3]), Err(ModelError::NoScatter));
        assert_eq!(deviation(&[0.0; 3]), Err(ModelError::NoScatter));
        let too_few = ModelError::TooFewValues { n: 1, needed: 2 };
        assert_eq!(deviation(&[1.0]), Err(too_few));
    }

    #[test]
    fn the_row_of_a_bad_value_is_named() {
        let error = check_values(&[1.0, 0.0], Some("weibull")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 2: method weibull needs values above zero, not 0"
        );
        assert!(check_values(&[1.0, 0.0], None).is_ok());
        assert!(check_values(&[f64::NAN], None).is_err());
    }

    #[test]
    fn medians_of_even_and_odd_samples() {
        let middle = |values: &[f64]| median(&sorted(values));
        assert!((middle(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-15);
        assert!((middle(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-15);
    }
}
