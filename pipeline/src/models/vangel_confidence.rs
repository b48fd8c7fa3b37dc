//! The true confidence of Vangel's T for the heats a lab has, by simulation of the same model.
//!
//! T is invariant under a change of line, unit and origin of y, so its confidence depends on the
//! design (sizes and x of the heats) and on the share of variance between heats alone. The share is
//! unknown; the least confidence over a grid of shares says whether T can be trusted whatever it is.
//! The simulated labs are the same in every call: the answer is a property of the design.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

use super::distributions::normal_quantile;
use super::error::ModelError;
use super::heat_fit::{HeatFit, Model};
use super::heat_summary::HeatSummary;
use super::noncentral_t;

/// Nominal confidence for which the true one is determined.
const NOMINAL: f64 = 0.95;
/// Contents looked at: B and A basis.
const CONTENTS: [f64; 2] = [0.90, 0.99];
/// Shares of variance between heats; at 0 and 1 T is exact or nearly so.
const SHARES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.95];
/// Every design sees the labs of this seed.
const SEED: u64 = 1994;
/// Labs per share: a standard deviation of 0.4 points near 95 %.
const LABS: u32 = 4000;
/// Below this the pivotal bound must replace T: the least true confidence that a nominal 95 % may have
/// here.
pub const LEAST_CONFIDENCE: f64 = 0.93;

/// T at one place as a function of the variances: √(η₀), √(η₁) and the noncentral t quantiles.
struct Factors {
    content_z: f64,
    dx: f64,
    eta: [f64; 2],
    quantile: [f64; 2],
}

impl Factors {
    /// Distance of the bound from the estimate, as [`HeatFit`] computes it.
    fn distance(&self, between: f64, within: f64, rmsa: f64) -> f64 {
        let [eta0, eta1] = self.eta;
        let (root0, root1) = (eta0.sqrt(), eta1.sqrt());
        let s = (between + within).sqrt();
        let s_mean = (between / eta1 + within / eta0).sqrt();
        let heats = between * (root0 + root1) / (eta1 * (root0 * s_mean + s));
        let specimens = within * (root0 + root1) / (eta0 * (s + root1 * s_mean));
        let shrink = (rmsa / rmsa.max(within)).sqrt();
        (self.quantile[1] * heats + self.quantile[0] * specimens) * shrink
    }
}

/// The least true confidence of the nominal 95 % A and B bounds at the lowest, middle and highest x
/// over all shares of variance between heats, to about 0.005.
///
/// `fit` and `summary` are of the same data; only their design matters. 0.95 where each heat has one
/// specimen, because the bound is exact there.
///
/// # Errors
/// None for a fit that was made.
pub fn vangel_confidence(fit: &HeatFit, summary: &HeatSummary) -> Result<f64, ModelError> {
    if !fit.separable {
        return Ok(NOMINAL);
    }
    let places = match (fit.model, fit.x_min, fit.x_max) {
        (Model::Linear, Some(low), Some(high)) => vec![low, 0.5 * (low + high), high],
        _ => vec![0.0],
    };
    let mut factors = Vec::new();
    for x in places {
        let (eta0, eta1) = fit.effective_sizes(x);
        for content in CONTENTS {
            let z = normal_quantile(content)?;
            factors.push(Factors {
                content_z: z,
                dx: x - fit.x_centre,
                eta: [eta0, eta1],
                quantile: [
                    noncentral_t::quantile(NOMINAL, fit.nu0, z * eta0.sqrt())?,
                    noncentral_t::quantile(NOMINAL, fit.nu1, z * eta1.sqrt())?,
                ],
            });
        }
    }
    let kept = labs_kept(fit, summary, &factors)?;
    let least = kept.into_iter().min().unwrap_or(LABS);
    Ok(f64::from(least) / f64::from(LABS))
}

/// Labs in which each bound lies below the true quantile, share by share. A lab is simulated by its
/// sufficient numbers: heat means, slope inside heats and scatter within them. Every share sees the
/// same random numbers.
fn labs_kept(
    fit: &HeatFit,
    summary: &HeatSummary,
    factors: &[Factors],
) -> Result<Vec<u32>, ModelError> {
    let within_dof = (fit.n - fit.r2) as f64;
    let chi_square = ChiSquared::new(within_dof).map_err(|_| ModelError::Confounded)?;
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let sizes: Vec<f64> = summary.sizes.iter().map(|&size| size as f64).collect();
    let spread = |share: f64| -> Vec<f64> {
        let variance = |size: &f64| share + (1.0 - share) / size;
        sizes.iter().map(|size| variance(size).sqrt()).collect()
    };
    let spreads = SHARES.map(|share| (1.0 - share, spread(share)));
    let mut lab = summary.clone();
    let mut kept = vec![0; SHARES.len() * factors.len()];
    let mut of_heats = vec![0.0; sizes.len()];
    let dof = fit.dof as f64;
    for _ in 0..LABS {
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        of_heats.fill_with(&mut normal);
        let inside = normal();
        let scatter = chi_square.sample(&mut random);
        for ((own, spread), kept) in spreads.iter().zip(kept.chunks_mut(factors.len())) {
            for ((y, normal), spread) in lab.y_means.iter_mut().zip(&of_heats).zip(spread) {
                *y = spread * normal;
            }
            let rss = own * scatter;
            lab.within_xy = (own * summary.within_xx).sqrt() * inside;
            lab.within_yy = rss;
            if summary.within_xx > 0.0 {
                lab.within_yy += lab.within_xy * lab.within_xy / summary.within_xx;
            }
            let plain = lab.weighted(&sizes, 1.0);
            let rmsa = (plain.rss + rss) / dof;
            let within = rss / within_dof;
            let between = (dof / fit.tr1 * (rmsa - within)).max(0.0);
            for (kept, at) in kept.iter_mut().zip(factors) {
                let estimate = plain.y + plain.slope * (at.dx - plain.x);
                let bound = estimate - at.distance(between, within, rmsa);
                *kept += u32::from(bound <= -at.content_z);
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
pub(super) mod tests {
    use super::*;
    use crate::models::random_heats::{Observations, fit};

    /// Heats of these sizes at even x, with any values that scatter.
    pub(in crate::models) fn lab(sizes: &[usize]) -> Observations {
        let mut lab = Observations {
            y: vec![],
            x: vec![],
            heats: vec![],
        };
        for (heat, &size) in sizes.iter().enumerate() {
            for specimen in 0..size {
                lab.y.push((7.3 * (heat * 100 + specimen) as f64).sin());
                lab.x.push(0.1 + 0.1 * heat as f64);
                lab.heats.push(heat);
            }
        }
        lab
    }

    fn confidence(sizes: &[usize]) -> f64 {
        let lab = lab(sizes);
        let fitted = fit(&lab, Model::Linear).unwrap();
        let summary = HeatSummary::new(&lab, Model::Linear).unwrap();
        vangel_confidence(&fitted, &summary).unwrap()
    }

    #[test]
    fn the_formula_is_the_one_of_the_fit() {
        let lab = lab(&[3, 5, 2, 4, 1, 6]);
        let fitted = fit(&lab, Model::Linear).unwrap();
        for x in [0.1, 0.33, 0.6] {
            let (eta0, eta1) = fitted.effective_sizes(x);
            let z = normal_quantile(0.99).unwrap();
            let factors = Factors {
                content_z: z,
                dx: 0.0,
                eta: [eta0, eta1],
                quantile: [(fitted.nu0, eta0), (fitted.nu1, eta1)]
                    .map(|(nu, eta)| noncentral_t::quantile(0.95, nu, z * eta.sqrt()).unwrap()),
            };
            let distance =
                factors.distance(fitted.between_variance, fitted.within_variance, fitted.rmsa);
            let bound = fitted.lower_bound(x, 0.99, 0.95).unwrap();
            assert!((distance / (bound.estimate - bound.bound) - 1.0).abs() < 1e-12);
        }
    }

    /// Shares from 20,000 labs per design, simulated specimen by specimen with numpy and scipy.
    #[test]
    fn strained_designs_are_told_from_sound_ones() {
        for (sizes, expected) in [
            (&[5; 12][..], 0.948),
            (&[3, 4, 5, 6, 7, 8, 9][..], 0.944),
            (&[1, 1, 1, 1, 11][..], 0.872),
            (&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 40][..], 0.873),
            (&[5; 3][..], 0.832),
        ] {
            let found = confidence(sizes);
            assert!((found - expected).abs() < 0.012, "{sizes:?}: {found}");
        }
    }

    #[test]
    fn values_do_not_matter_and_single_specimens_are_exact() {
        let mut other = lab(&[5; 5]);
        other.y.iter_mut().for_each(|y| *y = 250.0 - 3.0 * *y * *y);
        let fitted = fit(&other, Model::Linear).unwrap();
        let summary = HeatSummary::new(&other, Model::Linear).unwrap();
        let found = vangel_confidence(&fitted, &summary).unwrap();
        assert!((found - confidence(&[5; 5])).abs() < f64::EPSILON);
        assert!((confidence(&[1; 8]) - 0.95).abs() < f64::EPSILON);
    }
}
