//! Bounds that are order statistics: nothing is assumed but independent specimens.

use statrs::function::gamma::ln_gamma;

use super::sample_bound::{SampleBound, check_values, deviation, median, sorted};
use crate::models::distributions::check_probability;
use crate::models::error::ModelError;
use crate::models::side::Side;

/// The largest r with P(Bin(n, 1 − content) ≥ r) ≥ confidence: the r-th smallest of n values is a
/// lower bound, the r-th largest an upper one (CMH-17-1G, 2012, ch. 8; Wilks 1941).
///
/// `None` below [`smallest_sample`], where not even the extreme value is far enough out.
///
/// # Errors
/// Content or confidence outside (0, 1).
pub fn rank(n: usize, content: f64, confidence: f64) -> Result<Option<usize>, ModelError> {
    check_probability("content", content)?;
    check_probability("confidence", confidence)?;
    // Bisection: `low` is good enough, `high` is not. No r beyond the n-th can be.
    let (mut low, mut high) = (0, n + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fewer_than(middle, n, 1.0 - content) <= 1.0 - confidence {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok((low > 0).then_some(low))
}

/// The smallest n for which the extreme value is a bound: 1 − contentⁿ ≥ confidence. 29 for a
/// B-basis, 299 for an A-basis.
///
/// # Errors
/// Content or confidence outside (0, 1).
pub fn smallest_sample(content: f64, confidence: f64) -> Result<usize, ModelError> {
    check_probability("content", content)?;
    check_probability("confidence", confidence)?;
    // The cast saturates, which a content within 1e-18 of one would need.
    Ok(((1.0 - confidence).ln() / content.ln()).ceil().max(1.0) as usize)
}

/// The order statistic that bounds `content` of the population with `confidence`.
///
/// The estimate is the sample median.
///
/// # Errors
/// [`ModelError::TooFewValues`] with the number needed; values that are not finite or do not vary.
pub fn bound(
    values: &[f64],
    side: Side,
    content: f64,
    confidence: f64,
) -> Result<SampleBound, ModelError> {
    check_values(values, None)?;
    let n = values.len();
    let Some(rank) = rank(n, content, confidence)? else {
        let needed = smallest_sample(content, confidence)?;
        return Err(ModelError::TooFewValues { n, needed });
    };
    let deviation = deviation(values)?;
    let sorted = sorted(values);
    let position = match side {
        Side::Lower => rank - 1,
        Side::Upper => n - rank,
    };
    let (estimate, bound) = (median(&sorted), sorted[position]);
    Ok(SampleBound::new(side, estimate, bound, deviation))
}

/// P(Bin(n, q) < r) for 1 ≤ r ≤ n.
///
/// Summed downwards from the largest term that belongs to it, so that no term need be
/// representable by itself: 0.9 to the power of 100,000 is not.
fn fewer_than(r: usize, n: usize, q: f64) -> f64 {
    let size = n as f64;
    let odds = (1.0 - q) / q;
    // Beyond the mean the terms still grow downwards; the complement is the smaller sum there.
    let upwards = r as f64 > size * q;
    let start = if upwards { r } else { r - 1 } as f64;
    let log_largest = ln_gamma(size + 1.0) - ln_gamma(start + 1.0) - ln_gamma(size - start + 1.0)
        + start * q.ln()
        + (size - start) * (-q).ln_1p();
    let (mut term, mut total, mut at) = (1.0, 1.0, start);
    while term > 1e-17 * total {
        if upwards {
            term *= (size - at) / ((at + 1.0) * odds);
            at += 1.0;
        } else {
            term *= at * odds / (size - at + 1.0);
            at -= 1.0;
        }
        total += term;
    }
    let sum = log_largest.exp() * total;
    if upwards { 1.0 - sum } else { sum }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;

    /// The definition, with powers as they stand.
    fn definition(r: usize, n: usize, q: f64) -> f64 {
        let mut choose = 1.0;
        let mut total = 0.0;
        for k in 0..r {
            total += choose * q.powf(k as f64) * (1.0 - q).powf((n - k) as f64);
            choose *= (n - k) as f64 / (k + 1) as f64;
        }
        total
    }

    #[test]
    fn tails_are_those_of_the_binomial() {
        for (n, q) in [(1, 0.1), (12, 0.5), (40, 0.1), (299, 0.01), (60, 0.93)] {
            for r in 1..=n.min(60) {
                let (found, exact) = (fewer_than(r, n, q), definition(r, n, q));
                assert!((found - exact).abs() < 1e-12, "{r} of {n}: {found} {exact}");
            }
        }
    }

    #[test]
    fn ranks_grow_with_the_sample_and_one_less_value_is_not_enough() {
        for (content, sizes) in [(0.90, [29, 46, 61]), (0.99, [299, 473, 628])] {
            for (n, r) in sizes.into_iter().zip(1..) {
                assert_eq!(rank(n, content, 0.95).unwrap(), Some(r));
                let before = rank(n - 1, content, 0.95).unwrap();
                assert_eq!(before.unwrap_or(0), r - 1);
            }
            assert_eq!(smallest_sample(content, 0.95).unwrap(), sizes[0]);
        }
        // Mean 10,000 and standard deviation 95: the 5 % quantile is 1.645 of them below.
        let many = rank(100_000, 0.9, 0.95).unwrap().unwrap();
        assert!((9_842..=9_845).contains(&many), "{many}");
        assert_eq!(rank(0, 0.9, 0.95).unwrap(), None);
        assert!(rank(5, 1.0, 0.95).is_err() && smallest_sample(0.5, f64::NAN).is_err());
    }

    #[test]
    fn both_sides_count_from_their_end() {
        let values: Vec<f64> = (0..46).map(|i| f64::from((i * 17) % 46)).collect();
        let of = |side| bound(&values, side, 0.9, 0.95).unwrap();
        assert!((of(Side::Lower).bound - 1.0).abs() < 1e-15);
        assert!((of(Side::Upper).bound - 44.0).abs() < 1e-15);
        assert!((of(Side::Upper).estimate - 22.5).abs() < 1e-15);
        let error = bound(&values[..28], Side::Lower, 0.9, 0.95).unwrap_err();
        let needed = 29;
        assert_eq!(error, ModelError::TooFewValues { n: 28, needed });
    }
}
