//! Bounds from two order statistics, for samples too small for the nonparametric one.
//!
//! Hanson & Koopmans (Ann. Math. Stat. 35, 1964): on the log scale the bound
//! y₍ⱼ₎ − z(y₍ⱼ₎ − y₍₁₎) holds for every distribution function F with −ln F convex, which normal,
//! lognormal, Weibull and gamma distributions have, and is exact for F(y) = eʸ. There
//! U = F(y) is uniform, y₍₁₎ − y₍ⱼ₎ = ln V with V the smallest of j − 1 uniform values, and so
//!
//! confidence = P(U₍ⱼ₎ ≤ q) + ∫_q^1 f(t) [1 − (1 − (q/t)^(1/z))^(j−1)] dt,  q = 1 − content,
//!
//! f being the Beta(j, n − j + 1) density of U₍ⱼ₎. z is solved from this, not tabulated.

use statrs::function::gamma::ln_gamma;

use super::nonparametric::smallest_sample;
use super::sample_bound::{SampleBound, check_values, deviation, median, sorted};
use crate::models::distributions::check_probability;
use crate::models::error::ModelError;
use crate::models::noncentral_t::RULE;
use crate::models::side::Side;

/// Up to this content the bound uses the j of [`HANDBOOK_J`], above it the largest value
/// (Woodward & Frawley, 1980, the "extended" method of CMH-17 for A-basis values).
const MOST_CONTENT_OF_B: f64 = 0.95;
/// Second order statistic for n = 2 to 28 in the B-basis table of CMH-17-1G (2012), chosen there
/// to bring the expected bound of a normal sample closest to the quantile (Vangel, 1994). Any j is
/// valid; at n = 17, 20 and 23 the neighbour is better by less than 0.001 standard deviations.
const HANDBOOK_J: [usize; 27] = [
    2, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 10, 11, 11, 11, 11, 11, 12,
];

/// The two order statistics and how far beyond them the bound lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HansonKoopmans {
    /// Rank j of the inner order statistic; the outer one is the extreme value.
    pub j: usize,
    /// z, at least 1: the bound is x₍ⱼ₎·(x₍₁₎/x₍ⱼ₎)^z.
    pub z: f64,
}

impl HansonKoopmans {
    /// j and z for n values.
    ///
    /// # Errors
    /// [`ModelError::TooManyValues`] above 28 values for a B-basis and 299 for an A-basis, or where
    /// in general the nonparametric bound takes over; fewer than two values; content or confidence
    /// outside (0, 1).
    pub fn new(n: usize, content: f64, confidence: f64) -> Result<HansonKoopmans, ModelError> {
        check_probability("content", content)?;
        check_probability("confidence", confidence)?;
        if n < 2 {
            return Err(ModelError::TooFewValues { n, needed: 2 });
        }
        let most = most_values(content, confidence)?;
        if n > most {
            return Err(ModelError::TooManyValues { n, most });
        }
        let j = match HANDBOOK_J.get(n - 2) {
            Some(&j) if content <= MOST_CONTENT_OF_B => j,
            _ => n,
        };
        let z = Coverage::new(n, j, 1.0 - content).solve(confidence);
        Ok(HansonKoopmans { j, z })
    }
}

/// The most values the method takes: one less than the nonparametric bound needs, and for
/// contents above .95 as many as it needs, as in the tables of CMH-17.
///
/// # Errors
/// Content or confidence outside (0, 1).
pub fn most_values(content: f64, confidence: f64) -> Result<usize, ModelError> {
    let nonparametric = smallest_sample(content, confidence)?;
    Ok(if content > MOST_CONTENT_OF_B {
        nonparametric
    } else {
        nonparametric - 1
    })
}

/// The bound x₍ⱼ₎·(x₍₁₎/x₍ⱼ₎)^z of positive, independent values; for an upper bound ranks count from
/// the largest, which assumes −ln(1 − F) convex instead.
///
/// The estimate is the sample median.
///
/// # Errors
/// As [`HansonKoopmans::new`]; [`ModelError::NotPositive`] with the row; values without scatter;
/// [`ModelError::BoundNotFinite`] when an upper bound overflows.
pub fn bound(
    values: &[f64],
    side: Side,
    content: f64,
    confidence: f64,
) -> Result<SampleBound, ModelError> {
    check_values(values, Some("hanson-koopmans"))?;
    let HansonKoopmans { j, z } = HansonKoopmans::new(values.len(), content, confidence)?;
    let deviation = deviation(values)?;
    let sorted = sorted(values);
    let n = sorted.len();
    let (inner, outer) = match side {
        Side::Lower => (sorted[j - 1], sorted[0]),
        Side::Upper => (sorted[n - j], sorted[n - 1]),
    };
    let bound = (inner.ln() + z * (outer.ln() - inner.ln())).exp();
    if !bound.is_finite() {
        return Err(ModelError::BoundNotFinite);
    }
    Ok(SampleBound::new(side, median(&sorted), bound, deviation))
}

/// The integral over t at its nodes, of which only the power of q/t depends on z.
struct Coverage {
    /// j − 1.
    others: f64,
    /// ln(q/t) and the weight f(t) dt.
    nodes: Vec<(f64, f64)>,
    /// P(U₍ⱼ₎ ≤ q).
    below: f64,
}

impl Coverage {
    fn new(n: usize, j: usize, q: f64) -> Coverage {
        let (n, j) = (n as f64, j as f64);
        let log_constant = ln_gamma(n + 1.0) - ln_gamma(j) - ln_gamma(n - j + 1.0);
        // f varies over a length of about 1/n, and twenty nodes follow some ten such lengths.
        let panels = 8 + (n / 8.0).ceil() as usize;
        let half = 0.5 * (1.0 - q) / panels as f64;
        let mut nodes = Vec::with_capacity(panels * RULE.len());
        let mut above = 0.0;
        for panel in 0..panels {
            let middle = q + half * (2 * panel + 1) as f64;
            for &(node, weight) in RULE.iter() {
                let t = middle + half * node;
                let density = (log_constant + (j - 1.0) * t.ln() + (n - j) * (-t).ln_1p()).exp();
                nodes.push(((q / t).ln(), half * weight * density));
                above += half * weight * density;
            }
        }
        Coverage {
            others: j - 1.0,
            nodes,
            below: 1.0 - above,
        }
    }

    /// The confidence that z gives, growing in z.
    fn confidence(&self, z: f64) -> f64 {
        let inside = self.nodes.iter().map(|(log_ratio, weight)| {
            // 1 − (q/t)^(1/z) without cancellation near t = q.
            let missed = (-(log_ratio / z).exp_m1()).powf(self.others);
            weight * (1.0 - missed)
        });
        self.below + inside.sum::<f64>()
    }

    /// z ≥ 1 of the confidence wanted, by regula falsi with Illinois' halving in ln z.
    fn solve(&self, confidence: f64) -> f64 {
        let miss = |log_z: f64| self.confidence(log_z.exp()) - confidence;
        let (mut low, mut below) = (0.0, miss(0.0));
        // With n at its limit the extreme value itself is far enough out.
        if below >= 0.0 {
            return 1.0;
        }
        let (mut high, mut above) = (0.5, miss(0.5));
        while above < 0.0 && high < 300.0 {
            (low, below) = (high, above);
            high *= 2.0;
            above = miss(high);
        }
        let mut last_was_low = None;
        for _ in 0..200 {
            let next = (low * above - high * below) / (above - below);
            let found = miss(next);
            if (high - low).abs() <= 1e-14 * high || found.abs() <= 1e-15 {
                return next.exp();
            }
            let is_low = found < 0.0;
            if is_low {
                (low, below) = (next, found);
            } else {
                (high, above) = (next, found);
            }
            if last_was_low == Some(is_low) {
                // The end that stays gets half its weight, lest the bracket close from one side.
                if is_low {
                    above *= 0.5;
                } else {
                    below *= 0.5;
                }
            }
            last_was_low = Some(is_low);
        }
        (0.5 * (low + high)).exp()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::reference::{Tolerance, assert_close};

    /// scipy 1.17: quad and brentq on the same integral at 1e-13.
    #[test]
    fn factors_of_an_independent_quadrature() {
        for (n, content, j, z) in [
            (2, 0.90, 2, 35.176_844_194_191_41),
            (3, 0.90, 3, 7.858_690_022_406_477),
            (10, 0.90, 6, 2.136_650_597_838_132),
            (17, 0.90, 8, 1.433_795_789_851_808),
            (18, 0.90, 9, 1.353_524_898_107_879),
            (23, 0.90, 11, 1.143_215_640_308_135),
            (18, 0.99, 18, 2.496_594_603_300_889),
        ] {
            let found = HansonKoopmans::new(n, content, 0.95).unwrap();
            assert_eq!(found.j, j);
            assert_close("z", found.z, z, Tolerance::Relative(1e-10));
        }
    }

    /// For n = 2 the confidence has a closed form when j = 2:
    /// ∫_q^1 2t (q/t)^(1/z) dt + q² = 2q^(1/z)(1 − q^(2−1/z))/(2 − 1/z) + q².
    #[test]
    fn two_values_by_hand() {
        for q in [0.1, 0.01] {
            let coverage = Coverage::new(2, 2, q);
            for z in [1.0, 3.0, 40.0] {
                let exponent = 2.0 - 1.0 / z;
                let exact = 2.0 * q.powf(1.0 / z) * (1.0 - q.powf(exponent)) / exponent + q * q;
                let found = coverage.confidence(z);
                assert_close("confidence", found, exact, Tolerance::Relative(1e-12));
            }
        }
    }

    #[test]
    fn the_methods_meet_where_the_nonparametric_bound_takes_over() {
        assert_eq!(most_values(0.90, 0.95).unwrap(), 28);
        assert_eq!(most_values(0.99, 0.95).unwrap(), 299);
        let last = HansonKoopmans::new(299, 0.99, 0.95).unwrap();
        assert_eq!((last.j, last.z.to_bits()), (299, 1.0_f64.to_bits()));
        assert!(HansonKoopmans::new(298, 0.99, 0.95).unwrap().z > 1.0);
        let error = HansonKoopmans::new(29, 0.90, 0.95).unwrap_err();
        assert_eq!(error, ModelError::TooManyValues { n: 29, most: 28 });
        assert!(HansonKoopmans::new(1, 0.90, 0.95).is_err());
        // z falls with n and grows with the confidence.
        let z = |n, confidence| HansonKoopmans::new(n, 0.99, confidence).unwrap().z;
        assert!(z(50, 0.95) > z(51, 0.95) && z(50, 0.95) > z(50, 0.90));
    }

    #[test]
    fn an_upper_bound_is_the_lower_one_of_reciprocals() {
        let values = [31.0, 28.5, 30.2, 27.9, 33.3, 29.4];
        let reciprocals = values.map(|v| 1.0 / v);
        for content in [0.90, 0.99] {
            let upper = bound(&values, Side::Upper, content, 0.95).unwrap().bound;
            let lower = bound(&reciprocals, Side::Lower, content, 0.95)
                .unwrap()
                .bound;
            assert_close("upper", upper, 1.0 / lower, Tolerance::Relative(1e-12));
            assert!(upper > 33.3);
        }
        let error = bound(&[3.0, 0.0], Side::Lower, 0.9, 0.95).unwrap_err();
        assert!(matches!(error, ModelError::NotPositive { row: 2, .. }));
    }
}
