//! Weibull bounds against 25-digit integrals, in every unit, and against their own definition.

use proptest::prelude::*;

use super::*;
use crate::models::reference::{Tolerance, assert_close};

const SIX: [f64; 6] = [137.0, 139.0, 150.0, 141.0, 142.0, 128.0];
const THREE: [f64; 3] = [10.0, 20.0, 40.0];

/// mpmath 1.4 at 25 digits: maximum likelihood and both integrals by adaptive quadrature.
#[test]
fn bounds_of_an_independent_quadrature() {
    let tight = Tolerance::Relative(1e-11);
    for (values, scale, shape) in [
        (
            THREE.as_slice(),
            26.493_059_014_487_788,
            2.012_498_043_934_779,
        ),
        (&SIX, 142.578_173_862_076_85, 23.541_530_943_432_132),
    ] {
        let fit = WeibullFit::new(values).unwrap();
        assert_close("scale", fit.scale, scale, tight);
        assert_close("shape", fit.shape, shape, tight);
    }
    for (values, side, content, confidence, bound) in [
        (
            THREE.as_slice(),
            Side::Lower,
            0.90,
            0.95,
            0.048_773_042_456_498_94,
        ),
        (&THREE, Side::Upper, 0.90, 0.95, 575.966_403_777_449_6),
        (&SIX, Side::Lower, 0.99, 0.95, 89.277_692_864_822_85),
        (&SIX, Side::Upper, 0.90, 0.90, 155.096_607_997_770_2),
    ] {
        let fit = WeibullFit::new(values).unwrap();
        let found = fit.bound(side, content, confidence).unwrap();
        assert_close(side.as_str(), found.bound, bound, tight);
        assert_close("median", found.estimate, fit.median(), tight);
    }
}

/// Values at the middle of n equal shares of a Weibull distribution of that shape.
fn sample(n: usize, shape: f64) -> Vec<f64> {
    (0..n)
        .map(|i| (-(1.0 - (i as f64 + 0.5) / n as f64).ln()).powf(1.0 / shape))
        .collect()
}

#[test]
fn more_trapezoids_change_nothing() {
    for n in [2, 3, 5, 11, 12, 40, 150, 400] {
        let fit = WeibullFit::new(&sample(n, 20.0)).unwrap();
        for (content, above) in [(0.90_f64, 0.95), (0.99, 0.95), (0.01, 0.05)] {
            let quantile = (-content.ln()).ln();
            let q = Pivot::new(&fit.residuals, TRAPEZOIDS).solve(quantile, above);
            let finer = Pivot::new(&fit.residuals, 3 * TRAPEZOIDS + 1).solve(quantile, above);
            assert!(
                (q / finer - 1.0).abs() < 1e-11,
                "{n} {content}: {q} {finer}"
            );
        }
    }
}

#[test]
fn a_large_sample_has_its_quantile_nearly() {
    // The asymptotic deviation of the .10 quantile's logarithm is a few b/√n.
    let fit = WeibullFit::new(&sample(800, 20.0)).unwrap();
    let quantile = (-0.9_f64.ln()).powf(1.0 / 20.0);
    let bound = fit.bound(Side::Lower, 0.9, 0.95).unwrap().bound;
    let slack = 1.645 * 3.0 / 20.0 / 800.0_f64.sqrt();
    assert!(
        bound < quantile && bound > quantile * (1.0 - slack),
        "{bound} {quantile}"
    );
}

#[test]
fn two_values_are_enough_and_extremes_are_named() {
    let fit = WeibullFit::new(&[3.0, 5.0]).unwrap();
    let bound = |side, content| fit.bound(side, content, 0.95);
    let b = bound(Side::Lower, 0.90).unwrap().bound;
    assert!(b < 3.0 && bound(Side::Lower, 0.99).unwrap().bound <= b);
    // Values a thousand powers of ten apart have no upper bound within the doubles.
    let apart = WeibullFit::new(&[1e-300, 1e300]).unwrap();
    let error = apart.bound(Side::Upper, 0.99, 0.95).unwrap_err();
    assert_eq!(error, ModelError::BoundNotFinite);
    let refused = |values: &[f64]| WeibullFit::new(values).unwrap_err();
    assert_eq!(
        refused(&[3.0]),
        ModelError::TooFewValues { n: 1, needed: 2 }
    );
    assert_eq!(refused(&[3.0; 4]), ModelError::NoScatter);
    assert!(matches!(
        refused(&[3.0, -1.0]),
        ModelError::NotPositive { row: 2, .. }
    ));
    assert!(fit.bound(Side::Lower, 1.0, 0.95).is_err());
    assert!(fit.bound(Side::Lower, 0.9, f64::NAN).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_unit_does_not_matter(
        values in prop::collection::vec(50.0..400.0_f64, 3..30),
        exponent in -250..250_i32,
    ) {
        let unit = 10.0_f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|v| v * unit).collect();
        let of = |values: &[f64]| {
            let fit = WeibullFit::new(values).unwrap();
            fit.bound(Side::Lower, 0.9, 0.95).unwrap().bound
        };
        let (plain, other) = (of(&values), of(&scaled) / unit);
        prop_assert!((other / plain - 1.0).abs() < 1e-9, "{plain} {other}");
    }
}
