//! A fitted random-heat regression: what is kept of it, and the tolerance bounds it gives.
//!
//! A [`HeatFit`] holds sufficient numbers only, so that one stored as JSON gives the same bounds,
//! bit for bit, years later. Its basis is the orthonormal pair 1/√n and (x − x̄)/√Sxx, in which a
//! shift or scale of x changes nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::distributions::{check_probability, normal_quantile};
use super::error::ModelError;
use super::noncentral_t;

/// The fixed part of the random-heat regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// One mean for all heats; x is ignored.
    Mean,
    /// A straight line in x.
    Linear,
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Model::Mean => "mean",
            Model::Linear => "linear",
        })
    }
}

/// A one-sided tolerance bound on the modelling scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The x at which it holds; as given, and without meaning for [`Model::Mean`].
    pub at: f64,
    /// The estimated mean there.
    pub estimate: f64,
    /// The bound.
    pub bound: f64,
    /// |estimate − bound| in units of √RMSA, the residual standard deviation of the plain
    /// regression: Vangel's T. With one value per heat this is the usual k factor.
    pub k: f64,
}

/// y = Xθ + Zb + e with random heats b ~ N(0, σ_b²) and specimens e ~ N(0, σ_e²), fitted.
///
/// Symbols are those of Vangel's RECIPE (NIST, 1994; ASTM STP 1274, 1996). Everything is on the
/// modelling scale: a lognormal property is fitted as its logarithm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatFit {
    /// Mean or line.
    pub model: Model,
    /// Specimens.
    pub n: usize,
    /// Heats.
    pub heats: usize,
    /// Names of the coefficients: `intercept`, and `x` for a line.
    pub term_names: Vec<String>,
    /// Least-squares coefficients in the units of y over those of x.
    pub coefficients: Vec<f64>,
    /// Their covariance under the fitted model,
    /// (X'X)⁻¹X'(s_b² ZZ' + s_e² I)X(X'X)⁻¹; not the σ²(X'X)⁻¹ of independent specimens.
    pub covariance: Vec<Vec<f64>>,
    /// Rank of X, the same as `r1`.
    pub rank: usize,
    /// Condition number of the centred and scaled X (1-norm).
    pub condition: f64,
    /// Residual degrees of freedom n − r1.
    pub dof: usize,
    /// s = √(s_b² + s_e²), the scatter of a single specimen of a new heat.
    pub sigma: f64,
    /// RSS(X)/(n − r1).
    pub rmsa: f64,
    /// RSS([X Z])/(n − r2); equals `rmsa` when `separable` is false.
    pub rmsb: f64,
    /// s_b² = max(0, (n − r1)/tr1·(RMSA − RMSB)), variance between heats.
    pub between_variance: f64,
    /// s_e² = RMSB, variance within heats.
    pub within_variance: f64,
    /// False when every heat has one specimen: the two variances cannot be told apart, their sum
    /// RMSA is booked as between heats, and the bound is that of the plain regression on heats.
    pub separable: bool,
    /// rank X.
    pub r1: usize,
    /// rank [X Z].
    pub r2: usize,
    /// ν₀ = n − r1, degrees of freedom if heats did not differ.
    pub nu0: f64,
    /// ν₁ = tr1²/tr2, degrees of freedom if heats alone mattered.
    pub nu1: f64,
    /// tr B with B = Z'Z − Z'HZ, H the hat matrix of X.
    pub tr1: f64,
    /// tr B².
    pub tr2: f64,
    /// Smallest observed x; `None` when the mean was fitted without usable x.
    pub x_min: Option<f64>,
    /// Largest observed x.
    pub x_max: Option<f64>,
    /// x̄, the centre of the basis; 0 for a mean.
    pub x_centre: f64,
    /// √Sxx, the scale of the basis; 1 for a mean.
    pub x_spread: f64,
    /// ȳ.
    pub level: f64,
    /// Q'ZZ'Q for the orthonormal basis Q of X: how much the heats weigh in each direction.
    pub heat_moment: Vec<Vec<f64>>,
}

/// Which side of the scatter a bound guards.
#[derive(Clone, Copy)]
enum Side {
    Lower,
    Upper,
}

impl HeatFit {
    /// The mean at x: the line, or ȳ for [`Model::Mean`] whatever x is.
    pub fn estimate(&self, x: f64) -> f64 {
        match self.coefficients.as_slice() {
            [_, slope] => self.level + slope * (x - self.x_centre),
            _ => self.level,
        }
    }

    /// The value that at least `content` of specimens exceed, with `confidence`.
    ///
    /// # Errors
    /// [`ModelError::Probability`]; [`ModelError::Extrapolation`] for a line outside
    /// [`HeatFit::x_range`], x = NaN included.
    pub fn lower_bound(&self, x: f64, content: f64, confidence: f64) -> Result<Bound, ModelError> {
        self.one_sided(x, content, confidence, Side::Lower)
    }

    /// The value that at least `content` of specimens stay below, with `confidence`.
    ///
    /// # Errors
    /// As for [`HeatFit::lower_bound`].
    pub fn upper_bound(&self, x: f64, content: f64, confidence: f64) -> Result<Bound, ModelError> {
        self.one_sided(x, content, confidence, Side::Upper)
    }

    /// s_b²/(s_b² + s_e²), the correlation of two specimens of one heat, in [0, 1]; 1 when the two
    /// variances are not separable.
    pub fn heat_variance_share(&self) -> f64 {
        self.between_variance / (self.between_variance + self.within_variance)
    }

    /// Smallest and largest observed x; (−∞, ∞) for a mean fitted without usable x.
    pub fn x_range(&self) -> (f64, f64) {
        (
            self.x_min.unwrap_or(f64::NEG_INFINITY),
            self.x_max.unwrap_or(f64::INFINITY),
        )
    }

    /// η₀ and η₁: how many independent specimens, or heats, the estimate at x is worth.
    ///
    /// 1/η₀ = w'(X'X)⁻¹w; 1/η₁ = w'(X'X)⁻¹X'ZZ'X(X'X)⁻¹w. With an intercept η₁ ≤ number of heats.
    pub fn effective_sizes(&self, x: f64) -> (f64, f64) {
        let mut direction = vec![(self.n as f64).sqrt().recip()];
        if self.model == Model::Linear {
            direction.push((x - self.x_centre) / self.x_spread);
        }
        let independent: f64 = direction.iter().map(|v| v * v).sum();
        let grouped: f64 = direction
            .iter()
            .zip(&self.heat_moment)
            .map(|(v, line)| v * line.iter().zip(&direction).map(|(m, v)| m * v).sum::<f64>())
            .sum();
        (independent.recip(), grouped.recip())
    }

    fn one_sided(
        &self,
        x: f64,
        content: f64,
        confidence: f64,
        side: Side,
    ) -> Result<Bound, ModelError> {
        check_probability("content", content)?;
        check_probability("confidence", confidence)?;
        let (min, max) = self.x_range();
        if self.model == Model::Linear && !(min..=max).contains(&x) {
            return Err(ModelError::Extrapolation { at: x, min, max });
        }
        let distance = self.margin(x, content, confidence)?;
        let estimate = self.estimate(x);
        let bound = match side {
            Side::Lower => estimate - distance,
            Side::Upper => estimate + distance,
        };
        Ok(Bound {
            at: x,
            estimate,
            bound,
            k: distance / self.rmsa.sqrt(),
        })
    }

    /// T√RMSA.
    ///
    /// RECIPE writes T as a quotient that becomes 0/0 where η₀ = η₁. With
    /// F_j = F_nct⁻¹(confidence; ν_j, z√η_j) and s² = s_b² + s_e² it is, term for term, the sum
    ///
    /// T√TMSA = F₁ s_b² (√η₀ + √η₁) / [η₁(√η₀ s_m + s)] + F₀ s_e² (√η₀ + √η₁) / [η₀(s + √η₁ s_m)],
    ///
    /// which has no such point, loses no digits, and for one specimen per heat is the bound of
    /// fixed effects.
    fn margin(&self, x: f64, content: f64, confidence: f64) -> Result<f64, ModelError> {
        let z = normal_quantile(content)?;
        let (eta0, eta1) = self.effective_sizes(x);
        let (root0, root1) = (eta0.sqrt(), eta1.sqrt());
        let (between, within) = (self.between_variance, self.within_variance);
        let s = (between + within).sqrt();
        let s_mean = (between / eta1 + within / eta0).sqrt();
        let mut total = 0.0;
        if between > 0.0 {
            let quantile = noncentral_t::quantile(confidence, self.nu1, z * root1)?;
            total += quantile * between * (root0 + root1) / (eta1 * (root0 * s_mean + s));
        }
        if within > 0.0 {
            let quantile = noncentral_t::quantile(confidence, self.nu0, z * root0)?;
            total += quantile * within * (root0 + root1) / (eta0 * (s + root1 * s_mean));
        }
        Ok(total * (self.rmsa / self.rmsa.max(self.rmsb)).sqrt())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::models::independent::k_normal;
    use crate::models::random_heats::{Observations, fit};
    use crate::models::reference::{assert_close, block, number, tolerance};

    /// Heats of unequal size on a falling line.
    fn unbalanced() -> Observations {
        let sizes = [3, 5, 2, 4, 1, 6];
        let effects = [2.0, -3.0, 1.0, 0.5, -1.5, 2.5];
        let mut observations = Observations {
            y: vec![],
            x: vec![],
            heats: vec![],
        };
        for (heat, (&size, effect)) in sizes.iter().zip(effects).enumerate() {
            for specimen in 0..size {
                let x = 0.3 + 0.1 * heat as f64;
                let noise = (7.3 * (heat * 10 + specimen) as f64).sin();
                observations.y.push(250.0 - 30.0 * x + effect + noise);
                observations.x.push(x);
                observations.heats.push(heat);
            }
        }
        observations
    }

    #[test]
    fn one_specimen_per_heat_is_the_normal_sample_of_the_heats() {
        // 1 to 10: mean 5.5 and variance 55/6.
        let observations = Observations {
            y: (1..=10).map(f64::from).collect(),
            x: vec![0.0; 10],
            heats: (0..10).collect(),
        };
        let fit = fit(&observations, Model::Mean).unwrap();
        assert!(!fit.separable);
        let reference = block("k_factor_normal");
        let cases = reference["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["n"] == 10).unwrap();
        for (key, content) in [("b", 0.90), ("a", 0.99)] {
            let k = number(&case[key]);
            let found = fit.lower_bound(0.0, content, 0.95).unwrap();
            assert_close(key, found.k, k, tolerance(&reference));
            let bound = 5.5 - k * (55.0_f64 / 6.0).sqrt();
            assert_close(key, found.bound, bound, tolerance(&reference));
        }
    }

    /// Vangel's one-way formula (CMH-17-1G, ch. 8), to which the regression reduces with a mean and
    /// heats of equal size: S² = s_b² + s_e², w = √(u/(u + m − 1)), u = MSB/MSE,
    /// T = [k₀ − k₁/√m + (k₁ − k₀)w]/(1 − 1/√m).
    #[test]
    fn equal_heats_without_slope_are_the_one_way_formula() {
        let (heats, m) = (4_usize, 3_usize);
        let y = [
            10.0, 11.0, 12.5, 14.0, 13.0, 15.0, 9.0, 8.0, 10.5, 12.0, 12.5, 11.0,
        ];
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let groups: Vec<&[f64]> = y.chunks(m).collect();
        let msb = m as f64
            * groups
                .iter()
                .map(|g| (mean(g) - mean(&y)).powi(2))
                .sum::<f64>()
            / (heats - 1) as f64;
        let mse = groups
            .iter()
            .flat_map(|g| g.iter().map(|v| (v - mean(g)).powi(2)))
            .sum::<f64>()
            / (y.len() - heats) as f64;
        let size = m as f64;
        let s = (msb / size + (size - 1.0) / size * mse).sqrt();
        let u = msb / mse;
        let w = (u / (u + size - 1.0)).sqrt();
        let observations = Observations {
            y: y.to_vec(),
            x: vec![f64::NAN; y.len()],
            heats: (0..y.len()).map(|i| i / m).collect(),
        };
        let fit = fit(&observations, Model::Mean).unwrap();
        assert!(fit.between_variance > 0.0);
        assert!((fit.sigma / s - 1.0).abs() < 1e-12);
        for content in [0.90, 0.99] {
            let k0 = k_normal(y.len(), content, 0.95).unwrap();
            let k1 = k_normal(heats, content, 0.95).unwrap();
            let root = size.sqrt();
            let t = (k0 - k1 / root + (k1 - k0) * w) / (1.0 - 1.0 / root);
            let bound = fit.lower_bound(f64::NAN, content, 0.95).unwrap().bound;
            assert!((bound - (mean(&y) - t * s)).abs() < 1e-10, "{bound}");
        }
    }

    /// RECIPE's quotient as printed, for the sum that replaces it.
    #[test]
    fn the_bound_is_recipes_quotient() {
        let fit = fit(&unbalanced(), Model::Linear).unwrap();
        for x in [0.3, 0.42, 0.8] {
            let (eta0, eta1) = fit.effective_sizes(x);
            let z = normal_quantile(0.99).unwrap();
            let t = |nu, eta: f64| {
                noncentral_t::quantile(0.95, nu, z * eta.sqrt()).unwrap() / eta.sqrt()
            };
            let (t0, t1) = (t(fit.nu0, eta0), t(fit.nu1, eta1));
            let (root0, root1) = (eta0.sqrt(), eta1.sqrt());
            let s_mean = (fit.between_variance / eta1 + fit.within_variance / eta0).sqrt();
            let quotient = ((eta0 * eta1).sqrt() * (t1 - t0) * s_mean
                + (t0 * root0 - t1 * root1) * fit.sigma)
                / (fit.rmsa.max(fit.rmsb).sqrt() * (root0 - root1));
            let bound = fit.lower_bound(x, 0.99, 0.95).unwrap();
            assert!((bound.k / quotient - 1.0).abs() < 1e-11, "x = {x}");
            assert_eq!(bound.bound, bound.estimate - bound.k * fit.rmsa.sqrt());
        }
    }

    #[test]
    fn a_fit_read_back_from_json_gives_the_same_bits() {
        let fit = fit(&unbalanced(), Model::Linear).unwrap();
        let text = serde_json::to_string(&fit).unwrap();
        let back: HeatFit = serde_json::from_str(&text).unwrap();
        assert_eq!(back, fit);
        for step in 0..=20 {
            let x = 0.3 + 0.5 * f64::from(step) / 20.0;
            let bits = |fit: &HeatFit| fit.lower_bound(x, 0.9, 0.95).unwrap().bound.to_bits();
            assert_eq!(bits(&back), bits(&fit));
        }
        assert!(text.contains("\"model\":\"linear\""));
        assert_eq!(Model::Linear.to_string(), "linear");
    }

    #[test]
    fn no_bound_outside_the_observed_range() {
        let line = fit(&unbalanced(), Model::Linear).unwrap();
        assert_eq!(line.x_range(), (0.3, 0.8));
        assert!(
            line.lower_bound(0.3, 0.9, 0.95).is_ok() && line.lower_bound(0.8, 0.9, 0.95).is_ok()
        );
        for x in [0.29, 0.81, f64::NAN] {
            let error = line.lower_bound(x, 0.9, 0.95).unwrap_err();
            assert!(matches!(error, ModelError::Extrapolation { .. }), "{x}");
        }
        assert!(line.lower_bound(0.5, 1.0, 0.95).is_err());
        assert!(line.lower_bound(0.5, 0.9, 0.0).is_err());
        // A mean does not depend on x, so there is nothing to extrapolate.
        let mean = fit(&unbalanced(), Model::Mean).unwrap();
        assert_eq!(
            mean.lower_bound(7.0, 0.9, 0.95).unwrap().estimate,
            mean.estimate(0.5)
        );
    }

    #[test]
    fn upper_bounds_mirror_lower_ones_and_more_content_reaches_further() {
        let observations = unbalanced();
        let mirrored = Observations {
            y: observations.y.iter().map(|y| -y).collect(),
            ..observations.clone()
        };
        let (fit_up, fit_down) = (
            fit(&observations, Model::Linear).unwrap(),
            fit(&mirrored, Model::Linear).unwrap(),
        );
        let upper = fit_up.upper_bound(0.5, 0.9, 0.95).unwrap();
        let lower = fit_down.lower_bound(0.5, 0.9, 0.95).unwrap();
        assert!((upper.bound + lower.bound).abs() < 1e-10);
        let b = fit_up.lower_bound(0.5, 0.90, 0.95).unwrap().bound;
        let a = fit_up.lower_bound(0.5, 0.99, 0.95).unwrap().bound;
        let surer = fit_up.lower_bound(0.5, 0.90, 0.99).unwrap().bound;
        assert!(a < b && surer < b && b < upper.estimate);
    }

    fn labs() -> impl Strategy<Value = Observations> {
        prop::collection::vec(
            (
                1_usize..5,
                -4.0..4.0_f64,
                prop::collection::vec(-3.0..3.0_f64, 5),
            ),
            4..8,
        )
        .prop_map(|heats| {
            let mut lab = Observations {
                y: vec![],
                x: vec![],
                heats: vec![],
            };
            for (heat, (size, effect, noise)) in heats.iter().enumerate() {
                let x = 0.2 + 0.08 * heat as f64;
                for noise in &noise[..=*size] {
                    lab.y.push(240.0 - 25.0 * x + effect + noise);
                    lab.x.push(x);
                    lab.heats.push(heat);
                }
            }
            lab
        })
    }

    fn bound(lab: &Observations, x: f64) -> f64 {
        fit(lab, Model::Linear)
            .unwrap()
            .lower_bound(x, 0.90, 0.95)
            .unwrap()
            .bound
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_order_of_rows_and_heats_does_not_matter(lab in labs(), turn in 1_usize..40) {
            let n = lab.y.len();
            let order: Vec<usize> = (0..n).map(|i| (i + turn) % n).rev().collect();
            let last = lab.heats.iter().max().unwrap();
            let permuted = Observations {
                y: order.iter().map(|&i| lab.y[i]).collect(),
                x: order.iter().map(|&i| lab.x[i]).collect(),
                heats: order.iter().map(|&i| last - lab.heats[i]).collect(),
            };
            prop_assert!((bound(&permuted, 0.3) / bound(&lab, 0.3) - 1.0).abs() < 1e-12);
        }

        #[test]
        fn the_unit_and_origin_of_x_do_not_matter(lab in labs()) {
            let reference = bound(&lab, 0.3);
            for (scale, shift) in [(1e-8, 0.0), (1.0, 1e6), (100.0, -3.0)] {
                let x = lab.x.iter().map(|x| x * scale + shift).collect();
                let moved = Observations { x, ..lab.clone() };
                let found = bound(&moved, 0.3 * scale + shift);
                prop_assert!((found / reference - 1.0).abs() < 1e-9, "{scale} {shift}: {found}");
            }
        }

        #[test]
        fn the_unit_of_y_does_not_matter(lab in labs()) {
            let ksi = Observations { y: lab.y.iter().map(|y| y / 6.894_757).collect(), ..lab.clone() };
            prop_assert!((bound(&ksi, 0.3) * 6.894_757 / bound(&lab, 0.3) - 1.0).abs() < 1e-12);
        }

        #[test]
        fn more_scatter_never_raises_a_bound(lab in labs(), factor in 1.01..5.0_f64) {
            let plain = fit(&lab, Model::Linear).unwrap();
            let stretch = |(&y, &x): (&f64, &f64)| {
                plain.estimate(x) + factor * (y - plain.estimate(x))
            };
            let y = lab.y.iter().zip(&lab.x).map(stretch).collect();
            let wider = Observations { y, ..lab.clone() };
            prop_assert!(bound(&wider, 0.3) < bound(&lab, 0.3));
        }
    }
}
