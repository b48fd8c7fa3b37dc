//! Faults of machines and channels: each gives its flag, and what it spoils is withheld, not wrong.

#![allow(clippy::expect_used, reason = "a test may stop")]

use super::{Curve, Flag, Reduction, ReductionSettings, Shortfall, Verdict, reduce};

const E: f64 = 70_000.0;
const RP02: f64 = 250.0;

fn settings() -> ReductionSettings {
    toml::from_str(include_str!("../../../schemas/reduction.toml")).expect("shipped settings")
}

/// Plastic strain at which the load is highest.
const AG: f64 = 0.08;

/// 70 GPa, Rp0.2 250 MPa, maximum at 8 % plastic strain, necking to 12 %, a break: 2001 points.
fn necking() -> Curve {
    let mut curve = Curve::default();
    for k in 0..500 {
        let stress = 200.0 * f64::from(k) / 500.0;
        push(
            &mut curve,
            stress / E + 0.002 * (stress / RP02).powi(15),
            stress,
        );
    }
    let start = 0.002 * (200.0 / RP02).powi(15);
    for k in 0..1500 {
        let plastic = start + (0.12 - start) * f64::from(k) / 1499.0;
        let hardening = RP02 * (plastic / 0.002).powf(1.0 / 15.0);
        let top = RP02 * (AG / 0.002).powf(1.0 / 15.0);
        let stress = if plastic < AG {
            hardening
        } else {
            top * (1.0 - 60.0 * (plastic - AG) * (plastic - AG))
        };
        push(&mut curve, stress / E + plastic, stress);
    }
    push(&mut curve, 0.125, 0.0);
    curve
}

fn push(curve: &mut Curve, strain: f64, stress: f64) {
    curve.strain.push(strain);
    curve.stress.push(stress);
}

#[track_caller]
fn assert_near(found: Option<f64>, exact: f64, relative: f64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what} is not read"));
    assert!(
        (found / exact - 1.0).abs() <= relative,
        "{what}: {found}, not {exact}"
    );
}

#[track_caller]
fn assert_flag(reduction: &Reduction, flag: Flag) {
    assert!(
        reduction.flags.contains(&flag),
        "{flag:?} not in {:?}",
        reduction.flags
    );
}

#[test]
fn the_sound_curve_gives_everything_and_its_slope_is_a_modulus() {
    let reduction = reduce(&necking(), &settings());
    let rm = RP02 * 40_f64.powf(1.0 / 15.0);
    assert_near(reduction.rp02_mpa, RP02, 0.001, "Rp0.2");
    assert_near(reduction.rm_mpa, rm, 0.001, "Rm");
    assert_near(reduction.a_pct, 12.0, 0.001, "A");
    let last = rm * (1.0 - 60.0 * 0.04 * 0.04);
    assert_near(reduction.at_pct, 12.0 + 100.0 * last / E, 0.001, "At");
    assert_near(reduction.slope_gpa, 70.0, 0.001, "slope");
    assert_eq!(reduction.flags, [Flag::EndPointDropped]);
    let quality = reduction.quality.expect("a line");
    assert_eq!(
        (quality.verdict, quality.shortfalls),
        (Verdict::Modulus, vec![])
    );
}

#[test]
fn a_slope_is_only_a_modulus_when_every_condition_is_met() {
    let shortfalls = |change: &dyn Fn(&mut Curve)| {
        let mut curve = necking();
        change(&mut curve);
        let quality = reduce(&curve, &settings()).quality.expect("a line");
        assert_eq!(
            quality.verdict == Verdict::Modulus,
            quality.shortfalls.is_empty()
        );
        quality.shortfalls
    };
    let every = |step: usize, curve: &mut Curve| {
        let thin = |list: &[f64]| list.iter().step_by(step).copied().collect();
        (curve.strain, curve.stress) = (thin(&curve.strain), thin(&curve.stress));
    };
    let round = |list: &mut [f64], step: f64| {
        list.iter_mut()
            .for_each(|number| *number = (*number / step).round() * step);
    };
    let few = shortfalls(&|curve| every(10, curve));
    assert!(few.contains(&Shortfall::FewPoints), "{few:?}");
    let steel = shortfalls(&|curve| curve.stress.iter_mut().for_each(|stress| *stress *= 3.0));
    assert_eq!(steel, [Shortfall::Implausible]);
    let coarse = shortfalls(&|curve| round(&mut curve.strain, 1e-5));
    assert!(coarse.contains(&Shortfall::CoarseStrain), "{coarse:?}");
    let coarse = shortfalls(&|curve| round(&mut curve.stress, 0.5));
    assert!(coarse.contains(&Shortfall::CoarseStress), "{coarse:?}");
    let mut noisy = necking();
    let mut seed = 1_u32;
    for strain in &mut noisy.strain {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *strain += 2e-4 * (f64::from(seed >> 8) / f64::from(1_u32 << 24) - 0.5);
    }
    let noisy = reduce(&noisy, &settings())
        .quality
        .expect("a line")
        .shortfalls;
    assert!(
        noisy.contains(&Shortfall::Noise) && noisy.contains(&Shortfall::LowR2),
        "{noisy:?}"
    );
}

#[test]
fn a_load_cell_with_the_wrong_sign_gives_nothing() {
    let mut curve = necking();
    curve
        .stress
        .iter_mut()
        .for_each(|stress| *stress = 0.3 - *stress);
    let reduction = reduce(&curve, &settings());
    assert_eq!(reduction.flags, [Flag::LoadReversed]);
    assert_eq!((reduction.rm_mpa, reduction.rp02_mpa), (None, None));
    // Compression shortens.
    curve
        .strain
        .iter_mut()
        .for_each(|strain| *strain = -*strain);
    assert_eq!(reduce(&curve, &settings()).flags, [Flag::NoTension]);
}

#[test]
fn a_load_at_the_end_of_its_range_is_no_strength() {
    let mut curve = necking();
    curve
        .stress
        .iter_mut()
        .for_each(|stress| *stress = stress.min(300.0));
    let reduction = reduce(&curve, &settings());
    assert_flag(&reduction, Flag::LoadSaturated);
    assert_near(reduction.rp02_mpa, RP02, 0.001, "Rp0.2");
    assert_eq!(
        [
            reduction.rm_mpa,
            reduction.ag_pct,
            reduction.agt_pct,
            reduction.energy_mj_m3
        ],
        [None; 4]
    );
    assert_near(
        reduction.a_pct,
        12.0,
        0.01,
        "A, but for some of its elastic part",
    );

    let mut curve = necking();
    curve
        .stress
        .iter_mut()
        .for_each(|stress| *stress = stress.min(240.0));
    let reduction = reduce(&curve, &settings());
    assert_eq!(reduction.rp02_mpa, None, "it lies at the end of the range");
}

#[test]
fn an_extensometer_at_the_end_of_its_range_gives_no_elongation() {
    let mut curve = necking();
    curve
        .strain
        .iter_mut()
        .for_each(|strain| *strain = strain.min(0.05));
    let reduction = reduce(&curve, &settings());
    assert_flag(&reduction, Flag::StrainSaturated);
    assert_flag(&reduction, Flag::StrainLost);
    assert_near(
        reduction.rp10_mpa,
        RP02 * 5_f64.powf(1.0 / 15.0),
        0.001,
        "Rp1.0",
    );
    assert!(reduction.rm_mpa.is_some());
    assert_eq!(
        [reduction.a_pct, reduction.at_pct, reduction.agt_pct],
        [None; 3]
    );
}

#[test]
fn a_slip_ends_the_strain_and_leaves_what_came_before() {
    for jump in [0.004, -0.004] {
        let mut curve = necking();
        for strain in &mut curve.strain[1000..] {
            *strain += jump;
        }
        let reduction = reduce(&curve, &settings());
        assert_flag(&reduction, Flag::ExtensometerSlip);
        assert_near(reduction.rp02_mpa, RP02, 0.001, "Rp0.2");
        assert!(reduction.rm_mpa.is_some());
        assert_eq!([reduction.a_pct, reduction.agt_pct], [None; 2]);
    }
    // Before Rp0.2: nothing that needs a strain.
    let mut curve = necking();
    for strain in &mut curve.strain[495..] {
        *strain += 0.004;
    }
    let reduction = reduce(&curve, &settings());
    assert_flag(&reduction, Flag::ExtensometerSlip);
    assert_eq!(
        [reduction.rp02_mpa, reduction.rp10_mpa, reduction.a_pct],
        [None; 3]
    );
}

/// A machine that goes on at fifty times the speed, and one point that is off, are no slip.
#[test]
fn a_change_of_speed_and_a_stray_point_are_no_slip() {
    let mut curve = necking();
    let thin = |list: &[f64]| -> Vec<f64> {
        let (slow, fast) = list.split_at(900);
        slow.iter()
            .chain(fast.iter().step_by(50))
            .copied()
            .collect()
    };
    (curve.strain, curve.stress) = (thin(&curve.strain), thin(&curve.stress));
    push(&mut curve, 0.125, 0.0);
    assert!(
        !reduce(&curve, &settings())
            .flags
            .contains(&Flag::ExtensometerSlip)
    );
    let mut curve = necking();
    curve.strain[900] += 0.004;
    let reduction = reduce(&curve, &settings());
    assert!(!reduction.flags.contains(&Flag::ExtensometerSlip));
    assert_near(reduction.a_pct, 12.0, 0.001, "A");
}

/// From the maximum on the gauge length only springs back: the neck is elsewhere.
#[test]
fn a_break_outside_the_gauge_length_gives_no_elongation() {
    let mut curve = necking();
    let peak = curve
        .stress
        .iter()
        .position(|stress| *stress >= curve.stress[1490]);
    let peak = peak.expect("a maximum");
    let (top, furthest) = (curve.stress[peak], curve.strain[peak]);
    for k in peak..curve.strain.len() - 1 {
        curve.strain[k] = furthest - (top - curve.stress[k]) / E;
    }
    let reduction = reduce(&curve, &settings());
    assert_flag(&reduction, Flag::BrokenOutside);
    assert!(reduction.agt_pct.is_some() && reduction.rm_mpa.is_some());
    assert_eq!(
        [reduction.a_pct, reduction.at_pct, reduction.energy_mj_m3],
        [None; 3]
    );
}

/// A fast recorder puts thirty points into the fall and stops half-way down.
#[test]
fn a_record_that_stops_within_the_fall_has_a_break() {
    let mut curve = necking();
    let last = curve.stress.len() - 2;
    (curve.strain[last + 1], curve.stress[last + 1]) = (curve.strain[last], curve.stress[last]);
    for k in 1..=15 {
        let fallen = curve.stress[last] * (1.0 - 0.03 * f64::from(k));
        push(&mut curve, 0.13 + 0.001 * f64::from(k), fallen);
    }
    let reduction = reduce(&curve, &settings());
    assert_flag(&reduction, Flag::EndPointDropped);
    assert_near(reduction.a_pct, 12.0, 0.001, "A");
}

/// Teeth of 2 % from 2 % plastic strain on, their tops on the curve but for some scatter: Agt is the maximum of
/// the hull and not the luckiest tooth.
#[test]
fn agt_of_serrated_flow_is_read_from_the_hull() {
    let smooth = reduce(&necking(), &settings());
    let mut curve = necking();
    for k in 700..2000 {
        let tooth = (k % 8) as f64 / 8.0;
        // Every third tooth a little higher, the highest of all far from the maximum.
        let luck = if k % 24 < 8 { 1.0003 } else { 1.0 };
        let stress = curve.stress[k] * luck * (1.0 - 0.02 * tooth);
        curve.strain[k] += (stress - curve.stress[k]) / E;
        curve.stress[k] = stress;
    }
    let reduction = reduce(&curve, &settings());
    assert_flag(&reduction, Flag::Serrated);
    assert!(!smooth.flags.contains(&Flag::Serrated));
    assert_near(reduction.rp02_mpa, RP02, 0.001, "Rp0.2");
    assert_eq!(reduction.reh_mpa, None, "a serration is no yield point");
    let (with, without) = (
        reduction.agt_pct.expect("Agt"),
        smooth.agt_pct.expect("Agt"),
    );
    assert!((with - without).abs() < 0.8, "{with} {without}");
    assert_near(reduction.a_pct, 12.0, 0.003, "A");
}
