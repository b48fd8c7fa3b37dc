//! The pivots against limits in which the bound is known, and against simulated draws.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

use super::*;
use crate::models::independent::k_normal;
use crate::models::random_heats::Observations;

/// Heats of these sizes at even x on a falling line.
fn lab(sizes: &[usize], effect: f64, noise: f64) -> Observations {
    let mut lab = Observations {
        y: vec![],
        x: vec![],
        heats: vec![],
    };
    for (heat, &size) in sizes.iter().enumerate() {
        for specimen in 0..size {
            let x = 0.3 + 0.1 * heat as f64;
            let of_heat = effect * (5.1 * (heat + 1) as f64).sin();
            let own = noise * (7.3 * (heat * 10 + specimen) as f64).sin();
            lab.y.push(250.0 - 30.0 * x + of_heat + own);
            lab.x.push(x);
            lab.heats.push(heat);
        }
    }
    lab
}

fn pivotal(lab: &Observations, model: Model) -> PivotalBound {
    let summary = HeatSummary::new(lab, model).unwrap();
    let low = lab.x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = lab.x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    PivotalBound::new(&summary, (low, high)).unwrap()
}

/// Where specimens of a heat agree, the heats are a normal sample and the bound is its k factor.
#[test]
fn without_scatter_in_heats_it_is_the_normal_sample_of_the_heats() {
    let values = [20.1, 23.3, 21.7, 24.9, 22.2, 23.0];
    let sizes = [3, 1, 2, 5, 2, 4];
    let heats: Vec<usize> = sizes
        .iter()
        .enumerate()
        .flat_map(|(heat, &size)| std::iter::repeat_n(heat, size))
        .collect();
    let lab = Observations {
        y: heats.iter().map(|&heat| values[heat]).collect(),
        x: vec![0.0; heats.len()],
        heats,
    };
    let bound = pivotal(&lab, Model::Mean);
    let mean = values.iter().sum::<f64>() / 6.0;
    let s = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 5.0).sqrt();
    for content in [0.90, 0.99] {
        let k = k_normal(6, content, 0.95).unwrap();
        let found = bound.lower_bound(0.0, content, 0.95).unwrap().bound;
        assert!(((mean - found) / (k * s) - 1.0).abs() < 1e-6, "{found}");
        let found = bound.upper_bound(0.0, content, 0.95).unwrap().bound;
        assert!(((found - mean) / (k * s) - 1.0).abs() < 1e-6, "{found}");
    }
}

/// The bound's definition, drawn instead of integrated and solved by bisection.
#[test]
fn the_integral_agrees_with_forty_thousand_draws() {
    let lab = lab(&[3, 5, 1, 4, 1, 6], 4.0, 2.0);
    let summary = HeatSummary::new(&lab, Model::Linear).unwrap();
    let (within_dof, between_dof) = (20.0 - 6.0, 4.0);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let chi_within = ChiSquared::new(within_dof).unwrap();
    let chi_between = ChiSquared::new(between_dof).unwrap();
    let bound = pivotal(&lab, Model::Linear);
    let (x, content) = (0.8, 0.90);
    let z = normal_quantile(content).unwrap();
    let wanted = bound.lower_bound(x, content, 0.95).unwrap().bound;
    let draws = 40_000;
    let mut below = 0;
    for _ in 0..draws {
        let within = summary.within_rss() / chi_within.sample(&mut random);
        let u2 = chi_between.sample(&mut random);
        let mut weights = vec![0.0; 6];
        let mut rss = |between: f64| {
            weigh(&summary, between, within, &mut weights);
            summary.weighted(&weights, 0.0)
        };
        let (mut low, mut high) = (0.0, 1e4);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if rss(middle).rss > u2 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let between = if rss(0.0).rss <= u2 { 0.0 } else { low };
        let line = rss(between);
        let dx = x - summary.x_centre - line.x;
        let normal: f64 = StandardNormal.sample(&mut random);
        let error = (line.total.recip() + dx * dx / line.xx).sqrt();
        let mean = summary.y_centre + line.y + line.slope * dx - normal * error;
        below += u32::from(mean - z * (between + within).sqrt() <= wanted);
    }
    let share = f64::from(below) / f64::from(draws);
    // Four binomial standard deviations.
    assert!((share - 0.05).abs() < 4.0 * 0.0011, "{share}");
}

#[test]
fn origin_and_unit_do_not_matter() {
    let lab = lab(&[3, 5, 1, 4, 1, 6], 4.0, 2.0);
    let reference = pivotal(&lab, Model::Linear)
        .lower_bound(0.45, 0.99, 0.95)
        .unwrap()
        .bound;
    for (scale, shift) in [(1e-8, 0.0), (1.0, 1e4), (100.0, -3.0)] {
        let x = lab.x.iter().map(|x| x * scale + shift).collect();
        let moved = pivotal(&Observations { x, ..lab.clone() }, Model::Linear);
        let found = moved.lower_bound(0.45 * scale + shift, 0.99, 0.95).unwrap();
        assert!((found.bound / reference - 1.0).abs() < 1e-9);
    }
    let y = lab.y.iter().map(|y| y / 6.894_757).collect();
    let ksi = pivotal(&Observations { y, ..lab.clone() }, Model::Linear);
    let found = ksi.lower_bound(0.45, 0.99, 0.95).unwrap().bound * 6.894_757;
    assert!((found / reference - 1.0).abs() < 1e-9);
}

/// x inside heats tells of the slope too: the bound must use it and stay finite.
#[test]
fn x_that_varies_within_heats_adds_to_the_slope() {
    let constant = lab(&[4, 4, 4, 4, 4], 6.0, 1.0);
    let mut varying = constant.clone();
    for (i, (x, y)) in varying.x.iter_mut().zip(&mut varying.y).enumerate() {
        let shift = 0.05 * (i % 4) as f64 - 0.075;
        *x += shift;
        *y -= 30.0 * shift;
    }
    let slope_spread = |bound: &PivotalBound| {
        let nodes = bound.nodes.iter();
        nodes
            .map(|node| node.weight * node.slope_variance)
            .sum::<f64>()
    };
    let (constant, varying) = (
        pivotal(&constant, Model::Linear),
        pivotal(&varying, Model::Linear),
    );
    assert!(slope_spread(&varying) < 0.5 * slope_spread(&constant));
    assert!(
        varying
            .lower_bound(0.5, 0.90, 0.95)
            .unwrap()
            .bound
            .is_finite()
    );
}

#[test]
fn more_content_and_more_confidence_reach_further() {
    let bound = pivotal(&lab(&[1, 1, 1, 1, 1, 9], 3.0, 2.0), Model::Linear);
    let at = |content, confidence| bound.lower_bound(0.5, content, confidence).unwrap().bound;
    assert!(at(0.99, 0.95) < at(0.90, 0.95) && at(0.90, 0.99) < at(0.90, 0.95));
    let both = bound.lower_bound(0.5, 0.90, 0.95).unwrap();
    assert!(both.bound < both.estimate && both.k > 1.0);
}

#[test]
fn refusals() {
    let bound = pivotal(&lab(&[3, 3, 3, 3], 3.0, 2.0), Model::Linear);
    for x in [0.29, 0.61, f64::NAN] {
        assert!(matches!(
            bound.lower_bound(x, 0.9, 0.95).unwrap_err(),
            ModelError::Extrapolation { .. }
        ));
    }
    assert!(bound.lower_bound(0.4, 1.0, 0.95).is_err());
    assert!(bound.upper_bound(0.4, 0.9, 0.0).is_err());
    let refused = |lab: &Observations, model| {
        let summary = HeatSummary::new(lab, model).unwrap();
        PivotalBound::new(&summary, (0.0, 1.0)).unwrap_err()
    };
    assert!(matches!(
        refused(&lab(&[3, 3], 3.0, 2.0), Model::Linear),
        ModelError::TooFewHeats {
            heats: 2,
            needed: 3
        }
    ));
    assert_eq!(
        refused(&lab(&[1, 1, 1, 1], 3.0, 2.0), Model::Linear),
        ModelError::Confounded
    );
    let constant = Observations {
        y: vec![7.0; 6],
        x: vec![0.0; 6],
        heats: vec![0, 0, 1, 1, 2, 2],
    };
    assert_eq!(refused(&constant, Model::Mean), ModelError::NoScatter);
}
