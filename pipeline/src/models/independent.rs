//! Bounds where specimens are independent: a normal sample, and regression with fixed effects.

use serde::Serialize;

use super::design::{Design, Predictor};
use super::distributions::{check_probability, normal_quantile, student_quantile};
use super::error::ModelError;
use super::least_squares::{LeastSquares, Prediction, solve};
use super::noncentral_t;

/// The one-sided normal tolerance factor k = F_nct⁻¹(c; n − 1, z_p√n)/√n.
///
/// x̄ − k s is exceeded by at least `content` of the population with `confidence`. B-basis:
/// content .90, A-basis: content .99, both at confidence .95 (CMH-17-1G, ch. 8).
///
/// # Errors
/// n < 2; content or confidence outside (0, 1).
pub fn k_normal(n: usize, content: f64, confidence: f64) -> Result<f64, ModelError> {
    if n < 2 {
        return Err(ModelError::TooFewValues { n, needed: 2 });
    }
    tolerance_factor((n as f64).recip(), (n - 1) as f64, content, confidence)
}

/// k = √q·F_nct⁻¹(c; ν, z_p/√q) for an estimate whose variance is qσ².
///
/// # Errors
/// Content or confidence outside (0, 1); q or ν not positive and finite.
pub fn tolerance_factor(
    q: f64,
    dof: f64,
    content: f64,
    confidence: f64,
) -> Result<f64, ModelError> {
    check_probability("content", content)?;
    check_probability("confidence", confidence)?;
    if !q.is_finite() || q <= 0.0 {
        return Err(ModelError::Parameter {
            what: "q",
            value: q,
        });
    }
    let root = q.sqrt();
    let quantile = noncentral_t::quantile(confidence, dof, normal_quantile(content)? / root)?;
    Ok(root * quantile)
}

/// A one-sided tolerance bound of a regression with fixed effects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToleranceBound {
    /// ŷ.
    pub estimate: f64,
    /// ŷ ∓ kσ̂.
    pub bound: f64,
    /// k.
    pub k: f64,
}

/// A two-sided interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A regression of independent specimens that is fit for bounds: it has scatter and degrees of
/// freedom.
#[derive(Clone, Debug)]
pub struct IndependentFit {
    least_squares: LeastSquares,
    sigma: f64,
}

impl IndependentFit {
    /// Fits `y` on `design`.
    ///
    /// # Errors
    /// Everything [`solve`] refuses; [`ModelError::TooFewValues`] without residual degrees of
    /// freedom; [`ModelError::NoScatter`] when all values lie on the fit.
    pub fn new(design: &Design, y: &[f64]) -> Result<IndependentFit, ModelError> {
        let least_squares = solve(design, y)?;
        let needed = least_squares.rank + 1;
        let sigma = least_squares
            .sigma()
            .ok_or(ModelError::TooFewValues { n: y.len(), needed })?;
        let largest = y.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
        if sigma <= 8.0 * f64::EPSILON * largest {
            return Err(ModelError::NoScatter);
        }
        Ok(IndependentFit {
            least_squares,
            sigma,
        })
    }

    /// The underlying least-squares fit.
    pub fn least_squares(&self) -> &LeastSquares {
        &self.least_squares
    }

    /// Residual standard deviation, positive.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// ŷ and q at a point, one value per predictor.
    ///
    /// # Errors
    /// A point of the wrong length, not finite, or outside the observed range of a predictor.
    pub fn predict(&self, at: &[f64]) -> Result<Prediction, ModelError> {
        let prediction = self.least_squares.predict(at)?;
        for (&at, Predictor { values, .. }) in at.iter().zip(self.least_squares.design.predictors())
        {
            let min = values.iter().copied().fold(f64::INFINITY, f64::min);
            let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if !(min..=max).contains(&at) {
                return Err(ModelError::Extrapolation { at, min, max });
            }
        }
        Ok(prediction)
    }

    /// ŷ − kσ̂: at least `content` of the population at this point lies above, with `confidence`.
    ///
    /// # Errors
    /// As for [`IndependentFit::predict`]; content or confidence outside (0, 1).
    pub fn lower_bound(
        &self,
        at: &[f64],
        content: f64,
        confidence: f64,
    ) -> Result<ToleranceBound, ModelError> {
        let (estimate, k) = self.factor(at, content, confidence)?;
        Ok(ToleranceBound {
            estimate,
            bound: estimate - k * self.sigma,
            k,
        })
    }

    /// ŷ + kσ̂: at least `content` of the population at this point lies below, with `confidence`.
    ///
    /// # Errors
    /// As for [`IndependentFit::lower_bound`].
    pub fn upper_bound(
        &self,
        at: &[f64],
        content: f64,
        confidence: f64,
    ) -> Result<ToleranceBound, ModelError> {
        let (estimate, k) = self.factor(at, content, confidence)?;
        Ok(ToleranceBound {
            estimate,
            bound: estimate + k * self.sigma,
            k,
        })
    }

    /// ŷ ± t σ̂√q: where the mean at this point lies, two-sided.
    ///
    /// # Errors
    /// As for [`IndependentFit::lower_bound`].
    pub fn confidence_interval(&self, at: &[f64], confidence: f64) -> Result<Interval, ModelError> {
        self.interval(at, confidence, 0.0)
    }

    /// ŷ ± t σ̂√(1 + q): where the next specimen at this point lies, two-sided.
    ///
    /// # Errors
    /// As for [`IndependentFit::lower_bound`].
    pub fn prediction_interval(&self, at: &[f64], confidence: f64) -> Result<Interval, ModelError> {
        self.interval(at, confidence, 1.0)
    }

    fn interval(&self, at: &[f64], confidence: f64, own: f64) -> Result<Interval, ModelError> {
        check_probability("confidence", confidence)?;
        let Prediction { estimate, q } = self.predict(at)?;
        let dof = self.least_squares.dof as f64;
        let half =
            -student_quantile(0.5 * (1.0 - confidence), dof)? * self.sigma * (own + q).sqrt();
        Ok(Interval {
            low: estimate - half,
            high: estimate + half,
        })
    }

    fn factor(&self, at: &[f64], content: f64, confidence: f64) -> Result<(f64, f64), ModelError> {
        let Prediction { estimate, q } = self.predict(at)?;
        let k = tolerance_factor(q, self.least_squares.dof as f64, content, confidence)?;
        Ok((estimate, k))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::reference::{Tolerance, assert_close, block, number, tolerance};

    fn column(name: &str, values: Vec<f64>) -> Predictor {
        Predictor {
            name: name.to_owned(),
            values,
        }
    }

    #[test]
    fn k_factors_agree_with_thirty_digit_values_and_the_handbook() {
        for name in ["k_factor_normal", "k_factor_normal_published"] {
            let reference = block(name);
            for case in reference["cases"].as_array().unwrap() {
                let n = usize::try_from(case["n"].as_u64().unwrap()).unwrap();
                for (key, content) in [("b", 0.90), ("a", 0.99)] {
                    let k = k_normal(n, content, 0.95).unwrap();
                    assert_close(
                        &format!("k {key} of {n}"),
                        k,
                        number(&case[key]),
                        tolerance(&reference),
                    );
                }
            }
        }
    }

    #[test]
    fn factors_for_any_variance_of_the_estimate() {
        let reference = block("tolerance_factor");
        for case in reference["cases"].as_array().unwrap() {
            let [q, dof] = ["q", "dof"].map(|key| number(&case[key]));
            for (key, content) in [("b", 0.90), ("a", 0.99)] {
                let k = tolerance_factor(q, dof, content, 0.95).unwrap();
                let what = format!("k {key} of q = {q}, {dof} degrees of freedom");
                assert_close(&what, k, number(&case[key]), tolerance(&reference));
            }
        }
    }

    /// The factors of the reference for a q and its degrees of freedom, B before A.
    fn reference_factors(q: f64) -> [f64; 2] {
        let reference = block("tolerance_factor");
        let cases = reference["cases"].as_array().unwrap();
        let case = cases
            .iter()
            .find(|case| (number(&case["q"]) - q).abs() < 1e-9);
        ["b", "a"].map(|key| number(&case.unwrap()[key]))
    }

    #[test]
    fn a_line_by_hand() {
        // Slope 0.8, level 3, RSS 3.6 with 3 degrees of freedom; q = 1/5 + 2²/10 at the end.
        let design = Design::linear(vec![column("x", vec![0.0, 1.0, 2.0, 3.0, 4.0])], true);
        let fit = IndependentFit::new(&design, &[1.0, 3.0, 2.0, 5.0, 4.0]).unwrap();
        let check = |what: &str, actual: f64, expected: f64| {
            assert_close(what, actual, expected, Tolerance::Relative(1e-12));
        };
        let s = 1.2_f64.sqrt();
        check("s", fit.sigma(), s);
        let prediction = fit.predict(&[4.0]).unwrap();
        check("estimate", prediction.estimate, 4.6);
        check("q", prediction.q, 0.6);
        // The .975 quantile of Student's t with 3 degrees of freedom, with mpmath at 30 digits.
        let t = 3.182_446_305_283_709_6;
        let mean = fit.confidence_interval(&[4.0], 0.95).unwrap();
        check("low mean", mean.low, 4.6 - t * s * 0.6_f64.sqrt());
        check("high mean", mean.high, 4.6 + t * s * 0.6_f64.sqrt());
        let specimen = fit.prediction_interval(&[4.0], 0.95).unwrap();
        check("low specimen", specimen.low, 4.6 - t * s * 1.6_f64.sqrt());
        check("high specimen", specimen.high, 4.6 + t * s * 1.6_f64.sqrt());
        for (k, content) in reference_factors(0.6).into_iter().zip([0.90, 0.99]) {
            let found = fit.lower_bound(&[4.0], content, 0.95).unwrap();
            check("k", found.k, k);
            check("bound", found.bound, 4.6 - k * s);
        }
        for beyond in [-0.1, 4.1] {
            assert!(matches!(
                fit.lower_bound(&[beyond], 0.9, 0.95).unwrap_err(),
                ModelError::Extrapolation { .. }
            ));
        }
    }

    #[test]
    fn two_orthogonal_covariates_by_hand() {
        // Each corner of the square twice, so (X'X)⁻¹ = 1/8 and q = 3/8 at a corner. The mean is
        // 10 and the slopes are 2 and −1; each pair scatters by ±1 about its corner.
        let x1 = vec![-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0];
        let x2 = vec![-1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0, 1.0];
        let y: Vec<f64> = (0..8)
            .map(|i| 10.0 + 2.0 * x1[i] - x2[i] + if i % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        let design = Design::linear(vec![column("x1", x1), column("x2", x2)], true);
        let fit = IndependentFit::new(&design, &y).unwrap();
        let check = |what: &str, actual: f64, expected: f64| {
            assert_close(what, actual, expected, Tolerance::Relative(1e-12));
        };
        for (&coefficient, exact) in fit
            .least_squares()
            .coefficients
            .iter()
            .zip([10.0, 2.0, -1.0])
        {
            check("coefficient", coefficient, exact);
        }
        let s = 1.6_f64.sqrt();
        check("s", fit.sigma(), s);
        let prediction = fit.predict(&[1.0, -1.0]).unwrap();
        check("estimate", prediction.estimate, 13.0);
        check("q", prediction.q, 0.375);
        for (k, content) in reference_factors(0.375).into_iter().zip([0.90, 0.99]) {
            let found = fit.lower_bound(&[1.0, -1.0], content, 0.95).unwrap();
            check("k", found.k, k);
            check("bound", found.bound, 13.0 - k * s);
        }
    }

    #[test]
    fn upper_bounds_mirror_lower_ones() {
        let y = [3.0, 1.0, 4.0, 1.5, 5.0];
        let mirrored = y.map(|y| -y);
        let fit = IndependentFit::new(&Design::mean(), &y).unwrap();
        let mirror = IndependentFit::new(&Design::mean(), &mirrored).unwrap();
        let upper = fit.upper_bound(&[], 0.9, 0.95).unwrap();
        let lower = mirror.lower_bound(&[], 0.9, 0.95).unwrap();
        assert!((upper.bound + lower.bound).abs() < 1e-14 && upper.bound > 5.0);
    }

    #[test]
    fn data_without_scatter_or_freedom_are_refused() {
        let refused = |y: &[f64]| IndependentFit::new(&Design::mean(), y).unwrap_err();
        assert_eq!(refused(&[0.1; 4]), ModelError::NoScatter);
        assert_eq!(
            refused(&[0.1]),
            ModelError::TooFewValues { n: 1, needed: 2 }
        );
        assert!(k_normal(1, 0.9, 0.95).is_err() && k_normal(0, 0.9, 0.95).is_err());
        assert!(k_normal(5, 1.0, 0.95).is_err() && k_normal(5, 0.9, f64::NAN).is_err());
        assert!(tolerance_factor(0.0, 3.0, 0.9, 0.95).is_err());
    }
}
