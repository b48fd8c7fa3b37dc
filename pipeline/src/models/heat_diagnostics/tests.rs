//! The diagnostics against numbers made by other means, and each of them failing where it should.

use super::*;
use crate::models::random_heats::fit_regressors;
use crate::models::reference::{assert_close, number, tolerance, whole};

/// Heat effects and specimen offsets without a pattern in x.
const EFFECTS: [f64; 10] = [0.8, -1.1, 0.3, 1.2, -0.7, -0.2, 0.9, -1.3, 0.5, -0.4];
const OFFSETS: [f64; 3] = [-0.4, 0.1, 0.3];

/// Heats of three specimens each, one per x.
fn lab(x: &[f64], curve: impl Fn(f64) -> f64) -> Observations {
    let mut lab = Observations {
        y: vec![],
        x: vec![],
        heats: vec![],
    };
    for (heat, &x) in x.iter().enumerate() {
        for offset in OFFSETS {
            lab.y.push(curve(x) + EFFECTS[heat % 10] + offset);
            lab.x.push(x);
            lab.heats.push(heat);
        }
    }
    lab
}

fn tenths() -> Vec<f64> {
    (0..10).map(|i| 0.1 * f64::from(i)).collect()
}

fn line(x: f64) -> f64 {
    250.0 - 20.0 * x
}

/// The diagnostic of one name.
fn one(lab: &Observations, model: Model, days: Option<&[Option<f64>]>, test: &str) -> Diagnostic {
    let fitted = fit(lab, model).unwrap();
    let all = diagnose(lab, &fitted, days).unwrap();
    all.into_iter().find(|d| d.test == test).unwrap()
}

#[test]
fn an_ordinary_lab_passes_everything_in_the_documented_order() {
    let lab = lab(&tenths(), line);
    let fitted = fit(&lab, Model::Linear).unwrap();
    let days: Vec<Option<f64>> = lab
        .heats
        .iter()
        .map(|&h| Some(((h * 3) % 10) as f64))
        .collect();
    let found = diagnose(&lab, &fitted, Some(&days)).unwrap();
    let names: Vec<&str> = found.iter().map(|d| d.test.as_str()).collect();
    assert_eq!(
        names,
        [
            "lack_of_fit",
            "heat_leverage",
            "one_heat_decides",
            "cooks_distance_by_heat",
            "rank_and_condition",
            "residual_trend"
        ]
    );
    for diagnostic in &found {
        assert_eq!(diagnostic.outcome, Outcome::Pass, "{diagnostic:?}");
        assert!(diagnostic.statistic.is_some());
    }
}

/// Cook's distances of the reference come from fitting again without each heat, with full matrices.
#[test]
fn cooks_distances_are_those_of_fitting_again() {
    let file = whole(
        "random-heats.json",
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/reference/random-heats.json"
        )),
    );
    for key in ["quadratic", "regressors"] {
        let case = &file[key];
        let list = |value: &serde_json::Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(number).collect()
        };
        let points: Vec<Vec<f64>> = case["x"].as_array().unwrap().iter().map(list).collect();
        let heats: Vec<usize> = list(&case["heats"]).iter().map(|&h| h as usize).collect();
        let y = list(&case["y"]);
        let regressors: Vec<Predictor> = (0..points[0].len())
            .map(|j| Predictor {
                name: format!("x{j}"),
                values: points.iter().map(|at| at[j]).collect(),
            })
            .collect();
        let fitted = if key == "quadratic" {
            let x = regressors[0].values.clone();
            let (y, heats) = (y.clone(), heats.clone());
            fit(&Observations { y, x, heats }, Model::Quadratic).unwrap()
        } else {
            fit_regressors(&y, &regressors, &heats).unwrap()
        };
        let deletions = Deletions::of(&fitted, &y, &points, &heats).unwrap();
        let found = cooks_distances(&fitted, &deletions).unwrap();
        let expected = list(&case["cooks"]);
        for (found, expected) in found.iter().zip(&expected) {
            assert_close(key, *found, *expected, tolerance(&file));
        }
        let leverage: f64 = deletions.parts.iter().map(|part| part.leverage).sum();
        assert!((leverage - fitted.rank as f64).abs() < 1e-12);
        let days = vec![Some(1.0); y.len()];
        let all = diagnose_regressors(&y, &regressors, &heats, &fitted, Some(&days)).unwrap();
        let largest = expected.iter().copied().fold(0.0, f64::max);
        let cook = &all[3];
        assert!((cook.statistic.unwrap() / largest - 1.0).abs() < 1e-9);
        // The last heat of the parabola is a long way off; none of the others is.
        assert_eq!(cook.outcome == Outcome::Fail, key == "quadratic");
        assert_eq!(all[0].outcome, Outcome::Skipped);
        assert_eq!(all[5].outcome, Outcome::Skipped, "{:?}", all[5]);
    }
}

/// Two heats at each of five x: the F of their means by hand.
#[test]
fn lack_of_fit_against_heats_that_share_an_x() {
    let x: Vec<f64> = (0..10).map(|i| 0.2 * f64::from(i / 2)).collect();
    for (bend, outcome) in [(0.0, Outcome::Pass), (60.0, Outcome::Fail)] {
        let lab = lab(&x, |x| line(x) - bend * (x - 0.4) * (x - 0.4));
        let found = one(&lab, Model::Linear, None, "lack_of_fit");
        let means: Vec<f64> = lab
            .y
            .chunks(3)
            .map(|y| y.iter().sum::<f64>() / 3.0)
            .collect();
        let pure: f64 = means
            .chunks(2)
            .map(|pair| 0.5 * (pair[0] - pair[1]).powi(2))
            .sum();
        let level = means.iter().sum::<f64>() / 10.0;
        let (sxx, sxy) = means.iter().zip(&x).fold((0.0, 0.0), |(sxx, sxy), (m, x)| {
            (sxx + (x - 0.4) * (x - 0.4), sxy + (x - 0.4) * (m - level))
        });
        let about: f64 = means
            .iter()
            .zip(&x)
            .map(|(m, x)| (m - level - sxy / sxx * (x - 0.4)).powi(2))
            .sum();
        let f = (about - pure) / 3.0 / (pure / 5.0);
        assert!(
            (found.statistic.unwrap() / f - 1.0).abs() < 1e-9,
            "{found:?} {f}"
        );
        assert_eq!(
            found.p.unwrap(),
            f_upper_p(found.statistic.unwrap(), 3.0, 5.0)
        );
        assert_eq!(found.outcome, outcome, "{found:?}");
    }
}

/// Where heats share no x the bend itself is tested; with equal heats by the exact t of their means.
#[test]
fn lack_of_fit_by_the_next_power() {
    let bent = lab(&tenths(), |x| line(x) - 30.0 * x * x);
    let found = one(&bent, Model::Linear, None, "lack_of_fit");
    assert_eq!(found.outcome, Outcome::Fail, "{found:?}");
    // The same t from the ten heat means.
    let means: Vec<f64> = bent
        .y
        .chunks(3)
        .map(|y| y.iter().sum::<f64>() / 3.0)
        .collect();
    let x = tenths();
    let plain = crate::models::regression::regress(&means, &[("x", &x)], 2, true).unwrap();
    let term = &plain.terms[2];
    assert!((found.statistic.unwrap() / term.t.unwrap().abs() - 1.0).abs() < 1e-9);
    assert!((found.p.unwrap() / term.p.unwrap() - 1.0).abs() < 1e-8);
    // The parabola itself is then stiff no longer.
    let found = one(&bent, Model::Quadratic, None, "lack_of_fit");
    assert_eq!(found.outcome, Outcome::Pass, "{found:?}");
    // Two x cannot show a bend; a mean has none.
    let two = lab(&[0.1, 0.1, 0.5, 0.5, 0.1], line);
    assert_eq!(
        one(&two, Model::Linear, None, "lack_of_fit").outcome,
        Outcome::Skipped
    );
    assert_eq!(
        one(&two, Model::Mean, None, "lack_of_fit").outcome,
        Outcome::Skipped
    );
}

#[test]
fn a_heat_far_from_the_others_decides_and_has_leverage() {
    let mut x = vec![0.1, 0.12, 0.14, 0.1, 0.13, 0.11, 0.12, 0.14, 0.1];
    x.push(0.9);
    let far = lab(&x, line);
    let found = one(&far, Model::Linear, None, "one_heat_decides");
    // 1 − Sxx of the nine / Sxx of the ten; heats are equal, so their own x will do.
    let squares = |x: &[f64]| {
        let centre = x.iter().sum::<f64>() / x.len() as f64;
        x.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>()
    };
    let share = 1.0 - squares(&x[..9]) / squares(&x);
    assert!((found.statistic.unwrap() - share).abs() < 1e-10);
    assert_eq!(found.outcome, Outcome::Fail);
    assert_eq!(
        found.reason,
        "heat 10 holds 99.6 % of what is known of a slope"
    );
    let found = one(&far, Model::Linear, None, "heat_leverage");
    let centre = x.iter().sum::<f64>() / 10.0;
    let leverage = 0.1 + (0.9 - centre).powi(2) / squares(&x);
    assert!((found.statistic.unwrap() - leverage).abs() < 1e-12);
    assert_eq!(found.outcome, Outcome::Fail);
    // One other x only: nothing is left without that heat.
    let alone = lab(&[0.1, 0.1, 0.1, 0.1, 0.9], line);
    let found = one(&alone, Model::Linear, None, "one_heat_decides");
    assert_eq!((found.statistic, found.outcome), (Some(1.0), Outcome::Fail));
    let found = one(&alone, Model::Linear, None, "cooks_distance_by_heat");
    assert_eq!((found.statistic, found.outcome), (None, Outcome::Fail));
    assert!(found.reason.contains("heat 5"), "{}", found.reason);
    // With five heats each weighs much, and a mean has no slope.
    let few = lab(&tenths()[..5], line);
    assert_eq!(
        one(&few, Model::Linear, None, "heat_leverage").outcome,
        Outcome::Skipped
    );
    assert_eq!(
        one(&few, Model::Mean, None, "one_heat_decides").outcome,
        Outcome::Skipped
    );
    // At even distances the end holds exactly half, which is not more than half.
    let found = one(&few, Model::Linear, None, "one_heat_decides");
    assert!((found.statistic.unwrap() - 0.5).abs() < 1e-12);
    assert_eq!(found.outcome, Outcome::Pass, "{found:?}");
}

/// Twenty heats on a flat line, falling a little, and one far out whose height decides the sign
/// with less than half of the information.
#[test]
fn a_sign_that_one_heat_turns_is_found() {
    let mut x = [-1.0, 1.0].repeat(10);
    x.push(4.4);
    let with = |far: f64| {
        let mut y: Vec<f64> = (0..20)
            .map(|i| 250.0 - 0.01 * x[i] + 0.01 * EFFECTS[i / 2])
            .collect();
        y.push(far);
        let heats = (0..21).collect();
        let lab = Observations {
            y,
            x: x.clone(),
            heats,
        };
        one(&lab, Model::Linear, None, "one_heat_decides")
    };
    let turned = with(252.0);
    assert!(turned.statistic.unwrap() < 0.5);
    assert_eq!(turned.outcome, Outcome::Fail, "{turned:?}");
    assert_eq!(turned.reason, "without heat 21 a slope changes its sign");
    // Far below, the same heat agrees with the others about the sign.
    let agreed = with(248.0);
    assert_eq!(agreed.outcome, Outcome::Pass, "{agreed:?}");
    assert_eq!(agreed.statistic, turned.statistic);
}

#[test]
fn columns_that_nearly_depend_on_each_other_are_said() {
    let base = lab(&tenths(), line);
    let near: Vec<f64> = base
        .x
        .iter()
        .zip(&base.y)
        .map(|(x, y)| x + 1e-4 * (y - 240.0))
        .collect();
    let column = |name: &str, values: &[f64]| Predictor {
        name: name.to_owned(),
        values: values.to_vec(),
    };
    let columns = [column("ratio", &base.x), column("share", &near)];
    let fitted = fit_regressors(&base.y, &columns, &base.heats);
    // y is a combination of the two, so a little is added to leave scatter.
    let y: Vec<f64> = base
        .y
        .iter()
        .enumerate()
        .map(|(i, y)| y + EFFECTS[i % 7])
        .collect();
    assert_eq!(fitted.unwrap_err(), ModelError::NoScatter);
    let fitted = fit_regressors(&y, &columns, &base.heats).unwrap();
    let all = diagnose_regressors(&y, &columns, &base.heats, &fitted, None).unwrap();
    assert_eq!(all[4].outcome, Outcome::Fail, "{:?}", all[4]);
    assert_eq!(all[4].statistic, Some(fitted.condition));
    assert_eq!(all[5].reason, "no dates");
    assert!(diagnose_regressors(&y[1..], &columns, &base.heats, &fitted, None).is_err());
}

#[test]
fn a_drift_with_time_is_found() {
    let lab = lab(&tenths(), line);
    let dated = |day: &dyn Fn(usize) -> Option<f64>| {
        let days: Vec<Option<f64>> = lab.heats.iter().map(|&h| day(h)).collect();
        one(&lab, Model::Linear, Some(&days), "residual_trend")
    };
    // Heats cast in the order of their effects: nearly that of their residuals.
    let drifting = dated(&|h| Some(20_000.0 + 10.0 * EFFECTS[h]));
    assert_eq!(drifting.outcome, Outcome::Fail, "{drifting:?}");
    assert!(drifting.statistic.unwrap() > 0.9);
    let falling = dated(&|h| Some(-EFFECTS[h]));
    assert_eq!(falling.statistic, drifting.statistic.map(|rho| -rho));
    // Without dates for most, or with one date for all, there is nothing to say.
    let few = dated(&|h| (h < 4).then_some(h as f64));
    assert_eq!(few.reason, "4 heats with a date; needs at least 5");
    assert_eq!(dated(&|_| Some(1.0)).outcome, Outcome::Skipped);
    let short = one(&lab, Model::Linear, Some(&[Some(1.0)]), "residual_trend");
    assert_eq!(short.reason, "1 dates for 30 specimens");
}
