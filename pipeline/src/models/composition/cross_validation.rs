//! Cross-validation that leaves whole heats out.

use rand::SeedableRng;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::heat_means::mean_and_deviation;

/// Root mean square error over the heats that were left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// √(mean of e²) in the units of y, e the error of a heat's mean.
    pub cv_rmse: f64,
    /// Its standard error over heats by the delta method, sd(e²)/(2·√heats·cv_rmse); 0 for a perfect
    /// model. Heats of one fold share a model, which it ignores.
    pub cv_se: f64,
}

impl Score {
    pub(super) fn of(errors: &[f64]) -> Score {
        let squares: Vec<f64> = errors.iter().map(|e| e * e).collect();
        let (mean, deviation) = mean_and_deviation(&squares);
        let cv_rmse = mean.sqrt();
        let cv_se = if cv_rmse > 0.0 {
            deviation / (2.0 * (errors.len() as f64).sqrt() * cv_rmse)
        } else {
            0.0
        };
        Score { cv_rmse, cv_se }
    }
}

/// The fold of each heat: as even as can be, dealt at random by `seed`.
pub(super) fn deal_into_folds(heats: usize, folds: usize, seed: u64) -> Vec<usize> {
    let folds = folds.min(heats).max(1);
    let mut dealt: Vec<usize> = (0..heats).map(|heat| heat % folds).collect();
    dealt.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    dealt
}

/// y less its prediction by a model that has not seen the heat, in the order of heats; `None` when
/// `predict`, given the heats to learn from and those to predict, fails in some fold.
pub(super) fn cross_validate(
    y: &[f64],
    folds: &[usize],
    mut predict: impl FnMut(&[usize], &[usize]) -> Option<Vec<f64>>,
) -> Option<Vec<f64>> {
    let mut errors = vec![0.0; y.len()];
    for fold in 0..=folds.iter().copied().max()? {
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..y.len()).partition(|&heat| folds[heat] == fold);
        for (&heat, predicted) in test.iter().zip(predict(&train, &test)?) {
            errors[heat] = y[heat] - predicted;
        }
    }
    Some(errors)
}

/// [`cross_validate`] for a model that cannot fail.
pub(super) fn errors_of(
    y: &[f64],
    folds: &[usize],
    mut predict: impl FnMut(&[usize], &[usize]) -> Vec<f64>,
) -> Vec<f64> {
    cross_validate(y, folds, |train, test| Some(predict(train, test))).unwrap_or_default()
}
