//! Curves whose answers are known exactly: ε = σ/E + 0.002 (σ/Rp0.2)ⁿ (Ramberg and Osgood 1943).
//!
//! On such a curve Rp0.2 is the parameter and Rp1.0 = Rp0.2 · 5^(1/n).

#![allow(clippy::expect_used, reason = "a test may stop")]

use super::{Curve, Flag, Range, Reduction, ReductionSettings, reduce};

/// E, Rp0.2, n and Rp1.0, from the soft temper (6) to the hard one (20).
const CASES: [(f64, f64, f64, f64); 4] = [
    (69_000.0, 160.0, 20.0, 173.407_742),
    (70_000.0, 250.0, 15.0, 278.315_894),
    (69_000.0, 120.0, 8.0, 146.741_345),
    (71_000.0, 130.0, 6.0, 169.995_863),
];

/// Points on a curve, evenly in stress: as many as a plain machine records.
const POINTS: usize = 400;

fn settings() -> ReductionSettings {
    toml::from_str(include_str!("../../../schemas/reduction.toml")).expect("shipped settings")
}

fn strain_of(stress: f64, (e, rp02, n, _): (f64, f64, f64, f64)) -> f64 {
    stress / e + 0.002 * (stress / rp02).powf(n)
}

/// A curve up to 5 % plastic strain and then a break.
fn exact_curve(case: (f64, f64, f64, f64)) -> Curve {
    let top = case.1 * 25_f64.powf(1.0 / case.2);
    let mut curve = Curve::default();
    for k in 0..POINTS {
        let stress = top * k as f64 / (POINTS - 1) as f64;
        curve.stress.push(stress);
        curve.strain.push(strain_of(stress, case));
    }
    curve.strain.push(curve.strain[POINTS - 1] + 1e-6);
    curve.stress.push(0.0);
    curve
}

/// Normal noise that is the same on every run: a linear congruential generator, twelve draws summed.
struct Noise(u64);

impl Noise {
    fn draw(&mut self) -> f64 {
        let mut sum = -6.0;
        for _ in 0..12 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            sum += (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
        }
        sum
    }
}

#[track_caller]
fn assert_near(found: Option<f64>, exact: f64, tolerance: f64, what: &str) {
    let found = found.expect(what);
    assert!(
        (found / exact - 1.0).abs() <= tolerance,
        "{what}: {found}, not {exact}"
    );
}

/// 0.1 % is a tenth of the error that a class 1 load cell is allowed; the worst case (n = 6) is off
/// by less than half of it, because its elastic line already holds some plastic strain.
#[test]
fn a_clean_curve_gives_its_proof_strengths() {
    for case @ (e, rp02, n, rp10) in CASES {
        assert_near(
            Some(rp02 * 5_f64.powf(1.0 / n)),
            rp10,
            1e-8,
            "the case itself",
        );
        let reduction = reduce(&exact_curve(case), &settings());
        assert_near(reduction.rp02_mpa, rp02, 0.001, "Rp0.2");
        assert_near(reduction.rp10_mpa, rp10, 0.001, "Rp1.0");
        assert_near(reduction.slope_gpa, e / 1000.0, 0.005, "slope");
        let rm = rp02 * 25_f64.powf(1.0 / n);
        assert_near(reduction.rm_mpa, rm, 1e-12, "Rm");
        // The maximum is the last point, so A, Ag and the plastic part of the curve are one: 5 %.
        assert_near(reduction.a_pct, 5.0, 0.005, "A");
        assert_near(reduction.ag_pct, 5.0, 0.005, "Ag");
        assert_near(reduction.agt_pct, 5.0 + 100.0 * rm / e, 0.005, "Agt");
        assert_eq!(reduction.flags, [Flag::EndPointDropped]);
        assert_eq!(reduction.points, POINTS);
    }
}

/// Stress noise of 0.1 % of Rp0.2 and a soft start that adds 0.03 % strain over the first 10 MPa.
#[test]
fn noise_and_a_toe_move_the_proof_strengths_by_less_than_half_a_percent() {
    for case @ (_, rp02, _, rp10) in CASES {
        for seed in 0..20 {
            let mut noise = Noise(seed);
            let mut curve = exact_curve(case);
            for k in 0..POINTS {
                curve.strain[k] += 3e-4 * (1.0 - (-curve.stress[k] / 4.0).exp());
                curve.stress[k] += 0.001 * rp02 * noise.draw();
            }
            let reduction = reduce(&curve, &settings());
            assert_near(reduction.rp02_mpa, rp02, 0.005, "Rp0.2");
            assert_near(reduction.rp10_mpa, rp10, 0.005, "Rp1.0");
        }
    }
}

/// Alloys from soft to hard, with a toe, a zero error and a digital step of 0.1 MPa and 1 µm/m, dense and coarse:
/// the properties are those of the formula.
#[test]
fn a_grid_of_alloys_toes_offsets_and_resolutions() {
    let round = |number: f64, step: f64| (number / step).round() * step;
    for e in [40_000.0, 70_000.0, 210_000.0] {
        for rp02 in [80.0, 200.0, 450.0] {
            for n in [6.0, 10.0, 25.0] {
                for (points, toe, offset, coarse) in [
                    (250, 0.0, 0.0, false),
                    (250, 3e-4, -2e-3, false),
                    (1000, 3e-4, 1e-3, true),
                    (5000, 0.0, -1e-3, true),
                ] {
                    let top = rp02 * 25_f64.powf(1.0 / n);
                    let case = (e, rp02, n, 0.0);
                    let mut curve = Curve::default();
                    for k in 0..points {
                        let stress = top * f64::from(k) / f64::from(points - 1);
                        let soft = toe * (1.0 - (-stress / (0.02 * rp02)).exp());
                        let strain = strain_of(stress, case) + soft + offset;
                        let (strain_step, stress_step) =
                            if coarse { (1e-6, 0.1) } else { (1e-12, 1e-9) };
                        curve.strain.push(round(strain, strain_step));
                        curve.stress.push(round(stress, stress_step));
                    }
                    curve.strain.push(curve.strain[curve.strain.len() - 1]);
                    curve.stress.push(0.0);
                    let reduction = reduce(&curve, &settings());
                    let what = format!("E {e} Rp0.2 {rp02} n {n} points {points} toe {toe}");
                    // Clean 0.1 %, twice that with a toe, and half a step of 0.1 MPa when coarse.
                    let clean = if toe > 0.0 { 0.002 } else { 0.001 };
                    let tolerance = clean + if coarse { 0.05 / rp02 } else { 0.0 };
                    assert_near(reduction.rp02_mpa, rp02, tolerance, &what);
                    assert_near(
                        reduction.rp10_mpa,
                        rp02 * 5_f64.powf(1.0 / n),
                        tolerance,
                        &what,
                    );
                    assert_near(reduction.a_pct, 5.0, 0.01, &what);
                    let rm = top;
                    assert_near(reduction.at_pct, 5.0 + 100.0 * rm / e, 0.01, &what);
                    // ∫σ dε = σ²/2E + 0.002 n/(n+1) σ (σ/Rp0.2)ⁿ.
                    let energy = rm * rm / (2.0 * e) + 0.05 * n / (n + 1.0) * rm;
                    assert_near(reduction.energy_mj_m3, energy, 0.005, &what);
                }
            }
        }
    }
}

/// Camera noise makes the strain step back thousands of times; the crossing is still where it was.
#[test]
fn strain_that_steps_back_does_not_move_the_crossing() {
    for case @ (_, rp02, _, rp10) in CASES {
        let mut noise = Noise(11);
        let mut curve = exact_curve(case);
        for strain in &mut curve.strain[..POINTS] {
            *strain += 2e-5 * noise.draw();
        }
        let reduction = reduce(&curve, &settings());
        assert!(reduction.flags.contains(&Flag::NonMonotoneStrain));
        assert_near(reduction.rp02_mpa, rp02, 0.005, "Rp0.2");
        assert_near(reduction.rp10_mpa, rp10, 0.005, "Rp1.0");
    }
}

/// A zero error of the extensometer shifts every strain; the foot of the line takes it out again.
#[test]
fn a_shifted_strain_is_counted_from_the_foot_of_the_line() {
    let plain = reduce(&exact_curve(CASES[1]), &settings());
    let mut curve = exact_curve(CASES[1]);
    for strain in &mut curve.strain {
        *strain -= 0.003;
    }
    let shifted = reduce(&curve, &settings());
    assert_eq!(
        shifted.flags,
        [
            Flag::EndPointDropped,
            Flag::NegativeStart,
            Flag::ToeCorrected
        ]
    );
    let (Some(before), Some(after)) = (plain.agt_pct, shifted.agt_pct) else {
        panic!("Agt is read from both");
    };
    assert!((before - after).abs() < 1e-6, "{before} {after}");
    assert_near(shifted.rp02_mpa, 250.0, 0.001, "Rp0.2");
}

/// Serrations (Portevin–Le Chatelier): load falls by 2 % and comes back elastically.
#[test]
fn serrations_do_not_end_the_rise_or_the_curve() {
    let case = CASES[2];
    let mut curve = Curve::default();
    let exact = exact_curve(case);
    for k in 0..=POINTS {
        curve.strain.push(exact.strain[k]);
        curve.stress.push(exact.stress[k]);
        if k % 3 == 0 && k > POINTS / 2 && k < POINTS - 1 {
            let drop = 0.02 * exact.stress[k];
            curve.strain.push(exact.strain[k] - drop / case.0);
            curve.stress.push(exact.stress[k] - drop);
        }
    }
    let reduction = reduce(&curve, &settings());
    assert_near(reduction.rp02_mpa, case.1, 0.001, "Rp0.2");
    assert_near(reduction.rp10_mpa, case.3, 0.001, "Rp1.0");
    assert_near(reduction.a_pct, 5.0, 0.005, "A");
}

/// Twice the stress is twice every strength, to the last bit, and the same strains.
#[test]
fn strengths_scale_with_the_stress() {
    let mut wide = settings();
    wide.slope_expected_gpa = Range {
        min: 1.0,
        max: 1000.0,
    };
    wide.slope_possible_gpa = wide.slope_expected_gpa;
    for case in CASES {
        let curve = exact_curve(case);
        let mut doubled = curve.clone();
        for stress in &mut doubled.stress {
            *stress *= 2.0;
        }
        let once = reduce(&curve, &wide);
        let twice = reduce(&doubled, &wide);
        let pairs = |r: &Reduction| [r.rm_mpa, r.rp02_mpa, r.rp10_mpa, r.slope_gpa];
        assert_eq!(pairs(&once).map(|x| x.map(|x| 2.0 * x)), pairs(&twice));
        assert_eq!(once.agt_pct, twice.agt_pct);
        assert_eq!(once.a_pct, twice.a_pct);
        assert_eq!(once.flags, twice.flags);
    }
}
