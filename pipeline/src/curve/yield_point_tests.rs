//! Curves with and without a yield point.

#![allow(clippy::expect_used, reason = "a test may stop")]

use super::{Curve, Flag, Reduction, ReductionSettings, reduce};

fn settings() -> ReductionSettings {
    toml::from_str(include_str!("../../../schemas/reduction.toml")).expect("shipped settings")
}

/// The curve through (plastic strain, stress) corners, straight between them, 200 points each, and a break.
fn through(corners: &[(f64, f64)]) -> Reduction {
    let mut curve = Curve::default();
    for pair in corners.windows(2) {
        for k in 0..200 {
            let share = f64::from(k) / 200.0;
            let plastic = pair[0].0 + share * (pair[1].0 - pair[0].0);
            let stress = pair[0].1 + share * (pair[1].1 - pair[0].1);
            curve.stress.push(stress);
            curve.strain.push(stress / 200_000.0 + plastic);
        }
    }
    let last = curve.strain[curve.strain.len() - 1];
    curve.strain.push(last);
    curve.stress.push(0.0);
    reduce(&curve, &settings())
}

#[track_caller]
fn assert_near(found: Option<f64>, exact: f64) {
    let found = found.expect("read");
    assert!((found - exact).abs() < 0.5, "{found}, not {exact}");
}

#[test]
fn upper_and_lower_yield_are_read_without_the_first_swing() {
    let reduction = through(&[
        (0.0, 0.0),
        (0.0001, 400.0),
        // The machine swings to 370 and back, then the metal yields at 385 to 380.
        (0.0006, 370.0),
        (0.0012, 385.0),
        (0.012, 380.0),
        (0.15, 520.0),
        (0.25, 450.0),
    ]);
    assert_near(reduction.reh_mpa, 400.0);
    assert_near(reduction.rel_mpa, 380.0);
    assert_near(reduction.rm_mpa, 520.0);
    assert!(reduction.flags.contains(&Flag::YieldPoint));
    assert!(
        reduction
            .rp02_mpa
            .is_some_and(|rp02| (380.0..=386.0).contains(&rp02))
    );
}

#[test]
fn a_fall_without_a_swing_has_its_lowest_point_as_rel() {
    let reduction = through(&[
        (0.0, 0.0),
        (0.002, 400.0),
        (0.012, 390.0),
        (0.15, 520.0),
        (0.2, 500.0),
    ]);
    assert_near(reduction.reh_mpa, 400.0);
    assert_near(reduction.rel_mpa, 390.0);
}

#[test]
fn what_only_looks_like_a_yield_point_is_none() {
    // Continuous yielding; a dip too small; a dip too short; softening to the end; a dip too late.
    for corners in [
        vec![(0.0, 0.0), (0.001, 400.0), (0.1, 520.0), (0.2, 450.0)],
        vec![
            (0.0, 0.0),
            (0.001, 400.0),
            (0.01, 398.5),
            (0.1, 520.0),
            (0.2, 450.0),
        ],
        vec![
            (0.0, 0.0),
            (0.001, 400.0),
            (0.0011, 390.0),
            (0.0013, 410.0),
            (0.1, 520.0),
            (0.2, 450.0),
        ],
        vec![(0.0, 0.0), (0.001, 400.0), (0.2, 250.0)],
        vec![
            (0.0, 0.0),
            (0.001, 400.0),
            (0.02, 430.0),
            (0.03, 420.0),
            (0.1, 520.0),
            (0.2, 450.0),
        ],
    ] {
        let reduction = through(&corners);
        assert_eq!(
            (reduction.reh_mpa, reduction.rel_mpa),
            (None, None),
            "{corners:?}"
        );
        assert!(!reduction.flags.contains(&Flag::YieldPoint));
        assert!(reduction.rp02_mpa.is_some() && reduction.rm_mpa.is_some());
    }
}
