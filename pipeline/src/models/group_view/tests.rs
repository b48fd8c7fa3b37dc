//! Suppliers with a planted difference, and without.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::models::random_heats::fit_for_verdict;

const TEST: &str = "poolability_of_suppliers";
const SUPPLIERS: [&str; 3] = ["Hechuan", "Jiangjin", "Yubei"];

/// Ten heats of five specimens for each of three suppliers; the last is lower by `drop`.
fn lab(drop: f64, seed: u64) -> (Observations, Vec<Option<&'static str>>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let mut data = Observations {
        y: Vec::new(),
        x: Vec::new(),
        heats: Vec::new(),
    };
    let mut labels = Vec::new();
    for heat in 0..30 {
        let supplier = heat % 3;
        let x = 0.2 + 0.02 * heat as f64;
        let level = 250.0 - 30.0 * x + 3.0 * normal();
        for _ in 0..5 {
            data.y
                .push(level - if supplier == 2 { drop } else { 0.0 } + 4.0 * normal());
            data.x.push(x);
            data.heats.push(heat);
            labels.push(Some(SUPPLIERS[supplier]));
        }
    }
    (data, labels)
}

fn view(drop: f64, seed: u64) -> GroupView {
    let (data, labels) = lab(drop, seed);
    group_view(
        &data,
        &labels,
        Model::Linear,
        &BoundRequest::default(),
        TEST,
    )
    .unwrap()
}

#[test]
fn a_supplier_that_differs_is_not_pooled() {
    let found = view(12.0, 1);
    assert!(!found.pools);
    assert_eq!(found.poolability.test, TEST);
    assert_eq!(found.poolability.outcome, Outcome::Fail);
    let names: Vec<&str> = found.groups.iter().map(|g| g.group.as_str()).collect();
    assert_eq!(names, SUPPLIERS);
    let (low, high) = (&found.groups[2], &found.groups[0]);
    assert!(low.mean < high.mean - 6.0);
    assert!(low.bound.unwrap().bound < high.bound.unwrap().bound);
    for group in &found.groups {
        assert_eq!((group.n, group.heats, &group.refused), (50, 10, &None));
    }
}

#[test]
fn suppliers_alike_are_told_apart_in_few_labs_only() {
    // The test works at 2.5 %; of 200 labs at most 5 % with three standard deviations of luck.
    let wrong = (100..300).filter(|seed| !view(0.0, *seed).pools).count();
    assert!(wrong <= 11, "{wrong} of 200");
    let right = (100..140).filter(|seed| !view(12.0, *seed).pools).count();
    assert!(right >= 38, "{right} of 40");
}

#[test]
fn each_bound_is_that_of_the_groups_own_fit() {
    let (data, labels) = lab(5.0, 4);
    let rows: Vec<usize> = (0..labels.len())
        .filter(|&row| labels[row] == Some("Jiangjin"))
        .collect();
    let own = Observations {
        y: rows.iter().map(|&row| data.y[row]).collect(),
        x: rows.iter().map(|&row| data.x[row]).collect(),
        heats: rows.iter().map(|&row| (data.heats[row] - 1) / 3).collect(),
    };
    let fit = fit_for_verdict(&own, Model::Linear).unwrap();
    let at = own.x.iter().sum::<f64>() / own.x.len() as f64;
    let group = |request: &BoundRequest| {
        let view = group_view(&data, &labels, Model::Linear, request, TEST).unwrap();
        view.groups[1].clone()
    };
    let found = group(&BoundRequest::default()).bound.unwrap();
    let expected = fit.lower_bound(at, 0.90, 0.95).unwrap();
    assert!(
        (found.bound - expected.bound).abs() < 1e-9,
        "{found:?} {expected:?}"
    );
    let request = BoundRequest {
        at: Some(0.4),
        content: 0.99,
        confidence: 0.9,
        side: Side::Upper,
    };
    let found = group(&request).bound.unwrap();
    let expected = fit.upper_bound(0.4, 0.99, 0.9).unwrap();
    assert!(
        (found.bound - expected.bound).abs() < 1e-9,
        "{found:?} {expected:?}"
    );
    // Out of the group's own range there is no bound, and it says why.
    let request = BoundRequest {
        at: Some(0.9),
        ..BoundRequest::default()
    };
    let found = group(&request);
    assert_eq!(found.bound, None);
    assert!(found.refused.unwrap().contains("no extrapolation"));
}

#[test]
fn small_groups_keep_their_mean_and_say_why_they_have_no_bound() {
    let (mut data, mut labels) = lab(0.0, 5);
    // One heat of a fourth supplier, and one nobody knows the supplier of.
    for (heat, label) in [(30, Some("Wujiang")), (31, None)] {
        for y in [240.0, 241.0, 245.0] {
            data.y.push(y);
            data.x.push(0.3);
            data.heats.push(heat);
            labels.push(label);
        }
    }
    let request = BoundRequest::default();
    let found = group_view(&data, &labels, Model::Mean, &request, TEST).unwrap();
    let small = found.groups.iter().find(|g| g.group == "Wujiang").unwrap();
    assert_eq!((small.n, small.heats, small.bound), (3, 1, None));
    assert!((small.mean - 242.0).abs() < 1e-12);
    assert_eq!(
        small.refused.as_deref(),
        Some("1 heats are too few: scatter between heats needs at least 3")
    );
    assert_eq!((found.unlabelled, found.groups.len()), (3, 4));
    // Alone, it cannot be compared with anything.
    let rows: Vec<usize> = (150..153).collect();
    let alone = part(&data, &rows);
    let found = group_view(&alone, &[Some("Wujiang"); 3], Model::Mean, &request, TEST).unwrap();
    assert_eq!(found.poolability.outcome, Outcome::Skipped);
    assert!(found.pools && found.poolability.reason.contains("too few"));
}

#[test]
fn a_heat_of_two_laboratories_counts_in_both() {
    // Both laboratories test the same six heats; the second reads 10 MPa less.
    let (mut residuals, mut heats, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for heat in 0..6 {
        for (label, shift) in [("north", 5.0), ("south", -5.0)] {
            for specimen in [-0.5, 0.5] {
                residuals.push(shift + f64::from(heat) * 0.3 + specimen);
                heats.push(format!("H{heat}"));
                labels.push(Some(label));
            }
        }
    }
    let found = poolability("poolability_of_labs", &residuals, &heats, &labels);
    assert_eq!(found.outcome, Outcome::Fail);
    // The six means of each, as if they were samples by themselves.
    let means: Vec<f64> = [5.0, -5.0]
        .iter()
        .flat_map(|shift| (0..6).map(move |heat| shift + f64::from(heat) * 0.3))
        .collect();
    let numbers = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
    let expected = anderson_darling_k_sample(&means, &numbers);
    assert_eq!(found.statistic, expected.statistic);
    // With one heat each, nothing is compared.
    let found = poolability("t", &residuals[..4], &heats[..4], &labels[..4]);
    assert_eq!(found.outcome, Outcome::Skipped);
    let none = vec![None; residuals.len()];
    assert_eq!(
        poolability("t", &residuals, &heats, &none).outcome,
        Outcome::Skipped
    );
}

#[test]
fn unequal_columns_and_impossible_requests_are_refused() {
    let (data, labels) = lab(0.0, 6);
    let request = BoundRequest::default();
    let refuse = |labels: &[Option<&str>], request: &BoundRequest| {
        group_view(&data, labels, Model::Mean, request, TEST).unwrap_err()
    };
    assert!(matches!(
        refuse(&labels[1..], &request),
        ModelError::Length { .. }
    ));
    let request = BoundRequest {
        content: 1.0,
        ..request
    };
    assert!(matches!(
        refuse(&labels, &request),
        ModelError::Probability { .. }
    ));
}
