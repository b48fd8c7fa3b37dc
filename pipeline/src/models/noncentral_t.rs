//! The noncentral t distribution by quadrature.
//!
//! T = (Z + δ)/W with Z standard normal and W = χ_ν/√ν, so
//!
//! F(t; ν, δ) = ∫₀^∞ Φ(t w − δ) f(w) dw,  f(w) ∝ w^(ν−1) exp(−ν w²/2).
//!
//! The classical series (AS 243, Lenth 1989) underflows for δ > 37.6, which an A-basis factor
//! reaches at n = 262; the integral has no such limit. It is taken by Gauss–Legendre rules on
//! panels that follow the two features of the integrand: the density of width 1/√(2ν) about
//! w = 1, and the step of width 1/|t| about w = δ/t.

mod trapezoid;

use std::sync::LazyLock;

use super::distributions::{check_probability, normal_cdf_and_density, normal_quantile};
use super::error::ModelError;
use trapezoid::Nodes;

/// Nodes per panel.
const NODES: usize = 20;
/// The density is followed this many standard deviations to each side.
const REACH: f64 = 14.0;
/// Equal panels over that reach.
const PANELS: usize = 8;
/// Panels on which the density stays below exp(−45) of its peak do not reach the 16th digit.
const NEGLIGIBLE: f64 = -45.0;

/// Abscissae and weights of the Gauss–Legendre rule on [−1, 1].
pub(super) static RULE: LazyLock<[(f64, f64); NODES]> = LazyLock::new(gauss_legendre);

/// Newton's iteration on the Legendre polynomial from the Chebyshev-like starting points.
fn gauss_legendre() -> [(f64, f64); NODES] {
    let n = NODES as f64;
    std::array::from_fn(|i| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..10 {
            let (mut previous, mut current) = (1.0, x);
            for k in 2..=NODES {
                let k = k as f64;
                let next = ((2.0 * k - 1.0) * x * current - (k - 1.0) * previous) / k;
                (previous, current) = (current, next);
            }
            slope = n * (x * current - previous) / (x * x - 1.0);
            x -= current / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    })
}

/// F(t; ν, δ): the probability that a noncentral t is at most `t`.
///
/// `dof` ν ≥ 1 (values in (0, 1) lose digits), any `delta`, any sign of `t`. Absolute error about
/// 1e-15 for ν up to 1e5 and beyond. NaN when an argument is NaN, ν is not positive or infinite,
/// or δ is infinite.
pub fn cdf(t: f64, dof: f64, delta: f64) -> f64 {
    if t.is_nan() || !dof.is_finite() || dof <= 0.0 || !delta.is_finite() {
        return f64::NAN;
    }
    if t.is_infinite() {
        return if t > 0.0 { 1.0 } else { 0.0 };
    }
    integrate(t, dof, delta).0
}

/// The value of t with F(t; ν, δ) = p, to about 1e-13 relative.
///
/// Halley's method inside a bracket that only ever shrinks; a step that leaves the bracket, or
/// that does not halve the miss, is replaced by bisection.
///
/// # Errors
/// p outside (0, 1), ν not positive and finite, δ not finite.
pub fn quantile(p: f64, dof: f64, delta: f64) -> Result<f64, ModelError> {
    check_probability("probability", p)?;
    if !dof.is_finite() || dof <= 0.0 {
        return Err(ModelError::Parameter {
            what: "degrees of freedom",
            value: dof,
        });
    }
    if !delta.is_finite() {
        return Err(ModelError::Parameter {
            what: "noncentrality",
            value: delta,
        });
    }
    let mut t = starting_point(p, dof, delta);
    let nodes = Nodes::new(dof, t);
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut last_miss = f64::INFINITY;
    for _ in 0..200 {
        let (value, density, bend) = match &nodes {
            Some(nodes) if nodes.serve(t) => {
                let found = nodes.at(t, delta);
                (found.below, found.density, found.bend)
            }
            _ => {
                let (value, density) = integrate(t, dof, delta);
                (value, density, 0.0)
            }
        };
        let miss = value - p;
        if miss < 0.0 {
            low = t;
        } else {
            high = t;
        }
        let newton = miss / density;
        // How much of itself the density changes over the step; Halley's divisor.
        let change = newton * bend / density;
        let step = newton / (1.0 - 0.5 * change).max(0.5);
        let next = t - step;
        let inside = next > low && next < high;
        // With the second derivative convergence is cubic: what a step leaves over is about its
        // square, in units of the distribution's width, times itself.
        let width = step * step * (1.0 + 0.5 * delta * delta / dof).recip() + change * change;
        let order = if bend.abs() > 0.0 { width } else { 1.0 };
        if (step * order.min(1.0)).abs() <= 1e-15 * t.abs()
            || step.abs() <= 1e-14 * t.abs()
            || miss.abs() <= 1e-16
        {
            return Ok(next);
        }
        let next = if inside && miss.abs() <= 0.5 * last_miss {
            next
        } else {
            between(low, high, t)
        };
        // The bracket has closed on neighbouring doubles.
        if next.to_bits() == t.to_bits() {
            break;
        }
        last_miss = miss.abs();
        t = next;
    }
    Ok(t)
}

/// The middle of a bracket, or a step outwards while one side is still open.
fn between(low: f64, high: f64, t: f64) -> f64 {
    let stride = 1.0 + t.abs();
    if low.is_infinite() {
        high - stride
    } else if high.is_infinite() {
        low + stride
    } else {
        0.5 * (low + high)
    }
}

/// The normal approximation of Jennett and Welch (1939), or δ where it has no solution.
fn starting_point(p: f64, dof: f64, delta: f64) -> f64 {
    let z = normal_quantile(p).unwrap_or(0.0);
    let shrink = 1.0 - 1.0 / (4.0 * dof);
    let denominator = shrink * shrink - z * z / (2.0 * dof);
    let root = shrink * shrink + (delta * delta - z * z) / (2.0 * dof);
    if denominator > 0.1 && root > 0.0 {
        (delta * shrink + z * root.sqrt()) / denominator
    } else {
        delta + z
    }
}

/// F and its derivative in t, by the same nodes.
///
/// Both are divided by the integral of the density over these nodes, so that its constant, which
/// for large ν is the difference of huge logarithms, is never needed.
fn integrate(t: f64, dof: f64, delta: f64) -> (f64, f64) {
    let deviation = (2.0 * dof).sqrt().recip();
    let low = (1.0 - REACH * deviation).max(0.0);
    let high = 1.0 + REACH * deviation;
    // Near zero the density is a power of w that need not be whole; in v = w^(1/root) it is smooth
    // enough for the rule, and with many degrees of freedom it is so by itself.
    let root = match dof {
        ..2.0 => 6,
        2.0..3.0 => 4,
        3.0..8.0 => 2,
        _ => 1,
    };
    let mut edges = [0.0; PANELS + 9];
    let mut count = 0;
    for i in 0..=PANELS {
        edges[count] = low + (high - low) * i as f64 / PANELS as f64;
        count += 1;
    }
    if root > 2 {
        edges[count] = edges[1] / 64.0;
        count += 1;
    }
    // Where the normal step is narrower than a panel it gets panels of its own.
    if t.abs() * (high - low) > 4.5 * PANELS as f64 {
        let step = delta / t;
        for offset in [-9.0, -5.0, -2.0, 0.0, 2.0, 5.0, 9.0] {
            let edge = step + offset / t.abs();
            if edge > low && edge < high {
                edges[count] = edge;
                count += 1;
            }
        }
    }
    let edges = &mut edges[..count];
    edges.sort_by(f64::total_cmp);

    let (mut mass, mut below, mut slope) = (0.0, 0.0, 0.0);
    for pair in edges.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let nearest = 1.0_f64.clamp(a, b);
        if b <= a || log_density(nearest, dof) < NEGLIGIBLE {
            continue;
        }
        let (a, b) = (nth_root(a, root), nth_root(b, root));
        let (half, middle) = (0.5 * (b - a), 0.5 * (b + a));
        for &(node, weight) in RULE.iter() {
            let v = middle + half * node;
            let w = v.powi(root);
            // dw/w is root · dv/v.
            let share = half * weight * f64::from(root) / v * log_density(w, dof).exp();
            let z = t * w - delta;
            mass += share;
            let (normal, density) = normal_cdf_and_density(z);
            below += share * normal;
            slope += share * w * density;
        }
    }
    (below / mass, slope / mass)
}

/// w^(1/root).
fn nth_root(w: f64, root: i32) -> f64 {
    match root {
        1 => w,
        2 => w.sqrt(),
        _ => w.powf(f64::from(root).recip()),
    }
}

/// ln of w f(w) up to a constant: ν/2 · (1 − w² + ln w²), zero at w = 1.
fn log_density(w: f64, dof: f64) -> f64 {
    let excess = (w - 1.0) * (w + 1.0);
    // Near 1 the logarithm and the excess cancel; near 0 the excess has lost w.
    let log_square = if w < 0.5 {
        2.0 * w.ln()
    } else {
        excess.ln_1p()
    };
    0.5 * dof * (log_square - excess)
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
    use crate::models::reference::{assert_close, block, number, tolerance};

    #[test]
    fn the_rule_integrates_polynomials_exactly() {
        for power in [0, 2, 10, 38] {
            let integral: f64 = RULE.iter().map(|(x, w)| w * x.powi(power)).sum();
            let exact = 2.0 / f64::from(power + 1);
            assert!((integral - exact).abs() < 1e-14, "x^{power}: {integral}");
        }
        let beyond: f64 = RULE.iter().map(|(x, w)| w * x.powi(40)).sum();
        assert!(
            (beyond - 2.0 / 41.0).abs() > 1e-14,
            "20 nodes cannot be exact for x^40"
        );
    }

    #[test]
    fn distribution_function_agrees_with_the_integral_at_thirty_digits() {
        let reference = block("noncentral_t_cdf");
        for case in reference["cases"].as_array().unwrap() {
            let [t, dof, delta] = ["t", "dof", "delta"].map(|key| number(&case[key]));
            let p = cdf(t, dof, delta);
            assert_close(
                &format!("F({t}; {dof}, {delta})"),
                p,
                number(&case["p"]),
                tolerance(&reference),
            );
        }
    }

    #[test]
    fn one_degree_of_freedom_without_noncentrality_is_cauchy() {
        for t in [-50.0_f64, -1.0, 0.0, 0.3, 7.0] {
            let cauchy = 0.5 + t.atan() / std::f64::consts::PI;
            assert!((cdf(t, 1.0, 0.0) - cauchy).abs() < 1e-14);
        }
        // Its quantile has the closed form tan(π(p − ½)), also far out in the tail.
        for p in [0.001, 0.25, 0.95, 0.9999] {
            let exact = (std::f64::consts::PI * (p - 0.5)).tan();
            assert!(
                (quantile(p, 1.0, 0.0).unwrap() / exact - 1.0).abs() < 1e-11,
                "p = {p}"
            );
        }
    }

    #[test]
    fn arguments_outside_the_range_are_refused() {
        assert!(cdf(f64::NAN, 3.0, 0.0).is_nan());
        assert!(cdf(1.0, 0.0, 0.0).is_nan());
        assert!(cdf(1.0, 3.0, f64::INFINITY).is_nan());
        assert_eq!(cdf(f64::INFINITY, 3.0, 1.0), 1.0);
        assert_eq!(cdf(f64::NEG_INFINITY, 3.0, 1.0), 0.0);
        for p in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(quantile(p, 3.0, 0.0).is_err());
        }
        assert!(quantile(0.5, -1.0, 0.0).is_err());
        assert!(quantile(0.5, 3.0, f64::NAN).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn quantile_inverts_the_distribution_function(
            p in 0.001..0.999_f64,
            log_dof in 0.0..5.0_f64,
            delta in -60.0..400.0_f64,
        ) {
            let dof = 10.0_f64.powf(log_dof);
            let t = quantile(p, dof, delta).unwrap();
            // The cdf goes by panels, the quantile mostly by trapezoids.
            let reached = cdf(t, dof, delta);
            prop_assert!((reached - p).abs() < 2e-13, "F({t}) = {reached}");
        }

        #[test]
        fn changing_both_signs_mirrors(t in -40.0..40.0_f64, dof in 1.0..200.0_f64, delta in -30.0..30.0_f64) {
            let sum = cdf(t, dof, delta) + cdf(-t, dof, -delta);
            prop_assert!((sum - 1.0).abs() < 1e-13, "{sum}");
        }
    }
}
