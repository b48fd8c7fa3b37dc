//! Labs with a known truth.

use rand::SeedableRng;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::models::diagnostics::Outcome;
use crate::models::reference::{Tolerance, assert_close};

/// MPa per wt% or per whole scrap ratio.
#[derive(Clone, Copy)]
struct Truth {
    mg: f64,
    fe: f64,
    /// What scrap does apart from composition.
    scrap: f64,
}

const TRUTH: Truth = Truth {
    mg: 40.0,
    fe: -25.0,
    scrap: 0.0,
};
const NOTHING: Truth = Truth {
    mg: 0.0,
    fe: 0.0,
    scrap: 0.0,
};
/// Scrap brings 0.4 wt% iron and 0.3 wt% copper per whole ratio; copper does nothing.
const IRON_BY_SCRAP: f64 = 0.4;

/// Five specimens a heat.
fn lab(count: u32, truth: Truth, seed: u64) -> CompositionData {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let mut data = CompositionData {
        names: ["mg_wt_pct", "fe_wt_pct", "cu_wt_pct"]
            .map(str::to_owned)
            .to_vec(),
        columns: vec![Vec::new(); 3],
        ..CompositionData::default()
    };
    let mut ratios = Vec::new();
    for heat in 0..count {
        let scrap = 0.2 + 0.7 * f64::from(heat) / f64::from(count - 1);
        let mg = 0.5 + 0.1 * normal();
        let fe = 0.15 + IRON_BY_SCRAP * scrap + 0.06 * normal();
        let cu = 0.02 + 0.3 * scrap + 0.05 * normal();
        let level = 200.0 + truth.mg * mg + truth.fe * fe + truth.scrap * scrap + normal();
        for _ in 0..5 {
            for (column, content) in data.columns.iter_mut().zip([mg, fe, cu]) {
                column.push(Some(content));
            }
            data.y.push(level + 2.0 * normal());
            data.heats.push(heat as usize);
            ratios.push(scrap);
        }
    }
    data.scrap = Some(ratios);
    data
}

fn report(data: &CompositionData) -> CompositionReport {
    composition_report(data, &settings()).unwrap()
}

fn effect<'a>(report: &'a CompositionReport, name: &str) -> &'a ElementEffect {
    report.effects.iter().find(|e| e.name == name).unwrap()
}

fn covers(estimate: Estimate, truth: f64) -> bool {
    estimate.low.unwrap() <= truth && truth <= estimate.high.unwrap()
}

#[test]
fn the_planted_elements_are_found() {
    let report = report(&lab(40, TRUTH, 1));
    let order: Vec<&str> = report.effects.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(order, ["mg_wt_pct", "fe_wt_pct", "cu_wt_pct"]);
    assert_eq!(
        (report.rows, report.heats, report.resamples),
        (200, 40, 200)
    );
    for (name, truth) in [
        ("mg_wt_pct", 40.0),
        ("fe_wt_pct", -25.0),
        ("cu_wt_pct", 0.0),
    ] {
        let found = effect(&report, name);
        assert!(covers(found.per_sd, truth * found.sd), "{found:?}");
        assert!(
            covers(found.per_sd, 0.0) == (name == "cu_wt_pct"),
            "{found:?}"
        );
        let estimate = found.per_unit * found.sd;
        assert_close(
            name,
            found.per_sd.estimate,
            estimate,
            Tolerance::Relative(1e-12),
        );
        assert!(found.elastic_net_per_sd.abs() <= found.per_sd.estimate.abs() + 0.1);
    }
    assert!(effect(&report, "cu_wt_pct").per_sd.estimate.abs() < 1.0);
    // Composition predicts, the mean does not; the scrap ratio alone is in between.
    let (net, line) = (report.elastic_net.score, report.linear_in_scrap.unwrap());
    assert!(
        net.cv_rmse < 2.0 && line.cv_rmse > 2.0 * net.cv_rmse && line.cv_rmse < report.mean.cv_rmse
    );
    assert!(report.pls.score.cv_rmse < 2.0);
    assert_eq!(report.elastic_net.scores.len(), 15);
    assert_eq!(report.pls.scores.len(), 5);
    // Three elements and the scrap ratio do not hold a fifth component.
    assert!(report.pls.scores[3].score.is_some() && report.pls.scores[4].score.is_none());
    assert_eq!(report.nonlinearity.outcome, Outcome::Pass);
}

#[test]
fn iron_carries_the_effect_of_scrap() {
    let report = report(&lab(40, TRUTH, 2));
    let scrap = report.scrap.unwrap();
    let truth = 0.1 * TRUTH.fe * IRON_BY_SCRAP;
    let iron = effect(&report, "fe_wt_pct").per_10pct_scrap.unwrap();
    assert!(covers(iron, truth) && !covers(iron, 0.0), "{iron:?}");
    assert!(covers(scrap.carried_per_10pct, truth), "{scrap:?}");
    for name in ["mg_wt_pct", "cu_wt_pct"] {
        assert!(covers(effect(&report, name).per_10pct_scrap.unwrap(), 0.0));
    }
    let carried: f64 = report
        .effects
        .iter()
        .map(|e| e.per_10pct_scrap.unwrap().estimate)
        .sum();
    let exact = Tolerance::Relative(1e-9);
    assert_close("carried", carried, scrap.carried_per_10pct.estimate, exact);
    let sum = carried + scrap.remainder_per_10pct.estimate;
    assert_close("total", sum, scrap.total_per_10pct.estimate, exact);
    let copper = effect(&report, "cu_wt_pct").column_per_10pct_scrap.unwrap();
    assert!((copper - 0.03).abs() < 0.01, "{copper}");
}

/// Oxides, say: scrap costs strength whatever the elements do. Iron and copper rise with scrap and are
/// not to be blamed.
#[test]
fn what_composition_does_not_carry_is_left_to_scrap() {
    let truth = Truth {
        scrap: -30.0,
        ..NOTHING
    };
    let report = report(&lab(40, truth, 3));
    let scrap = report.scrap.unwrap();
    assert!(covers(scrap.total_per_10pct, -3.0), "{scrap:?}");
    assert!(covers(scrap.remainder_per_10pct, -3.0), "{scrap:?}");
    assert!(!covers(scrap.remainder_per_10pct, 0.0), "{scrap:?}");
    assert!(covers(scrap.carried_per_10pct, 0.0), "{scrap:?}");
}

#[test]
fn the_order_of_rows_does_not_show() {
    let data = lab(20, TRUTH, 4);
    let mut order: Vec<usize> = (0..data.y.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(5));
    let shuffled = CompositionData {
        names: data.names.clone(),
        columns: data
            .columns
            .iter()
            .map(|column| order.iter().map(|&row| column[row]).collect())
            .collect(),
        y: order.iter().map(|&row| data.y[row]).collect(),
        heats: order.iter().map(|&row| data.heats[row]).collect(),
        scrap: data
            .scrap
            .as_ref()
            .map(|scrap| order.iter().map(|&row| scrap[row]).collect()),
    };
    assert_ne!(shuffled, data);
    let bytes = |data: &CompositionData| serde_json::to_string(&report(data)).unwrap();
    assert_eq!(bytes(&data), bytes(&shuffled));
    let mut other = settings();
    other.seed += 1;
    let reseeded = composition_report(&data, &other).unwrap();
    assert_ne!(bytes(&data), serde_json::to_string(&reseeded).unwrap());
}

/// ksi for MPa and ppm for wt%: the same choices, the same effect per standard deviation.
#[test]
fn units_do_not_matter() {
    let data = lab(20, TRUTH, 6);
    let mut other = data.clone();
    let ksi = 0.145_037_737_73;
    for y in &mut other.y {
        *y *= ksi;
    }
    for iron in other.columns[1].iter_mut().flatten() {
        *iron *= 1e4;
    }
    let (one, other) = (report(&data), report(&other));
    assert_eq!(one.elastic_net.penalty, other.elastic_net.penalty);
    assert_eq!(one.elastic_net.l1_ratio, other.elastic_net.l1_ratio);
    assert_eq!(one.pls.components, other.pls.components);
    for (a, b) in one.effects.iter().zip(&other.effects) {
        assert_eq!(a.name, b.name);
        for (a, b) in [
            (a.per_sd.estimate, b.per_sd.estimate),
            (a.per_sd.low.unwrap(), b.per_sd.low.unwrap()),
            (a.pls_per_sd, b.pls_per_sd),
        ] {
            assert_close("effect", b / ksi, a, Tolerance::Relative(1e-9));
        }
    }
}

/// Twenty labs with six 95 % intervals each, three elements and the three parts of the effect of scrap:
/// if the truth is in each with a chance of 0.93, in fewer than 102 of 120 it is once in a hundred.
#[test]
fn intervals_hold_the_truth() {
    let blame_scrap = Truth {
        scrap: -30.0,
        ..NOTHING
    };
    for (truth, first_seed) in [(TRUTH, 100), (NOTHING, 200), (blame_scrap, 300)] {
        let mut held = 0;
        let mut alarms = 0;
        for seed in first_seed..first_seed + 20 {
            let report = report(&lab(24, truth, seed));
            for (name, slope) in [
                ("mg_wt_pct", truth.mg),
                ("fe_wt_pct", truth.fe),
                ("cu_wt_pct", 0.0),
            ] {
                let found = effect(&report, name);
                held += u32::from(covers(found.per_sd, slope * found.sd));
            }
            let scrap = report.scrap.unwrap();
            let carried = 0.1 * truth.fe * IRON_BY_SCRAP;
            let rest = 0.1 * truth.scrap;
            held += u32::from(covers(scrap.carried_per_10pct, carried));
            held += u32::from(covers(scrap.remainder_per_10pct, rest));
            held += u32::from(covers(scrap.total_per_10pct, carried + rest));
            alarms += u32::from(report.nonlinearity.outcome == Outcome::Fail);
        }
        assert!(held >= 102, "{held} of 120 intervals");
        assert!(alarms <= 3, "{alarms} of 20 labs called nonlinear");
    }
}

/// Strength with an optimum, and an effect that turns round with another element.
#[test]
fn a_nonlinear_effect_is_flagged() {
    let linear = lab(60, NOTHING, 7);
    let bend: fn(f64, f64) -> f64 = |mg, _| -600.0 * (mg - 0.5).powi(2);
    let turn: fn(f64, f64) -> f64 = |mg, fe| if (mg > 0.5) == (fe > 0.37) { 20.0 } else { 0.0 };
    for effect in [bend, turn] {
        let mut data = linear.clone();
        for row in 0..data.y.len() {
            let (mg, fe) = (data.columns[0][row].unwrap(), data.columns[1][row].unwrap());
            data.y[row] += effect(mg, fe);
        }
        let report = report(&data);
        assert!(report.forest.cv_rmse < report.elastic_net.score.cv_rmse);
        assert_eq!(
            report.nonlinearity.outcome,
            Outcome::Fail,
            "{:?}",
            report.nonlinearity
        );
        assert!(
            report
                .nonlinearity
                .reason
                .contains("a nonlinear effect is missed")
        );
    }
    assert_eq!(report(&linear).nonlinearity.outcome, Outcome::Pass);
}

#[test]
fn few_heats_for_many_columns_get_no_intervals() {
    // 10 heats, 3 columns, mean and scrap leave 5 of the 6 asked for.
    let report = report(&lab(10, TRUTH, 8));
    assert_eq!(report.evidence.outcome, Outcome::Fail);
    assert_eq!(
        (report.evidence.statistic, report.resamples),
        (Some(5.0), 0)
    );
    for effect in &report.effects {
        assert_eq!((effect.per_sd.low, effect.per_sd.high), (None, None));
        let net = effect.elastic_net_per_sd;
        assert!((effect.per_sd.estimate - net).abs() <= 1e-12 * net.abs());
    }
    let scrap = report.scrap.unwrap();
    let sum = scrap.carried_per_10pct.estimate + scrap.remainder_per_10pct.estimate;
    assert_close(
        "total",
        sum,
        scrap.total_per_10pct.estimate,
        Tolerance::Relative(1e-9),
    );
}

#[test]
fn a_report_survives_json() {
    let mut data = lab(12, TRUTH, 9);
    let with = report(&data);
    data.scrap = None;
    let without = report(&data);
    assert!(without.scrap.is_none() && without.linear_in_scrap.is_none());
    assert!(without.effects.iter().all(|e| e.per_10pct_scrap.is_none()));
    for report in [with, without] {
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(
            serde_json::from_str::<CompositionReport>(&text).unwrap(),
            report
        );
    }
}
