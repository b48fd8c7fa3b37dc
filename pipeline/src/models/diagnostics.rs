//! Whether a model's assumptions hold: outliers, normality, equal spread.
//!
//! Each test answers pass, fail or skipped, always with a reason; none deletes a value. They work
//! at a significance of [`SIGNIFICANCE`], as CMH-17 does.

use serde::{Deserialize, Serialize};

use super::distributions::{f_critical, f_upper_p, normal_cdf, student_quantile};
use super::double_double::mean;

/// Significance level of every test here.
pub const SIGNIFICANCE: f64 = 0.05;
/// Stephens' correction for an estimated mean and deviation holds from this many values.
const FEWEST_FOR_NORMALITY: usize = 8;
/// Fewer values than this in a heat say nothing about its spread.
const FEWEST_FOR_SPREAD: usize = 3;

/// How a test came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nothing speaks against the assumption.
    Pass,
    /// The assumption is doubtful.
    Fail,
    /// The test could not be made; the reason says why.
    Skipped,
}

/// One test of one assumption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// `max_normed_residual`, `max_normed_residual_within_heats`, `anderson_darling_normal`,
    /// `anderson_darling_lognormal`, `anderson_darling_weibull`, `anderson_darling_k_sample` or
    /// `brown_forsythe`.
    pub test: String,
    /// The test statistic; null when skipped.
    pub statistic: Option<f64>,
    /// The value above which the test fails; null where the test is judged by p alone.
    pub critical: Option<f64>,
    /// Significance of the statistic; null where the test is judged by its critical value alone.
    pub p: Option<f64>,
    /// How it came out.
    pub outcome: Outcome,
    /// Why, in a few words.
    pub reason: String,
}

impl Diagnostic {
    pub(super) fn skipped(test: &str, reason: impl Into<String>) -> Diagnostic {
        Diagnostic {
            test: test.to_owned(),
            statistic: None,
            critical: None,
            p: None,
            outcome: Outcome::Skipped,
            reason: reason.into(),
        }
    }
}

/// Largest normed residual of one sample, where it is, and its critical value.
struct Extreme {
    position: usize,
    statistic: f64,
    critical: f64,
}

/// max |x − x̄|/s; `None` for fewer than three values or no scatter.
fn extreme(values: &[f64], critical: &mut impl FnMut(usize) -> Option<f64>) -> Option<Extreme> {
    if values.len() < 3 {
        return None;
    }
    let (centre, deviation) = centre_and_deviation(values)?;
    let mut largest = (0, 0.0);
    for (position, value) in values.iter().enumerate() {
        let normed = (value - centre).abs() / deviation;
        if normed > largest.1 {
            largest = (position, normed);
        }
    }
    let critical = critical(values.len())?;
    Some(Extreme {
        position: largest.0,
        statistic: largest.1,
        critical,
    })
}

/// (n − 1)/√n·√(t²/(n − 2 + t²)), t the 1 − α/(2n) quantile of Student's t with n − 2 degrees of
/// freedom (Stefansky, Technometrics 14, 1972). `None` for n < 3 or α outside (0, 1).
pub fn critical_normed_residual(n: usize, alpha: f64) -> Option<f64> {
    if n < 3 {
        return None;
    }
    let count = n as f64;
    let t = student_quantile(alpha / (2.0 * count), count - 2.0).ok()?;
    Some((count - 1.0) / count.sqrt() * (t * t / (count - 2.0 + t * t)).sqrt())
}

/// Maximum normed residual test for one outlier in `values`, typically residuals.
///
/// Skipped below three values or without scatter. The row in the reason counts from 1.
pub fn max_normed_residual(values: &[f64]) -> Diagnostic {
    const TEST: &str = "max_normed_residual";
    if let Some(reason) = unusable(values) {
        return Diagnostic::skipped(TEST, reason);
    }
    match extreme(values, &mut |n| critical_normed_residual(n, SIGNIFICANCE)) {
        None => Diagnostic::skipped(TEST, "needs at least 3 values with some scatter"),
        Some(found) => judge_extreme(TEST, &found, format!("value {}", found.position + 1)),
    }
}

/// The same test within each heat; reported is the heat that comes closest to, or furthest beyond,
/// its critical value. Each heat is tested at [`SIGNIFICANCE`], so with many heats some will fail.
///
/// Heats of fewer than three values, or without scatter, are passed over; skipped when none is
/// left. `values` and `heats` are taken pairwise.
pub fn max_normed_residual_within_heats(values: &[f64], heats: &[usize]) -> Diagnostic {
    const TEST: &str = "max_normed_residual_within_heats";
    if let Some(reason) = unusable(values) {
        return Diagnostic::skipped(TEST, reason);
    }
    // Heats mostly have a few sizes between them.
    let mut known: std::collections::BTreeMap<usize, Option<f64>> =
        std::collections::BTreeMap::new();
    let mut critical = |n: usize| {
        *known
            .entry(n)
            .or_insert_with(|| critical_normed_residual(n, SIGNIFICANCE))
    };
    let mut worst: Option<(usize, Extreme)> = None;
    let mut beyond = 0;
    for (heat, group) in by_heat(values, heats).iter().enumerate() {
        let Some(found) = extreme(group, &mut critical) else {
            continue;
        };
        beyond += usize::from(found.statistic > found.critical);
        let excess = found.statistic / found.critical;
        if worst
            .as_ref()
            .is_none_or(|(_, other)| excess > other.statistic / other.critical)
        {
            worst = Some((heat, found));
        }
    }
    match worst {
        None => Diagnostic::skipped(TEST, "no heat has 3 values with some scatter"),
        Some((heat, found)) => {
            let place = format!("value {} of heat {}", found.position + 1, heat + 1);
            let mut diagnostic = judge_extreme(TEST, &found, place);
            if beyond > 1 {
                diagnostic.reason += &format!("; {beyond} heats have an outlier");
            }
            diagnostic
        }
    }
}

/// Positions of the values that the two tests above flag: the furthest of each heat where it lies beyond
/// the critical value of its heat, and the furthest of all residuals where it lies beyond theirs.
///
/// Ascending, each once. Lists of unequal length, or values that are not finite, flag nothing.
pub fn flagged_outliers(values: &[f64], residuals: &[f64], heats: &[usize]) -> Vec<usize> {
    let alike = values.len() == residuals.len() && values.len() == heats.len();
    if !alike || unusable(values).is_some() || unusable(residuals).is_some() {
        return Vec::new();
    }
    let mut critical = |n: usize| critical_normed_residual(n, SIGNIFICANCE);
    let beyond = |found: Extreme| (found.statistic > found.critical).then_some(found.position);
    let mut flagged = std::collections::BTreeSet::new();
    flagged.extend(extreme(residuals, &mut critical).and_then(beyond));
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> =
        std::collections::BTreeMap::new();
    for (position, heat) in heats.iter().enumerate() {
        members.entry(*heat).or_default().push(position);
    }
    for positions in members.values() {
        let of_heat: Vec<f64> = positions.iter().map(|&position| values[position]).collect();
        let found = extreme(&of_heat, &mut critical).and_then(beyond);
        flagged.extend(found.and_then(|at| positions.get(at)));
    }
    flagged.into_iter().collect()
}

fn judge_extreme(test: &str, found: &Extreme, place: String) -> Diagnostic {
    let outlier = found.statistic > found.critical;
    let reason = if outlier {
        format!("{place} is an outlier: flagged, not removed")
    } else {
        format!("no outlier; the furthest is {place}")
    };
    Diagnostic {
        test: test.to_owned(),
        statistic: Some(found.statistic),
        critical: Some(found.critical),
        p: None,
        outcome: if outlier {
            Outcome::Fail
        } else {
            Outcome::Pass
        },
        reason,
    }
}

/// Anderson–Darling test of normality with estimated mean and standard deviation.
///
/// A² = Σ (1 − 2i)/n·[ln Φ(zᵢ) + ln(1 − Φ(zₙ₊₁₋ᵢ))] − n over the ordered z; the observed
/// significance level is 1/(1 + exp(−0.48 + 0.78 ln A* + 4.58 A*)) with A* = (1 + 4/n − 25/n²)A²
/// (CMH-17-1G, ch. 8). Fails when it is below [`SIGNIFICANCE`]. Skipped below 8 values,
/// where the correction does not hold, or without scatter.
pub fn anderson_darling_normal(values: &[f64]) -> Diagnostic {
    const TEST: &str = "anderson_darling_normal";
    if let Some(reason) = unusable(values) {
        return Diagnostic::skipped(TEST, reason);
    }
    if values.len() < FEWEST_FOR_NORMALITY {
        let reason = format!(
            "{} values; needs at least {FEWEST_FOR_NORMALITY}",
            values.len()
        );
        return Diagnostic::skipped(TEST, reason);
    }
    let Some((centre, deviation)) = centre_and_deviation(values) else {
        return Diagnostic::skipped(TEST, "the values do not vary");
    };
    let mut z: Vec<f64> = values.iter().map(|v| (v - centre) / deviation).collect();
    z.sort_by(f64::total_cmp);
    let n = z.len() as f64;
    let terms = z
        .iter()
        .zip(z.iter().rev())
        .enumerate()
        .map(|(i, (&low, &high))| {
            // 1 − Φ(z) is Φ(−z): no cancellation in the upper tail.
            (2.0 * i as f64 + 1.0) / n * (normal_cdf(low).ln() + normal_cdf(-high).ln())
        });
    let statistic = -n - terms.sum::<f64>();
    let adjusted = (1.0 + 4.0 / n - 25.0 / (n * n)) * statistic;
    let level = (1.0 + (-0.48 + 0.78 * adjusted.ln() + 4.58 * adjusted).exp()).recip();
    let outcome = if level < SIGNIFICANCE {
        Outcome::Fail
    } else {
        Outcome::Pass
    };
    let reason = match outcome {
        Outcome::Fail => "the values do not look normal",
        _ => "nothing speaks against normality",
    };
    Diagnostic {
        test: TEST.to_owned(),
        statistic: Some(statistic),
        critical: None,
        p: Some(level),
        outcome,
        reason: reason.to_owned(),
    }
}

/// Brown–Forsythe test that all heats scatter alike: an F test on |y − median of the heat|
/// (Brown & Forsythe, JASA 69, 1974).
///
/// Heats of fewer than three values are passed over; skipped when fewer than two are left, or when
/// the deviations do not vary within heats.
pub fn brown_forsythe(values: &[f64], heats: &[usize]) -> Diagnostic {
    const TEST: &str = "brown_forsythe";
    if let Some(reason) = unusable(values) {
        return Diagnostic::skipped(TEST, reason);
    }
    let groups: Vec<Vec<f64>> = by_heat(values, heats)
        .into_iter()
        .filter(|group| group.len() >= FEWEST_FOR_SPREAD)
        .map(deviations_from_median)
        .collect();
    if groups.len() < 2 {
        return Diagnostic::skipped(TEST, "fewer than 2 heats have 3 values");
    }
    let all: Vec<f64> = groups.iter().flatten().copied().collect();
    let grand = mean(&all).to_f64();
    let (mut between, mut within) = (0.0, 0.0);
    for group in &groups {
        let centre = mean(group).to_f64();
        between += group.len() as f64 * (centre - grand) * (centre - grand);
        within += group
            .iter()
            .map(|z| (z - centre) * (z - centre))
            .sum::<f64>();
    }
    let dof1 = (groups.len() - 1) as f64;
    let dof2 = (all.len() - groups.len()) as f64;
    if within <= (f64::EPSILON * grand).powi(2) {
        return Diagnostic::skipped(TEST, "the deviations from the medians do not vary");
    }
    let statistic = (between / dof1) / (within / dof2);
    let p = f_upper_p(statistic, dof1, dof2);
    let outcome = if p < SIGNIFICANCE {
        Outcome::Fail
    } else {
        Outcome::Pass
    };
    let reason = match outcome {
        Outcome::Fail => "heats do not scatter alike",
        _ => "nothing speaks against equal spread",
    };
    Diagnostic {
        test: TEST.to_owned(),
        statistic: Some(statistic),
        critical: f_critical(SIGNIFICANCE, dof1, dof2).ok(),
        p: Some(p),
        outcome,
        reason: reason.to_owned(),
    }
}

/// Mean and sample standard deviation; `None` when the values differ by rounding only.
fn centre_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values).to_f64();
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    let deviation = (squares / (values.len() - 1) as f64).sqrt();
    let largest = values
        .iter()
        .fold(0.0_f64, |largest, v| largest.max(v.abs()));
    (deviation > 4.0 * f64::EPSILON * largest).then_some((centre, deviation))
}

fn deviations_from_median(mut group: Vec<f64>) -> Vec<f64> {
    group.sort_by(f64::total_cmp);
    let half = group.len() / 2;
    let median = if group.len().is_multiple_of(2) {
        0.5 * (group[half - 1] + group[half])
    } else {
        group[half]
    };
    group.into_iter().map(|v| (v - median).abs()).collect()
}

/// Values collected by heat, heats in the order of their index.
fn by_heat(values: &[f64], heats: &[usize]) -> Vec<Vec<f64>> {
    let mut groups: std::collections::BTreeMap<usize, Vec<f64>> = std::collections::BTreeMap::new();
    for (&value, &heat) in values.iter().zip(heats) {
        groups.entry(heat).or_default().push(value);
    }
    groups.into_values().collect()
}

fn unusable(values: &[f64]) -> Option<String> {
    let row = values.iter().position(|v| !v.is_finite())?;
    Some(format!("value {} is not a finite number", row + 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::reference::{Tolerance, assert_close, block, number, tolerance};

    /// Groups one behind the other, with the group of each value.
    fn pooled(groups: &[&[f64]]) -> (Vec<f64>, Vec<usize>) {
        let heats = groups
            .iter()
            .enumerate()
            .flat_map(|(g, values)| vec![g; values.len()])
            .collect();
        (groups.concat(), heats)
    }

    fn exact(what: &str, actual: Option<f64>, expected: f64) {
        assert_close(what, actual.unwrap(), expected, Tolerance::Relative(1e-13));
    }

    #[test]
    fn flagged_are_the_furthest_of_a_heat_and_of_all() {
        // Heat 0 has one value far from its five others; heat 1 none.
        let values = [10.0, 10.1, 9.9, 10.05, 9.95, 14.0, 20.0, 20.2, 19.8, 20.1];
        let heats = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
        let calm: Vec<f64> = (0..10).map(|i| f64::from(i % 3) - 1.0).collect();
        assert_eq!(flagged_outliers(&values, &calm, &heats), [5]);
        let mut wild = calm.clone();
        wild[8] = 30.0;
        assert_eq!(flagged_outliers(&values, &wild, &heats), [5, 8]);
        assert!(flagged_outliers(&values, &calm[1..], &heats).is_empty());
        assert!(flagged_outliers(&[], &[], &[]).is_empty());
    }

    #[test]
    fn critical_normed_residuals_of_stefansky() {
        let reference = block("max_normed_residual_critical");
        for case in reference["cases"].as_array().unwrap() {
            let n = usize::try_from(case["n"].as_u64().unwrap()).unwrap();
            let critical = critical_normed_residual(n, 0.05).unwrap();
            assert_close(
                &format!("n = {n}"),
                critical,
                number(&case["critical"]),
                tolerance(&reference),
            );
        }
        assert_eq!(critical_normed_residual(2, 0.05), None);
    }

    #[test]
    fn outliers_by_hand() {
        // Mean 4, squares 50; mean 6, squares 280.
        let near = [1.0, 2.0, 3.0, 4.0, 10.0];
        let far = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 21.0];
        let found = max_normed_residual(&near);
        exact("near", found.statistic, 6.0 / (50.0_f64 / 4.0).sqrt());
        assert_eq!(found.outcome, Outcome::Pass);
        let found = max_normed_residual(&far);
        let worst = 15.0 / (280.0_f64 / 6.0).sqrt();
        exact("far", found.statistic, worst);
        assert_eq!(found.critical, critical_normed_residual(7, SIGNIFICANCE));
        assert_eq!(found.outcome, Outcome::Fail);

        let (values, heats) = pooled(&[&near, &[7.0, 8.0], &far]);
        let found = max_normed_residual_within_heats(&values, &heats);
        exact("worst heat", found.statistic, worst);
        assert_eq!(
            found.reason,
            "value 7 of heat 3 is an outlier: flagged, not removed"
        );
    }

    #[test]
    fn normality_of_a_line_and_of_powers() {
        let reference = block("anderson_darling");
        let line: Vec<f64> = (1..=10).map(f64::from).collect();
        let powers: Vec<f64> = (0..10).map(|i| f64::exp2(f64::from(i))).collect();
        // The logarithms of the powers are a line again: the test ignores level and scale.
        let logarithms: Vec<f64> = powers.iter().map(|v| v.ln()).collect();
        for (key, values, outcome) in [
            ("whole_numbers_1_to_10", &line, Outcome::Pass),
            ("whole_numbers_1_to_10", &logarithms, Outcome::Pass),
            ("powers_of_two_1_to_512", &powers, Outcome::Fail),
        ] {
            let found = anderson_darling_normal(values);
            for (part, actual) in [("statistic", found.statistic), ("osl", found.p)] {
                let expected = number(&reference[key][part]);
                assert_close(key, actual.unwrap(), expected, tolerance(&reference));
            }
            assert_eq!(found.outcome, outcome);
        }
    }

    /// With three heats p has the closed form (1 + 2F/d)^(−d/2), d = n − 3.
    #[test]
    fn spread_by_hand() {
        // Deviations 1 0 1, 2 0 5 and 5 0 15: squares 4662/81 between and 130 within heats.
        let alike = pooled(&[&[1.0, 2.0, 3.0], &[4.0, 6.0, 11.0], &[0.0, 5.0, 20.0]]);
        let found = brown_forsythe(&alike.0, &alike.1);
        let f = (4662.0 / 81.0 / 2.0) / (130.0 / 6.0);
        exact("F", found.statistic, f);
        exact("p", found.p, (1.0 + f / 3.0).powi(-3));
        assert_eq!(found.outcome, Outcome::Pass);
        assert!(found.statistic < found.critical);

        // Mean deviations 12, 1.2 and 2.4: squares 350.4 between and 294 within heats.
        let unlike = pooled(&[
            &[0.0, 10.0, 20.0, 30.0, 40.0],
            &[1.0, 2.0, 3.0, 4.0, 5.0],
            &[1.0, 3.0, 5.0, 7.0, 9.0],
        ]);
        let found = brown_forsythe(&unlike.0, &unlike.1);
        let f = (350.4 / 2.0) / (294.0 / 12.0);
        exact("F", found.statistic, f);
        exact("p", found.p, (1.0 + f / 6.0).powi(-6));
        assert_eq!(found.outcome, Outcome::Fail);
        assert!(found.statistic > found.critical);
    }

    #[test]
    fn too_little_to_test_is_skipped_with_a_reason() {
        let skipped = [
            max_normed_residual(&[]),
            max_normed_residual(&[1.0, 2.0]),
            max_normed_residual(&[0.1, 0.1, 0.1]),
            max_normed_residual(&[1.0, f64::NAN, 2.0]),
            max_normed_residual_within_heats(&[1.0, 2.0, 3.0], &[0, 1, 2]),
            anderson_darling_normal(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
            anderson_darling_normal(&[0.1; 9]),
            brown_forsythe(&[1.0, 2.0, 4.0], &[0, 0, 0]),
            brown_forsythe(&[1.0; 6], &[0, 0, 0, 1, 1, 1]),
        ];
        for diagnostic in skipped {
            assert_eq!(diagnostic.outcome, Outcome::Skipped, "{diagnostic:?}");
            assert!(!diagnostic.reason.is_empty() && diagnostic.statistic.is_none());
        }
    }

    #[test]
    fn json_has_the_documented_keys() {
        let json = serde_json::to_string(&max_normed_residual(&[1.0, 2.0])).unwrap();
        assert_eq!(
            json,
            "{\"test\":\"max_normed_residual\",\"statistic\":null,\"critical\":null,\"p\":null,\
             \"outcome\":\"skipped\",\"reason\":\"needs at least 3 values with some scatter\"}"
        );
    }
}
