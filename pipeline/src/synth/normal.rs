//! Quantiles of the normal distribution, independent of the statistics that the truth is held
//! against.

/// ½ ln 2π.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_8;

/// Beyond this many standard deviations nothing is resolved in double precision.
const REACH: f64 = 8.0;

/// Φ(x) for |x| ≤ 8: ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …).
///
/// Marsaglia, Evaluating the normal distribution, Journal of Statistical Software 11(4), 2004.
fn cumulative(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    let mut odd = 3.0;
    // Terms grow while odd < x², then fall off faster than geometrically.
    while term.abs() > sum.abs() * f64::EPSILON * 0.01 {
        term *= x * x / odd;
        sum += term;
        odd += 2.0;
    }
    0.5 + sum * (-0.5 * x * x - HALF_LN_TWO_PI).exp()
}

/// z such that Φ(z) = `probability`, found by bisection; clamped to ±8 at and beyond 0 and 1.
///
/// A probability that is NaN gives -8.
pub(super) fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-REACH, REACH);
    // 16 / 2⁶⁰ is below one unit in the last place of any z worth having.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if cumulative(middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published quantiles to 16 digits (Abramowitz & Stegun table 26.5 gives the first ten). The
    /// tolerance leaves room for the rounding of Φ near 1, 1e-16 / φ(z), below 1e-13 at z = 3.1.
    #[test]
    fn known_quantiles() {
        for (probability, z) in [
            (0.5, 0.0),
            (0.9, 1.281_551_565_544_600_4),
            (0.95, 1.644_853_626_951_472_2),
            (0.99, 2.326_347_874_040_840_8),
            (0.999, 3.090_232_306_167_813),
            (0.1, -1.281_551_565_544_600_4),
        ] {
            let found = quantile(probability);
            assert!((found - z).abs() < 1e-12, "{probability}: {found}");
        }
    }

    #[test]
    fn the_ends_are_clamped() {
        assert!(quantile(1.0) > 7.9 && quantile(1.0) <= REACH);
        assert!(quantile(0.0) < -7.9 && quantile(0.0) >= -REACH);
    }
}
