//! Two-parameter Weibull samples: maximum likelihood and Lawless' conditional tolerance bound.
//!
//! With y = ln x the sample has location u = ln(scale) and spread b = 1/shape, and the standardised
//! residuals aᵢ = (yᵢ − û)/b̂ are ancillary. Given them, the pivots z = b̂/b and w = (û − u)/b have
//! the density ∝ z^(n−2) exp(zΣaᵢ + nw − eʷS(z)) with S(z) = Σ exp(z aᵢ) (Lawless, *Statistical
//! Models and Methods for Lifetime Data*, 1982, ch. 4). Integrated over w it leaves
//! h(z) ∝ z^(n−2) exp(zΣaᵢ)/S(z)ⁿ, and a quantile u + b wₚ lies above û + b̂ q with probability
//!
//! ∫₀^∞ h(z) G(n, S(z) exp(wₚ − q z)) dz,
//!
//! G being the regularised lower incomplete gamma function. Only differences of logarithms enter,
//! so the unit of x does not matter.

use statrs::function::gamma::{gamma_lr, ln_gamma};

use super::sample_bound::{SampleBound, check_values, deviation};
use crate::models::distributions::check_probability;
use crate::models::double_double::mean;
use crate::models::error::ModelError;
use crate::models::side::Side;

/// Trapezoids over ln z. The integrand is analytic and vanishes at both ends, so that the rule
/// converges geometrically; with few values the density of ln z has a long left flank.
const TRAPEZOIDS: usize = 320;
/// Samples below this size get [`TRAPEZOIDS`] times four.
const LONG_FLANK: usize = 12;
/// The density is followed to exp(−45) of its peak, beyond the 16th digit.
const NEGLIGIBLE: f64 = -45.0;

/// A Weibull distribution fitted to positive, independent values by maximum likelihood.
#[derive(Clone, Debug, PartialEq)]
pub struct WeibullFit {
    /// Scale, the 63.2 % quantile, in the units of the data.
    pub scale: f64,
    /// Shape, without unit.
    pub shape: f64,
    /// û = ln(scale).
    location: f64,
    /// aᵢ.
    residuals: Vec<f64>,
    /// Standard deviation of the values.
    deviation: f64,
}

impl WeibullFit {
    /// Maximum likelihood from at least two values.
    ///
    /// # Errors
    /// [`ModelError::NotPositive`] names the row of a value ≤ 0; values that are not finite or do
    /// not vary; fewer than two.
    pub fn new(values: &[f64]) -> Result<WeibullFit, ModelError> {
        check_values(values, Some("weibull"))?;
        let deviation_of_values = deviation(values)?;
        let logarithms: Vec<f64> = values.iter().map(|v| v.ln()).collect();
        let centre = mean(&logarithms).to_f64();
        // Not refused for equality: logarithms of values that vary may agree to rounding.
        let squares: f64 = logarithms.iter().map(|y| (y - centre) * (y - centre)).sum();
        let spread = (squares / (values.len() - 1) as f64).sqrt();
        if spread <= 8.0 * f64::EPSILON * centre.abs().max(1.0) {
            return Err(ModelError::NoScatter);
        }
        let standardised: Vec<f64> = logarithms.iter().map(|y| (y - centre) / spread).collect();
        let rate = likeliest_rate(&standardised);
        let offset = log_sum_exp(rate, &standardised).0 - (values.len() as f64).ln();
        let location = centre + spread * offset / rate;
        Ok(WeibullFit {
            scale: location.exp(),
            shape: rate / spread,
            location,
            residuals: standardised.iter().map(|r| rate * r - offset).collect(),
            deviation: deviation_of_values,
        })
    }

    /// (xᵢ/scale)^shape per value in the order given: a standard exponential sample if the
    /// distribution fits.
    pub fn exponential_residuals(&self) -> Vec<f64> {
        self.residuals.iter().map(|a| a.exp()).collect()
    }

    /// The median, scale·(ln 2)^(1/shape).
    pub fn median(&self) -> f64 {
        (self.location + std::f64::consts::LN_2.ln() / self.shape).exp()
    }

    /// The value that `content` of the population exceeds (or, for an upper bound, stays below) with
    /// `confidence`, exact for a Weibull population given the residuals.
    ///
    /// The estimate is the median. A lower bound of two values may be so low that it is zero.
    ///
    /// # Errors
    /// Content or confidence outside (0, 1); [`ModelError::BoundNotFinite`] when an upper bound
    /// overflows.
    pub fn bound(
        &self,
        side: Side,
        content: f64,
        confidence: f64,
    ) -> Result<SampleBound, ModelError> {
        check_probability("content", content)?;
        check_probability("confidence", confidence)?;
        // ln(−ln(share above)) is the standardised quantile.
        let (quantile, above) = match side {
            Side::Lower => ((-content.ln()).ln(), confidence),
            Side::Upper => ((-(-content).ln_1p()).ln(), 1.0 - confidence),
        };
        let distance = Pivot::new(&self.residuals, TRAPEZOIDS).solve(quantile, above);
        let bound = (self.location + distance / self.shape).exp();
        if !bound.is_finite() {
            return Err(ModelError::BoundNotFinite);
        }
        Ok(SampleBound::new(side, self.median(), bound, self.deviation))
    }
}

/// ln Σ exp(rate·rᵢ) and the mean of r under the weights exp(rate·rᵢ).
fn log_sum_exp(rate: f64, values: &[f64]) -> (f64, f64) {
    let largest = values
        .iter()
        .fold(f64::NEG_INFINITY, |m, r| m.max(rate * r));
    let (mut total, mut weighted) = (0.0, 0.0);
    for r in values {
        let weight = (rate * r - largest).exp();
        total += weight;
        weighted += weight * r;
    }
    (largest + total.ln(), weighted / total)
}

/// The root of Σrᵢe^(βrᵢ)/Σe^(βrᵢ) = 1/β for values of mean 0 and deviation 1: the only one, since the
/// left side grows from 0 to max r and the right side falls.
fn likeliest_rate(standardised: &[f64]) -> f64 {
    let miss = |rate: f64| log_sum_exp(rate, standardised).1 - rate.recip();
    let (mut low, mut high) = (0.0, 1.0);
    while miss(high) < 0.0 {
        low = high;
        high *= 2.0;
    }
    // π/√6 is the answer of a large Weibull sample.
    let mut rate: f64 = 1.282_549_830_161_864;
    for _ in 0..200 {
        if !(rate > low && rate < high) {
            rate = 0.5 * (low + high);
        }
        let found = miss(rate);
        if found < 0.0 {
            low = rate;
        } else {
            high = rate;
        }
        // Newton's step, the derivative by the variance of r under the weights.
        let weighted = log_sum_exp(rate, standardised).1;
        let largest = standardised.iter().fold(0.0_f64, |m, r| m.max(*r));
        let (mut total, mut variance) = (0.0, 0.0);
        for r in standardised {
            let weight = (rate * (r - largest)).exp();
            total += weight;
            variance += weight * (r - weighted) * (r - weighted);
        }
        let step = found / (variance / total + (rate * rate).recip());
        if step.abs() <= 1e-15 * rate || high - low <= f64::EPSILON * high {
            return rate - step;
        }
        rate -= step;
    }
    rate
}

/// The conditional distribution of z at nodes that are equidistant in ln z.
struct Pivot {
    n: f64,
    log_gamma: f64,
    /// z, ln S(z) and probability.
    nodes: Vec<(f64, f64, f64)>,
}

impl Pivot {
    fn new(residuals: &[f64], trapezoids: usize) -> Pivot {
        let n = residuals.len() as f64;
        let total: f64 = residuals.iter().sum();
        // ln of z·h(z), the density of ln z, up to a constant; and ln S.
        let log_density = |log_z: f64| {
            let z = log_z.exp();
            let log_sum = log_sum_exp(z, residuals).0;
            ((n - 1.0) * log_z + z * total - n * log_sum, log_sum)
        };
        // The density has one peak, near z = 1: b̂ is near b.
        let (mut peak, mut stride) = (0.0, 0.25);
        let mut highest = log_density(peak).0;
        while stride > 1e-3 {
            let better = [peak - stride, peak + stride]
                .map(|at| (log_density(at).0, at))
                .into_iter()
                .find(|(value, _)| *value > highest);
            match better {
                Some((value, at)) => (highest, peak) = (value, at),
                None => stride *= 0.5,
            }
        }
        let edge = |direction: f64| {
            let mut step = 0.1 / n.sqrt();
            while log_density(peak + direction * step).0 - highest > NEGLIGIBLE {
                step *= 1.2;
            }
            peak + direction * step
        };
        let (low, high) = (edge(-1.0), edge(1.0));
        let count = if residuals.len() < LONG_FLANK {
            4 * trapezoids
        } else {
            trapezoids
        };
        let width = (high - low) / count as f64;
        let mut nodes: Vec<(f64, f64, f64)> = (0..=count)
            .map(|i| {
                let log_z = low + width * i as f64;
                let (value, log_sum) = log_density(log_z);
                (log_z.exp(), log_sum, (value - highest).exp())
            })
            .collect();
        let mass: f64 = nodes.iter().map(|node| node.2).sum();
        for node in &mut nodes {
            node.2 /= mass;
        }
        Pivot {
            n,
            log_gamma: ln_gamma(n),
            nodes,
        }
    }

    /// The probability that the quantile lies above û + b̂ q, falling in q; and its derivative.
    fn above(&self, quantile: f64, q: f64) -> (f64, f64) {
        let (mut probability, mut slope) = (0.0, 0.0);
        for &(z, log_sum, share) in &self.nodes {
            let log_x = quantile - q * z + log_sum;
            let x = log_x.exp();
            // Twelve deviations and more beyond the mean of the gamma distribution.
            if x > 4.0 * self.n + 200.0 {
                probability += share;
            } else if x > 0.0 {
                probability += share * gamma_lr(self.n, x);
                slope -= share * z * (self.n * log_x - x - self.log_gamma).exp();
            }
        }
        (probability, slope)
    }

    /// q for which that probability is `above`: Newton's method inside a shrinking bracket.
    fn solve(&self, quantile: f64, above: f64) -> f64 {
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut q = quantile;
        let mut last_miss = f64::INFINITY;
        for _ in 0..200 {
            let (probability, slope) = self.above(quantile, q);
            let miss = probability - above;
            if miss > 0.0 {
                low = q;
            } else {
                high = q;
            }
            let newton = q - miss / slope;
            if (newton - q).abs() <= 1e-13 * (1.0 + q.abs()) {
                return newton;
            }
            let settled = newton > low && newton < high && miss.abs() <= 0.5 * last_miss;
            let next = if settled {
                newton
            } else if low.is_infinite() {
                high - (1.0 + q.abs())
            } else if high.is_infinite() {
                low + (1.0 + q.abs())
            } else {
                0.5 * (low + high)
            };
            // The bracket has closed on neighbouring doubles.
            if next.to_bits() == q.to_bits() {
                break;
            }
            last_miss = miss.abs();
            q = next;
        }
        q
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests;
