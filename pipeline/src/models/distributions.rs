//! Normal, Student t and F: the few functions the models need, where statrs needs care.

use std::sync::LazyLock;

use statrs::function::beta::beta_reg;
use statrs::function::erf::erfc_inv;
use statrs::function::gamma::ln_gamma;

use super::error::ModelError;
use super::noncentral_t;

/// Grid spacing of the table behind [`normal_cdf`].
const GRID_STEP: f64 = 0.125;
/// The grid reaches 39; beyond it the density underflows.
const GRID_POINTS: usize = 313;
/// Taylor coefficients per grid point; at half a step the next would be below 1e-17.
const TAYLOR: usize = 10;

/// Taylor coefficients of the Mills ratio R(x) = (1 − Φ(x))/φ(x) at the grid points.
///
/// statrs' erfc is good to about 1e-11 only, too little for tolerance factors.
static MILLS: LazyLock<Vec<[f64; TAYLOR]>> = LazyLock::new(|| {
    let at = |i: usize| {
        let x = i as f64 * GRID_STEP;
        let ratio = mills_ratio(x);
        // R' = xR − 1, and from it R⁽ᵏ⁺¹⁾ = xR⁽ᵏ⁾ + kR⁽ᵏ⁻¹⁾, here divided by (k + 1)!.
        let mut series = [ratio; TAYLOR];
        series[1] = x * ratio - 1.0;
        for k in 1..TAYLOR - 1 {
            series[k + 1] = (x * series[k] + series[k - 1]) / (k + 1) as f64;
        }
        series
    };
    (0..GRID_POINTS).map(at).collect()
});

/// R(x) for x ≥ 0: Laplace's continued fraction, or the series of Φ where that is slow.
fn mills_ratio(x: f64) -> f64 {
    if x < 0.5 {
        // (Φ(x) − ½)/φ(x) = x + x³/3 + x⁵/(3·5) + …
        let (mut term, mut total, mut odd) = (x, x, 1.0);
        while term > 1e-18 {
            odd += 2.0;
            term *= x * x / odd;
            total += term;
        }
        return 0.5 / normal_density(x) - total;
    }
    // N levels leave about exp(−2x√N); innermost level first.
    let levels = 20 + (400.0 / (x * x)) as u32;
    let tail = (1..=levels)
        .rev()
        .fold(x, |below, level| x + f64::from(level) / below);
    tail.recip()
}

/// Φ(z) and φ(z), the standard normal distribution function and density.
///
/// Relative error of a few 1e-16 in both tails; NaN for NaN.
#[inline]
pub fn normal_cdf_and_density(z: f64) -> (f64, f64) {
    let density = normal_density(z);
    let x = z.abs();
    // The cast rounds down, and costs less than a call to round.
    let nearest = (x / GRID_STEP + 0.5) as usize;
    let upper = match MILLS.get(nearest) {
        Some(series) => {
            let h = x - nearest as f64 * GRID_STEP;
            density
                * series
                    .iter()
                    .rev()
                    .fold(0.0, |sum, coefficient| sum * h + coefficient)
        }
        None => 0.0,
    };
    (if z > 0.0 { 1.0 - upper } else { upper }, density)
}

/// Φ(z), the standard normal distribution function; NaN for NaN.
pub fn normal_cdf(z: f64) -> f64 {
    normal_cdf_and_density(z).0
}

/// φ(z), the standard normal density; NaN for NaN.
pub fn normal_density(z: f64) -> f64 {
    const ROOT_TWO_PI: f64 = 2.506_628_274_631_000_7;
    (-0.5 * z * z).exp() / ROOT_TWO_PI
}

/// Φ⁻¹(p).
///
/// # Errors
/// p outside the open interval (0, 1).
pub fn normal_quantile(p: f64) -> Result<f64, ModelError> {
    check_probability("probability", p)?;
    // Both tails mirror each other; the lower one keeps its digits.
    let (tail, sign) = if p < 0.5 { (p, -1.0) } else { (1.0 - p, 1.0) };
    let mut x = std::f64::consts::SQRT_2 * erfc_inv(2.0 * tail);
    // Newton's steps on the logarithm of the tail polish the rational approximation.
    for _ in 0..3 {
        let (reached, density) = normal_cdf_and_density(-x);
        let step = reached / density * (reached / tail).ln();
        if step.is_finite() {
            x += step;
        }
    }
    Ok(sign * x)
}

/// Quantile of Student's t with `dof` > 0 degrees of freedom.
///
/// # Errors
/// p outside (0, 1), or dof not a positive number.
pub fn student_quantile(p: f64, dof: f64) -> Result<f64, ModelError> {
    check_probability("probability", p)?;
    let (tail, sign) = if p < 0.5 { (p, -1.0) } else { (1.0 - p, 1.0) };
    // Where the incomplete beta serves, Newton's method on it costs a tenth of the integral.
    if (1.0..=1000.0).contains(&dof)
        && let Some(t) = student_upper_quantile(tail, dof)
    {
        return Ok(sign * t);
    }
    noncentral_t::quantile(p, dof, 0.0)
}

/// The t > 0 exceeded with probability `tail` < ½; `None` where the iteration does not settle.
///
/// Newton's method on ln p as a function of ln t, in which the tail of few degrees of freedom is a
/// straight line; ln p is concave in it, so that steps from the left never overshoot twice.
fn student_upper_quantile(tail: f64, dof: f64) -> Option<f64> {
    let z = normal_quantile(1.0 - tail).ok().filter(|&z| z > 1e-3)?;
    let log_constant =
        ln_gamma(0.5 * (dof + 1.0)) - ln_gamma(0.5 * dof) - 0.5 * (dof * std::f64::consts::PI).ln();
    // The first term of Cornish and Fisher.
    let mut t = z + z * (z * z + 1.0) / (4.0 * dof);
    for _ in 0..50 {
        let beyond = 0.5 * student_two_sided_p(t, dof);
        let density = (log_constant - 0.5 * (dof + 1.0) * (t * t / dof).ln_1p()).exp();
        let step = beyond * (beyond / tail).ln() / (t * density);
        if !step.is_finite() {
            return None;
        }
        t *= step.clamp(-2.0, 2.0).exp();
        if step.abs() <= 1e-8 {
            // Quadratic convergence: what is left is far below the last digit.
            return Some(t);
        }
    }
    None
}

/// P(|T| > |t|) for Student's t with `dof` > 0 degrees of freedom; NaN for NaN.
pub fn student_two_sided_p(t: f64, dof: f64) -> f64 {
    let t = t.abs();
    if t.is_nan() || dof.is_nan() || dof <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() {
        return 0.0;
    }
    // The incomplete beta's continued fraction needs about sqrt(dof) terms near its switch-over;
    // with many degrees of freedom the integral is both quicker and safer there.
    if dof > 1000.0 && t < 8.0 {
        return 2.0 * noncentral_t::cdf(-t, dof, 0.0);
    }
    beta_reg(0.5 * dof, 0.5, dof / (dof + t * t))
}

/// P(F > f) for Snedecor's F with `dof1`, `dof2` > 0 degrees of freedom; 1 for f ≤ 0, NaN for NaN.
pub fn f_upper_p(f: f64, dof1: f64, dof2: f64) -> f64 {
    if f.is_nan() || dof1.is_nan() || dof2.is_nan() || dof1 <= 0.0 || dof2 <= 0.0 {
        return f64::NAN;
    }
    if f <= 0.0 {
        return 1.0;
    }
    beta_reg(0.5 * dof2, 0.5 * dof1, dof2 / (dof2 + dof1 * f))
}

/// The F exceeded with probability `alpha`, by root finding on [`f_upper_p`] to full precision.
///
/// # Errors
/// alpha outside (0, 1), or degrees of freedom that are not positive.
pub fn f_critical(alpha: f64, dof1: f64, dof2: f64) -> Result<f64, ModelError> {
    check_probability("alpha", alpha)?;
    for (what, value) in [("dof1", dof1), ("dof2", dof2)] {
        if value.is_nan() || value <= 0.0 {
            return Err(ModelError::Parameter { what, value });
        }
    }
    // Regula falsi on ln p with Illinois' halving: a dozen evaluations where bisection takes eighty.
    let miss = |f: f64| (f_upper_p(f, dof1, dof2) / alpha).ln();
    let (mut low, mut above) = (0.0, -alpha.ln());
    let (mut high, mut below) = (1.0, miss(1.0));
    while below > 0.0 && high < 1e300 {
        (low, above) = (high, below);
        high *= 2.0;
        below = miss(high);
    }
    let mut last_was_low = None;
    for _ in 0..200 {
        let share = above / (above - below);
        // −∞, where p underflows, has no share: halve.
        let middle = low + if share > 0.0 { share } else { 0.5 } * (high - low);
        let found = miss(middle);
        if found.abs() <= 4.0 * f64::EPSILON || high - low <= f64::EPSILON * high {
            return Ok(middle);
        }
        let is_low = found > 0.0;
        if is_low {
            (low, above) = (middle, found);
        } else {
            (high, below) = (middle, found);
        }
        if last_was_low == Some(is_low) {
            if is_low {
                below *= 0.5;
            } else {
                above *= 0.5;
            }
        }
        last_was_low = Some(is_low);
    }
    Ok(0.5 * (low + high))
}

/// Refuses what is not a probability strictly between 0 and 1.
///
/// # Errors
/// `value` is NaN or outside (0, 1).
pub fn check_probability(what: &'static str, value: f64) -> Result<(), ModelError> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(ModelError::Probability { what, value })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::reference::{Tolerance, assert_close};

    /// mpmath 1.3 at 30 digits.
    #[test]
    fn both_normal_tails_keep_their_digits() {
        let tight = Tolerance::Relative(1e-15);
        for (z, p) in [
            (0.0, 0.5),
            (0.3, 0.617_911_422_188_952_7),
            (-0.7, 0.241_963_652_223_073),
            (-2.31, 0.010_444_077_061_951_086),
            (-5.0, 2.866_515_718_791_939e-07),
            (-8.4375, 1.620_985_608_405_761e-17),
            (-20.0, 2.753_624_118_606_233_7e-89),
            (1.7, 0.955_434_537_241_457),
        ] {
            assert_close(&format!("normal cdf of {z}"), normal_cdf(z), p, tight);
        }
        assert!(
            normal_cdf(-50.0) <= 0.0 && normal_cdf(50.0) >= 1.0 && normal_cdf(f64::NAN).is_nan()
        );
        for p in [1e-12, 0.02, 0.5, 0.77] {
            let back = normal_cdf(normal_quantile(p).unwrap());
            assert_close("round trip", back, p, Tolerance::Relative(1e-14));
        }
    }

    /// Abramowitz & Stegun (1964), tables 26.1, 26.5, 26.9 and 26.10, extended to 15 digits with
    /// mpmath 1.3; doubles keep all but the last.
    #[test]
    fn quantiles_of_the_tables() {
        let tight = Tolerance::Relative(1e-14);
        assert_close(
            "z .90",
            normal_quantile(0.90).unwrap(),
            1.281_551_565_544_600_4,
            tight,
        );
        assert_close(
            "z .99",
            normal_quantile(0.99).unwrap(),
            2.326_347_874_040_840_8,
            tight,
        );
        assert_close(
            "z .01",
            normal_quantile(0.01).unwrap(),
            -2.326_347_874_040_840_8,
            tight,
        );
        let t = student_quantile(0.975, 10.0).unwrap();
        assert_close(
            "t .975 of 10",
            t,
            2.228_138_851_986_275,
            Tolerance::Relative(1e-12),
        );
        let f = f_critical(0.05, 2.0, 10.0).unwrap();
        assert_close(
            "F .05 of 2, 10",
            f,
            4.102_821_015_130_4,
            Tolerance::Relative(1e-12),
        );
    }

    #[test]
    fn both_ways_to_a_students_p_agree_where_they_meet() {
        for t in [0.5, 2.0, 5.0] {
            let integral = 2.0 * noncentral_t::cdf(-t, 900.0, 0.0);
            assert_close(
                "p",
                student_two_sided_p(t, 900.0),
                integral,
                Tolerance::Relative(1e-11),
            );
        }
        // With 10⁶ degrees of freedom the normal tail is 6 digits away at most.
        let p = student_two_sided_p(1.959_963_984_540_054, 1e6);
        assert_close("p", p, 0.05, Tolerance::Relative(1e-5));
    }

    /// The quantile by the incomplete beta against that by the integral.
    #[test]
    fn both_ways_to_a_students_quantile_agree() {
        for dof in [1.0, 1.7, 2.0, 3.0, 8.0, 58.0, 400.0, 999.0] {
            for p in [0.0004, 0.02, 0.3, 0.975, 0.9999] {
                let found = student_quantile(p, dof).unwrap();
                let integral = noncentral_t::quantile(p, dof, 0.0).unwrap();
                let what = format!("t of {p} with {dof}");
                assert_close(&what, found, integral, Tolerance::Relative(2e-12));
            }
        }
        assert!(student_quantile(0.5, 3.0).unwrap().abs() < 1e-15);
    }

    #[test]
    fn edges_answer_instead_of_panicking() {
        assert!(student_two_sided_p(f64::NAN, 3.0).is_nan());
        assert!(student_two_sided_p(f64::INFINITY, 3.0) <= 0.0);
        assert!(f_upper_p(-1.0, 2.0, 2.0) >= 1.0);
        assert!(f_upper_p(1.0, 0.0, 2.0).is_nan());
        assert!(f_critical(0.05, 0.0, 1.0).is_err());
        assert!(f_critical(1.0, 1.0, 1.0).is_err());
        assert!(normal_quantile(1.0).is_err());
    }
}
