//! Bounds where specimens are independent: a normal sample, and regression with fixed effects.

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
#[derive(Clone, Copy, Debug, PartialEq)]
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
    use crate::models::reference::{Tolerance, assert_close, block, number, numbers, tolerance};

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
    fn norris_at_100() {
        let reference = block("norris_x100");
        let set = block("nist_strd")["sets"]["Norris"].clone();
        let design = Design::linear(vec![column("x", numbers(&set["x"][0]))], true);
        let fit = IndependentFit::new(&design, &numbers(&set["y"])).unwrap();
        let at = [number(&reference["at"])];
        let check = |what: &str, actual: f64, expected: f64| {
            assert_close(what, actual, expected, tolerance(&reference));
        };
        let prediction = fit.predict(&at).unwrap();
        check("estimate", prediction.estimate, number(&reference["yhat"]));
        check("q", prediction.q, number(&reference["q"]));
        for (key, interval) in [
            ("CI95", fit.confidence_interval(&at, 0.95).unwrap()),
            ("PI95", fit.prediction_interval(&at, 0.95).unwrap()),
        ] {
            let ends = numbers(&reference[key]);
            check(key, interval.low, ends[0]);
            check(key, interval.high, ends[1]);
        }
        for (key, content) in [("B_lower", 0.90), ("A_lower", 0.99)] {
            check(
                key,
                fit.lower_bound(&at, content, 0.95).unwrap().bound,
                number(&reference[key]),
            );
        }
        assert!(matches!(
            fit.lower_bound(&[5000.0], 0.9, 0.95).unwrap_err(),
            ModelError::Extrapolation { .. }
        ));
    }

    #[test]
    fn two_covariates_of_krishnamoorthy_and_mathew() {
        let reference = block("KM31");
        let rows: Vec<Vec<f64>> = reference["rows_x1_x2_y"]
            .as_array()
            .unwrap()
            .iter()
            .map(numbers)
            .collect();
        let pick = |j: usize| rows.iter().map(|row| row[j]).collect::<Vec<_>>();
        let design = Design::linear(vec![column("x1", pick(0)), column("x2", pick(1))], true);
        let fit = IndependentFit::new(&design, &pick(2)).unwrap();
        let check = |what: &str, actual: f64, expected: f64| {
            assert_close(what, actual, expected, tolerance(&reference));
        };
        for (j, coefficient) in numbers(&reference["coef"]).into_iter().enumerate() {
            check(
                "coefficient",
                fit.least_squares().coefficients[j],
                coefficient,
            );
        }
        check("s", fit.sigma(), number(&reference["s"]));
        let at = &numbers(&reference["at"])[1..];
        let prediction = fit.predict(at).unwrap();
        check("d2", prediction.q, number(&reference["d2"]));
        check("estimate", prediction.estimate, number(&reference["yhat"]));
        for (content, k, bound) in [
            (0.90, "k_one_sided_90_95", "lower_90_95"),
            (0.99, "k_99_95", "lower_99_95"),
        ] {
            let found = fit.lower_bound(at, content, 0.95).unwrap();
            check(k, found.k, number(&reference[k]));
            check(bound, found.bound, number(&reference[bound]));
        }
        let interval = fit.prediction_interval(at, 0.95).unwrap();
        let half = 0.5 * (interval.high - interval.low);
        check("PI95_half", half, number(&reference["PI95_half"]));
    }

    #[test]
    fn a_single_sample_and_its_logarithms() {
        let reference = block("D18");
        let y = numbers(&reference["y"]);
        let logarithms: Vec<f64> = y.iter().map(|y| y.ln()).collect();
        let plain = IndependentFit::new(&Design::mean(), &y).unwrap();
        let logged = IndependentFit::new(&Design::mean(), &logarithms).unwrap();
        for (key, content) in [("B", 0.90), ("A", 0.99)] {
            let bound = plain.lower_bound(&[], content, 0.95).unwrap().bound;
            assert_close(
                key,
                bound,
                number(&reference["normal"][key]),
                tolerance(&reference),
            );
            let published = Tolerance::Absolute(number(&reference["tolerance_published"]));
            assert_close(
                key,
                bound,
                number(&reference["published_normal"][key]),
                published,
            );
            let bound = logged.lower_bound(&[], content, 0.95).unwrap().bound.exp();
            assert_close(
                key,
                bound,
                number(&reference["lognormal"][key]),
                tolerance(&reference),
            );
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
