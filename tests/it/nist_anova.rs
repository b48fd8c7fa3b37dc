//! The one-way and univariate sets of the NIST Statistical Reference Datasets.
//!
//! Certified values hold for the decimal data; a reader of doubles sees them rounded, which costs
//! digits where values agree in their first seven (SmLs04–06) or thirteen (SmLs07–09).

use std::fs;
use std::path::Path;

use regrade::models::anova_bound::OneWay;
use regrade::models::summary::Summary;

use crate::nist_strd::{digits, stated_lines};

/// Correct digits wanted of F, sums of squares and mean squares. Of SmLs08 and 09 exact rational
/// arithmetic on the doubles keeps 3.92 and 3.91 between treatments, and more than 4 of the rest.
const ONE_WAY: [(&str, f64); 11] = [
    ("SiRstv", 12.0),
    ("AtmWtAg", 9.0),
    ("SmLs01", 13.0),
    ("SmLs02", 13.0),
    ("SmLs03", 13.0),
    ("SmLs04", 9.0),
    ("SmLs05", 9.0),
    ("SmLs06", 9.0),
    ("SmLs07", 4.0),
    ("SmLs08", 3.9),
    ("SmLs09", 3.9),
];

/// Correct digits wanted of mean, standard deviation and autocorrelation.
const UNIVARIATE: [(&str, f64); 9] = [
    ("Lew", 14.0),
    ("Lottery", 14.0),
    ("Mavro", 12.0),
    ("Michelso", 13.0),
    ("NumAcc1", 15.0),
    ("NumAcc2", 13.0),
    ("NumAcc3", 9.0),
    ("NumAcc4", 8.0),
    ("PiDigits", 13.0),
];

fn text(folder: &Path, kind: &str, name: &str) -> String {
    let path = folder
        .join("nist-strd")
        .join(kind)
        .join(format!("{name}.dat"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Numbers of a line, words passed over.
fn numbers_of(line: &str) -> Vec<f64> {
    line.split_whitespace()
        .filter_map(|cell| cell.parse().ok())
        .collect()
}

/// What NIST certifies of a one-way layout: degrees of freedom and sums of squares per source, their
/// mean squares, F.
struct OneWayCertified {
    dof: [f64; 2],
    values: [(&'static str, f64); 5],
}

fn read_one_way(folder: &Path, name: &str) -> (Vec<Vec<f64>>, OneWayCertified) {
    let text = text(folder, "anova", name);
    let line = |source: &str| {
        let lines = stated_lines(&text, "Certified Values");
        let line = lines.iter().find(|line| line.starts_with(source));
        numbers_of(line.expect(source))
    };
    let (between, within) = (line("Between"), line("Within"));
    let certified = OneWayCertified {
        dof: [between[0], within[0]],
        values: [
            ("SSB", between[1]),
            ("MSB", between[2]),
            ("F", between[3]),
            ("SSW", within[1]),
            ("MSE", within[2]),
        ],
    };
    let mut groups: Vec<Vec<f64>> = Vec::new();
    for line in stated_lines(&text, "Data") {
        let [treatment, response] = numbers_of(line)[..] else {
            panic!("{name}: {line}")
        };
        let treatment = treatment as usize;
        groups.resize(groups.len().max(treatment), Vec::new());
        groups[treatment - 1].push(response);
    }
    (groups, certified)
}

fn fewest<const N: usize>(actual: [f64; N], certified: [(&str, f64); N]) -> f64 {
    actual
        .into_iter()
        .zip(certified)
        .map(|(actual, (_, certified))| digits(actual, certified))
        .fold(f64::INFINITY, f64::min)
}

fn one_way(groups: &[Vec<f64>]) -> [f64; 5] {
    let found = OneWay::new(groups);
    let msb = found.mean_square_between().expect("several treatments");
    let mse = found.mean_square_within().expect("replicates");
    let (f, p) = found.f_test().expect("scatter");
    // SmLs03 has F = 2001 with 18,000 degrees of freedom: no double is that small.
    assert!((0.0..1.0).contains(&p));
    [found.between, msb, f, found.within, mse]
}

fn read_univariate(folder: &Path, name: &str) -> (Vec<f64>, [(&'static str, f64); 3]) {
    let text = text(folder, "univariate", name);
    let lines: Vec<&str> = text.lines().collect();
    // `Data            : lines 61 to 260     (= 200)`
    let stated = |label: &str| {
        let line = lines
            .iter()
            .find(|line| {
                line.trim_start().starts_with(label) || line.contains(&format!(" {label}"))
            })
            .filter(|line| line.contains("lines"))
            .unwrap_or_else(|| panic!("{name} states no lines for {label}"));
        let (_, range) = line.split_once("lines").expect("lines");
        let numbers = numbers_of(range);
        &lines[numbers[0] as usize - 1..numbers[1] as usize]
    };
    let data: Vec<f64> = stated("Data  ")
        .iter()
        .flat_map(|l| numbers_of(l))
        .collect();
    let certified = ["Mean", "Standard Deviation", "Autocorrelation"].map(|what| {
        let line = stated("Certified Values")
            .iter()
            .find(|line| line.contains(what))
            .unwrap_or_else(|| panic!("{name} certifies no {what}"));
        let (_, value) = line.rsplit_once(':').expect("a value");
        numbers_of(value)[0]
    });
    let [mean, sd, lag1] = certified;
    (data, [("mean", mean), ("sd", sd), ("lag 1", lag1)])
}

fn univariate(data: &[f64]) -> [f64; 3] {
    let found = Summary::new(data).expect("a sample");
    [found.mean, found.sd, found.lag1.expect("scatter")]
}

/// Asserts the digits wanted, and that a certified value off by ten times what they allow is seen.
fn check<const N: usize>(
    name: &str,
    actual: [f64; N],
    certified: [(&str, f64); N],
    wanted: f64,
) -> f64 {
    let found = fewest(actual, certified);
    assert!(
        found >= wanted,
        "{name}: {found:.1} digits, {wanted} wanted"
    );
    for wrong in 0..N {
        let mut other = certified;
        other[wrong].1 *= 1.0 + 10.0_f64.powf(1.0 - wanted);
        let seen = fewest(actual, other) < wanted;
        assert!(seen, "{name}: a wrong {} passes", certified[wrong].0);
    }
    found
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "`--nocapture` shows how many digits there are to spare"
)]
fn one_way_sets_keep_the_digits_wanted() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    println!("{:<9} {:>6} {:>6}", "set", "digits", "wanted");
    for (name, wanted) in ONE_WAY {
        let (groups, certified) = read_one_way(&folder, name);
        let n: usize = groups.iter().map(Vec::len).sum();
        let dof = [groups.len() - 1, n - groups.len()].map(|dof| dof as f64);
        assert!(
            dof.iter()
                .zip(certified.dof)
                .all(|(a, b)| (a - b).abs() < 0.5)
        );
        let found = check(name, one_way(&groups), certified.values, wanted);
        println!("{name:<9} {found:>6.1} {wanted:>6.1}");
    }
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "`--nocapture` shows how many digits there are to spare"
)]
fn univariate_sets_keep_the_digits_wanted() {
    let Some(folder) = crate::real_data::folder() else {
        return;
    };
    println!("{:<9} {:>6} {:>6}", "set", "digits", "wanted");
    for (name, wanted) in UNIVARIATE {
        let (data, certified) = read_univariate(&folder, name);
        let found = check(name, univariate(&data), certified, wanted);
        println!("{name:<9} {found:>6.1} {wanted:>6.1}");
    }
}
