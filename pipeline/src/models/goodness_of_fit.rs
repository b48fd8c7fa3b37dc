//! Whether a sample looks lognormal or Weibull: Anderson–Darling tests with their significance.
//!
//! The normal one is [`diagnostics::anderson_darling_normal`]; together they choose the method of a
//! sample without heats, in the order normal, lognormal, Weibull (CMH-17-1G, 2012, ch. 8).

use super::diagnostics::{self, Diagnostic, Outcome, SIGNIFICANCE};
use super::sample_bounds::weibull::WeibullFit;

/// Fewer values than this do not tell one shape from another; as for the normal test.
const FEWEST_VALUES: usize = 8;

/// Anderson–Darling test that the logarithms are normal.
///
/// Skipped below 8 values, without scatter, and, naming the row, with a value that is not positive.
pub fn anderson_darling_lognormal(values: &[f64]) -> Diagnostic {
    const TEST: &str = "anderson_darling_lognormal";
    if let Some(reason) = not_positive(values) {
        return Diagnostic::skipped(TEST, reason);
    }
    let logarithms: Vec<f64> = values.iter().map(|v| v.ln()).collect();
    let mut found = diagnostics::anderson_darling_normal(&logarithms);
    TEST.clone_into(&mut found.test);
    match found.outcome {
        Outcome::Fail => "the values do not look lognormal".clone_into(&mut found.reason),
        Outcome::Pass => "nothing speaks against a lognormal shape".clone_into(&mut found.reason),
        Outcome::Skipped => {}
    }
    found
}

/// Anderson–Darling test of the two-parameter Weibull shape.
///
/// With zᵢ = (xᵢ/scale)^shape in ascending order, the parameters by maximum likelihood,
/// A² = Σ (1 − 2i)/n·[ln(1 − exp(−zᵢ)) − zₙ₊₁₋ᵢ] − n; the observed significance level is
/// 1/(1 + exp(−0.10 + 1.24 ln A* + 4.48 A*)) with A* = (1 + 0.2/√n)A² (CMH-17-1G, 2012, ch. 8).
/// Fails when it is below [`SIGNIFICANCE`]; skipped as the lognormal test is.
pub fn anderson_darling_weibull(values: &[f64]) -> Diagnostic {
    const TEST: &str = "anderson_darling_weibull";
    if let Some(reason) = not_positive(values) {
        return Diagnostic::skipped(TEST, reason);
    }
    if values.len() < FEWEST_VALUES {
        let reason = format!("{} values; needs at least {FEWEST_VALUES}", values.len());
        return Diagnostic::skipped(TEST, reason);
    }
    let Ok(fit) = WeibullFit::new(values) else {
        return Diagnostic::skipped(TEST, "the values do not vary");
    };
    let mut z = fit.exponential_residuals();
    z.sort_by(f64::total_cmp);
    let n = z.len() as f64;
    let terms = z
        .iter()
        .zip(z.iter().rev())
        .enumerate()
        .map(|(i, (&low, &high))| (2.0 * i as f64 + 1.0) / n * (log_below(low) - high));
    let statistic = -n - terms.sum::<f64>();
    let adjusted = (1.0 + 0.2 / n.sqrt()) * statistic;
    let level = (1.0 + (-0.10 + 1.24 * adjusted.ln() + 4.48 * adjusted).exp()).recip();
    let (outcome, reason) = if level < SIGNIFICANCE {
        (Outcome::Fail, "the values do not look Weibull")
    } else {
        (Outcome::Pass, "nothing speaks against a Weibull shape")
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

/// ln(1 − exp(−z)) for z > 0, or that of the smallest positive number: far below the others a value
/// has z = 0, and a statistic of −∞ would hide that the test fails.
fn log_below(z: f64) -> f64 {
    (-(-z.max(f64::MIN_POSITIVE)).exp_m1()).ln()
}

fn not_positive(values: &[f64]) -> Option<String> {
    // Written so that a NaN is found too.
    let row = values.iter().position(|v| !(v.is_finite() && *v > 0.0))?;
    Some(format!("value {} is not a positive number", row + 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::reference::{Tolerance, assert_close};

    /// Quantiles of a shape at (i − ½)/n are as close to it as n values can be.
    fn quantiles(of: impl Fn(f64) -> f64) -> Vec<f64> {
        (0..20).map(|i| of((f64::from(i) + 0.5) / 20.0)).collect()
    }

    #[test]
    fn each_shape_passes_its_own_test_in_any_unit() {
        let normal = |p| crate::models::distributions::normal_quantile(p).unwrap();
        let lognormal = quantiles(|p| normal(p).exp());
        let weibull = quantiles(|p| (-(1.0 - p).ln()).powf(1.0 / 3.0));
        for unit in [1e-9, 1.0, 6.894_757e6] {
            let scaled = |values: &[f64]| values.iter().map(|v| v * unit).collect::<Vec<_>>();
            let own = anderson_darling_lognormal(&scaled(&lognormal));
            assert!(own.p.unwrap() > 0.9 && own.outcome == Outcome::Pass);
            let own = anderson_darling_weibull(&scaled(&weibull));
            assert!(own.p.unwrap() > 0.9 && own.outcome == Outcome::Pass);
            let other = anderson_darling_weibull(&scaled(&quantiles(|p| normal(p).exp().exp())));
            assert_eq!(other.outcome, Outcome::Fail, "{other:?}");
        }
    }

    #[test]
    fn the_statistic_is_that_of_its_definition() {
        let values = quantiles(|p| 1.0 + p * p);
        let fit = WeibullFit::new(&values).unwrap();
        let below: Vec<f64> = values
            .iter()
            .map(|x| 1.0 - (-(x / fit.scale).powf(fit.shape)).exp())
            .collect();
        let sum: f64 = (0..20)
            .map(|i| {
                f64::from(2 * i + 1)
                    * (below[i as usize].ln() + (1.0 - below[19 - i as usize]).ln())
            })
            .sum();
        let found = anderson_darling_weibull(&values).statistic.unwrap();
        assert_close("A²", found, -20.0 - sum / 20.0, Tolerance::Relative(1e-10));
    }

    #[test]
    fn what_cannot_be_tested_is_skipped_with_the_reason() {
        let mut values: Vec<f64> = (1..=9).map(f64::from).collect();
        for test in [anderson_darling_lognormal, anderson_darling_weibull] {
            assert_eq!(test(&values[..7]).outcome, Outcome::Skipped);
            assert_eq!(test(&[2.0; 9]).outcome, Outcome::Skipped);
        }
        values[4] = 0.0;
        for test in [anderson_darling_lognormal, anderson_darling_weibull] {
            assert_eq!(test(&values).reason, "value 5 is not a positive number");
        }
        // One value so small that its exponential residual underflows.
        values[4] = 1e-300;
        assert!(
            anderson_darling_weibull(&values)
                .statistic
                .unwrap()
                .is_finite()
        );
    }
}
