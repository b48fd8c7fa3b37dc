//! The crosshead takes over, and reported results are held against the curve.

#![allow(clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeMap;

use super::{Crosshead, Curve, Flag, Reduction, ReductionSettings, compare, reduce_with_crosshead};

fn settings() -> ReductionSettings {
    toml::from_str(include_str!("../../../schemas/reduction.toml")).expect("shipped settings")
}

const E: f64 = 70_000.0;
/// Gauge length and parallel length, mm, and compliance of grips and frame, mm/MPa.
const L0: f64 = 50.0;
const LC: f64 = 75.0;
const COMPLIANCE: f64 = 0.002;
/// Plastic strain of the gauge length at the maximum and at the break.
const AG: f64 = 0.08;
const A: f64 = 0.12;

/// A test with both signals to the end: the neck lies in the gauge length.
fn both() -> (Curve, Vec<f64>) {
    let (mut curve, mut travel) = (Curve::default(), Vec::new());
    let top = 250.0 * 40_f64.powf(1.0 / 15.0);
    let mut put = |stress: f64, plastic: f64| {
        curve.stress.push(stress);
        curve.strain.push(stress / E + plastic);
        let flow = LC * plastic.min(AG) + L0 * (plastic - AG).max(0.0);
        travel.push(flow + stress * (LC / E + COMPLIANCE) - 3.0);
    };
    for k in 0..500 {
        let stress = 200.0 * f64::from(k) / 500.0;
        put(stress, 0.002 * (stress / 250.0).powi(15));
    }
    let start = 0.002 * 0.8_f64.powi(15);
    for k in 0..1500 {
        let plastic = start + (A - start) * f64::from(k) / 1499.0;
        let past = (plastic - AG).max(0.0);
        let hardening = 250.0 * (plastic.min(AG) / 0.002).powf(1.0 / 15.0);
        put(hardening - top * 60.0 * past * past, plastic);
    }
    put(0.0, A);
    (curve, travel)
}

/// The same with the extensometer off from `off` strain on.
fn taken_off(off: f64, travel: &[f64], gauge_length_mm: f64) -> Reduction {
    let (mut curve, _) = both();
    for strain in &mut curve.strain {
        *strain = if *strain > off { f64::NAN } else { *strain };
    }
    let crosshead = Crosshead {
        travel_mm: travel,
        gauge_length_mm,
    };
    reduce_with_crosshead(&curve, Some(&crosshead), &settings())
}

#[track_caller]
fn assert_near(found: Option<f64>, exact: Option<f64>, relative: f64) {
    let (found, exact) = (found.expect("read"), exact.expect("known"));
    assert!(
        (found / exact - 1.0).abs() <= relative,
        "{found}, not {exact}"
    );
}

#[test]
fn the_crosshead_gives_what_the_extensometer_would_have_given() {
    let (curve, travel) = both();
    let whole = reduce_with_crosshead(&curve, None, &settings());
    let handed_over = taken_off(0.03, &travel, L0);
    assert!(handed_over.flags.contains(&Flag::HandedOver));
    assert!(!handed_over.flags.contains(&Flag::StrainLost));
    for (found, exact) in [
        (handed_over.rp02_mpa, whole.rp02_mpa),
        (handed_over.agt_pct, whole.agt_pct),
        (handed_over.ag_pct, whole.ag_pct),
        (handed_over.a_pct, whole.a_pct),
        (handed_over.at_pct, whole.at_pct),
        (handed_over.energy_mj_m3, whole.energy_mj_m3),
    ] {
        assert_near(found, exact, 0.005);
    }
    assert!(!handed_over.carried_on.is_empty());
    // With a sound extensometer the crosshead is not asked.
    let crosshead = Crosshead {
        travel_mm: &travel,
        gauge_length_mm: L0,
    };
    assert_eq!(
        reduce_with_crosshead(&curve, Some(&crosshead), &settings()),
        whole
    );
}

#[test]
fn a_travel_that_is_not_of_this_test_does_not_take_over() {
    let (_, travel) = both();
    let stuck = vec![1.0; travel.len()];
    let short = &travel[..600];
    let metres: Vec<f64> = travel.iter().map(|travel| travel / 1000.0).collect();
    let wild: Vec<f64> = (0..travel.len()).map(|k| (k * k % 97) as f64).collect();
    let ends_early: Vec<f64> = (0..travel.len())
        .map(|k| if k < 1800 { travel[k] } else { f64::NAN })
        .collect();
    for travel in [&stuck, short, &metres, &wild, &ends_early] {
        let reduction = taken_off(0.03, travel, L0);
        assert!(reduction.flags.contains(&Flag::StrainLost));
        assert_eq!(
            [reduction.a_pct, reduction.at_pct, reduction.agt_pct],
            [None; 3]
        );
        assert!(reduction.rm_mpa.is_some() && reduction.rp10_mpa.is_some());
    }
}

fn reported(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
    pairs
        .iter()
        .map(|(field, number)| ((*field).to_owned(), *number))
        .collect()
}

#[test]
fn a_typed_number_is_named_with_both_values() {
    let (curve, _) = both();
    let reduction = reduce_with_crosshead(&curve, None, &settings());
    let limits = settings().reported;
    let rm = reduction.rm_mpa.expect("Rm");
    let sound = reported(&[
        ("rm_mpa", rm.round()),
        ("rp02_mpa", 251.0),
        ("a_pct", 12.5),
        ("z_pct", 1.0),
    ]);
    assert_eq!(compare(&sound, &reduction, &limits).disagreements, []);
    let typed = reported(&[
        ("rm_mpa", rm),
        ("rp02_mpa", 205.0),
        ("reh_mpa", 260.0),
        ("a_pct", f64::NAN),
    ]);
    let found = compare(&typed, &reduction, &limits);
    let [only] = &found.disagreements[..] else {
        panic!("{found:?}");
    };
    assert_eq!((only.field, only.reported), ("rp02_mpa", 205.0));
    assert_eq!(Some(only.reduced), reduction.rp02_mpa);
    assert!((only.relative_difference - (only.reduced - 205.0) / 205.0).abs() < 1e-12);
    assert!((only.allowed - 0.02 * 205.0).abs() < 1e-12);
    assert_eq!(found.area_factor, None);
}

#[test]
fn strengths_that_differ_by_one_factor_point_to_the_cross_section() {
    let (curve, _) = both();
    let reduction = reduce_with_crosshead(&curve, None, &settings());
    let limits = settings().reported;
    let (rm, rp02) = (
        reduction.rm_mpa.expect("Rm"),
        reduction.rp02_mpa.expect("Rp0.2"),
    );
    let area =
        |strengths: &[(&str, f64)]| compare(&reported(strengths), &reduction, &limits).area_factor;
    let factor = area(&[("rm_mpa", rm / 1.1), ("rp02_mpa", rp02 / 1.1)]).expect("one factor");
    assert!((factor - 1.1).abs() < 1e-9);
    assert_eq!(
        area(&[("rm_mpa", rm / 1.1), ("rp02_mpa", rp02 / 1.2)]),
        None
    );
    assert_eq!(area(&[("rm_mpa", rm), ("rp02_mpa", rp02 / 1.1)]), None);
    assert_eq!(
        area(&[("rm_mpa", rm / 1.1)]),
        None,
        "one strength may be a typing error"
    );
}

/// What the crosshead helped to read may differ by more, a strength may not.
#[test]
fn an_estimate_is_compared_with_a_wider_limit() {
    let (curve, travel) = both();
    let (read, estimated) = (
        reduce_with_crosshead(&curve, None, &settings()),
        taken_off(0.03, &travel, L0),
    );
    let limits = settings().reported;
    let far = reported(&[("a_pct", 15.0), ("rm_mpa", 280.0)]);
    let fields = |reduction: &Reduction| -> Vec<&str> {
        let found = compare(&far, reduction, &limits).disagreements;
        found
            .iter()
            .map(|disagreement| disagreement.field)
            .collect()
    };
    assert_eq!(fields(&read), ["rm_mpa", "a_pct"]);
    assert_eq!(fields(&estimated), ["rm_mpa"]);
}
