//! The linear sets of the NIST Statistical Reference Datasets, fitted through the public API.
//!
//! The `.dat` files state in their headers which lines hold the certified values and which the
//! data; both are read from there, so that nothing of them is repeated here but the digits wanted.

use std::fs;
use std::path::Path;

use regrade::models::regression::{Regression, regress};

/// Correct digits wanted of coefficients and standard errors: what a double can be expected to
/// keep of 15 certified ones, given the condition of each set.
const WANTED: [(&str, f64, f64); 11] = [
    ("Norris", 12.0, 12.0),
    ("Pontius", 12.0, 12.0),
    ("NoInt1", 12.0, 12.0),
    ("NoInt2", 12.0, 12.0),
    ("Longley", 11.0, 11.0),
    ("Wampler1", 9.0, 9.0),
    ("Wampler2", 9.0, 9.0),
    ("Wampler3", 9.0, 9.0),
    ("Wampler4", 7.0, 7.0),
    ("Wampler5", 5.0, 5.0),
    ("Filip", 7.5, 7.0),
];

/// NIST prints this many digits; more agreement than that cannot be told.
const CERTIFIED_DIGITS: f64 = 15.0;

/// One linear set.
pub(crate) struct LinearSet {
    pub(crate) y: Vec<f64>,
    /// A column per predictor.
    pub(crate) x: Vec<Vec<f64>>,
    intercept: bool,
    certified: Certified,
}

/// What NIST certifies; also the shape of what a fit is compared as.
#[derive(Clone, Debug, Default)]
struct Certified {
    estimates: Vec<f64>,
    errors: Vec<f64>,
    residual_sd: f64,
    r_squared: f64,
}

impl LinearSet {
    /// Reads `nist-strd/linear/<name>.dat` below the folder of real data.
    pub(crate) fn read(folder: &Path, name: &str) -> LinearSet {
        let path = folder.join("nist-strd/linear").join(format!("{name}.dat"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let rows: Vec<Vec<f64>> = stated_lines(&text, "Data")
            .iter()
            .map(|line| {
                line.split_whitespace()
                    .map(|cell| cell.parse().expect(line))
                    .collect()
            })
            .collect();
        let column = |j: usize| rows.iter().map(|row| row[j]).collect::<Vec<f64>>();
        let stated = text
            .lines()
            .find_map(|line| line.trim().strip_suffix("Observations"))
            .expect("the header states the number of observations");
        assert_eq!(stated.trim().parse(), Ok(rows.len()), "{name}: data lines");
        let (certified, first) = certified(stated_lines(&text, "Certified Values"));
        LinearSet {
            y: column(0),
            x: (1..rows[0].len()).map(column).collect(),
            intercept: first == "B0",
            certified,
        }
    }

    /// All predictors as they stand, or the powers of the only one up to the certified degree.
    fn fit(&self) -> Regression {
        let names: Vec<String> = (1..=self.x.len()).map(|j| format!("x{j}")).collect();
        let columns: Vec<(&str, &[f64])> = names
            .iter()
            .zip(&self.x)
            .map(|(name, x)| (name.as_str(), x.as_slice()))
            .collect();
        let slopes = self.certified.estimates.len() - usize::from(self.intercept);
        let degree = u32::try_from(slopes / columns.len()).expect("a small degree");
        regress(&self.y, &columns, degree, self.intercept).expect("the set can be fitted")
    }
}

/// The lines that the header gives for `label`, as in `Data  (lines 61 to 96)`.
pub(crate) fn stated_lines<'a>(text: &'a str, label: &str) -> Vec<&'a str> {
    let lines: Vec<&str> = text.lines().collect();
    let range = lines
        .iter()
        .find_map(|line| {
            let rest = line.trim_start().strip_prefix(label)?;
            rest.trim().strip_prefix("(lines ")?.strip_suffix(')')
        })
        .unwrap_or_else(|| panic!("the header states no lines for {label}"));
    let (first, last) = range.split_once(" to ").expect("first to last");
    let number = |text: &str| text.parse::<usize>().expect("a line number");
    lines[number(first) - 1..number(last)].to_vec()
}

/// The certified values, and the name of the first coefficient.
fn certified(lines: Vec<&str>) -> (Certified, String) {
    let mut certified = Certified::default();
    let mut first = String::new();
    for line in lines {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let last = cells.last().and_then(|cell| cell.parse::<f64>().ok());
        match (cells.as_slice(), last) {
            ([name, estimate, _], Some(error)) if name.starts_with('B') => {
                if first.is_empty() {
                    first = (*name).to_owned();
                }
                certified.estimates.push(estimate.parse().expect(line));
                certified.errors.push(error);
            }
            (["Standard", "Deviation", _], Some(sd)) => certified.residual_sd = sd,
            (["R-Squared", _], Some(r_squared)) => certified.r_squared = r_squared,
            _ => {}
        }
    }
    assert!(
        certified.r_squared > 0.0 && !certified.estimates.is_empty(),
        "the certified values were not found"
    );
    (certified, first)
}

/// A fit in the shape of the certified values; every set has degrees of freedom.
fn of_fit(fit: &Regression) -> Certified {
    let errors = fit.terms.iter().map(|term| term.se);
    Certified {
        estimates: fit.terms.iter().map(|term| term.estimate).collect(),
        errors: errors.map(|se| se.expect("a standard error")).collect(),
        residual_sd: fit.sigma.expect("a residual standard deviation"),
        r_squared: fit.r2.expect("y varies"),
    }
}

/// −log₁₀ of the relative error, of the absolute one where zero is certified; 0 to 15.
pub(crate) fn digits(actual: f64, certified: f64) -> f64 {
    let error = (actual - certified).abs();
    let share = if certified.abs() > 0.0 {
        error / certified.abs()
    } else {
        error
    };
    // `max` and `min` would turn a NaN into a perfect score.
    if share.is_nan() {
        0.0
    } else {
        (-share.log10()).clamp(0.0, CERTIFIED_DIGITS)
    }
}

/// The fewest digits among the coefficients, and among everything that scales with the scatter.
fn achieved(actual: &Certified, certified: &Certified) -> (f64, f64) {
    assert_eq!(actual.estimates.len(), certified.estimates.len());
    assert_eq!(actual.errors.len(), certified.errors.len());
    let fewest = |actual: &[f64], certified: &[f64]| {
        actual
            .iter()
            .zip(certified)
            .map(|(&a, &c)| digits(a, c))
            .fold(CERTIFIED_DIGITS, f64::min)
    };
    let scatter = digits(actual.residual_sd, certified.residual_sd)
        .min(digits(actual.r_squared, certified.r_squared));
    (
        fewest(&actual.estimates, &certified.estimates),
        fewest(&actual.errors, &certified.errors).min(scatter),
    )
}

/// The certified values, each in turn off by ten times what the digits wanted allow.
fn perturbed(certified: &Certified, coefficient: f64, error: f64) -> Vec<(String, Certified)> {
    let wrong = |value: f64, digits: f64| {
        if value.abs() > 0.0 {
            value * (1.0 + 10.0_f64.powf(1.0 - digits))
        } else {
            10.0_f64.powf(1.0 - digits)
        }
    };
    let mut all = Vec::new();
    for j in 0..certified.estimates.len() {
        let mut other = certified.clone();
        other.estimates[j] = wrong(other.estimates[j], coefficient);
        all.push((format!("coefficient {j}"), other));
        let mut other = certified.clone();
        other.errors[j] = wrong(other.errors[j], error);
        all.push((format!("standard error {j}"), other));
    }
    let mut other = certified.clone();
    other.residual_sd = wrong(other.residual_sd, error);
    all.push(("residual standard deviation".to_owned(), other));
    let mut other = certified.clone();
    other.r_squared = wrong(other.r_squared, error);
    all.push(("R²".to_owned(), other));
    all
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "`--nocapture` shows how many digits there are to spare"
)]
fn linear_sets_keep_the_digits_wanted() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    println!(
        "{:<9} {:>12} {:>15}",
        "set", "coefficients", "standard errors"
    );
    let mut short = Vec::new();
    for (name, coefficient, error) in WANTED {
        let set = LinearSet::read(&folder, name);
        let (found, found_error) = achieved(&of_fit(&set.fit()), &set.certified);
        println!("{name:<9} {found:>12.1} {found_error:>15.1}");
        if found < coefficient || found_error < error {
            short.push(format!(
                "{name}: {found:.1} / {found_error:.1} digits, {coefficient} / {error} wanted"
            ));
        }
    }
    assert!(short.is_empty(), "{short:#?}");
}

#[test]
fn a_wrong_certified_value_would_be_seen() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    for (name, coefficient, error) in WANTED {
        let set = LinearSet::read(&folder, name);
        let fit = of_fit(&set.fit());
        for (what, wrong) in perturbed(&set.certified, coefficient, error) {
            let (found, found_error) = achieved(&fit, &wrong);
            assert!(
                found < coefficient || found_error < error,
                "{name}: a wrong {what} passes with {found:.1} / {found_error:.1} digits"
            );
        }
    }
}

#[test]
fn nothing_computed_scores_no_digits() {
    assert!(digits(f64::NAN, 1.0) <= 0.0 && digits(f64::INFINITY, 1.0) <= 0.0);
    assert!(digits(2.0, 1.0) <= 0.0 && digits(1.0, 0.0) <= 0.0);
    assert!(digits(1.0, 1.0) >= CERTIFIED_DIGITS && digits(0.0, 0.0) >= CERTIFIED_DIGITS);
    assert!((digits(1.001, 1.0) - 3.0).abs() < 1e-9);
}
