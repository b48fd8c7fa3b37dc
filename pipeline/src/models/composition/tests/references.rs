//! Against scikit-learn and against numbers worked out by hand.

use serde_json::Value;

use super::super::cross_validation::{cross_validate, deal_into_folds};
use super::super::elastic::Conditioned;
use super::super::heat_means::HeatMeans;
use super::super::latent;
use super::*;
use crate::models::reference::{Tolerance, assert_close, number, tolerance};

const TEXT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/reference/composition.json"
));

fn file() -> Value {
    serde_json::from_str(TEXT).unwrap()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(number).collect()
}

/// The heats of the reference file.
fn means(with_scrap: bool) -> HeatMeans {
    let heats = &file()["heats"];
    let names = ["mg", "fe", "cu"].map(str::to_owned).to_vec();
    HeatMeans {
        columns: names.iter().map(|name| numbers(&heats[name])).collect(),
        names,
        y: numbers(&heats["y"]),
        scrap: with_scrap.then(|| numbers(&heats["scrap"])),
    }
}

/// Agreement with every case of a block: `answer` gives the numbers of a case by key.
fn agree(name: &str, answer: impl Fn(&Value) -> Vec<(&'static str, Vec<f64>)>) {
    let file = file();
    let block = &file[name];
    assert!(block["source"].is_string() && block["tolerance_reason"].is_string());
    let mut compared = 0;
    for case in block["cases"].as_array().unwrap() {
        for (key, actual) in answer(case) {
            let expected = match &case[key] {
                list @ Value::Array(_) => numbers(list),
                one => vec![number(one)],
            };
            assert_eq!(expected.len(), actual.len(), "{case}");
            for (actual, expected) in actual.into_iter().zip(expected) {
                if expected == 0.0 {
                    assert_eq!(actual, 0.0, "{case}");
                } else {
                    assert_close(&case.to_string(), actual, expected, tolerance(block));
                }
                compared += 1;
            }
        }
    }
    assert!(compared >= 9, "{name}: {compared} numbers");
}

#[test]
fn elastic_net_of_scikit_learn() {
    for (name, with_scrap) in [("elastic_net", false), ("elastic_net_scrap_held", true)] {
        let means = means(with_scrap);
        let all: Vec<usize> = (0..means.y.len()).collect();
        let conditioned = Conditioned::of(&means, &all);
        agree(name, |case| {
            let line = conditioned.fit(number(&case["l1_ratio"]), number(&case["penalty"]));
            let line = line.unwrap();
            let mut answer = vec![("per_unit", line.slopes)];
            if with_scrap {
                answer.push(("scrap_slope", vec![line.scrap_slope]));
            }
            answer
        });
    }
}

#[test]
fn partial_least_squares_of_scikit_learn() {
    let means = means(false);
    let all: Vec<usize> = (0..means.y.len()).collect();
    let fits = latent::fits(&means.columns, &means.y, &all, 3);
    agree("pls", |case| {
        let components = usize::try_from(case["components"].as_u64().unwrap()).unwrap();
        vec![("per_sd", fits[components - 1].per_deviation.clone())]
    });
}

/// With a ridge of next to nothing the refined slopes are those of least squares wherever they start.
#[test]
fn refinement_ends_at_least_squares() {
    let means = means(true);
    let all: Vec<usize> = (0..means.y.len()).collect();
    let conditioned = Conditioned::of(&means, &all);
    let mut columns: Vec<(&str, &[f64])> = Vec::new();
    for (name, column) in means.names.iter().zip(&means.columns) {
        columns.push((name, column));
    }
    columns.push(("scrap", means.scrap.as_deref().unwrap()));
    let truth = crate::models::regression::regress(&means.y, &columns, 1, true).unwrap();
    for start in [[0.0, 0.0, 0.0], [100.0, -50.0, 7.0]] {
        let line = conditioned.refine(&start, 1e-12).unwrap();
        let found = line.slopes.iter().chain([&line.scrap_slope]);
        for (term, &found) in truth.terms[1..].iter().zip(found) {
            assert_close(&term.name, found, term.estimate, Tolerance::Relative(1e-9));
        }
    }
    // A ridge beyond all measure leaves the start.
    let line = conditioned.refine(&[100.0, -50.0, 7.0], 1e12).unwrap();
    for (found, start) in line.slopes.iter().zip([100.0, -50.0, 7.0]) {
        assert_close("start", *found, start, Tolerance::Relative(1e-9));
    }
}

#[test]
fn score_by_hand() {
    // Squares 1, 9, 25, 49: mean 21, deviations −20, −12, 4, 28 with squares 1344.
    let score = Score::of(&[1.0, -3.0, 5.0, -7.0]);
    let rmse = 21.0_f64.sqrt();
    assert_close("rmse", score.cv_rmse, rmse, Tolerance::Relative(1e-14));
    let se = (1344.0_f64 / 3.0).sqrt() / (2.0 * 2.0 * rmse);
    assert_close("se", score.cv_se, se, Tolerance::Relative(1e-14));
    assert_eq!(Score::of(&[0.0, 0.0]).cv_se, 0.0);
}

#[test]
fn folds_are_even_and_every_heat_is_left_out_once() {
    let folds = deal_into_folds(13, 5, 7);
    let sizes: Vec<usize> = (0..5)
        .map(|fold| folds.iter().filter(|&&f| f == fold).count())
        .collect();
    assert_eq!(sizes, [3, 3, 3, 2, 2]);
    assert_ne!(folds, deal_into_folds(13, 5, 8));
    let mut alone = deal_into_folds(4, 9, 7);
    alone.sort_unstable();
    assert_eq!(alone, [0, 1, 2, 3]);

    let y: Vec<f64> = (0..13).map(f64::from).collect();
    let errors = cross_validate(&y, &folds, |train, test| {
        assert_eq!(train.len() + test.len(), 13);
        assert!(test.iter().all(|heat| !train.contains(heat)));
        Some(vec![100.0; test.len()])
    });
    let expected: Vec<f64> = y.iter().map(|y| y - 100.0).collect();
    assert_eq!(errors, Some(expected));
    assert_eq!(cross_validate(&y, &folds, |_, _| None), None);
}
