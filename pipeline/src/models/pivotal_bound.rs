//! Tolerance bounds of the random-heat regression by generalised pivotal quantities.
//!
//! Vangel's T rests on a moment estimate of the variance between heats and two approximations of
//! degrees of freedom; with very unequal heats, or hardly more heats than coefficients, its true
//! confidence falls below what it says ([`super::vangel_confidence::vangel_confidence`]). The bound here is for these.
//!
//! It inverts three exact pivots of the same model (Krishnamoorthy & Mathew, *Statistical Tolerance
//! Regions*, 2009, ch. 5, for the one-way case):
//!
//! 1. RSS([X Z])/σ_e² ~ χ² with n − r₂ degrees of freedom, r₂ = rank [X Z];
//! 2. Q(σ_b²; σ_e²) ~ χ² with r₂ − r₁, Q the residual sum of squares of generalised least squares
//!    less the first (Wald, Ann. Math. Statist. 11, 1940);
//! 3. (w'θ̂ − w'θ)/se ~ N(0, 1), θ̂ and se by generalised least squares.
//!
//! A draw U₁, U₂, Z of the right-hand sides gives a draw of σ_e², σ_b² (0 where Q(0) < U₂) and w'θ,
//! and so of the quantile w'θ − z_p·√(σ_b² + σ_e²); the bound is the (1 − confidence) quantile of
//! these. Z is integrated in closed form and U₁, U₂ by the trapezoidal rule in their logarithms,
//! which converges exponentially: no random number is involved.

use super::distributions::{check_probability, normal_cdf_and_density, normal_quantile};
use super::error::ModelError;
use super::heat_fit::{Bound, Model};
use super::heat_summary::HeatSummary;

/// Step of the trapezoidal rule in standard deviations of ln χ²; half of it moves bounds by less than
/// 1e-5 of their distance from the mean, and mostly by 1e-6.
const STEP: f64 = 0.4;
/// Densities below exp(−21) of their peak are left out.
const NEGLIGIBLE: f64 = -21.0;
/// Joint weights below this, of a sum of 1, are left out.
const LIGHT: f64 = 1e-9;
/// RSS([X Z]) counts as at least this part of the spread of the heat means: specimens that all agree
/// within their heats leave the bound to the heats.
const LEAST_WITHIN: f64 = 1e-20;

/// The distribution that the data leave for the variances and the line.
#[derive(Clone, Debug, PartialEq)]
pub struct PivotalBound {
    model: Model,
    x_centre: f64,
    y_centre: f64,
    x_range: (f64, f64),
    scale: f64,
    estimate: (f64, f64),
    nodes: Vec<Node>,
}

/// One draw of the variances, and the line that generalised least squares fits with them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    weight: f64,
    x: f64,
    y: f64,
    slope: f64,
    /// Variance of the mean at `x`, and of the slope.
    mean_variance: f64,
    slope_variance: f64,
    /// √(σ_b² + σ_e²).
    sigma: f64,
}

impl PivotalBound {
    /// Prepares bounds between `x_range`, the lowest and highest observed x (ignored for a mean).
    ///
    /// Takes about a thousand draws of the variances, a few weighted fits of the heat means each.
    ///
    /// # Errors
    /// [`ModelError::Confounded`] when no degree of freedom is left within heats,
    /// [`ModelError::TooFewHeats`] when none is left between them, [`ModelError::NoScatter`] when
    /// neither specimens nor heats scatter.
    pub fn new(summary: &HeatSummary, x_range: (f64, f64)) -> Result<PivotalBound, ModelError> {
        let coefficients = summary.coefficients();
        let rank = summary.rank_with_heats();
        let within_dof = summary.specimens().saturating_sub(rank);
        let between_dof = rank.saturating_sub(coefficients);
        if between_dof == 0 {
            return Err(ModelError::TooFewHeats {
                heats: summary.sizes.len(),
                needed: coefficients + 1,
            });
        }
        if within_dof == 0 {
            return Err(ModelError::Confounded);
        }
        let equal = summary.weighted(&vec![1.0; summary.sizes.len()], 0.0);
        let rss = summary.within_rss().max(LEAST_WITHIN * equal.rss);
        if rss <= 0.0 {
            return Err(ModelError::NoScatter);
        }
        let between = log_chi_square(between_dof as f64);
        let mut nodes = Vec::new();
        let mut weights = vec![0.0; summary.sizes.len()];
        for (log_u1, p1) in log_chi_square(within_dof as f64) {
            let within = rss / log_u1.exp();
            for &(log_u2, p2) in &between {
                if p1 * p2 < LIGHT {
                    continue;
                }
                let heats =
                    between_variance(summary, (within, log_u2.exp()), equal.rss, &mut weights);
                weigh(summary, heats, within, &mut weights);
                let fitted = summary.weighted(&weights, within.recip());
                nodes.push(Node {
                    weight: p1 * p2,
                    x: fitted.x,
                    y: fitted.y,
                    slope: fitted.slope,
                    mean_variance: fitted.total.recip(),
                    slope_variance: if summary.model == Model::Linear {
                        fitted.xx.recip()
                    } else {
                        0.0
                    },
                    sigma: (heats + within).sqrt(),
                });
            }
        }
        let total: f64 = nodes.iter().map(|node| node.weight).sum();
        nodes.iter_mut().for_each(|node| node.weight /= total);
        let sizes: Vec<f64> = summary.sizes.iter().map(|&size| size as f64).collect();
        let plain = summary.weighted(&sizes, 1.0);
        let dof = summary.specimens() - coefficients;
        Ok(PivotalBound {
            model: summary.model,
            x_centre: summary.x_centre,
            y_centre: summary.y_centre,
            x_range,
            scale: ((plain.rss + summary.within_rss()) / dof as f64).sqrt(),
            estimate: (plain.y - plain.slope * plain.x, plain.slope),
            nodes,
        })
    }

    /// The value that at least `content` of specimens exceed, with `confidence`.
    ///
    /// `estimate` in the result is the plain regression's, `k` the distance in units of √RMSA, as for
    /// [`super::HeatFit::lower_bound`].
    ///
    /// # Errors
    /// [`ModelError::Probability`]; [`ModelError::Extrapolation`] for a line outside the observed
    /// range, x = NaN included.
    pub fn lower_bound(&self, x: f64, content: f64, confidence: f64) -> Result<Bound, ModelError> {
        self.one_sided(x, content, confidence, -1.0)
    }

    /// The value that at least `content` of specimens stay below, with `confidence`.
    ///
    /// # Errors
    /// As for [`PivotalBound::lower_bound`].
    pub fn upper_bound(&self, x: f64, content: f64, confidence: f64) -> Result<Bound, ModelError> {
        self.one_sided(x, content, confidence, 1.0)
    }

    fn one_sided(
        &self,
        x: f64,
        content: f64,
        confidence: f64,
        side: f64,
    ) -> Result<Bound, ModelError> {
        check_probability("content", content)?;
        check_probability("confidence", confidence)?;
        let (min, max) = self.x_range;
        let line = self.model == Model::Linear;
        if line && !(min..=max).contains(&x) {
            return Err(ModelError::Extrapolation { at: x, min, max });
        }
        let dx = if line { x - self.x_centre } else { 0.0 };
        let z = normal_quantile(content)?;
        // In the direction of the bound, where both sides look alike: centre, spread, weight.
        let draws: Vec<(f64, f64, f64)> = self
            .nodes
            .iter()
            .map(|node| {
                let dx = dx - node.x;
                let variance = node.mean_variance + dx * dx * node.slope_variance;
                let mean = node.y + node.slope * dx;
                (side * mean + z * node.sigma, variance.sqrt(), node.weight)
            })
            .collect();
        let (level, slope) = self.estimate;
        let estimate = self.y_centre + level + slope * dx;
        let bound = self.y_centre + side * mixture_quantile(&draws, confidence);
        Ok(Bound {
            at: x,
            estimate,
            bound,
            k: (estimate - bound).abs() / self.scale,
        })
    }
}

/// The weights of the heat means for given variances.
fn weigh(summary: &HeatSummary, between: f64, within: f64, weights: &mut [f64]) {
    for (weight, &size) in weights.iter_mut().zip(&summary.sizes) {
        *weight = (between + within / size as f64).recip();
    }
}

/// The σ_b² at which Q is U₂, or 0 when Q(0) is less.
///
/// 1/Q is concave and rises, so Newton's method from below never oversteps.
fn between_variance(
    summary: &HeatSummary,
    (within, u2): (f64, f64),
    equal_rss: f64,
    weights: &mut [f64],
) -> f64 {
    let smallest = summary.sizes.iter().copied().min().unwrap_or(1) as f64;
    // No heat mean has more variance than σ_b² + σ_e²/(smallest size), so Q is at least the plain sum
    // of squares over this.
    let mut between = (equal_rss / u2 - within / smallest).max(0.0);
    for _ in 0..60 {
        weigh(summary, between, within, weights);
        let fitted = summary.weighted(weights, within.recip());
        let excess = fitted.rss / u2 - 1.0;
        if excess <= 1e-10 {
            break;
        }
        let fall: f64 = weights
            .iter()
            .zip(summary.x_means.iter().zip(&summary.y_means))
            .map(|(weight, (x, y))| {
                let residual = y - fitted.y - fitted.slope * (x - fitted.x);
                (weight * residual) * (weight * residual)
            })
            .sum();
        let step = fitted.rss * excess / fall;
        if !step.is_finite() {
            break;
        }
        between += step;
    }
    between
}

/// Abscissae and weights (sum 1) for ln χ² with `dof` degrees of freedom.
fn log_chi_square(dof: f64) -> Vec<(f64, f64)> {
    let step = STEP * (2.0 / dof).sqrt();
    let peak = dof.ln();
    // ln density at peak + t, less that at the peak: ν(t + 1 − eᵗ)/2.
    let log_density = |t: f64| 0.5 * dof * (t - t.exp_m1());
    let side = |direction: f64| {
        (1_u32..)
            .map(move |i| direction * step * f64::from(i))
            .take_while(|&t| log_density(t) > NEGLIGIBLE)
    };
    let mut nodes: Vec<(f64, f64)> = side(-1.0)
        .chain([0.0])
        .chain(side(1.0))
        .map(|t| (peak + t, log_density(t).exp()))
        .collect();
    nodes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = nodes.iter().map(|(_, weight)| weight).sum();
    nodes.iter_mut().for_each(|(_, weight)| *weight /= total);
    nodes
}

/// The `p` quantile of a mixture of normals, each with its centre, spread and weight.
fn mixture_quantile(parts: &[(f64, f64, f64)], p: f64) -> f64 {
    // Beyond nine spreads of every part nothing is left.
    let mut low = parts
        .iter()
        .map(|(c, s, _)| c - 9.0 * s)
        .fold(f64::INFINITY, f64::min);
    let mut high = parts
        .iter()
        .map(|(c, s, _)| c + 9.0 * s)
        .fold(f64::NEG_INFINITY, f64::max);
    // Both sums weigh to one, so this starts at the mean.
    let mut at: f64 = parts.iter().map(|(c, _, w)| c * w).sum();
    let mut last_miss = f64::INFINITY;
    for _ in 0..200 {
        let (mut value, mut slope) = (0.0, 0.0);
        for (centre, spread, weight) in parts {
            let (below, density) = normal_cdf_and_density((at - centre) / spread);
            value += weight * below;
            slope += weight * density / spread;
        }
        let miss = value - p;
        if miss < 0.0 {
            low = at;
        } else {
            high = at;
        }
        let newton = at - miss / slope;
        let sound = newton > low && newton < high && miss.abs() <= 0.5 * last_miss;
        let next = if sound {
            newton
        } else {
            low + 0.5 * (high - low)
        };
        if (next - at).abs() <= 1e-13 * (high - low).max(next.abs()) {
            return next;
        }
        last_miss = miss.abs();
        at = next;
    }
    at
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;
