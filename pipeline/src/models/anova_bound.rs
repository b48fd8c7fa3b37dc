//! One-way random heats without a regressor: the ANOVA method of CMH-17-1G (2012, ch. 8).
//!
//! In: values with their heats. Out: an [`AnovaFit`] with mean squares, variances, the F test that
//! heats do not differ, and tolerance bounds on both sides. Refused: fewer than three heats, one
//! specimen in every heat, values that are not finite or show no scatter. The factor interpolates
//! between k of n specimens and k of r heats (Vangel, Technometrics 34, 1992); for heats of equal
//! size it is the bound of [`super::random_heats`] with a mean, for unequal ones an approximation.

use super::distributions::{check_probability, f_upper_p, normal_quantile};
use super::double_double::{DoubleDouble, mean, sum};
use super::error::ModelError;
use super::heat_sums::heat_sizes;
use super::independent::ToleranceBound;
use super::noncentral_t;
use super::random_heats::FEWEST_HEATS;
use super::side::Side;

/// With fewer heats than this CMH-17 calls the bound unduly dependent on the heats at hand.
pub const FEWEST_HEATS_UNWARNED: usize = 5;

/// Sums of squares of a one-way layout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneWay {
    /// Values.
    pub n: usize,
    /// Groups.
    pub groups: usize,
    /// Sum of squares between groups.
    pub between: f64,
    /// Sum of squares within groups.
    pub within: f64,
}

impl OneWay {
    /// Sums over `groups`, in double-double arithmetic: no digit is lost that the data hold, even
    /// where all values agree in their first twelve.
    ///
    /// Empty groups are passed over; without values all is zero.
    pub fn new(groups: &[Vec<f64>]) -> OneWay {
        let all: Vec<f64> = groups.iter().flatten().copied().collect();
        let grand = mean(&all);
        let (mut between, mut within) = (DoubleDouble::ZERO, DoubleDouble::ZERO);
        let filled = groups.iter().filter(|group| !group.is_empty());
        for group in filled.clone() {
            let centre = mean(group);
            let lift = centre - grand;
            between = between + DoubleDouble::from(group.len() as f64) * lift * lift;
            within = within
                + sum(group.iter().map(|&value| {
                    let rest = DoubleDouble::from(value) - centre;
                    rest * rest
                }));
        }
        OneWay {
            n: all.len(),
            groups: filled.count(),
            between: between.to_f64(),
            within: within.to_f64(),
        }
    }

    /// Mean square between groups; `None` with fewer than two groups.
    pub fn mean_square_between(&self) -> Option<f64> {
        let dof = self.groups.checked_sub(1).filter(|&dof| dof > 0)?;
        Some(self.between / dof as f64)
    }

    /// Mean square within groups; `None` when no group has a second value.
    pub fn mean_square_within(&self) -> Option<f64> {
        let dof = self.n.checked_sub(self.groups).filter(|&dof| dof > 0)?;
        Some(self.within / dof as f64)
    }

    /// F and P(larger F) if groups do not differ; `None` without degrees of freedom on either side
    /// or without any scatter. Values that never differ within a group have F = ∞ and p = 0.
    pub fn f_test(&self) -> Option<(f64, f64)> {
        let f = self.mean_square_between()? / self.mean_square_within()?;
        if f.is_infinite() {
            return Some((f, 0.0));
        }
        let p = f_upper_p(f, (self.groups - 1) as f64, (self.n - self.groups) as f64);
        (!f.is_nan()).then_some((f, p))
    }
}

/// Values collected by heat, heats in the order of their index; the shorter slice decides.
pub fn by_heat(values: &[f64], heats: &[usize]) -> Vec<Vec<f64>> {
    let mut groups: std::collections::BTreeMap<usize, Vec<f64>> = std::collections::BTreeMap::new();
    for (&value, &heat) in values.iter().zip(heats) {
        groups.entry(heat).or_default().push(value);
    }
    groups.into_values().collect()
}

/// A one-way layout of random heats, fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnovaFit {
    /// Specimens.
    pub n: usize,
    /// Heats, r.
    pub heats: usize,
    /// Mean of all specimens.
    pub mean: f64,
    /// Effective specimens per heat, n' = (n − n*)/(r − 1) with n* = Σnᵢ²/n.
    pub effective_size: f64,
    /// Mean square between heats.
    pub msb: f64,
    /// Mean square within heats.
    pub mse: f64,
    /// F = MSB/MSE and the significance of heats being alike; F is infinite without scatter in heats.
    pub f: f64,
    /// P(larger F) if heats do not differ.
    pub p: f64,
    /// S = √(MSB/n' + (n' − 1)/n'·MSE), the scatter of a single specimen of a new heat.
    pub s: f64,
    /// max(0, (MSB − MSE)/n').
    pub between_variance: f64,
    /// MSE.
    pub within_variance: f64,
}

impl AnovaFit {
    /// Fits `values` whose heats are `heats`, numbered from 0 without gaps.
    ///
    /// # Errors
    /// [`ModelError::Length`], [`ModelError::NotFinite`], [`ModelError::HeatsNotDense`];
    /// [`ModelError::TooFewHeats`] below three; [`ModelError::TooFewValues`] when every heat has one
    /// specimen, for which the random-heat model or the normal sample is right;
    /// [`ModelError::NoScatter`].
    pub fn new(values: &[f64], heats: &[usize]) -> Result<AnovaFit, ModelError> {
        let n = values.len();
        if heats.len() != n {
            return Err(ModelError::Length {
                what: "heats".to_owned(),
                expected: n,
                found: heats.len(),
            });
        }
        if let Some(position) = values.iter().position(|v| !v.is_finite()) {
            return Err(ModelError::NotFinite {
                row: position + 1,
                column: "y".to_owned(),
            });
        }
        let sizes = heat_sizes(heats)?;
        let r = sizes.len();
        if r < FEWEST_HEATS {
            let (heats, needed) = (r, FEWEST_HEATS);
            return Err(ModelError::TooFewHeats { heats, needed });
        }
        if n == r {
            return Err(ModelError::TooFewValues { n, needed: r + 1 });
        }
        let one_way = OneWay::new(&by_heat(values, heats));
        let (msb, mse) = (
            one_way.between / (r - 1) as f64,
            one_way.within / (n - r) as f64,
        );
        let n_star = sizes.iter().map(|&m| (m * m) as f64).sum::<f64>() / n as f64;
        let effective_size = (n as f64 - n_star) / (r - 1) as f64;
        let s = (msb / effective_size + (effective_size - 1.0) / effective_size * mse).sqrt();
        let largest = values
            .iter()
            .fold(0.0_f64, |largest, v| largest.max(v.abs()));
        let Some((f, p)) = one_way
            .f_test()
            .filter(|_| s > 8.0 * f64::EPSILON * largest)
        else {
            return Err(ModelError::NoScatter);
        };
        Ok(AnovaFit {
            n,
            heats: r,
            mean: mean(values).to_f64(),
            effective_size,
            msb,
            mse,
            f,
            p,
            s,
            between_variance: ((msb - mse) / effective_size).max(0.0),
            within_variance: mse,
        })
    }

    /// T = [k₀ − k₁/√n' + (k₁ − k₀)w]/(1 − 1/√n') with k₀ = k(n), k₁ = k(r), w = √(u/(u + n' − 1)),
    /// u = MSB/MSE; k₀ where MSB ≤ MSE.
    ///
    /// # Errors
    /// Content or confidence outside (0, 1).
    pub fn factor(&self, content: f64, confidence: f64) -> Result<f64, ModelError> {
        check_probability("content", content)?;
        check_probability("confidence", confidence)?;
        self.factor_at(normal_quantile(content)?, confidence)
    }

    /// T for the content Φ(z), which near 1 has lost the digits that z still has.
    fn factor_at(&self, z: f64, confidence: f64) -> Result<f64, ModelError> {
        let k = |n: usize| {
            let root = (n as f64).sqrt();
            let quantile = noncentral_t::quantile(confidence, (n - 1) as f64, z * root)?;
            Ok::<f64, ModelError>(quantile / root)
        };
        let k0 = k(self.n)?;
        if self.msb <= self.mse {
            return Ok(k0);
        }
        let k1 = k(self.heats)?;
        // MSB/(MSB + (n' − 1)MSE) is u/(u + n' − 1), also for MSE = 0.
        let w = (self.msb / (self.msb + (self.effective_size - 1.0) * self.mse)).sqrt();
        let root = self.effective_size.sqrt();
        Ok((k0 - k1 / root + (k1 - k0) * w) / (1.0 - root.recip()))
    }

    /// x̄ ∓ T·S: what at least `content` of specimens of new heats exceed or stay below, with
    /// `confidence`.
    ///
    /// # Errors
    /// Content or confidence outside (0, 1).
    pub fn bound(
        &self,
        side: Side,
        content: f64,
        confidence: f64,
    ) -> Result<ToleranceBound, ModelError> {
        let k = self.factor(content, confidence)?;
        Ok(ToleranceBound {
            estimate: self.mean,
            bound: side.away(self.mean, k * self.s),
            k,
        })
    }

    /// The largest content for which `limit` still is a tolerance bound on `side`, as a standard
    /// normal quantile: −∞ to ∞ on the scale of which Cpk is a third.
    ///
    /// # Errors
    /// Confidence outside (0, 1); a limit that is not finite.
    pub fn content_quantile(
        &self,
        side: Side,
        limit: f64,
        confidence: f64,
    ) -> Result<f64, ModelError> {
        if !limit.is_finite() {
            let (what, value) = ("limit", limit);
            return Err(ModelError::Parameter { what, value });
        }
        let wanted = side.distance(self.mean, limit) / self.s;
        // The factor is beyond the quantile for confidences above one half, but may be below it
        // for others; doubling finds a bracket in either case.
        let (mut low, mut high) = (-1.0, 1.0);
        while self.factor_at(low, confidence)? > wanted && low > -1e6 {
            low *= 2.0;
        }
        while self.factor_at(high, confidence)? < wanted && high < 1e6 {
            high *= 2.0;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.factor_at(middle, confidence)? <= wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(0.5 * (low + high))
    }

    /// What a reader must know: the handbook's caution below five heats, and values copied within
    /// heats.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.heats < FEWEST_HEATS_UNWARNED {
            warnings.push(format!(
                "{} heats: with fewer than {FEWEST_HEATS_UNWARNED} the bound depends heavily on \
                 which heats were tested",
                self.heats
            ));
        }
        if self.mse <= 0.0 {
            warnings.push(
                "specimens of one heat never differ: was one value copied to all of them?"
                    .to_owned(),
            );
        }
        warnings
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::heat_fit::Model;
    use crate::models::independent::k_normal;
    use crate::models::random_heats::{Observations, fit};
    use crate::models::reference::{Tolerance, assert_close};

    const Y: [f64; 9] = [10.0, 12.0, 14.0, 20.0, 21.0, 25.0, 26.0, 15.0, 16.0];
    const HEATS: [usize; 9] = [0, 0, 0, 1, 1, 2, 2, 2, 2];

    /// Heats of 3, 2 and 4 with means 12, 20.5 and 20.5, grand mean 53/3: squares within
    /// 8 + 0.5 + 101, between 3·(17/3)² + 6·(17/6)².
    #[test]
    fn sums_of_squares_by_hand() {
        let fit = AnovaFit::new(&Y, &HEATS).unwrap();
        let tight = Tolerance::Relative(1e-13);
        let between = 3.0 * (17.0_f64 / 3.0).powi(2) + 6.0 * (17.0_f64 / 6.0).powi(2);
        assert_close("MSB", fit.msb, between / 2.0, tight);
        assert_close("MSE", fit.mse, 109.5 / 6.0, tight);
        let size = (9.0 - 29.0 / 9.0) / 2.0;
        assert_close("n'", fit.effective_size, size, tight);
        let s = (fit.msb / size + (size - 1.0) / size * fit.mse).sqrt();
        assert_close("S", fit.s, s, tight);
        // With three groups p is (1 + 2F/d)^(−d/2), d = n − 3.
        let p = (1.0 + 2.0 * fit.f / 6.0).powi(-3);
        assert_close("p", fit.p, p, Tolerance::Relative(1e-12));
        assert!(
            fit.warnings()[0].starts_with("3 heats"),
            "{:?}",
            fit.warnings()
        );
    }

    #[test]
    fn equal_heats_have_the_bound_of_the_random_heat_mean() {
        let y = [
            10.0, 11.0, 12.5, 14.0, 13.0, 15.0, 9.0, 8.0, 10.5, 12.0, 12.5, 11.0, 16.0, 14.5, 15.5,
        ];
        let heats: Vec<usize> = (0..y.len()).map(|i| i / 3).collect();
        let anova = AnovaFit::new(&y, &heats).unwrap();
        let observations = Observations {
            y: y.to_vec(),
            x: vec![0.0; y.len()],
            heats,
        };
        let recipe = fit(&observations, Model::Mean).unwrap();
        for content in [0.9, 0.99] {
            let tight = Tolerance::Relative(1e-11);
            let lower = anova.bound(Side::Lower, content, 0.95).unwrap().bound;
            let expected = recipe.lower_bound(0.0, content, 0.95).unwrap().bound;
            assert_close("lower", lower, expected, tight);
            let upper = anova.bound(Side::Upper, content, 0.95).unwrap().bound;
            let expected = recipe.upper_bound(0.0, content, 0.95).unwrap().bound;
            assert_close("upper", upper, expected, tight);
            // The content found back from its own bound.
            let z = anova.content_quantile(Side::Lower, lower, 0.95).unwrap();
            let exact = normal_quantile(content).unwrap();
            assert_close("content", z, exact, Tolerance::Relative(1e-10));
        }
        assert!(anova.warnings().is_empty());
    }

    #[test]
    fn heats_that_do_not_differ_have_the_factor_of_a_plain_sample() {
        let y = [10.0, 11.0, 12.0].repeat(4);
        let heats: Vec<usize> = (0..12).map(|i| i / 3).collect();
        let fit = AnovaFit::new(&y, &heats).unwrap();
        assert!(fit.between_variance <= 0.0 && fit.p > 0.999);
        let k = fit.factor(0.9, 0.95).unwrap();
        assert!((k - k_normal(12, 0.9, 0.95).unwrap()).abs() < 1e-13);
        // And values copied within heats have that of the heats alone.
        let copied: Vec<f64> = (0..12).map(|i| [1.0, 5.0, 2.0, 4.0][i / 3]).collect();
        let fit = AnovaFit::new(&copied, &(0..12).map(|i| i / 3).collect::<Vec<_>>()).unwrap();
        let factor = fit.factor(0.9, 0.95).unwrap();
        assert!((factor - k_normal(4, 0.9, 0.95).unwrap()).abs() < 1e-12);
        assert!(fit.f.is_infinite() && fit.warnings().len() == 2);
    }

    #[test]
    fn layouts_without_heats_or_replicates_are_refused() {
        let refused = |y: &[f64], heats: &[usize]| AnovaFit::new(y, heats).unwrap_err();
        assert_eq!(
            refused(&Y, &[0, 0, 0, 0, 1, 1, 1, 1, 1]),
            ModelError::TooFewHeats {
                heats: 2,
                needed: 3
            }
        );
        let needed = 4;
        assert_eq!(
            refused(&Y[..3], &[0, 1, 2]),
            ModelError::TooFewValues { n: 3, needed }
        );
        assert_eq!(refused(&[4.0; 9], &HEATS), ModelError::NoScatter);
        assert!(matches!(
            refused(&Y[..8], &HEATS),
            ModelError::Length { .. }
        ));
        let mut bad = Y;
        bad[4] = f64::NAN;
        assert!(matches!(
            refused(&bad, &HEATS),
            ModelError::NotFinite { row: 5, .. }
        ));
        let fit = AnovaFit::new(&Y, &HEATS).unwrap();
        assert!(fit.factor(1.0, 0.95).is_err() && fit.bound(Side::Lower, 0.9, 0.0).is_err());
    }
}
