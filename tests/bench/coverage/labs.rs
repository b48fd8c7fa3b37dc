//! Simulated labs: where the heats lie, how many specimens each has, and values with a known truth.
//!
//! Values are on the modelling scale, in units of the scatter of one specimen of a new heat:
//! y = slope·x + b + e with b ~ N(0, share) per heat and e ~ N(0, 1 − share) per specimen. The
//! bounds are equivariant, so level and unit do not matter and are left at 0 and 1.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use regrade::models::Observations;

/// Lowest and highest scrap ratio of an evenly spaced plan.
pub const EVEN_RATIOS: [f64; 2] = [0.1, 0.8];

/// The heats of a lab.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the tables call it.
    pub name: &'static str,
    /// Scrap ratio of each heat.
    pub ratios: Vec<f64>,
    /// Specimens of each heat.
    pub sizes: Vec<usize>,
}

impl Plan {
    /// Heats of these sizes at evenly spaced ratios, the first at the low end.
    pub fn even(name: &'static str, sizes: &[usize]) -> Plan {
        let [low, high] = EVEN_RATIOS;
        let steps = sizes.len().saturating_sub(1).max(1) as f64;
        let ratios = (0..sizes.len())
            .map(|heat| low + (high - low) * heat as f64 / steps)
            .collect();
        Plan {
            name,
            ratios,
            sizes: sizes.to_vec(),
        }
    }

    /// Lowest, middle and highest ratio.
    pub fn places(&self) -> [f64; 3] {
        let low = self.ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.ratios.iter().copied().fold(0.0, f64::max);
        [low, 0.5 * (low + high), high]
    }

    /// Specimens in all.
    pub fn specimens(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// One entry per specimen: its heat's ratio, and its heat.
    pub fn rows(&self) -> impl Iterator<Item = (f64, usize)> {
        self.ratios
            .iter()
            .zip(&self.sizes)
            .enumerate()
            .flat_map(|(heat, (&ratio, &size))| std::iter::repeat_n((ratio, heat), size))
    }
}

/// The random numbers of one lab: the same whichever thread asks, and unlike those of any other.
pub fn stream(seed: u64, cell: u64, lab: u32) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&cell.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(u64::from(lab));
    random
}

/// Deviations from the true line, one per specimen: `share` of their variance is between heats.
pub fn deviations(plan: &Plan, share: f64, random: &mut ChaCha8Rng) -> Vec<f64> {
    let mut normal = || -> f64 { StandardNormal.sample(random) };
    let mut deviations = Vec::with_capacity(plan.specimens());
    for &size in &plan.sizes {
        let effect = share.sqrt() * normal();
        deviations.extend((0..size).map(|_| effect + (1.0 - share).sqrt() * normal()));
    }
    deviations
}

/// Deviations put on a line through the origin.
pub fn on_line(plan: &Plan, slope: f64, deviations: &[f64]) -> Observations {
    let (x, heats): (Vec<f64>, Vec<usize>) = plan.rows().unzip();
    let y = x
        .iter()
        .zip(deviations)
        .map(|(x, deviation)| slope * x + deviation)
        .collect();
    Observations { y, x, heats }
}
