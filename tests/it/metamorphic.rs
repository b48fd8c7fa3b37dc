//! What must not change a bound, or may change it in one direction only.
//!
//! Random labs, the bound of one model, and the bound of the same data told differently: another
//! unit or origin of x, another order of rows, another unit of y, more scatter, fewer heats.

use proptest::prelude::*;
use regrade::models::{Bound, Model, Observations, fit};

/// MPa in a ksi, exact by definition of the pound, the inch and standard gravity.
const MPA_PER_KSI: f64 = 6.894_757_293_168_361;
const MODELS: [Model; 3] = [Model::Mean, Model::Linear, Model::Quadratic];
/// Relative agreement asked for.
const NEAR: f64 = 1e-9;

/// Five to nine heats of one to five specimens on a bent line, each heat at its own scrap ratio;
/// the first has several specimens, so that scatter within heats can be told from that between.
fn labs() -> impl Strategy<Value = Observations> {
    let heat = (
        1_usize..=5,
        -4.0..4.0_f64,
        prop::collection::vec(-3.0..3.0_f64, 5),
        0.0..0.04_f64,
    );
    prop::collection::vec(heat, 5..10).prop_map(|heats| {
        let mut lab = Observations {
            y: vec![],
            x: vec![],
            heats: vec![],
        };
        for (heat, (size, effect, noise, place)) in heats.iter().enumerate() {
            let x = 0.2 + 0.08 * heat as f64 + place;
            let size = if heat == 0 { 3 } else { *size };
            for noise in &noise[..size] {
                lab.y.push(240.0 - 25.0 * x - 10.0 * x * x + effect + noise);
                lab.x.push(x);
                lab.heats.push(heat);
            }
        }
        lab
    })
}

/// A place well inside the observed range.
fn inside(lab: &Observations) -> f64 {
    let low = lab.x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = lab.x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    low + 0.3 * (high - low)
}

fn lower(lab: &Observations, model: Model, x: f64, content: f64) -> Bound {
    fit(lab, model)
        .unwrap_or_else(|error| panic!("{model}: {error}"))
        .lower_bound(x, content, 0.95)
        .unwrap_or_else(|error| panic!("{model} at {x}: {error}"))
}

fn near(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() <= NEAR
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_unit_and_the_origin_of_x_do_not_matter(lab in labs()) {
        let at = inside(&lab);
        for (scale, shift) in [(1e-8, 0.0), (1.0, 1e6), (100.0, -3.0), (-1.0, 0.0)] {
            let told = |x: f64| x * scale + shift;
            let moved = Observations { x: lab.x.iter().map(|&x| told(x)).collect(), ..lab.clone() };
            for model in MODELS {
                for content in [0.90, 0.99] {
                    let (a, b) = (lower(&lab, model, at, content), lower(&moved, model, told(at), content));
                    prop_assert!(near(a.bound, b.bound), "{model} {scale} {shift}: {a:?} {b:?}");
                    prop_assert!(near(a.estimate, b.estimate), "{model} {scale} {shift}: {a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_rows_and_the_names_of_heats_do_not_matter(lab in labs(), turn in 1_usize..40) {
        let n = lab.y.len();
        let order: Vec<usize> = (0..n).map(|i| (i + turn) % n).rev().collect();
        let last = lab.heats.iter().max().copied().unwrap_or(0);
        let permuted = Observations {
            y: order.iter().map(|&i| lab.y[i]).collect(),
            x: order.iter().map(|&i| lab.x[i]).collect(),
            heats: order.iter().map(|&i| last - lab.heats[i]).collect(),
        };
        for model in MODELS {
            let at = inside(&lab);
            let (a, b) = (lower(&lab, model, at, 0.99), lower(&permuted, model, at, 0.99));
            prop_assert!(near(a.bound, b.bound), "{model}: {a:?} {b:?}");
        }
    }

    #[test]
    fn megapascal_and_ksi_agree(lab in labs()) {
        let ksi = Observations { y: lab.y.iter().map(|y| y / MPA_PER_KSI).collect(), ..lab.clone() };
        for model in MODELS {
            let at = inside(&lab);
            let (a, b) = (lower(&lab, model, at, 0.90), lower(&ksi, model, at, 0.90));
            prop_assert!(near(a.bound, b.bound * MPA_PER_KSI), "{model}: {a:?} {b:?}");
            prop_assert!(near(a.k, b.k), "{model}: {a:?} {b:?}");
        }
    }

    /// Every specimen further from the fit by the same factor: the estimates stay, the bound falls.
    #[test]
    fn more_scatter_never_raises_a_lower_bound(lab in labs(), factor in 1.01..5.0_f64) {
        for model in MODELS {
            let plain = fit(&lab, model).unwrap_or_else(|error| panic!("{model}: {error}"));
            let stretch = |(&y, &x): (&f64, &f64)| {
                plain.estimate(x) + factor * (y - plain.estimate(x))
            };
            let wider = Observations { y: lab.y.iter().zip(&lab.x).map(stretch).collect(), ..lab.clone() };
            let at = inside(&lab);
            let (a, b) = (lower(&lab, model, at, 0.90), lower(&wider, model, at, 0.90));
            prop_assert!(near(a.estimate, b.estimate), "{model}: {a:?} {b:?}");
            prop_assert!(b.bound < a.bound, "{model}: {a:?} {b:?}");
        }
    }

    /// The same values from twice as many heats: the same estimates with a smaller factor. Read the
    /// other way, half of the heats never raises a bound.
    #[test]
    fn fewer_heats_with_the_same_estimates_never_raise_a_bound(lab in labs()) {
        let heats = lab.heats.iter().max().copied().unwrap_or(0) + 1;
        let twice = Observations {
            y: lab.y.repeat(2),
            x: lab.x.repeat(2),
            heats: lab.heats.iter().copied().chain(lab.heats.iter().map(|h| h + heats)).collect(),
        };
        for model in MODELS {
            for content in [0.90, 0.99] {
                let at = inside(&lab);
                let (few, many) = (lower(&lab, model, at, content), lower(&twice, model, at, content));
                prop_assert!(near(few.estimate, many.estimate), "{model}: {few:?} {many:?}");
                prop_assert!(many.k < few.k, "{model}: {few:?} {many:?}");
                prop_assert!(many.bound > few.bound, "{model}: {few:?} {many:?}");
            }
        }
    }
}
