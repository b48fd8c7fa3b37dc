//! Simulated labs with a known truth: does the bound keep its promise?

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::design::{Design, Predictor};
use super::distributions::normal_quantile;
use super::heat_fit::Model;
use super::independent::IndependentFit;
use super::random_heats::{Observations, fit};

const LABS: u32 = 400;
const HEATS: usize = 12;
const SPECIMENS: usize = 5;
/// MPa: mean without scrap, change from no scrap to all scrap, scatter of a specimen.
const TRUTH: (f64, f64, f64) = (250.0, -40.0, 6.0);

/// One lab's specimens, with `share` of the variance between heats.
fn lab(share: f64, random: &mut ChaCha8Rng) -> Observations {
    let (level, slope, sigma) = TRUTH;
    let mut normal = || -> f64 { StandardNormal.sample(random) };
    let mut observations = Observations {
        y: Vec::new(),
        x: Vec::new(),
        heats: Vec::new(),
    };
    for heat in 0..HEATS {
        let x = 0.3 + 0.6 * heat as f64 / (HEATS - 1) as f64;
        let effect = sigma * share.sqrt() * normal();
        for _ in 0..SPECIMENS {
            observations
                .y
                .push(level + slope * x + effect + sigma * (1.0 - share).sqrt() * normal());
            observations.x.push(x);
            observations.heats.push(heat);
        }
    }
    observations
}

/// Share of labs whose B bound at mid x is at most the true 10 % quantile: with random heats, and
/// by plain regression.
fn confidence(share: f64, seed: u64) -> (f64, f64) {
    let (level, slope, sigma) = TRUTH;
    let at = 0.6;
    let truth = level + slope * at - sigma * normal_quantile(0.90).expect("a probability");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut kept, mut kept_by_plain) = (0, 0);
    for _ in 0..LABS {
        let observations = lab(share, &mut random);
        let heats = fit(&observations, Model::Linear).expect("12 heats and a slope");
        kept += u32::from(heats.lower_bound(at, 0.90, 0.95).expect("in range").bound <= truth);
        let predictor = Predictor {
            name: "x".to_owned(),
            values: observations.x,
        };
        let design = Design::linear(vec![predictor], true);
        let plain = IndependentFit::new(&design, &observations.y).expect("60 values on a line");
        let bound = plain
            .lower_bound(&[at], 0.90, 0.95)
            .expect("in range")
            .bound;
        kept_by_plain += u32::from(bound <= truth);
    }
    (
        f64::from(kept) / f64::from(LABS),
        f64::from(kept_by_plain) / f64::from(LABS),
    )
}

#[test]
fn the_b_bound_holds_in_95_labs_of_100_whatever_the_heats_do() {
    // Three binomial standard deviations beyond the interval in which the true confidence lies.
    let margin = |p: f64| 3.0 * (p * (1.0 - p) / f64::from(LABS)).sqrt();
    let (least, most) = (0.93 - margin(0.93), 0.99 + margin(0.99));
    for (share, seed) in [(0.0, 11), (0.5, 12), (0.95, 13)] {
        let (kept, kept_by_plain) = confidence(share, seed);
        assert!((least..=most).contains(&kept), "share {share}: {kept}");
        // The margin is narrow enough to see what plain regression does wrong.
        assert_eq!(
            kept_by_plain < least,
            share > 0.25,
            "share {share}: plain {kept_by_plain}"
        );
    }
}
