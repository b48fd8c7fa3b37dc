//! Curves that are no curves, ends that are no breaks, and units that are wrong.

#![allow(clippy::expect_used, reason = "a test may stop")]

use proptest::prelude::*;

use super::{Curve, Flag, Reduction, ReductionSettings, reduce};

fn settings() -> ReductionSettings {
    toml::from_str(include_str!("../../../schemas/reduction.toml")).expect("shipped settings")
}

/// 70 GPa up to 200 MPa, then 1 GPa up to 250 MPa at 5.29 % strain: 201 points, no break.
fn bilinear() -> Curve {
    let mut curve = Curve::default();
    for k in 0..=100 {
        curve.stress.push(2.0 * f64::from(k));
        curve.strain.push(2.0 * f64::from(k) / 70_000.0);
    }
    for k in 1..=100 {
        curve.stress.push(200.0 + 0.5 * f64::from(k));
        curve
            .strain
            .push(200.0 / 70_000.0 + 0.5 * f64::from(k) / 1000.0);
    }
    curve
}

fn push(curve: &mut Curve, strain: f64, stress: f64) {
    curve.strain.push(strain);
    curve.stress.push(stress);
}

fn broken() -> Curve {
    let mut curve = bilinear();
    push(&mut curve, 0.0529, 0.0);
    curve
}

fn properties(r: &Reduction) -> [Option<f64>; 7] {
    [
        r.rm_mpa,
        r.rp02_mpa,
        r.rp10_mpa,
        r.slope_gpa,
        r.a_pct,
        r.ag_pct,
        r.agt_pct,
    ]
}

#[test]
fn the_bilinear_curve_gives_its_numbers() {
    let reduction = reduce(&broken(), &settings());
    // Offset line 70000 (ε − 0.002) meets 200 + 1000 (ε − 200/70000) at ε = 0.002 + σ/70000.
    let crossing = |offset: f64| 200.0 + 1000.0 * offset * 70.0 / 69.0;
    let plastic = 100.0 * (0.05 - 50.0 / 70_000.0);
    let exact = [
        250.0,
        crossing(0.002),
        crossing(0.01),
        70.0,
        plastic,
        plastic,
    ];
    for (found, exact) in properties(&reduction).into_iter().zip(exact) {
        let found = found.expect("read");
        assert!((found - exact).abs() < 1e-9 * exact, "{found} {exact}");
    }
    assert_eq!(reduction.flags, [Flag::EndPointDropped]);
    let line = reduction.elastic.expect("line");
    assert!(line.to_mpa <= 200.0 && line.to <= 100, "{line:?}");
}

#[test]
fn json_has_the_documented_keys_and_no_others() {
    let json = serde_json::to_value(reduce(&broken(), &settings())).expect("JSON");
    let mut keys: Vec<&str> = json
        .as_object()
        .expect("object")
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "a_pct",
            "ag_pct",
            "agt_pct",
            "at_pct",
            "energy_mj_m3",
            "flags",
            "points",
            "quality",
            "reh_mpa",
            "rel_mpa",
            "rm_mpa",
            "rp02_mpa",
            "rp10_mpa",
            "slope_gpa"
        ]
    );
    assert_eq!(json["flags"], serde_json::json!(["end_point_dropped"]));
}

#[test]
fn what_is_no_curve_gives_nothing() {
    let of = |strain: Vec<f64>, stress: Vec<f64>| reduce(&Curve { strain, stress }, &settings());
    let ramp = |step: f64| (0..100).map(|k| step * f64::from(k)).collect::<Vec<f64>>();
    for (reduction, flag) in [
        (of(vec![], vec![]), Flag::FewPoints),
        (of(vec![0.0], vec![1.0]), Flag::FewPoints),
        (of(vec![0.0, 0.1], vec![1.0, 2.0]), Flag::FewPoints),
        (of(ramp(1e-4), vec![f64::NAN; 100]), Flag::FewPoints),
        (of(vec![f64::NAN; 100], ramp(1.0)), Flag::FewPoints),
        (of(ramp(-1e-4), ramp(-1.0)), Flag::NoTension),
        (of(ramp(1e-4), ramp(-1.0)), Flag::LoadReversed),
        (of(ramp(1e-4), vec![0.0; 100]), Flag::NoTension),
        (of(ramp(1e-4), vec![100.0; 100]), Flag::MaximumAtEnd),
        (of(vec![0.001; 100], ramp(1.0)), Flag::NoElasticWindow),
    ] {
        assert_eq!(properties(&reduction), [None; 7], "{flag:?}");
        assert!(
            reduction.flags.contains(&flag),
            "{flag:?} not in {:?}",
            reduction.flags
        );
    }
}

#[test]
fn a_record_without_a_break_has_no_elongation_and_no_sure_maximum() {
    let mut curve = bilinear();
    let stopped = reduce(&curve, &settings());
    assert_eq!(stopped.flags, [Flag::MaximumAtEnd, Flag::NoBreakSeen]);
    assert_eq!(
        (stopped.rm_mpa, stopped.a_pct, stopped.ag_pct),
        (None, None, None)
    );
    assert!(stopped.rp02_mpa.is_some());

    let mut cut_at_break = settings();
    cut_at_break.record_ends_at_break = true;
    let cut = reduce(&curve, &cut_at_break);
    assert_eq!(cut.flags, [Flag::BreakAssumed]);
    assert_eq!(
        properties(&cut),
        properties(&reduce(&broken(), &settings()))
    );

    // Past the maximum Rm is sure, the break is still not seen.
    push(&mut curve, 0.06, 240.0);
    let necking = reduce(&curve, &settings());
    assert_eq!(necking.flags, [Flag::NoBreakSeen]);
    assert_eq!((necking.rm_mpa, necking.a_pct), (Some(250.0), None));
}

#[test]
fn a_test_that_is_stopped_and_unloaded_has_no_elongation() {
    let mut curve = bilinear();
    let top = curve.strain[200];
    for k in 1..=50 {
        let lost = 5.0 * f64::from(k);
        push(&mut curve, top - lost / 70_000.0, 250.0 - lost);
    }
    let reduction = reduce(&curve, &settings());
    assert!(
        reduction.flags.contains(&Flag::UnloadedAtEnd),
        "{:?}",
        reduction.flags
    );
    assert_eq!((reduction.rm_mpa, reduction.a_pct), (Some(250.0), None));
}

/// A 1 kHz recorder puts several points into the fall; none of them belongs to the elongation.
#[test]
fn the_fall_of_a_break_is_left_out() {
    let mut curve = bilinear();
    for (k, stress) in [220.0, 150.0, 80.0, 30.0, -5.0, 2.0]
        .into_iter()
        .enumerate()
    {
        push(&mut curve, 0.06 + 0.01 * k as f64, stress);
    }
    let reduction = reduce(&curve, &settings());
    assert_eq!(
        properties(&reduction),
        properties(&reduce(&broken(), &settings()))
    );
    assert_eq!(reduction.points, 201);
}

/// After the extensometer is off, by a blank cell or a signal set to zero, only Rm can be read.
#[test]
fn strain_that_ends_early_leaves_rm_and_the_proof_strengths() {
    for signal_after in [f64::NAN, 0.0, -0.3] {
        let mut curve = bilinear();
        for stress in [260.0, 270.0, 265.0, 255.0, 0.0] {
            push(&mut curve, signal_after, stress);
        }
        let reduction = reduce(&curve, &settings());
        assert_eq!(reduction.flags, [Flag::EndPointDropped, Flag::StrainLost]);
        assert_eq!(reduction.rm_mpa, Some(270.0));
        assert!(reduction.rp02_mpa.is_some() && reduction.rp10_mpa.is_some());
        assert_eq!(
            (reduction.a_pct, reduction.ag_pct, reduction.agt_pct),
            (None, None, None)
        );
    }
}

/// A strain in % or a stress in kPa must not become a strength.
#[test]
fn a_wrong_unit_is_withheld_and_another_metal_is_flagged() {
    let scaled = |strain_factor: f64, stress_factor: f64| {
        let mut curve = broken();
        curve
            .strain
            .iter_mut()
            .for_each(|strain| *strain *= strain_factor);
        curve
            .stress
            .iter_mut()
            .for_each(|stress| *stress *= stress_factor);
        reduce(&curve, &settings())
    };
    for wrong in [scaled(100.0, 1.0), scaled(1.0, 1000.0)] {
        assert!(
            wrong.flags.contains(&Flag::ImpossibleSlope),
            "{:?}",
            wrong.flags
        );
        assert_eq!(properties(&wrong)[1..], [None; 6]);
    }
    let steel = scaled(1.0, 3.0);
    assert_eq!(steel.flags, [Flag::EndPointDropped, Flag::UnexpectedSlope]);
    assert!(steel.rp02_mpa.is_some());
}

#[test]
fn a_single_spike_is_not_a_strength() {
    let mut curve = broken();
    curve.stress[150] = 400.0;
    let reduction = reduce(&curve, &settings());
    assert!(
        reduction.flags.contains(&Flag::SpikeAtMaximum),
        "{:?}",
        reduction.flags
    );
    assert_eq!((reduction.rm_mpa, reduction.agt_pct), (None, None));
}

#[test]
fn a_brittle_specimen_has_a_strength_and_no_proof_strength() {
    let mut curve = bilinear();
    curve.strain.truncate(101);
    curve.stress.truncate(101);
    push(&mut curve, 0.0029, 0.0);
    let reduction = reduce(&curve, &settings());
    assert_eq!(reduction.rm_mpa, Some(200.0));
    assert!(
        reduction
            .slope_gpa
            .is_some_and(|slope| (slope - 70.0).abs() < 1e-9)
    );
    assert_eq!((reduction.rp02_mpa, reduction.rp10_mpa), (None, None));
    for flag in [Flag::NoRp02Crossing, Flag::NoRp10Crossing] {
        assert!(reduction.flags.contains(&flag), "{flag:?}");
    }
}

/// A gap of the record over the crossing: 200 MPa, then 250 MPa, nothing in between.
#[test]
fn a_crossing_in_a_gap_is_withheld() {
    let mut curve = broken();
    curve.strain.drain(101..200);
    curve.stress.drain(101..200);
    let reduction = reduce(&curve, &settings());
    assert!(reduction.flags.contains(&Flag::CoarseCrossing));
    assert_eq!((reduction.rp02_mpa, reduction.rm_mpa), (None, Some(250.0)));
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1.0..1.0_f64,
        4 => -1000.0..1000.0_f64,
        2 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(0.0),
        1 => Just(f64::MAX),
        1 => Just(f64::MIN),
        1 => Just(f64::MIN_POSITIVE),
    ]
}

proptest! {
    /// Nothing panics, and what is read is a finite number in its range.
    #[test]
    fn no_curve_panics(
        strain in prop::collection::vec(any_number(), 0..120),
        stress in prop::collection::vec(any_number(), 0..120),
        ordered in any::<bool>(),
        cut_at_break in any::<bool>(),
    ) {
        let mut curve = Curve { strain, stress };
        if ordered {
            curve.strain.sort_by(f64::total_cmp);
            curve.stress.sort_by(f64::total_cmp);
        }
        let mut settings = settings();
        settings.record_ends_at_break = cut_at_break;
        let reduction = reduce(&curve, &settings);
        prop_assert!(properties(&reduction).into_iter().flatten().all(f64::is_finite));
        prop_assert!(reduction.flags.windows(2).all(|pair| pair[0] < pair[1]));
        if let (Some(rm), Some(rp02)) = (reduction.rm_mpa, reduction.rp02_mpa) {
            prop_assert!(rp02 <= rm);
        }
        if let (Some(ag), Some(agt)) = (reduction.ag_pct, reduction.agt_pct) {
            prop_assert!(ag <= agt);
        }
    }

    /// Settings that were never checked do not make it panic either.
    #[test]
    fn no_settings_panic(fractions in prop::collection::vec(any_number(), 8), small in 0..4_usize) {
        let mut settings = settings();
        settings.min_points = small;
        settings.max_candidates = small;
        settings.window_min_points = small;
        settings.broken_fraction = fractions[0];
        settings.collapse_step_fraction = fractions[1];
        settings.plateau_fraction = fractions[2];
        settings.knee_departure = fractions[3];
        settings.window_min_fraction = fractions[4];
        settings.residual_factor = fractions[5];
        settings.min_r2 = fractions[6];
        settings.strain_loss_fraction = fractions[7];
        for curve in [broken(), bilinear(), Curve::default()] {
            let reduction = reduce(&curve, &settings);
            prop_assert!(properties(&reduction).into_iter().flatten().all(f64::is_finite));
        }
    }

    /// Another unit of stress gives the same strengths in that unit.
    #[test]
    fn strengths_scale_with_the_stress(factor in 0.5..1.2_f64) {
        let mut scaled = broken();
        scaled.stress.iter_mut().for_each(|stress| *stress *= factor);
        let before = reduce(&broken(), &settings());
        let after = reduce(&scaled, &settings());
        for (one, other) in properties(&before).into_iter().zip(properties(&after)).take(4) {
            let (one, other) = (one.expect("read"), other.expect("read"));
            prop_assert!((other / (one * factor) - 1.0).abs() < 1e-6, "{one} {other}");
        }
        prop_assert_eq!(before.flags, after.flags);
    }
}
