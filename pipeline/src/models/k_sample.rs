//! Whether samples come from one population: the k-sample Anderson–Darling test.
//!
//! In: values with the heat, laboratory or supplier of each. Out: a [`KSample`], or a
//! [`Diagnostic`]. The statistic is A²akN of Scholz & Stephens (JASA 82, 1987, eq. 7), which splits
//! ties in halves; CMH-17-1G (2012, ch. 8) divides it by k − 1 so that it is about 1 for samples that
//! agree, and calls them poolable up to a critical value at α = .025.

use super::anova_bound::by_heat;
use super::diagnostics::{Diagnostic, Outcome};
use super::distributions::normal_quantile;

/// Significance at which CMH-17 judges whether batches may be pooled.
pub const POOLING_SIGNIFICANCE: f64 = 0.025;

/// Significance α and the b₀, b₁, b₂ of its critical value t(α) = b₀ + b₁/√m + b₂/m, m = k − 1
/// (Scholz & Stephens, 1987, table 2; the last two as in scipy 1.17's `anderson_ksamp`).
const CRITICAL: [(f64, [f64; 3]); TABULATED] = [
    (0.25, [0.675, -0.245, -0.105]),
    (0.10, [1.281, 0.250, -0.305]),
    (0.05, [1.645, 0.678, -0.362]),
    (0.025, [1.960, 1.149, -0.391]),
    (0.01, [2.326, 1.822, -0.396]),
    (0.005, [2.573, 2.364, -0.345]),
    (0.001, [3.085, 3.615, -0.154]),
];
/// Tabulated significances.
const TABULATED: usize = 7;

/// The k-sample Anderson–Darling statistic and what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KSample {
    /// Samples, k.
    pub samples: usize,
    /// Values, N.
    pub n: usize,
    /// A²akN, with an expectation of k − 1 when the populations agree.
    pub a2akn: f64,
    /// Standard deviation of A²akN when they agree.
    pub sigma: f64,
}

impl KSample {
    /// Compares samples; empty ones are passed over.
    ///
    /// `None` with fewer than two samples or four values, when all values are equal, or when one is
    /// not finite.
    pub fn new(groups: &[Vec<f64>]) -> Option<KSample> {
        let groups: Vec<&Vec<f64>> = groups.iter().filter(|group| !group.is_empty()).collect();
        let samples = groups.len();
        let mut all: Vec<(f64, usize)> = groups
            .iter()
            .enumerate()
            .flat_map(|(sample, values)| values.iter().map(move |&value| (value, sample)))
            .collect();
        let n = all.len();
        if samples < 2 || n < 4 || all.iter().any(|(value, _)| !value.is_finite()) {
            return None;
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total = n as f64;
        let mut below = vec![0.0; samples];
        let mut sums = vec![0.0; samples];
        let mut all_below = 0.0;
        for tied in all.chunk_by(|a, b| a.0 >= b.0) {
            let ties = tied.len() as f64;
            // Half of the ties count as below.
            let rank = all_below + 0.5 * ties;
            let spread = rank * (total - rank) - 0.25 * total * ties;
            let mut of_sample = vec![0.0; samples];
            for &(_, sample) in tied {
                of_sample[sample] += 1.0;
            }
            for (sample, group) in groups.iter().enumerate() {
                let own = below[sample] + 0.5 * of_sample[sample];
                let excess = total * own - group.len() as f64 * rank;
                // Zero only when all values are tied.
                if spread > 0.0 {
                    sums[sample] += ties / total * excess * excess / spread;
                }
                below[sample] += of_sample[sample];
            }
            all_below += ties;
        }
        if all.first()?.0 >= all.last()?.0 {
            return None;
        }
        let weighted = |(sum, group): (&f64, &&Vec<f64>)| sum / group.len() as f64;
        let a2akn = (total - 1.0) / total * sums.iter().zip(&groups).map(weighted).sum::<f64>();
        Some(KSample {
            samples,
            n,
            a2akn,
            sigma: sigma(&groups.iter().map(|g| g.len() as f64).collect::<Vec<_>>()),
        })
    }

    /// k − 1.
    fn freedom(&self) -> f64 {
        (self.samples - 1) as f64
    }

    /// CMH-17's ADK = A²akN/(k − 1), about 1 when the populations agree.
    pub fn adk(&self) -> f64 {
        self.a2akn / self.freedom()
    }

    /// T = (A²akN − (k − 1))/σ_N.
    pub fn standardised(&self) -> f64 {
        (self.a2akn - self.freedom()) / self.sigma
    }

    /// The critical value of ADK at `alpha`: 1 + σ_N/(k − 1)·(b₀ + b₁/√(k − 1) + b₂/(k − 1)), with
    /// b₀ = z of 1 − α and b₁, b₂ interpolated in it between the tabulated significances. `None` for
    /// an `alpha` outside .001 to .25.
    pub fn critical(&self, alpha: f64) -> Option<f64> {
        let m = self.freedom();
        let z = normal_quantile(1.0 - alpha).ok()?;
        let exact = CRITICAL
            .iter()
            .find(|(tabulated, _)| (tabulated - alpha).abs() < 1e-12);
        let [b0, b1, b2] = match exact {
            Some((_, coefficients)) => *coefficients,
            None => {
                let pair = CRITICAL
                    .windows(2)
                    .find(|pair| alpha < pair[0].0 && alpha > pair[1].0)?;
                let [(_, low), (_, high)] = [pair[0], pair[1]];
                let share = (z - low[0]) / (high[0] - low[0]);
                let between = |i: usize| low[i] + share * (high[i] - low[i]);
                [z, between(1), between(2)]
            }
        };
        Some(1.0 + self.sigma / m * (b0 + b1 / m.sqrt() + b2 / m))
    }

    /// P(larger A²akN) if the populations agree, approximately: ln(p/(1 − p)) as the parabola in T
    /// that fits the tabulated critical values best (Scholz & Stephens, 1987, section 5).
    ///
    /// Within 10 % of its value from .001 to .25; beyond, an extrapolation that keeps its order of
    /// magnitude.
    pub fn p(&self) -> f64 {
        let m = self.freedom();
        let points = CRITICAL.map(|(alpha, [b0, b1, b2])| {
            (b0 + b1 / m.sqrt() + b2 / m, (alpha / (1.0 - alpha)).ln())
        });
        let [c0, c1, c2] = parabola(&points);
        let mut t = self.standardised();
        // The parabola turns round somewhere; p does not.
        let turn = -c1 / (2.0 * c2);
        if c2 > 0.0 {
            t = t.min(turn);
        } else {
            t = t.max(turn);
        }
        let logit = c0 + c1 * t + c2 * t * t;
        (1.0 + (-logit).exp()).recip()
    }
}

/// Standard deviation of A²akN (Scholz & Stephens, 1987, eq. 4).
fn sigma(sizes: &[f64]) -> f64 {
    let n: f64 = sizes.iter().sum();
    let k = sizes.len() as f64;
    let reciprocals: f64 = sizes.iter().map(|size| size.recip()).sum();
    // h = Σ 1/i; g = Σᵢ Σ_{j > i} 1/((N − i) j), by the tails of h so that it takes one pass.
    let count = n as usize;
    let harmonic: f64 = (1..count).map(|i| (i as f64).recip()).sum();
    let mut tail = 0.0;
    let mut g = 0.0;
    for i in (1..count - 1).rev() {
        tail += ((i + 1) as f64).recip();
        g += tail / (n - i as f64);
    }
    let h = harmonic;
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * reciprocals;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * reciprocals
        - 8.0 * h
        + 4.0 * g
        - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k
        + (4.0 * h - 4.0 * g + 6.0) * k
        + (2.0 * h - 6.0) * reciprocals
        + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    let variance = (((a * n + b) * n + c) * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
    variance.sqrt()
}

/// c₀, c₁, c₂ of the least-squares parabola, by orthogonal polynomials on the points.
fn parabola(points: &[(f64, f64); TABULATED]) -> [f64; 3] {
    let count = TABULATED as f64;
    let centre = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let level = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let moment = |power: i32| {
        points
            .iter()
            .map(|(x, _)| (x - centre).powi(power))
            .sum::<f64>()
    };
    let (second, third) = (moment(2), moment(3));
    let (mean_square, skew) = (second / count, third / second);
    let slope = points.iter().map(|(x, y)| (x - centre) * y).sum::<f64>() / second;
    // The part of (x − x̄)² that is orthogonal to 1 and x − x̄.
    let bend = |x: f64| (x - centre).powi(2) - skew * (x - centre) - mean_square;
    let squares: f64 = points.iter().map(|(x, _)| bend(*x).powi(2)).sum();
    let curvature = points.iter().map(|(x, y)| bend(*x) * y).sum::<f64>() / squares;
    let linear = slope - curvature * skew;
    let constant = level - curvature * mean_square;
    [
        constant - linear * centre + curvature * centre * centre,
        linear - 2.0 * curvature * centre,
        curvature,
    ]
}

/// The k-sample Anderson–Darling test that heats, laboratories or suppliers may be pooled.
///
/// The statistic is ADK; fails above the critical value at [`POOLING_SIGNIFICANCE`]; p is
/// approximate. Skipped with fewer than two groups or four values, or when all are equal.
pub fn anderson_darling_k_sample(values: &[f64], heats: &[usize]) -> Diagnostic {
    const TEST: &str = "anderson_darling_k_sample";
    let Some(found) = KSample::new(&by_heat(values, heats)) else {
        let reason = "needs 2 groups and 4 values, finite and not all equal";
        return Diagnostic::skipped(TEST, reason);
    };
    let Some(critical) = found.critical(POOLING_SIGNIFICANCE) else {
        return Diagnostic::skipped(TEST, "no critical value");
    };
    let (outcome, reason) = if found.adk() > critical {
        (Outcome::Fail, "groups differ: they should not be pooled")
    } else {
        (Outcome::Pass, "nothing speaks against pooling")
    };
    Diagnostic {
        test: TEST.to_owned(),
        statistic: Some(found.adk()),
        critical: Some(critical),
        p: Some(found.p()),
        outcome,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::models::reference::{Tolerance, assert_close};

    /// Equation 7 of Scholz & Stephens, each count taken afresh, with ties between and in samples.
    #[test]
    fn the_definition_without_shortcuts() {
        let groups = [vec![1.0, 3.0, 6.0, 3.0], vec![2.0, 4.0, 3.0]];
        let n = 7.0;
        let distinct = [1.0, 2.0, 3.0, 4.0, 6.0];
        let mut expected = 0.0;
        for group in &groups {
            let size = group.len() as f64;
            for at in distinct {
                let count = |values: &[f64], keep: &dyn Fn(f64) -> bool| {
                    values.iter().filter(|v| keep(**v)).count() as f64
                };
                let all = groups.concat();
                let ties = count(&all, &|v| (v - at).abs() < 1e-9);
                let rank = count(&all, &|v| v < at) + ties / 2.0;
                let own =
                    count(group, &|v| v < at) + count(group, &|v| (v - at).abs() < 1e-9) / 2.0;
                let excess = n * own - size * rank;
                expected +=
                    ties / n * excess * excess / (rank * (n - rank) - n * ties / 4.0) / size;
            }
        }
        expected *= (n - 1.0) / n;
        let found = KSample::new(&groups).unwrap();
        assert_close("A²", found.a2akn, expected, Tolerance::Relative(1e-13));
        assert_eq!((found.samples, found.n), (2, 7));
    }

    #[test]
    fn the_double_sum_of_the_variance() {
        let sizes = [4.0, 7.0, 3.0];
        let n = 14;
        let mut g = 0.0;
        for i in 1..=n - 2 {
            for j in i + 1..n {
                g += 1.0 / (f64::from(n - i) * f64::from(j));
            }
        }
        let h: f64 = (1..n).map(|i| f64::from(i).recip()).sum();
        let (k, r, n) = (3.0_f64, 1.0 / 4.0 + 1.0 / 7.0 + 1.0 / 3.0, 14.0);
        let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * r;
        let b = (2.0 * g - 4.0) * 9.0 + 24.0 * h + (2.0 * g - 14.0 * h - 4.0) * r - 8.0 * h
            + 4.0 * g
            - 6.0;
        let c = (6.0 * h + 2.0 * g - 2.0) * 9.0
            + (4.0 * h - 4.0 * g + 6.0) * 3.0
            + (2.0 * h - 6.0) * r
            + 4.0 * h;
        let d = (2.0 * h + 6.0) * 9.0 - 12.0 * h;
        let variance = (a * n * n * n + b * n * n + c * n + d) / (13.0 * 12.0 * 11.0);
        assert_close(
            "σ",
            sigma(&sizes),
            variance.sqrt(),
            Tolerance::Relative(1e-12),
        );
    }

    #[test]
    fn significance_follows_its_table() {
        // T at each critical value must have about the tabulated significance.
        for samples in [2, 3, 11] {
            let m = f64::from(samples - 1);
            for (alpha, [b0, b1, b2]) in CRITICAL {
                let t = b0 + b1 / m.sqrt() + b2 / m;
                let found = KSample {
                    samples: usize::try_from(samples).unwrap(),
                    n: 30,
                    a2akn: m + t,
                    sigma: 1.0,
                };
                let p = found.p();
                assert!((p / alpha - 1.0).abs() < 0.1, "{samples} {alpha}: {p}");
                let critical = found.critical(alpha).unwrap();
                assert_close("ADC", critical, found.adk(), Tolerance::Relative(1e-12));
            }
        }
        let found = KSample {
            samples: 3,
            n: 30,
            a2akn: 2.0,
            sigma: 1.0,
        };
        let between = found.critical(0.03).unwrap();
        assert!(found.critical(0.05).unwrap() < between);
        assert!(between < found.critical(0.025).unwrap());
        assert_eq!(found.critical(0.0005), None);
        // More difference, less significance, far beyond the table too.
        let p = |a2akn| KSample { a2akn, ..found }.p();
        for step in 0..200 {
            let a = 0.2 * f64::from(step);
            assert!(p(a + 0.2) <= p(a), "{a}");
        }
        assert!(p(40.0) < 1e-4 && p(0.0) > 0.5);
    }

    #[test]
    fn groups_that_cannot_be_compared_are_skipped_and_differences_found() {
        let heats = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
        let apart = [1.0, 2.0, 3.0, 4.0, 5.0, 11.0, 12.0, 13.0, 14.0, 15.0];
        let mixed = [1.0, 3.0, 5.0, 7.0, 9.0, 2.0, 4.0, 6.0, 8.0, 10.0];
        let outcome =
            |values: &[f64], heats: &[usize]| anderson_darling_k_sample(values, heats).outcome;
        assert_eq!(outcome(&apart, &heats), Outcome::Fail);
        assert_eq!(outcome(&mixed, &heats), Outcome::Pass);
        assert_eq!(outcome(&mixed, &[0; 10]), Outcome::Skipped);
        assert_eq!(outcome(&[2.0; 10], &heats), Outcome::Skipped);
        assert_eq!(outcome(&mixed[..3], &[0, 1, 1]), Outcome::Skipped);
        assert_eq!(outcome(&[f64::NAN; 10], &heats), Outcome::Skipped);
    }
}
