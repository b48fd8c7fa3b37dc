//! Confidence intervals of what a random-heat regression estimates: the mean at x, and the effect
//! of more scrap.
//!
//! An estimate w'θ̂ has the variance V = a σ_b² + b σ_e² with a = w'(X'X)⁻¹X'ZZ'X(X'X)⁻¹w and
//! b = w'(X'X)⁻¹w. V is estimated with s_b² and s_e² and given Satterthwaite's degrees of freedom
//! (Biometrics Bulletin 2, 1946), 2V²/Var(V). With SSB = RSS(X) − RSS([X Z]), which is independent
//! of RSS([X Z]), V = a/tr₁·SSB + (b − a(r₂ − r₁)/tr₁)·s_e², so
//!
//! ν = V² / { (a/tr₁)² [s_b⁴ tr₂ + 2 s_b² s_e² tr₁ + s_e⁴ (r₂ − r₁)]
//!            + (b − a(r₂ − r₁)/tr₁)² s_e⁴/(n − r₂) }.
//!
//! With heats of equal size, each with one x, this is the number of heats less the rank of X, and
//! the interval is exact.

use serde::{Deserialize, Serialize};

use super::distributions::{check_probability, student_quantile};
use super::error::ModelError;
use super::heat_fit::{HeatFit, squared_length};

/// A two-sided confidence interval on the modelling scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatInterval {
    /// The estimate, in its middle.
    pub estimate: f64,
    /// √V, the standard error of the estimate.
    pub standard_error: f64,
    /// Satterthwaite's degrees of freedom of V, not a whole number in general.
    pub dof: f64,
    /// Lower end, estimate − t·√V.
    pub lower: f64,
    /// Upper end, estimate + t·√V.
    pub upper: f64,
}

impl HeatInterval {
    /// Whether zero lies outside.
    pub fn excludes_zero(&self) -> bool {
        self.lower > 0.0 || self.upper < 0.0
    }
}

impl HeatFit {
    /// Interval of the mean at x, with `confidence`; the mean of all heats made that way, not of
    /// the next one.
    ///
    /// # Errors
    /// As for [`HeatFit::lower_bound`].
    pub fn mean_interval(&self, x: f64, confidence: f64) -> Result<HeatInterval, ModelError> {
        self.mean_interval_at(&[x], confidence)
    }

    /// As [`HeatFit::mean_interval`], at one value per regressor.
    ///
    /// # Errors
    /// As for [`HeatFit::lower_bound_at`].
    pub fn mean_interval_at(
        &self,
        at: &[f64],
        confidence: f64,
    ) -> Result<HeatInterval, ModelError> {
        self.check_range(at)?;
        self.interval(self.estimate_at(at)?, &self.direction(at), confidence)
    }

    /// Interval of the change of the mean per `step` of the regressor with this index (0 for a
    /// single x); `step` 0.1 gives the effect per +10 % scrap.
    ///
    /// Of a line that is step times the slope. Of a curve it is the average over the observed
    /// range, step·(mean at its end − mean at its beginning)/(its length); other regressors are
    /// held.
    ///
    /// # Errors
    /// [`ModelError::Probability`]; [`ModelError::NoRegressor`] for a mean or an index too large.
    pub fn effect_per(
        &self,
        regressor: usize,
        step: f64,
        confidence: f64,
    ) -> Result<HeatInterval, ModelError> {
        let direction = self.effect_direction(regressor)?;
        let direction: Vec<f64> = direction.into_iter().map(|d| step * d).collect();
        self.interval(self.weighed(&direction), &direction, confidence)
    }

    /// The change of the orthonormal functions per unit of a regressor, averaged over its range.
    pub(super) fn effect_direction(&self, regressor: usize) -> Result<Vec<f64>, ModelError> {
        let ranges = self.ranges();
        let Some(&(min, max)) = ranges.get(regressor) else {
            return Err(ModelError::NoRegressor { regressor });
        };
        let mut at: Vec<f64> = ranges.iter().map(|range| range.0).collect();
        let low = self.direction(&at);
        at[regressor] = max;
        let high = self.direction(&at);
        let change = high.into_iter().zip(low);
        Ok(change.map(|(h, l)| (h - l) / (max - min)).collect())
    }

    /// Σ weight · direction over the functions that vary with x.
    pub(super) fn weighed(&self, direction: &[f64]) -> f64 {
        let weights = match (&self.basis, self.coefficients.as_slice()) {
            (Some(basis), _) => basis.weights.clone(),
            (None, [_, slope]) => vec![slope * self.x_spread],
            (None, _) => Vec::new(),
        };
        direction[1..].iter().zip(weights).map(|(d, w)| d * w).sum()
    }

    /// Standard error √V of an estimate in this direction, and its degrees of freedom.
    pub(super) fn standard_error(&self, direction: &[f64]) -> (f64, f64) {
        let (a, b) = (self.grouped_length(direction), squared_length(direction));
        let (between, within) = (self.between_variance, self.within_variance);
        let variance = a * between + b * within;
        let spare = (self.r2 - self.r1) as f64;
        let share = a / self.tr1;
        let mut uncertainty = share
            * share
            * (between * between * self.tr2
                + 2.0 * between * within * self.tr1
                + within * within * spare);
        if self.r2 < self.n {
            let rest = (b - share * spare) * within;
            uncertainty += rest * rest / (self.n - self.r2) as f64;
        }
        (variance.sqrt(), variance * variance / uncertainty)
    }

    fn interval(
        &self,
        estimate: f64,
        direction: &[f64],
        confidence: f64,
    ) -> Result<HeatInterval, ModelError> {
        check_probability("confidence", confidence)?;
        let (standard_error, dof) = self.standard_error(direction);
        let half = student_quantile(0.5 + 0.5 * confidence, dof)? * standard_error;
        Ok(HeatInterval {
            estimate,
            standard_error,
            dof,
            lower: estimate - half,
            upper: estimate + half,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::heat_fit::Model;
    use crate::models::random_heats::{Observations, fit};

    /// Heats of equal size on a line: an ordinary regression of the heat means, which has closed
    /// formulas.
    #[test]
    fn equal_heats_give_the_interval_of_their_means() {
        let means = [21.0, 18.5, 19.5, 16.0, 17.5];
        let x = [0.1, 0.2, 0.3, 0.4, 0.5];
        let spread = [-1.0, 0.25, 0.75];
        let mut data = Observations {
            y: vec![],
            x: vec![],
            heats: vec![],
        };
        for (heat, (mean, x)) in means.iter().zip(x).enumerate() {
            for offset in spread {
                data.y.push(mean + offset);
                data.x.push(x);
                data.heats.push(heat);
            }
        }
        let fit = fit(&data, Model::Linear).unwrap();
        assert!(fit.between_variance > 0.0);
        let centre = means.iter().sum::<f64>() / 5.0;
        let (sxx, sxy): (f64, f64) = means.iter().zip(x).fold((0.0, 0.0), |(sxx, sxy), (m, x)| {
            (sxx + (x - 0.3).powi(2), sxy + (x - 0.3) * (m - centre))
        });
        let slope = sxy / sxx;
        let residual = |(m, x): (&f64, f64)| (m - centre - slope * (x - 0.3)).powi(2);
        let variance = means.iter().zip(x).map(residual).sum::<f64>() / 3.0;
        // t with 3 degrees of freedom, two-sided 5 %.
        let t = 3.182_446_305_284_263;
        let found = fit.mean_interval(0.5, 0.95).unwrap();
        let error = (variance * (0.2 + 0.04 / sxx)).sqrt();
        for (actual, expected) in [
            (found.dof, 3.0),
            (found.standard_error, error),
            (found.lower, centre + 0.2 * slope - t * error),
            (found.upper, centre + 0.2 * slope + t * error),
        ] {
            assert!(
                (actual / expected - 1.0).abs() < 1e-11,
                "{actual} {expected}"
            );
        }
        let found = fit.effect_per(0, 0.1, 0.95).unwrap();
        let error = 0.1 * (variance / sxx).sqrt();
        for (actual, expected) in [
            (found.dof, 3.0),
            (found.estimate, 0.1 * slope),
            (found.standard_error, error),
            (found.lower, 0.1 * slope - t * error),
        ] {
            assert!(
                (actual / expected - 1.0).abs() < 1e-11,
                "{actual} {expected}"
            );
        }
        assert_eq!(found.excludes_zero(), found.upper < 0.0);
    }

    #[test]
    fn what_has_no_effect_or_lies_outside_is_refused() {
        let data = Observations {
            y: vec![10.0, 11.0, 10.5, 12.0, 9.0, 9.5],
            x: vec![0.1, 0.1, 0.2, 0.2, 0.4, 0.4],
            heats: vec![0, 0, 1, 1, 2, 2],
        };
        let mean = fit(&data, Model::Mean).unwrap();
        assert_eq!(
            mean.effect_per(0, 0.1, 0.95).unwrap_err(),
            ModelError::NoRegressor { regressor: 0 }
        );
        assert!(mean.mean_interval(f64::NAN, 0.95).is_ok());
        let line = fit(&data, Model::Linear).unwrap();
        assert!(line.effect_per(1, 0.1, 0.95).is_err());
        assert!(line.effect_per(0, 0.1, 1.0).is_err());
        assert!(line.mean_interval(0.41, 0.95).is_err());
    }
}
