//! Bounds of a lognormal sample: those of a normal one on the logarithms, carried back.

use super::sample_bound::{SampleBound, check_values};
use crate::models::design::Design;
use crate::models::error::ModelError;
use crate::models::independent::{IndependentFit, Interval};
use crate::models::side::Side;

/// A sample of positive, independent values whose logarithms are normal.
#[derive(Clone, Debug)]
pub struct LognormalFit {
    of_logarithms: IndependentFit,
}

impl LognormalFit {
    /// Fits mean and standard deviation of the logarithms.
    ///
    /// # Errors
    /// [`ModelError::NotPositive`] names the row of a value ≤ 0; otherwise as
    /// [`IndependentFit::new`]: at least two values with some scatter.
    pub fn new(values: &[f64]) -> Result<LognormalFit, ModelError> {
        check_values(values, Some("lognormal"))?;
        let logarithms: Vec<f64> = values.iter().map(|v| v.ln()).collect();
        let of_logarithms = IndependentFit::new(&Design::mean(), &logarithms)?;
        Ok(LognormalFit { of_logarithms })
    }

    /// The normal sample of the logarithms.
    pub fn of_logarithms(&self) -> &IndependentFit {
        &self.of_logarithms
    }

    /// exp(mean of ln x ∓ k s); the estimate is the median exp(mean of ln x).
    ///
    /// # Errors
    /// Content or confidence outside (0, 1); [`ModelError::BoundNotFinite`] when an upper bound
    /// overflows, as with two values.
    pub fn bound(
        &self,
        side: Side,
        content: f64,
        confidence: f64,
    ) -> Result<SampleBound, ModelError> {
        let found = match side {
            Side::Lower => self.of_logarithms.lower_bound(&[], content, confidence),
            Side::Upper => self.of_logarithms.upper_bound(&[], content, confidence),
        }?;
        let bound = found.bound.exp();
        if !bound.is_finite() {
            return Err(ModelError::BoundNotFinite);
        }
        Ok(SampleBound {
            estimate: found.estimate.exp(),
            bound,
            k: found.k,
        })
    }

    /// Where the median lies, two-sided: the interval of the mean of the logarithms, carried back.
    ///
    /// # Errors
    /// Confidence outside (0, 1).
    pub fn confidence_interval(&self, confidence: f64) -> Result<Interval, ModelError> {
        let interval = self.of_logarithms.confidence_interval(&[], confidence)?;
        Ok(carried_back(interval))
    }

    /// Where the next specimen lies, two-sided.
    ///
    /// # Errors
    /// Confidence outside (0, 1).
    pub fn prediction_interval(&self, confidence: f64) -> Result<Interval, ModelError> {
        let interval = self.of_logarithms.prediction_interval(&[], confidence)?;
        Ok(carried_back(interval))
    }
}

fn carried_back(Interval { low, high }: Interval) -> Interval {
    Interval {
        low: low.exp(),
        high: high.exp(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::independent::k_normal;
    use crate::models::reference::{Tolerance, assert_close};

    /// e^1 to e^5: the logarithms have mean 3 and variance 2.5.
    #[test]
    fn powers_of_e_by_hand() {
        let values: Vec<f64> = (1..=5).map(|i| f64::from(i).exp()).collect();
        let fit = LognormalFit::new(&values).unwrap();
        let tight = Tolerance::Relative(1e-12);
        let k = k_normal(5, 0.99, 0.95).unwrap();
        for (side, sign) in [(Side::Lower, -1.0), (Side::Upper, 1.0)] {
            let found = fit.bound(side, 0.99, 0.95).unwrap();
            let exact = f64::exp(3.0 + sign * k * 2.5_f64.sqrt());
            assert_close(side.as_str(), found.bound, exact, tight);
            assert_close("median", found.estimate, 3.0_f64.exp(), tight);
            assert_close("k", found.k, k, tight);
        }
        // The .975 quantile of Student's t with 4 degrees of freedom, scipy 1.17.
        let half = 2.776_445_105_198_054 * 0.5_f64.sqrt();
        let interval = fit.confidence_interval(0.95).unwrap();
        assert_close("low", interval.low, f64::exp(3.0 - half), tight);
        let next = fit.prediction_interval(0.95).unwrap();
        assert_close(
            "next",
            next.high,
            f64::exp(3.0 + half * 6.0_f64.sqrt()),
            tight,
        );
    }

    #[test]
    fn what_has_no_logarithm_is_refused_by_row() {
        let error = LognormalFit::new(&[3.0, 1.0, -2.0]).unwrap_err();
        assert!(matches!(error, ModelError::NotPositive { row: 3, .. }));
        assert_eq!(
            LognormalFit::new(&[7.0; 4]).unwrap_err(),
            ModelError::NoScatter
        );
        let fit = LognormalFit::new(&[1.0, 1e30]).unwrap();
        let error = fit.bound(Side::Upper, 0.99, 0.95).unwrap_err();
        assert_eq!(error, ModelError::BoundNotFinite);
    }
}
