//! Published and exactly computed answers of `statistics-vectors.json` beside the real data.
//!
//! Numbers there are rounded to 8–13 digits; each test states the tolerance that follows, and each
//! comparison shows that it would notice a reference ten tolerances off.

use std::fs;
use std::path::Path;

use regrade::models::basis::{BasisReport, Method, Request, Sample, basis};
use regrade::models::design::{Design, Predictor};
use regrade::models::diagnostics::{
    Outcome, anderson_darling_normal, brown_forsythe, critical_normed_residual,
    max_normed_residual, max_normed_residual_within_heats,
};
use regrade::models::independent::{IndependentFit, k_normal};
use serde_json::Value;

use crate::nist_strd::LinearSet;

pub(crate) const A: f64 = 0.99;
pub(crate) const B: f64 = 0.90;
pub(crate) const CONFIDENCE: f64 = 0.95;
/// Most vectors are rounded to 8 decimals, a few to more.
pub(crate) const EIGHT_DECIMALS: f64 = 1e-8;

pub(crate) fn vectors(folder: &Path) -> Value {
    let path = folder.join("statistics-vectors.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("the vectors are JSON")
}

pub(crate) fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is not a list"))
        .iter()
        .map(number)
        .collect()
}

/// The entries of an object whose keys are sample sizes, of which there are `count`.
pub(crate) fn by_size(value: &Value, count: usize) -> Vec<(usize, &Value)> {
    let entries = value.as_object().expect("an object by sample size");
    assert_eq!(entries.len(), count);
    entries
        .iter()
        .map(|(n, value)| (n.parse().expect("a sample size"), value))
        .collect()
}

/// Batches `1`, `2`, … pooled, with the batch of each value.
pub(crate) fn batches(set: &Value) -> (Vec<f64>, Vec<usize>) {
    let batches: Vec<Vec<f64>> = ["1", "2", "3"].map(|key| numbers(&set[key])).into();
    let heats = batches
        .iter()
        .enumerate()
        .flat_map(|(b, values)| vec![b; values.len()])
        .collect();
    (batches.concat(), heats)
}

pub(crate) fn assert_close(what: &str, actual: f64, expected: f64, tolerance: f64) {
    let close = |expected: f64| (actual - expected).abs() <= tolerance;
    assert!(
        close(expected),
        "{what}: {actual} where the reference has {expected} ± {tolerance:e}"
    );
    assert!(
        !close(expected - 10.0 * tolerance) && !close(expected + 10.0 * tolerance),
        "{what}: the comparison cannot fail"
    );
}

fn predictor(name: &str, values: Vec<f64>) -> Predictor {
    Predictor {
        name: name.to_owned(),
        values,
    }
}

#[test]
fn k_factors() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let reference = &vectors(&folder)["k_factor_normal"];
    let check = |key: &str, count: usize, tolerance: &dyn Fn(f64) -> f64| {
        for (n, factors) in by_size(&reference[key], count) {
            for (expected, content) in numbers(factors).into_iter().zip([B, A]) {
                let k = k_normal(n, content, CONFIDENCE).unwrap();
                let what = format!("k of {n} at {content}");
                assert_close(&what, k, expected, tolerance(expected));
            }
        }
    };
    check("exact_30digit_checked", 12, &|k| 1e-9 * k);
    let rounded = number(&reference["tol_vs_published"]);
    check("published_CMH17_1G_3dp", 8, &|_| rounded);
}

#[test]
fn critical_normed_residuals() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let file = vectors(&folder);
    for (n, expected) in by_size(&file["MNR_crit_0.05"], 13) {
        let critical = critical_normed_residual(n, 0.05).unwrap();
        let what = format!("critical value of {n}");
        assert_close(&what, critical, number(expected), EIGHT_DECIMALS);
    }
}

/// Vangel, Composite Materials Handbook meeting (1996), p. 29: one value per heat, no regressor.
/// Independent specimens and single-specimen heats must give the same bounds.
#[test]
fn vangel31_through_basis() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let path = folder.join("nist-vangel/VANGEL31.DAT");
    let text = fs::read_to_string(&path).unwrap();
    let y: Vec<f64> = text
        .lines()
        .skip_while(|line| !line.starts_with("----"))
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.trim().parse().expect(line))
        .collect();
    let reference = &vectors(&folder)["regression"]["VANGEL31"];
    assert_eq!(reference["n"].as_u64(), u64::try_from(y.len()).ok());
    let heats: Vec<usize> = (0..y.len()).collect();
    for (method, heats) in [
        (Method::Normal, None),
        (Method::RandomHeats, Some(heats.as_slice())),
    ] {
        let sample = Sample {
            group: "VANGEL31",
            y: &y,
            x: None,
            heats,
        };
        let request = Request {
            method,
            ..Request::default()
        };
        let BasisReport { bounds, .. } = basis(&sample, &request).unwrap();
        assert_eq!(bounds.len(), 2, "{method}");
        for (entry, key) in bounds.iter().zip(["A", "B"]) {
            // The mean is 7060/38, printed to 10 decimals.
            let mean = 185.789_473_684_2;
            assert_close("mean", entry.estimate, mean, 1e-8 * mean);
            let expected = number(&reference[key]);
            let what = format!("{key} by {method}");
            assert_close(&what, entry.bound, expected, 1e-8 * expected);
        }
    }
}

#[test]
fn norris_at_100() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let reference = &vectors(&folder)["regression"]["norris_x100"];
    let set = LinearSet::read(&folder, "Norris");
    let design = Design::linear(vec![predictor("x", set.x[0].clone())], true);
    let fit = IndependentFit::new(&design, &set.y).unwrap();
    let at = [100.0];
    let check = |what: &str, actual: f64, expected: &Value| {
        assert_close(what, actual, number(expected), EIGHT_DECIMALS);
    };
    let prediction = fit.predict(&at).unwrap();
    check("estimate", prediction.estimate, &reference["yhat"]);
    check("q", prediction.q, &reference["q"]);
    for (key, interval) in [
        ("CI95", fit.confidence_interval(&at, CONFIDENCE)),
        ("PI95", fit.prediction_interval(&at, CONFIDENCE)),
    ] {
        let interval = interval.unwrap();
        check(key, interval.low, &reference[key][0]);
        check(key, interval.high, &reference[key][1]);
    }
    for (key, content) in [("B_lower", B), ("A_lower", A)] {
        let bound = fit.lower_bound(&at, content, CONFIDENCE).unwrap().bound;
        check(key, bound, &reference[key]);
    }
}

/// Two covariates: Krishnamoorthy & Mathew, *Statistical Tolerance Regions* (2009), example 3.1.
#[test]
fn two_covariates_of_krishnamoorthy_and_mathew() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let reference = &vectors(&folder)["regression"]["KM31"];
    let rows: Vec<Vec<f64>> = reference["rows_x1_x2_y"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    let column = |j: usize| rows.iter().map(|row| row[j]).collect::<Vec<_>>();
    let predictors = vec![predictor("x1", column(0)), predictor("x2", column(1))];
    let fit = IndependentFit::new(&Design::linear(predictors, true), &column(2)).unwrap();
    let check = |what: &str, actual: f64, expected: &Value| {
        assert_close(what, actual, number(expected), EIGHT_DECIMALS);
    };
    let solved = fit.least_squares();
    assert_eq!(solved.coefficients.len(), 3);
    for (j, &coefficient) in solved.coefficients.iter().enumerate() {
        check("coefficient", coefficient, &reference["coef"][j]);
    }
    check("s", fit.sigma(), &reference["s"]);
    assert_eq!(reference["df"].as_u64(), u64::try_from(solved.dof).ok());
    // The point is given with the 1 of the intercept in front.
    let at = &numbers(&reference["at"])[1..];
    let prediction = fit.predict(at).unwrap();
    check("q", prediction.q, &reference["d2"]);
    check("estimate", prediction.estimate, &reference["yhat"]);
    for (content, k, lower) in [
        (B, "k_one_sided_90_95", "lower_90_95"),
        (A, "k_99_95", "lower_99_95"),
    ] {
        let found = fit.lower_bound(at, content, CONFIDENCE).unwrap();
        check(k, found.k, &reference[k]);
        check(lower, found.bound, &reference[lower]);
    }
    let interval = fit.prediction_interval(at, CONFIDENCE).unwrap();
    let half = 0.5 * (interval.high - interval.low);
    check("half width", half, &reference["PI95_half"]);
}

/// Eighteen specimens with published STAT17 results, plain and on the log scale.
#[test]
fn bounds_and_normality_of_d18() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let reference = &vectors(&folder)["D18"];
    let y = numbers(&reference["data"]);
    let logarithms: Vec<f64> = y.iter().map(|y| y.ln()).collect();
    let identity: fn(f64) -> f64 = |bound| bound;
    for (scale, values, back) in [
        ("normal", &y, identity),
        ("lognormal", &logarithms, f64::exp as fn(f64) -> f64),
    ] {
        let fit = IndependentFit::new(&Design::mean(), values).unwrap();
        let expected = &reference[scale];
        for (key, content) in [("B", B), ("A", A)] {
            let bound = back(fit.lower_bound(&[], content, CONFIDENCE).unwrap().bound);
            let what = format!("{scale} {key}");
            assert_close(
                &what,
                bound,
                number(&expected["exact"][key]),
                EIGHT_DECIMALS,
            );
            // STAT17 approximates its k factors in the third decimal, times s of about 6.
            let published = number(&expected["published_STAT17"][key]);
            assert_close(&what, bound, published, 0.02);
        }
        let found = anderson_darling_normal(values);
        let expected = &reference["AD"][scale];
        for (what, actual) in [("A", found.statistic), ("osl", found.p)] {
            let expected = number(&expected[what]);
            assert_close(what, actual.unwrap(), expected, 1e-9);
        }
        // Published to three decimals.
        let published = number(&expected["published_osl"]);
        assert_close("OSL", found.p.unwrap(), published, 0.0005);
        assert_eq!(found.outcome, Outcome::Pass);
    }
}

/// CMH-17-1G (2012), example 8.3.11.1.1, condition ETW.
#[test]
fn outliers_and_normality_of_the_handbook_example() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let reference = &vectors(&folder)["CMH17_8_3_11_1_1"];
    for (key, batch, outcome) in [
        ("ETW_b2", "2", Outcome::Pass),
        ("ETW_b3", "3", Outcome::Fail),
    ] {
        let expected = &reference["MNR"][key];
        let found = max_normed_residual(&numbers(&reference["ETW"][batch]));
        let (statistic, critical) = (found.statistic.unwrap(), found.critical.unwrap());
        assert_close(key, statistic, number(&expected["mnr"]), EIGHT_DECIMALS);
        assert_close(key, critical, number(&expected["crit"]), EIGHT_DECIMALS);
        for (actual, published) in [statistic, critical].into_iter().zip([0, 1]) {
            let published = number(&expected["published"][published]);
            assert_close(key, actual, published, 0.0005);
        }
        assert_eq!(found.outcome, outcome);
    }
    let (values, heats) = batches(&reference["ETW"]);
    let within = max_normed_residual_within_heats(&values, &heats);
    let worst = number(&reference["MNR"]["ETW_b3"]["mnr"]);
    assert_close("worst", within.statistic.unwrap(), worst, EIGHT_DECIMALS);
    let outlier = number(&reference["MNR"]["ETW_b3"]["outliers"][0]);
    let place = numbers(&reference["ETW"]["3"])
        .iter()
        .position(|value| value.total_cmp(&outlier).is_eq())
        .unwrap();
    let named = format!("value {} of heat 3 is an outlier", place + 1);
    assert!(within.reason.starts_with(&named), "{}", within.reason);

    let level = &reference["AD_OSL_ETW"];
    let logarithms: Vec<f64> = values.iter().map(|y| y.ln()).collect();
    for (scale, values) in [("normal", &values), ("lognormal", &logarithms)] {
        let found = anderson_darling_normal(values);
        assert_close(scale, found.p.unwrap(), number(&level[scale]), 1e-9);
        assert_eq!(found.outcome, Outcome::Fail);
    }
}

/// CMH-17-1G (2012), example 8.3.11.1.1, conditions ETW2 and CTD.
#[test]
fn equal_spread_of_the_handbook_example() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    let reference = &vectors(&folder)["CMH17_8_3_11_1_1"];
    for (index, key, outcome) in [(0, "ETW2", Outcome::Pass), (1, "CTD", Outcome::Fail)] {
        let (values, heats) = batches(&reference[key]);
        let expected = &reference["levene_median"];
        let found = brown_forsythe(&values, &heats);
        let (f, p) = (found.statistic.unwrap(), found.p.unwrap());
        assert_close(key, f, number(&expected[format!("{key}_F")]), 1e-9);
        let published = number(&expected["published"][index]);
        assert_close(key, f, published, 0.005);
        // For three batches p is exactly (1 + 2F/d)^(−d/2), d = n − 3 (for CTD: (1 + 2F/16)^−8).
        // `CTD_p` of the file is wrong from the 7th digit, .04309009008 for .04309008344, as its
        // own `CTD_F` shows; so the formula is the reference, and the file only to 1e-6.
        let dof = (values.len() - 3) as f64;
        let exact = (1.0 + 2.0 * f / dof).powf(-0.5 * dof);
        assert_close(key, p, exact, 1e-12);
        assert_close(key, p, number(&expected[format!("{key}_p")]), 1e-6 * p);
        assert_eq!(found.outcome, outcome);
        assert_eq!(f > found.critical.unwrap(), outcome == Outcome::Fail);
    }
}
