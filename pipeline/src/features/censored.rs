//! The mean of readings of which some are only known to lie below a detection limit.

use std::f64::consts::{PI, SQRT_2};

/// One reading, wt%.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// Measured.
    Measured(f64),
    /// Below this limit.
    Below(f64),
}

/// Maximum-likelihood mean of a normal sample with left-censored readings.
///
/// Maximises Σ ln φ((xᵢ − μ)/σ)/σ over the measured and Σ ln Φ((Lⱼ − μ)/σ) over the censored readings by
/// the EM algorithm (Dempster, Laird, Rubin 1977): a censored reading counts with its expectation
/// μ − σ λ(α), α = (L − μ)/σ, λ = φ/Φ, and its variance σ²(1 − α λ − λ²).
///
/// `None` where the likelihood has no sensible maximum: fewer than two measured readings, no scatter
/// among them, or an estimate below zero, which no mass fraction has.
pub(super) fn mean(readings: &[Reading]) -> Option<f64> {
    let measured: Vec<f64> = readings
        .iter()
        .filter_map(|reading| match reading {
            Reading::Measured(x) => Some(*x),
            Reading::Below(_) => None,
        })
        .collect();
    if measured.len() < 2 {
        return None;
    }
    #[allow(clippy::cast_precision_loss, reason = "a few burns")]
    let (n, m) = (readings.len() as f64, measured.len() as f64);
    let mut mu = measured.iter().sum::<f64>() / m;
    let mut variance = measured.iter().map(|x| (x - mu).powi(2)).sum::<f64>() / m;
    if variance <= 0.0 {
        return None;
    }
    for _ in 0..5000 {
        let sigma = variance.sqrt();
        let (mut sum, mut residual) = (0.0, 0.0);
        let expected = |limit: f64| {
            let alpha = (limit - mu) / sigma;
            let lambda = hazard(alpha);
            (
                mu - sigma * lambda,
                variance * (1.0 - alpha * lambda - lambda * lambda),
            )
        };
        for reading in readings {
            sum += match reading {
                Reading::Measured(x) => *x,
                Reading::Below(limit) => expected(*limit).0,
            };
        }
        let next = sum / n;
        for reading in readings {
            residual += match reading {
                Reading::Measured(x) => (x - next).powi(2),
                Reading::Below(limit) => {
                    let (x, spread) = expected(*limit);
                    (x - next).powi(2) + spread
                }
            };
        }
        let moved = (next - mu).abs();
        (mu, variance) = (next, residual / n);
        if moved <= 1e-13 * mu.abs() {
            break;
        }
    }
    (mu.is_finite() && mu > 0.0).then_some(mu)
}

/// φ(α)/Φ(α); far below the mean, where both vanish, by its asymptote −α − 1/α.
fn hazard(alpha: f64) -> f64 {
    if alpha < -30.0 {
        return -alpha - 1.0 / alpha;
    }
    let density = (-alpha * alpha / 2.0).exp() / (2.0 * PI).sqrt();
    density / (0.5 * libm::erfc(-alpha / SQRT_2))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::Reading::{Below, Measured};
    use super::*;

    /// The log-likelihood itself, to check the maximum without trusting the algorithm.
    fn likelihood(readings: &[Reading], mu: f64, sigma: f64) -> f64 {
        let one = |reading: &Reading| match reading {
            Measured(x) => -((x - mu) / sigma).powi(2) / 2.0 - sigma.ln(),
            Below(limit) => (0.5 * libm::erfc(-(limit - mu) / sigma / SQRT_2)).ln(),
        };
        readings.iter().map(one).sum()
    }

    #[test]
    fn nothing_beats_the_estimate() {
        let readings = [
            Measured(0.0014),
            Measured(0.0011),
            Measured(0.0019),
            Below(0.001),
            Below(0.001),
        ];
        let estimate = mean(&readings).unwrap();
        let best = |mu: f64| {
            (1..4000)
                .map(|s| likelihood(&readings, mu, f64::from(s) * 1e-6))
                .fold(f64::MIN, f64::max)
        };
        let top = best(estimate);
        for step in [-5e-5, -1e-5, 1e-5, 5e-5] {
            assert!(best(estimate + step) < top, "{estimate} {step}");
        }
        // Between half the limit and the mean of what was measured.
        assert!(estimate > 0.0005 && estimate < 0.00147, "{estimate}");
    }

    #[test]
    fn without_censoring_it_is_the_plain_mean() {
        let estimate = mean(&[Measured(1.0), Measured(2.0), Measured(4.0)]).unwrap();
        assert!((estimate - 7.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_estimated_is_left_to_the_other_rule() {
        assert_eq!(mean(&[Measured(1.0), Below(0.5), Below(0.5)]), None);
        assert_eq!(mean(&[Measured(1.0), Measured(1.0), Below(0.5)]), None);
        assert_eq!(mean(&[]), None);
        // Almost everything censored far above what little was measured.
        let swamped: Vec<Reading> = [Measured(1e-6), Measured(9e-4)]
            .into_iter()
            .chain([Below(1e-6); 40])
            .collect();
        assert_eq!(mean(&swamped), None);
    }
}
