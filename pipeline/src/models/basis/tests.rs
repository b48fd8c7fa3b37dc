//! Reports of `basis` on samples small enough to check by hand.

use super::*;
use crate::models::diagnostics::Outcome;
use crate::models::reference::{assert_close, block, number, tolerance};

const Y: [f64; 8] = [250.0, 249.0, 244.0, 245.5, 241.0, 239.0, 236.0, 237.0];
const X: [f64; 8] = [0.3, 0.3, 0.5, 0.5, 0.6, 0.6, 0.8, 0.8];
const HEATS: [usize; 8] = [0, 0, 1, 1, 2, 2, 3, 3];

fn sample() -> Sample<'static> {
    Sample {
        group: "6061-T6",
        y: &Y,
        x: Some(&X),
        heats: Some(&HEATS),
    }
}

#[test]
fn a_plain_sample_has_the_bounds_of_its_k_factors() {
    // 1 to 10: mean 5.5 and variance 55/6.
    let y: Vec<f64> = (1..=10).map(f64::from).collect();
    let sample = Sample {
        group: "",
        y: &y,
        x: None,
        heats: None,
    };
    let report = basis(&sample, &Request::default()).unwrap();
    assert_eq!(
        (report.method.as_str(), report.groups, report.warnings.len()),
        ("normal", None, 0)
    );
    let reference = block("k_factor_normal");
    let cases = reference["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["n"] == 10).unwrap();
    assert_eq!(report.bounds.len(), 2);
    for (entry, key) in report.bounds.iter().zip(["a", "b"]) {
        assert_eq!((entry.at, entry.estimate), (None, 5.5));
        let bound = 5.5 - number(&case[key]) * (55.0_f64 / 6.0).sqrt();
        assert_close(key, entry.bound, bound, tolerance(&reference));
    }
    let normality = report
        .diagnostics
        .iter()
        .find(|d| d.test == "anderson_darling_normal")
        .unwrap();
    let reference = block("anderson_darling");
    let expected = number(&reference["whole_numbers_1_to_10"]["osl"]);
    assert_close("OSL", normality.p.unwrap(), expected, tolerance(&reference));
}

#[test]
fn auto_takes_the_heats_into_account_when_there_are_any() {
    let report = basis(&sample(), &Request::default()).unwrap();
    assert_eq!(
        (report.method.as_str(), report.n, report.groups),
        ("random-heats", 8, Some(4))
    );
    let points: Vec<_> = report
        .bounds
        .iter()
        .map(|entry| entry.at.unwrap())
        .collect();
    assert_eq!(points, [0.3, 0.3, 0.55, 0.55, 0.8, 0.8]);
    assert!(report.variance.between.is_some() && report.variance.within.is_some());
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    assert!(
        report.warnings[0].starts_with("so few"),
        "{:?}",
        report.warnings
    );
    assert_eq!(report.diagnostics.len(), 4);
    let spread = report.diagnostics.last().unwrap();
    assert_eq!(
        (spread.test.as_str(), spread.outcome),
        ("brown_forsythe", Outcome::Skipped)
    );

    let without = Sample {
        heats: None,
        ..sample()
    };
    let line = basis(
        &without,
        &Request {
            content: Some(0.9),
            ..Request::default()
        },
    )
    .unwrap();
    assert_eq!((line.method.as_str(), line.bounds.len()), ("regression", 3));
    let mean = basis(
        &without,
        &Request {
            degree: 0,
            ..Request::default()
        },
    )
    .unwrap();
    assert_eq!(mean.method, "normal");
}

#[test]
fn a_refused_model_is_a_report_with_the_reason_and_no_fallback() {
    let two_heats = [0, 0, 0, 0, 1, 1, 1, 1];
    let report = basis(
        &Sample {
            heats: Some(&two_heats),
            ..sample()
        },
        &Request::default(),
    )
    .unwrap();
    assert!(report.refused());
    assert_eq!(
        report.warnings,
        ["random-heats refused: 2 heats are too few: scatter between heats needs at least 3"]
    );
    let request = Request {
        at: vec![0.5, 0.95],
        ..Request::default()
    };
    let report = basis(&sample(), &request).unwrap();
    assert_eq!(report.bounds.len(), 2);
    assert_eq!(
        report.warnings[..1],
        ["x = 0.95 is outside the observed range 0.3 to 0.8: no extrapolation"]
    );
}

#[test]
fn requests_that_make_no_sense_are_errors() {
    let error = "weibul".parse::<Method>().unwrap_err();
    assert_eq!(
        error,
        ModelError::UnknownMethod {
            name: "weibul".to_owned()
        }
    );
    assert_eq!(
        "random-heats".parse::<Method>().unwrap(),
        Method::RandomHeats
    );
    let bare = Sample {
        x: None,
        heats: None,
        ..sample()
    };
    let with = |request: Request| basis(&bare, &request).unwrap_err();
    for method in [Method::Regression, Method::RandomHeats] {
        let error = with(Request {
            method,
            ..Request::default()
        });
        assert!(matches!(error, ModelError::MethodNeeds { .. }));
    }
    assert!(
        with(Request {
            content: Some(1.0),
            ..Request::default()
        })
        .is_usage()
    );
    assert!(
        with(Request {
            confidence: 0.0,
            ..Request::default()
        })
        .is_usage()
    );
    let short = Sample {
        x: Some(&X[..3]),
        ..sample()
    };
    assert!(matches!(
        basis(&short, &Request::default()).unwrap_err(),
        ModelError::Length { .. }
    ));
}

#[test]
fn what_the_reader_must_know_is_said() {
    let method = Request {
        method: Method::Normal,
        at: vec![0.5],
        ..Request::default()
    };
    let report = basis(&sample(), &method).unwrap();
    assert_eq!(report.warnings.len(), 2, "{:?}", report.warnings);
    let singles: Vec<usize> = (0..8).collect();
    let report = basis(
        &Sample {
            heats: Some(&singles),
            ..sample()
        },
        &Request::default(),
    )
    .unwrap();
    assert!(report.warnings[0].starts_with("one specimen per heat"));
    assert_eq!(report.variance, Variance::default());
}

#[test]
fn json_has_the_documented_keys() {
    let json = serde_json::to_value(basis(&sample(), &Request::default()).unwrap()).unwrap();
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(
        sorted(keys(&json)),
        "bounds capability diagnostics group groups intervals method n reasons side variance warnings"
    );
    assert_eq!(
        sorted(keys(&json["bounds"][0])),
        "at bound confidence content estimate k method"
    );
    assert_eq!(sorted(keys(&json["variance"])), "between within");
}
