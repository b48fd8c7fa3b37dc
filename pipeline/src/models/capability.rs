//! How well a property keeps to its specification limits: Cp and Cpk with their confidence.
//!
//! A Cpk from few specimens says little, so each comes with a lower confidence bound. For one limit
//! the exact bound is that of the tolerance interval turned round: 3√n·Ĉpk is a noncentral t with
//! n − 1 degrees of freedom and noncentrality 3√n·Cpk. With both limits the smaller of the two
//! exact bounds is on the safe side. Bissell's approximation (Applied Statistics 39, 1990) is given
//! beside it, because other programs print that.

use serde::Serialize;
use statrs::function::gamma::gamma_lr;

use super::anova_bound::AnovaFit;
use super::distributions::{check_probability, normal_quantile};
use super::error::ModelError;
use super::independent::Interval;
use super::noncentral_t;
use super::side::Side;
use super::summary::Summary;

/// Specification limits, at least one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    /// Smallest value allowed.
    pub lower: Option<f64>,
    /// Largest value allowed.
    pub upper: Option<f64>,
}

impl Limits {
    /// The limits there are, each with the side of the mean on which it lies.
    fn each(self) -> impl Iterator<Item = (Side, f64)> {
        let lower = self.lower.map(|limit| (Side::Lower, limit));
        let upper = self.upper.map(|limit| (Side::Upper, limit));
        lower.into_iter().chain(upper)
    }

    fn check(self) -> Result<(), ModelError> {
        if self.each().next().is_none() {
            let (method, what) = ("capability", "a lower or an upper limit");
            return Err(ModelError::MethodNeeds { method, what });
        }
        let bad = self.each().find(|(_, limit)| !limit.is_finite());
        let reversed = match (self.lower, self.upper) {
            (Some(lower), Some(upper)) if upper <= lower => Some(upper),
            _ => None,
        };
        match bad.map(|(_, limit)| limit).or(reversed) {
            Some(value) => {
                let what = "specification limit";
                Err(ModelError::Parameter { what, value })
            }
            None => Ok(()),
        }
    }
}

/// Capability of a normal sample of independent specimens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Capability {
    /// Specimens.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// (upper − lower)/(6s); null with one limit.
    pub cp: Option<f64>,
    /// Two-sided interval Ĉp·√(χ²/(n − 1)); null with one limit.
    pub cp_interval: Option<Interval>,
    /// Distance of the mean from the nearer limit over 3s; negative when the mean is outside.
    pub cpk: f64,
    /// Lower bound of Cpk by the noncentral t, one-sided: exact with one limit, the smaller of both
    /// and so on the safe side with two.
    pub cpk_lower: f64,
    /// Bissell's lower bound, one-sided: Ĉpk − z·√(1/(9n) + Ĉpk²/(2(n − 1))).
    pub bissell_lower: f64,
    /// Bissell's interval Ĉpk ± z·√(1/(9n) + Ĉpk²/(2(n − 1))), two-sided.
    pub bissell_interval: Interval,
}

/// Capability of a normal population from the number, mean and standard deviation of a sample.
///
/// # Errors
/// Fewer than two values; a standard deviation that is not positive and finite; limits that are
/// missing, reversed or not finite; confidence outside (0, 1).
pub fn capability(
    (n, mean, sd): (usize, f64, f64),
    limits: Limits,
    confidence: f64,
) -> Result<Capability, ModelError> {
    check_probability("confidence", confidence)?;
    limits.check()?;
    if n < 2 {
        return Err(ModelError::TooFewValues { n, needed: 2 });
    }
    if !sd.is_finite() || sd < 0.0 || !mean.is_finite() {
        let (what, value) = ("standard deviation", sd);
        return Err(ModelError::Parameter { what, value });
    }
    if sd <= 0.0 {
        return Err(ModelError::NoScatter);
    }
    let (size, dof) = (n as f64, (n - 1) as f64);
    let (mut cpk, mut cpk_lower) = (f64::INFINITY, f64::INFINITY);
    for (side, limit) in limits.each() {
        let index = side.distance(mean, limit) / (3.0 * sd);
        let scale = 3.0 * size.sqrt();
        let exact = noncentrality(scale * index, dof, confidence)? / scale;
        cpk = cpk.min(index);
        cpk_lower = cpk_lower.min(exact);
    }
    let cp = match (limits.lower, limits.upper) {
        (Some(lower), Some(upper)) => Some((upper - lower) / (6.0 * sd)),
        _ => None,
    };
    let tail = 0.5 * (1.0 - confidence);
    let share = |p: f64| (chi_square_quantile(p, dof) / dof).sqrt();
    let spread = (1.0 / (9.0 * size) + cpk * cpk / (2.0 * dof)).sqrt();
    let both = normal_quantile(1.0 - tail)?;
    Ok(Capability {
        n,
        mean,
        sd,
        cp,
        cp_interval: cp.map(|cp| Interval {
            low: cp * share(tail),
            high: cp * share(1.0 - tail),
        }),
        cpk,
        cpk_lower,
        bissell_lower: cpk - normal_quantile(confidence)? * spread,
        bissell_interval: Interval {
            low: cpk - both * spread,
            high: cpk + both * spread,
        },
    })
}

/// Capability of a normal sample of independent specimens.
///
/// # Errors
/// As [`capability`]; values that are not finite, by row.
pub fn sample_capability(
    values: &[f64],
    limits: Limits,
    confidence: f64,
) -> Result<Capability, ModelError> {
    let Summary { n, mean, sd, .. } = Summary::new(values)?;
    capability((n, mean, sd), limits, confidence)
}

/// Capability with heats that differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HeatCapability {
    /// Specimens.
    pub n: usize,
    /// Heats.
    pub heats: usize,
    /// S of the one-way layout, the scatter of a single specimen of a new heat.
    pub s: f64,
    /// (upper − lower)/(6S); null with one limit.
    pub cp: Option<f64>,
    /// Distance of the mean from the nearer limit over 3S.
    pub cpk: f64,
    /// One-sided lower bound: a third of the normal quantile of the largest content for which the
    /// limit still is a tolerance bound of [`AnovaFit::bound`]; [`Capability::cpk_lower`] where heats
    /// do not differ.
    pub cpk_lower: f64,
}

/// Capability from a one-way layout of random heats.
///
/// # Errors
/// Limits that are missing, reversed or not finite; confidence outside (0, 1).
pub fn heat_capability(
    fit: &AnovaFit,
    limits: Limits,
    confidence: f64,
) -> Result<HeatCapability, ModelError> {
    check_probability("confidence", confidence)?;
    limits.check()?;
    let (mut cpk, mut cpk_lower) = (f64::INFINITY, f64::INFINITY);
    for (side, limit) in limits.each() {
        cpk = cpk.min(side.distance(fit.mean, limit) / (3.0 * fit.s));
        cpk_lower = cpk_lower.min(fit.content_quantile(side, limit, confidence)? / 3.0);
    }
    let cp = match (limits.lower, limits.upper) {
        (Some(lower), Some(upper)) => Some((upper - lower) / (6.0 * fit.s)),
        _ => None,
    };
    Ok(HeatCapability {
        n: fit.n,
        heats: fit.heats,
        s: fit.s,
        cp,
        cpk,
        cpk_lower,
    })
}

/// The δ for which a noncentral t stays below `t` with `probability`: bisection, since the
/// distribution function falls in δ.
fn noncentrality(t: f64, dof: f64, probability: f64) -> Result<f64, ModelError> {
    if !t.is_finite() {
        let (what, value) = ("Cpk", t);
        return Err(ModelError::Parameter { what, value });
    }
    let below = |delta: f64| noncentral_t::cdf(t, dof, delta);
    let mut stride = 1.0 + t.abs();
    let (mut low, mut high) = (t, t);
    while below(low) < probability {
        low -= stride;
        stride *= 2.0;
    }
    stride = 1.0 + t.abs();
    while below(high) > probability {
        high += stride;
        stride *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if below(middle) > probability {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= 1e-14 * high.abs().max(1.0) {
            break;
        }
    }
    Ok(0.5 * (low + high))
}

/// Quantile of χ² by bisection on the incomplete gamma function.
fn chi_square_quantile(p: f64, dof: f64) -> f64 {
    let (mut low, mut high) = (0.0, dof);
    while gamma_lr(0.5 * dof, 0.5 * high) < p {
        low = high;
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if gamma_lr(0.5 * dof, 0.5 * middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::independent::k_normal;
    use crate::models::reference::{Tolerance, assert_close};

    const BOTH: Limits = Limits {
        lower: Some(90.0),
        upper: Some(100.0),
    };

    #[test]
    fn a_limit_at_the_tolerance_bound_has_the_cpk_of_its_content() {
        // x̄ − k s = limit exactly when the lower bound of Cpk is z/3.
        for (n, content) in [(5, 0.9), (30, 0.99), (200, 0.999)] {
            let k = k_normal(n, content, 0.95).unwrap();
            let limits = Limits {
                lower: Some(250.0 - k * 6.0),
                upper: None,
            };
            let found = capability((n, 250.0, 6.0), limits, 0.95).unwrap();
            let z = normal_quantile(content).unwrap();
            assert_close("Cpk", found.cpk, k / 3.0, Tolerance::Relative(1e-12));
            assert_close(
                "lower",
                found.cpk_lower,
                z / 3.0,
                Tolerance::Relative(1e-10),
            );
            assert!(found.cp.is_none() && found.cp_interval.is_none());
        }
    }

    #[test]
    fn two_limits_take_the_nearer_and_mirror() {
        let found = capability((30, 97.0, 1.6), BOTH, 0.95).unwrap();
        let mirrored = capability((30, 93.0, 1.6), BOTH, 0.95).unwrap();
        let upper = Limits {
            lower: None,
            ..BOTH
        };
        let single = capability((30, 97.0, 1.6), upper, 0.95).unwrap();
        for other in [mirrored, single] {
            assert_close("Cpk", found.cpk, other.cpk, Tolerance::Relative(1e-12));
            let lower = other.cpk_lower;
            assert_close("bound", found.cpk_lower, lower, Tolerance::Relative(1e-12));
        }
        let outside = capability((30, 101.0, 1.6), BOTH, 0.95).unwrap();
        let of_values = sample_capability(&[96.0, 97.0, 98.0], BOTH, 0.95).unwrap();
        assert_eq!(of_values, capability((3, 97.0, 1.0), BOTH, 0.95).unwrap());
        assert!(outside.cpk < 0.0 && outside.cpk_lower < outside.cpk);
        // The median of χ² with 2 degrees of freedom is 2 ln 2.
        let median = chi_square_quantile(0.5, 2.0);
        let exact = 2.0 * std::f64::consts::LN_2;
        assert_close("χ²", median, exact, Tolerance::Relative(1e-13));
    }

    #[test]
    fn heats_alike_have_the_capability_of_the_plain_sample_and_different_ones_less() {
        let values = [10.0, 11.0, 12.0].repeat(4);
        let heats: Vec<usize> = (0..12).map(|i| i / 3).collect();
        let limits = Limits {
            lower: Some(5.0),
            upper: Some(30.0),
        };
        let alike = AnovaFit::new(&values, &heats).unwrap();
        let by_heat = heat_capability(&alike, limits, 0.95).unwrap();
        let plain = capability((12, alike.mean, alike.s), limits, 0.95).unwrap();
        assert_close(
            "bound",
            by_heat.cpk_lower,
            plain.cpk_lower,
            Tolerance::Relative(1e-10),
        );
        assert_close("Cpk", by_heat.cpk, plain.cpk, Tolerance::Relative(1e-13));
        let lifted: Vec<f64> = values
            .iter()
            .zip(&heats)
            .map(|(v, &h)| v + [0.0, 2.0, -2.0, 1.0][h])
            .collect();
        let different = AnovaFit::new(&lifted, &heats).unwrap();
        let by_heat = heat_capability(&different, limits, 0.95).unwrap();
        let naive = capability((12, different.mean, different.s), limits, 0.95).unwrap();
        assert!(by_heat.cpk_lower < naive.cpk_lower);
        assert!((by_heat.cp.unwrap() - 25.0 / (6.0 * different.s)).abs() < 1e-12);
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        let refused = |limits| capability((30, 97.0, 1.6), limits, 0.95).unwrap_err();
        assert!(refused(Limits::default()).is_usage());
        for (lower, upper) in [(100.0, 90.0), (90.0, f64::NAN), (f64::INFINITY, 1.0)] {
            let limits = Limits {
                lower: Some(lower),
                upper: Some(upper),
            };
            assert!(matches!(refused(limits), ModelError::Parameter { .. }));
        }
        let of = |n, sd| capability((n, 97.0, sd), BOTH, 0.95).unwrap_err();
        assert_eq!(of(1, 1.0), ModelError::TooFewValues { n: 1, needed: 2 });
        assert_eq!(of(5, 0.0), ModelError::NoScatter);
        assert!(of(5, f64::NAN).is_usage());
    }
}
