//! The bounds against published formulas and stored fits, and the refusals.
//!
//! What must not change a bound is tested on random labs in `tests/it/metamorphic.rs`.

use super::*;
use crate::models::design::{Design, Predictor};
use crate::models::heat_effects::HeatInterval;
use crate::models::independent::{IndependentFit, k_normal};
use crate::models::random_heats::{Observations, fit, fit_regressors};
use crate::models::reference::{assert_close, block, number, tolerance, whole};

/// A file of reference answers beside the usual one.
macro_rules! reference_file {
    ($name:literal) => {
        whole(
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../tests/reference/",
                $name
            )),
        )
    };
}

fn numbers(list: &serde_json::Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(number).collect()
}

fn heats_of(case: &serde_json::Value) -> Vec<usize> {
    let list = case["heats"].as_array().unwrap().iter();
    list.map(|h| usize::try_from(h.as_u64().unwrap()).unwrap())
        .collect()
}

/// Fits in lakes written before there were polynomials: read back, they give the bounds they gave
/// then, and the same data give the same fit, key for key.
#[test]
fn fits_of_the_first_version_are_read_and_made_as_they_were() {
    let reference = reference_file!("stored-heat-fits.json");
    for case in reference["fits"].as_array().unwrap() {
        let stored: HeatFit = serde_json::from_value(case["fit"].clone()).unwrap();
        assert_eq!(serde_json::to_value(&stored).unwrap(), case["fit"]);
        let y = numbers(&case["y"]);
        let x = match &case["x"] {
            serde_json::Value::Null => vec![f64::NAN; y.len()],
            list => numbers(list),
        };
        let heats = heats_of(case);
        assert_eq!(
            fit(&Observations { y, x, heats }, stored.model).unwrap(),
            stored
        );
        for bound in case["bounds"].as_array().unwrap() {
            let [x, content, confidence] =
                ["x", "content", "confidence"].map(|key| number(&bound[key]));
            let lower = stored.lower_bound(x, content, confidence).unwrap();
            let upper = stored.upper_bound(x, content, confidence).unwrap();
            for (key, found) in [
                ("estimate", lower.estimate),
                ("lower", lower.bound),
                ("upper", upper.bound),
                ("k", lower.k),
            ] {
                assert_close(key, found, number(&bound[key]), tolerance(&reference));
            }
        }
    }
}

/// A parabola, and three regressors, against full matrices at 40 digits.
#[test]
fn powers_and_regressors_are_what_the_full_matrices_say() {
    let reference = reference_file!("random-heats.json");
    for (key, names) in [
        ("quadratic", vec!["x"]),
        ("regressors", vec!["ratio", "fe", "mm"]),
    ] {
        let case = &reference[key];
        let close = |what: &str, actual: f64, expected: &serde_json::Value| {
            assert_close(
                &format!("{key} {what}"),
                actual,
                number(expected),
                tolerance(&reference),
            );
        };
        let y = numbers(&case["y"]);
        let heats = heats_of(case);
        let rows: Vec<Vec<f64>> = case["x"].as_array().unwrap().iter().map(numbers).collect();
        let predictor = |(place, name): (usize, &&str)| Predictor {
            name: (*name).to_owned(),
            values: rows.iter().map(|row| row[place]).collect(),
        };
        let predictors: Vec<Predictor> = names.iter().enumerate().map(predictor).collect();
        let fit = match predictors.as_slice() {
            [only] => {
                let x = only.values.clone();
                fit(&Observations { y, x, heats }, Model::Quadratic).unwrap()
            }
            several => fit_regressors(&y, several, &heats).unwrap(),
        };
        assert_eq!(Some(fit.r2 as u64), case["r2"].as_u64());
        for (what, actual) in [
            ("rmsa", fit.rmsa),
            ("rmsb", fit.rmsb),
            ("tr1", fit.tr1),
            ("tr2", fit.tr2),
            ("between_variance", fit.between_variance),
        ] {
            close(what, actual, &case[what]);
        }
        for (j, coefficient) in fit.coefficients.iter().enumerate() {
            close("coefficient", *coefficient, &case["coefficients"][j]);
            for (k, entry) in fit.covariance[j].iter().enumerate() {
                close("covariance", *entry, &case["covariance"][j][k]);
            }
        }
        for expected in case["bounds"].as_array().unwrap() {
            let at = numbers(&expected["at"]);
            // The reference writes contents as the doubles nearest to them.
            let content = number(&expected["content"]);
            let lower = fit.lower_bound_at(&at, content, 0.95).unwrap();
            let upper = fit.upper_bound_at(&at, content, 0.95).unwrap();
            close("estimate", lower.estimate, &expected["estimate"]);
            close("lower", lower.bound, &expected["lower"]);
            close("upper", upper.bound, &expected["upper"]);
            close("k", lower.k, &expected["k"]);
        }
        let intervals = |list: &serde_json::Value, of: &dyn Fn(usize) -> HeatInterval| {
            for (place, expected) in list.as_array().unwrap().iter().enumerate() {
                let found = of(place);
                close("interval", found.estimate, &expected["estimate"]);
                close("error", found.standard_error, &expected["standard_error"]);
                close("dof", found.dof, &expected["dof"]);
                close("lower end", found.lower, &expected["lower"]);
                close("upper end", found.upper, &expected["upper"]);
            }
        };
        intervals(&case["means"], &|place| {
            let at = numbers(&case["means"][place]["at"]);
            fit.mean_interval_at(&at, 0.95).unwrap()
        });
        let step = number(&case["step"]);
        intervals(&case["effects"], &|regressor| {
            fit.effect_per(regressor, step, 0.95).unwrap()
        });
    }
}

/// With one specimen per heat nothing but the heats is left, and the bound is that of fixed effects,
/// which has published answers of its own.
#[test]
fn regressors_with_one_specimen_per_heat_are_fixed_effects() {
    let reference = reference_file!("random-heats.json");
    let case = &reference["regressors"];
    let y = numbers(&case["y"]);
    let rows: Vec<Vec<f64>> = case["x"].as_array().unwrap().iter().map(numbers).collect();
    let columns: Vec<Predictor> = (0..3)
        .map(|place| Predictor {
            name: format!("x{place}"),
            values: rows.iter().map(|row| row[place]).collect(),
        })
        .collect();
    let heats: Vec<usize> = (0..y.len()).collect();
    let fit = fit_regressors(&y, &columns, &heats).unwrap();
    assert!(!fit.separable);
    let plain = IndependentFit::new(&Design::linear(columns, true), &y).unwrap();
    for at in [&rows[0], &rows[7]] {
        let (a, b) = (
            fit.lower_bound_at(at, 0.99, 0.95).unwrap(),
            plain.lower_bound(at, 0.99, 0.95).unwrap(),
        );
        assert!((a.bound / b.bound - 1.0).abs() < 1e-12, "{a:?} {b:?}");
        let interval = fit.mean_interval_at(at, 0.95).unwrap();
        let expected = plain.confidence_interval(at, 0.95).unwrap();
        assert!((interval.lower / expected.low - 1.0).abs() < 1e-12);
        assert!((interval.upper / expected.high - 1.0).abs() < 1e-12);
        assert!((interval.dof / plain.least_squares().dof as f64 - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_line_as_a_regressor_is_the_line() {
    let data = unbalanced();
    let line = fit(&data, Model::Linear).unwrap();
    let general = fit(&data, Model::Regressors).unwrap();
    assert_eq!(fit(&data, Model::Polynomial(1)).unwrap(), line);
    assert_eq!(fit(&data, Model::Polynomial(0)).unwrap().model, Model::Mean);
    let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    for x in [0.3, 0.47, 0.8] {
        near(general.estimate(x), line.estimate(x));
        let bound = |fit: &HeatFit| fit.lower_bound(x, 0.99, 0.95).unwrap().bound;
        near(bound(&general), bound(&line));
    }
    for (a, b) in general.covariance.iter().zip(&line.covariance) {
        a.iter().zip(b).for_each(|(&a, &b)| near(a, b));
    }
    assert_eq!(general.term_names, line.term_names);
    assert_eq!(general.x_range(), line.x_range());
}

/// x near a million keeps the digits that the data have: powers are formed about the centre.
#[test]
fn a_cubic_far_from_zero_is_the_cubic_near_zero() {
    let near_zero = unbalanced();
    // Steps of 1/1024 are exact at either place.
    let x: Vec<f64> = near_zero
        .x
        .iter()
        .map(|x| (x * 1024.0).round() / 1024.0)
        .collect();
    let near_zero = Observations { x, ..near_zero };
    let far = Observations {
        x: near_zero.x.iter().map(|x| x + 1e6).collect(),
        ..near_zero.clone()
    };
    let bound = |data: &Observations, x: f64| {
        let cubic = fit(data, Model::Polynomial(3)).unwrap();
        cubic.lower_bound(x, 0.9, 0.95).unwrap().bound
    };
    for x in [0.3125, 0.5, 0.75] {
        let (a, b) = (bound(&near_zero, x), bound(&far, x + 1e6));
        assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    }
}

#[test]
fn general_fits_come_back_from_json_bit_for_bit() {
    let data = unbalanced();
    for model in [Model::Quadratic, Model::Polynomial(3), Model::Regressors] {
        let fit = fit(&data, model).unwrap();
        let text = serde_json::to_string(&fit).unwrap();
        let back: HeatFit = serde_json::from_str(&text).unwrap();
        assert_eq!(back, fit);
        for step in 0..=20 {
            let x = 0.3 + 0.5 * f64::from(step) / 20.0;
            let bits = |fit: &HeatFit| fit.upper_bound(x, 0.99, 0.95).unwrap().bound.to_bits();
            assert_eq!(bits(&back), bits(&fit));
        }
    }
    let model = |model: Model| serde_json::to_string(&model).unwrap();
    assert_eq!(model(Model::Quadratic), "\"quadratic\"");
    assert_eq!(model(Model::Polynomial(3)), "{\"polynomial\":3}");
    assert_eq!(Model::Polynomial(3).to_string(), "polynomial of degree 3");
}

#[test]
fn each_regressor_is_kept_within_its_range() {
    let data = unbalanced();
    let n = data.y.len();
    let gauge: Vec<f64> = (0..n).map(|i| 2.0 + 0.25 * (i % 5) as f64).collect();
    let named = |name: &str, values: &[f64]| Predictor {
        name: name.to_owned(),
        values: values.to_vec(),
    };
    let columns = [named("ratio", &data.x), named("gauge", &gauge)];
    let fit = fit_regressors(&data.y, &columns, &data.heats).unwrap();
    assert_eq!(fit.ranges(), [(0.3, 0.8), (2.0, 3.0)]);
    assert!(fit.lower_bound_at(&[0.3, 3.0], 0.9, 0.95).is_ok());
    let error = fit.lower_bound_at(&[0.5, 3.01], 0.9, 0.95).unwrap_err();
    assert_eq!(
        error.to_string(),
        "gauge = 3.01 is outside the observed range 2 to 3: no extrapolation"
    );
    assert!(fit.lower_bound_at(&[f64::NAN, 2.5], 0.9, 0.95).is_err());
    // One x does not place it.
    assert!(matches!(
        fit.lower_bound(0.5, 0.9, 0.95).unwrap_err(),
        ModelError::Length {
            expected: 2,
            found: 1,
            ..
        }
    ));
    assert!(fit.estimate(0.5).is_nan());

    let twice: Vec<f64> = data.x.iter().map(|x| 3.0 - 2.0 * x).collect();
    let refused =
        |columns: &[Predictor]| fit_regressors(&data.y, columns, &data.heats).unwrap_err();
    // Either of the two depends on the other.
    let error = refused(&[named("ratio", &data.x), named("share", &twice)]);
    assert!(
        matches!(&error, ModelError::RankDeficient { column } if column == "ratio" || column == "share"),
        "{error}"
    );
    assert_eq!(
        refused(&[named("ratio", &data.x), named("constant", &vec![0.1; n])]),
        ModelError::RankDeficient {
            column: "constant".to_owned()
        }
    );
    assert_eq!(refused(&[]), ModelError::NoTerms);
    assert_eq!(
        fit_regressors(&data.y, &[named("ratio", &data.x[1..])], &data.heats).unwrap_err(),
        ModelError::Length {
            what: "column ratio".to_owned(),
            expected: n,
            found: n - 1
        }
    );
}

#[test]
fn a_polynomial_needs_its_distinct_values() {
    let data = unbalanced();
    let x = data.heats.iter().map(|h| 0.25 * (h % 2) as f64).collect();
    let two = Observations { x, ..data.clone() };
    assert_eq!(
        fit(&two, Model::Quadratic).unwrap_err(),
        ModelError::TooFewDistinct {
            degree: 2,
            distinct: 2,
            needed: 3
        }
    );
    let constant = Observations {
        x: vec![0.1; data.y.len()],
        ..data.clone()
    };
    assert_eq!(
        fit(&constant, Model::Quadratic).unwrap_err(),
        ModelError::ConstantX
    );
    // Six heats with six x: a fifth degree goes through every heat and hides their scatter.
    assert!(matches!(
        fit(&data, Model::Polynomial(5)).unwrap_err(),
        ModelError::HeatScatterNotEstimable { .. }
    ));
    assert!(matches!(
        fit(&data, Model::Polynomial(30)).unwrap_err(),
        ModelError::TooFewValues { n: 21, needed: 32 }
    ));
}

/// Heats of unequal size on a falling line.
fn unbalanced() -> Observations {
    let sizes = [3, 5, 2, 4, 1, 6];
    let effects = [2.0, -3.0, 1.0, 0.5, -1.5, 2.5];
    let mut observations = Observations {
        y: vec![],
        x: vec![],
        heats: vec![],
    };
    for (heat, (&size, effect)) in sizes.iter().zip(effects).enumerate() {
        for specimen in 0..size {
            let x = 0.3 + 0.1 * heat as f64;
            let noise = (7.3 * (heat * 10 + specimen) as f64).sin();
            observations.y.push(250.0 - 30.0 * x + effect + noise);
            observations.x.push(x);
            observations.heats.push(heat);
        }
    }
    observations
}

#[test]
fn one_specimen_per_heat_is_the_normal_sample_of_the_heats() {
    // 1 to 10: mean 5.5 and variance 55/6.
    let observations = Observations {
        y: (1..=10).map(f64::from).collect(),
        x: vec![0.0; 10],
        heats: (0..10).collect(),
    };
    let fit = fit(&observations, Model::Mean).unwrap();
    assert!(!fit.separable);
    let reference = block("k_factor_normal");
    let cases = reference["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["n"] == 10).unwrap();
    for (key, content) in [("b", 0.90), ("a", 0.99)] {
        let k = number(&case[key]);
        let found = fit.lower_bound(0.0, content, 0.95).unwrap();
        assert_close(key, found.k, k, tolerance(&reference));
        let bound = 5.5 - k * (55.0_f64 / 6.0).sqrt();
        assert_close(key, found.bound, bound, tolerance(&reference));
    }
}

/// Vangel's one-way formula (CMH-17-1G, ch. 8), to which the regression reduces with a mean and
/// heats of equal size: S² = s_b² + s_e², w = √(u/(u + m − 1)), u = MSB/MSE,
/// T = [k₀ − k₁/√m + (k₁ − k₀)w]/(1 − 1/√m).
#[test]
fn equal_heats_without_slope_are_the_one_way_formula() {
    let (heats, m) = (4_usize, 3_usize);
    let y = [
        10.0, 11.0, 12.5, 14.0, 13.0, 15.0, 9.0, 8.0, 10.5, 12.0, 12.5, 11.0,
    ];
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let groups: Vec<&[f64]> = y.chunks(m).collect();
    let msb = m as f64
        * groups
            .iter()
            .map(|g| (mean(g) - mean(&y)).powi(2))
            .sum::<f64>()
        / (heats - 1) as f64;
    let mse = groups
        .iter()
        .flat_map(|g| g.iter().map(|v| (v - mean(g)).powi(2)))
        .sum::<f64>()
        / (y.len() - heats) as f64;
    let size = m as f64;
    let s = (msb / size + (size - 1.0) / size * mse).sqrt();
    let u = msb / mse;
    let w = (u / (u + size - 1.0)).sqrt();
    let observations = Observations {
        y: y.to_vec(),
        x: vec![f64::NAN; y.len()],
        heats: (0..y.len()).map(|i| i / m).collect(),
    };
    let fit = fit(&observations, Model::Mean).unwrap();
    assert!(fit.between_variance > 0.0);
    assert!((fit.sigma / s - 1.0).abs() < 1e-12);
    for content in [0.90, 0.99] {
        let k0 = k_normal(y.len(), content, 0.95).unwrap();
        let k1 = k_normal(heats, content, 0.95).unwrap();
        let root = size.sqrt();
        let t = (k0 - k1 / root + (k1 - k0) * w) / (1.0 - 1.0 / root);
        let bound = fit.lower_bound(f64::NAN, content, 0.95).unwrap().bound;
        assert!((bound - (mean(&y) - t * s)).abs() < 1e-10, "{bound}");
    }
}

/// RECIPE's quotient as printed, for the sum that replaces it.
#[test]
fn the_bound_is_recipes_quotient() {
    let fit = fit(&unbalanced(), Model::Linear).unwrap();
    for x in [0.3, 0.42, 0.8] {
        let (eta0, eta1) = fit.effective_sizes(x);
        let z = normal_quantile(0.99).unwrap();
        let t =
            |nu, eta: f64| noncentral_t::quantile(0.95, nu, z * eta.sqrt()).unwrap() / eta.sqrt();
        let (t0, t1) = (t(fit.nu0, eta0), t(fit.nu1, eta1));
        let (root0, root1) = (eta0.sqrt(), eta1.sqrt());
        let s_mean = (fit.between_variance / eta1 + fit.within_variance / eta0).sqrt();
        let quotient = ((eta0 * eta1).sqrt() * (t1 - t0) * s_mean
            + (t0 * root0 - t1 * root1) * fit.sigma)
            / (fit.rmsa.max(fit.rmsb).sqrt() * (root0 - root1));
        let bound = fit.lower_bound(x, 0.99, 0.95).unwrap();
        assert!((bound.k / quotient - 1.0).abs() < 1e-11, "x = {x}");
        assert_eq!(bound.bound, bound.estimate - bound.k * fit.rmsa.sqrt());
    }
}

#[test]
fn a_fit_read_back_from_json_gives_the_same_bits() {
    let fit = fit(&unbalanced(), Model::Linear).unwrap();
    let text = serde_json::to_string(&fit).unwrap();
    let back: HeatFit = serde_json::from_str(&text).unwrap();
    assert_eq!(back, fit);
    for step in 0..=20 {
        let x = 0.3 + 0.5 * f64::from(step) / 20.0;
        let bits = |fit: &HeatFit| fit.lower_bound(x, 0.9, 0.95).unwrap().bound.to_bits();
        assert_eq!(bits(&back), bits(&fit));
    }
    assert!(text.contains("\"model\":\"linear\""));
    assert_eq!(Model::Linear.to_string(), "linear");
}

#[test]
fn no_bound_outside_the_observed_range() {
    let line = fit(&unbalanced(), Model::Linear).unwrap();
    assert_eq!(line.x_range(), (0.3, 0.8));
    assert!(line.lower_bound(0.3, 0.9, 0.95).is_ok() && line.lower_bound(0.8, 0.9, 0.95).is_ok());
    for x in [0.29, 0.81, f64::NAN] {
        let error = line.lower_bound(x, 0.9, 0.95).unwrap_err();
        assert!(matches!(error, ModelError::Extrapolation { .. }), "{x}");
    }
    assert!(line.lower_bound(0.5, 1.0, 0.95).is_err());
    assert!(line.lower_bound(0.5, 0.9, 0.0).is_err());
    // A mean does not depend on x, so there is nothing to extrapolate.
    let mean = fit(&unbalanced(), Model::Mean).unwrap();
    assert_eq!(
        mean.lower_bound(7.0, 0.9, 0.95).unwrap().estimate,
        mean.estimate(0.5)
    );
}

#[test]
fn upper_bounds_mirror_lower_ones_and_more_content_reaches_further() {
    let observations = unbalanced();
    let mirrored = Observations {
        y: observations.y.iter().map(|y| -y).collect(),
        ..observations.clone()
    };
    let (fit_up, fit_down) = (
        fit(&observations, Model::Linear).unwrap(),
        fit(&mirrored, Model::Linear).unwrap(),
    );
    let upper = fit_up.upper_bound(0.5, 0.9, 0.95).unwrap();
    let lower = fit_down.lower_bound(0.5, 0.9, 0.95).unwrap();
    assert!((upper.bound + lower.bound).abs() < 1e-10);
    let b = fit_up.lower_bound(0.5, 0.90, 0.95).unwrap().bound;
    let a = fit_up.lower_bound(0.5, 0.99, 0.95).unwrap().bound;
    let surer = fit_up.lower_bound(0.5, 0.90, 0.99).unwrap().bound;
    assert!(a < b && surer < b && b < upper.estimate);
}
