//! What `auto` chooses and why, both sides, and methods for independent specimens beside heats.

use super::*;
use crate::models::distributions::normal_quantile;

fn plain<'a>(y: &'a [f64]) -> Sample<'a> {
    Sample {
        group: "",
        y,
        x: None,
        heats: None,
    }
}

/// Quantiles at (i − ½)/n of whatever `of` makes of a standard normal value.
fn sample(n: usize, of: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..n)
        .map(|i| of(normal_quantile((i as f64 + 0.5) / n as f64).unwrap()))
        .collect()
}

#[test]
fn auto_takes_the_first_shape_that_fits_and_says_so() {
    let normal = sample(40, |z| 250.0 + 6.0 * z);
    let lognormal = sample(40, |z| (0.8 * z).exp());
    // Of Weibull shape 0.8, which neither normal nor lognormal is.
    let weibull = sample(300, |z| {
        (-crate::models::distributions::normal_cdf(-z).ln()).powf(1.25)
    });
    for (y, method, reasons) in [
        (&normal, "normal", 1),
        (&lognormal, "lognormal", 2),
        (&weibull, "weibull", 3),
    ] {
        let report = basis(&plain(y), &Request::default()).unwrap();
        assert_eq!(report.method, method, "{:?}", report.reasons);
        assert_eq!(report.reasons.len(), reasons);
        assert!(report.reasons[reasons - 1].starts_with(method));
        assert_eq!(report.bounds.len(), 2);
        assert!(report.bounds.iter().all(|entry| entry.method == method));
        let has_intervals = method != "weibull";
        assert_eq!(report.intervals.len(), usize::from(has_intervals));
    }
}

#[test]
fn order_statistics_come_last_each_content_by_what_the_sample_allows() {
    // Two clusters: no shape fits.
    let y: Vec<f64> = (0..60)
        .map(|i| f64::from(i % 2) * 100.0 + 100.0 + f64::from(i) / 10.0)
        .collect();
    let report = basis(&plain(&y), &Request::default()).unwrap();
    assert_eq!(report.method, "nonparametric");
    let methods: Vec<_> = report.bounds.iter().map(|entry| entry.method).collect();
    assert_eq!(methods, ["hanson-koopmans", "nonparametric"]);
    assert!(report.bounds[0].bound < report.bounds[1].bound);
    let few = basis(&plain(&y[..20]), &Request::default()).unwrap();
    assert_eq!(few.method, "hanson-koopmans", "{:?}", few.reasons);
    assert_eq!(few.bounds.len(), 2);
    // Asked for by name, a method does not give way to another.
    let request = Request {
        method: Method::Nonparametric,
        ..Request::default()
    };
    let asked = basis(&plain(&y), &request).unwrap();
    assert_eq!(asked.bounds.len(), 1);
    assert!(
        asked.warnings[0].contains("at least 299"),
        "{:?}",
        asked.warnings
    );
    assert!(asked.reasons.is_empty());
}

#[test]
fn upper_bounds_mirror_lower_ones_in_every_symmetric_method() {
    let heats: Vec<usize> = (0..40).map(|i| i % 8).collect();
    let x: Vec<f64> = heats.iter().map(|&heat| heat as f64).collect();
    let y: Vec<f64> = (0..40)
        .map(|i| 100.0 + x[i] + (1.7 * i as f64).sin() + (3.1 * x[i]).cos())
        .collect();
    let mirrored: Vec<f64> = y.iter().map(|y| -y).collect();
    for method in [
        Method::Normal,
        Method::Regression,
        Method::RandomHeats,
        Method::Anova,
    ] {
        let of = |y: &[f64], side| {
            let sample = Sample {
                group: "",
                y,
                x: Some(&x),
                heats: Some(&heats),
            };
            let request = Request {
                method,
                side,
                ..Request::default()
            };
            basis(&sample, &request).unwrap()
        };
        let (upper, lower) = (of(&y, Side::Upper), of(&mirrored, Side::Lower));
        assert!(!upper.bounds.is_empty() && upper.side == Side::Upper);
        for (upper, lower) in upper.bounds.iter().zip(&lower.bounds) {
            assert!((upper.bound + lower.bound).abs() < 1e-9, "{method}");
            assert!(upper.bound > upper.estimate && (upper.k - lower.k).abs() < 1e-9);
        }
    }
}

#[test]
fn independent_methods_beside_heats_are_refused_only_where_heats_differ() {
    let heats: Vec<usize> = (0..32).map(|i| i / 4).collect();
    let noise = |i: usize| (1.7 * i as f64).sin();
    let alike: Vec<f64> = (0..32).map(|i| 250.0 + noise(i)).collect();
    let differ: Vec<f64> = (0..32)
        .map(|i| 250.0 + noise(i) + (i / 4 % 2) as f64 * 5.0)
        .collect();
    for method in [
        Method::Weibull,
        Method::HansonKoopmans,
        Method::Nonparametric,
    ] {
        let of = |y: &[f64], heats: &[usize]| {
            let sample = Sample {
                group: "",
                y,
                x: None,
                heats: Some(heats),
            };
            let request = Request {
                method,
                content: Some(if method == Method::HansonKoopmans {
                    0.99
                } else {
                    0.9
                }),
                ..Request::default()
            };
            basis(&sample, &request).unwrap()
        };
        assert!(!of(&alike, &heats).refused());
        assert!(of(&alike, &heats).warnings[0].contains("treated as independent"));
        let refused = of(&differ, &heats);
        assert!(refused.refused());
        assert!(
            refused.warnings[0].contains("one-way ANOVA F"),
            "{:?}",
            refused.warnings
        );
        // One specimen per heat: nothing within heats to compare with.
        let singles: Vec<usize> = (0..32).collect();
        assert!(!of(&differ, &singles).refused());
    }
}

#[test]
fn a_constant_x_is_a_mean_by_auto_and_heats_are_needed_for_anova() {
    let heats: Vec<usize> = (0..15).map(|i| i / 3).collect();
    let y: Vec<f64> = (0..15)
        .map(|i| 250.0 + (1.7 * f64::from(i)).sin())
        .collect();
    let sample = Sample {
        group: "",
        y: &y,
        x: Some(&[0.5; 15]),
        heats: Some(&heats),
    };
    let report = basis(&sample, &Request::default()).unwrap();
    assert_eq!(
        (report.method.as_str(), report.bounds.len()),
        ("random-heats", 2)
    );
    assert!(report.reasons[0].starts_with("x is the same"));
    let request = Request {
        method: Method::Anova,
        ..Request::default()
    };
    let error = basis(&plain(&y), &request).unwrap_err();
    assert!(matches!(
        error,
        ModelError::MethodNeeds {
            method: "anova",
            ..
        }
    ));
}

#[test]
fn every_method_is_known_by_its_name() {
    for name in [
        "auto",
        "normal",
        "lognormal",
        "weibull",
        "hanson-koopmans",
        "nonparametric",
        "anova",
        "regression",
        "random-heats",
    ] {
        assert_eq!(name.parse::<Method>().unwrap().as_str(), name);
    }
}
