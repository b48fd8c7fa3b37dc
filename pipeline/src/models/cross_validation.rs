//! How well a model predicts heats it has not seen.
//!
//! Specimens of one heat resemble each other, so whole heats are left out. For linear models every
//! error comes in closed form from the one fit; any other predictor is fitted again per fold. In:
//! specimens with their heats. Out: sums of squared prediction errors per heat, their root mean
//! square and its standard error over heats. Refused: a heat without which the model cannot be
//! fitted.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::design::Predictor;
use super::error::ModelError;
use super::heat_deletion::Deletions;
use super::heat_fit::{HeatFit, Model};
use super::heat_sums::heat_sizes;
use super::random_heats::{Observations, fit, fit_regressors};

/// How one heat was predicted from others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatScore {
    /// Its specimens.
    pub specimens: usize,
    /// Sum of their squared prediction errors, on the modelling scale.
    pub squares: f64,
}

/// The outcome of a cross-validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Groups of heats left out in turn; as many as heats when each is left out by itself.
    pub folds: usize,
    /// Seed that put the heats into groups; null when each is left out by itself.
    pub seed: Option<u64>,
    /// Score of each heat, by its index.
    pub heats: Vec<HeatScore>,
    /// Mean squared prediction error per specimen, Σ squares / n.
    pub mse: f64,
    /// Standard error of `mse` over heats, see [`MeanPerSpecimen`].
    pub mse_se: f64,
    /// √mse, in the units of y.
    pub rmse: f64,
    /// Standard error of `rmse`, mse_se/(2 rmse); 0 when nothing is left to predict.
    pub rmse_se: f64,
}

/// A mean per specimen of a sum over heats, with its standard error.
///
/// With S_g the sum in heat g, m_g its specimens, n all of them and r the heats, the mean is
/// M = Σ S_g/n and its standard error √(r/(r − 1)·Σ (S_g − m_g M)²)/n, that of a ratio whose heats
/// are drawn independently (Cochran, *Sampling Techniques*, 3rd ed. 1977, section 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanPerSpecimen {
    /// Mean per specimen.
    pub mean: f64,
    /// Its standard error over heats.
    pub standard_error: f64,
}

/// Leaves each heat out of the random-heat regression in one x, without fitting again.
///
/// # Errors
/// What [`fit`] refuses; [`ModelError::HeatIndispensable`].
pub fn cross_validate(
    observations: &Observations,
    model: Model,
) -> Result<CrossValidation, ModelError> {
    let fitted = fit(observations, model)?;
    let points: Vec<Vec<f64>> = observations.x.iter().map(|&x| vec![x]).collect();
    leave_each_heat_out(&fitted, &observations.y, &points, &observations.heats)
}

/// As [`cross_validate`], for several regressors.
///
/// # Errors
/// What [`fit_regressors`] refuses; [`ModelError::HeatIndispensable`].
pub fn cross_validate_regressors(
    y: &[f64],
    regressors: &[Predictor],
    heats: &[usize],
) -> Result<CrossValidation, ModelError> {
    let fitted = fit_regressors(y, regressors, heats)?;
    let at = |row: usize| regressors.iter().map(|r| r.values[row]).collect();
    let points: Vec<Vec<f64>> = (0..y.len()).map(at).collect();
    leave_each_heat_out(&fitted, y, &points, heats)
}

fn leave_each_heat_out(
    fitted: &HeatFit,
    y: &[f64],
    points: &[Vec<f64>],
    heats: &[usize],
) -> Result<CrossValidation, ModelError> {
    let deletions = Deletions::of(fitted, y, points, heats)?;
    let score = |(heat, part)| {
        let errors = deletions
            .prediction_errors(part)
            .ok_or(ModelError::HeatIndispensable { heat })?;
        Ok(HeatScore {
            specimens: errors.len(),
            squares: errors.iter().map(|e| e * e).sum(),
        })
    };
    let scores = deletions.parts.iter().enumerate().map(score);
    let scores = scores.collect::<Result<Vec<HeatScore>, ModelError>>()?;
    Ok(CrossValidation::from_scores(scores, fitted.heats, None))
}

/// Which heats are left out together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    of_heat: Vec<usize>,
    count: usize,
    seed: Option<u64>,
}

impl Folds {
    /// Each of `heats` heats by itself.
    ///
    /// # Errors
    /// [`ModelError::Folds`] for fewer than two heats.
    pub fn each_heat(heats: usize) -> Result<Folds, ModelError> {
        if heats < 2 {
            return Err(ModelError::Folds {
                folds: heats,
                heats,
            });
        }
        Ok(Folds {
            of_heat: (0..heats).collect(),
            count: heats,
            seed: None,
        })
    }

    /// `groups` groups of heats whose sizes differ by one at most, drawn with `seed`.
    ///
    /// Heats are sorted by a random number each (ChaCha8, one `u64` per heat in the order of their
    /// index) and dealt out in turn: the same seed gives the same groups for good.
    ///
    /// # Errors
    /// [`ModelError::Folds`] unless 2 ≤ groups ≤ heats.
    pub fn seeded(heats: usize, groups: usize, seed: u64) -> Result<Folds, ModelError> {
        if groups < 2 || groups > heats {
            return Err(ModelError::Folds {
                folds: groups,
                heats,
            });
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut drawn: Vec<(u64, usize)> =
            (0..heats).map(|heat| (random.next_u64(), heat)).collect();
        drawn.sort_unstable();
        let mut of_heat = vec![0; heats];
        for (place, (_, heat)) in drawn.into_iter().enumerate() {
            of_heat[heat] = place % groups;
        }
        Ok(Folds {
            of_heat,
            count: groups,
            seed: Some(seed),
        })
    }

    /// The fold of each heat, by its index.
    pub fn of_heat(&self) -> &[usize] {
        &self.of_heat
    }
}

/// Rows to learn from and rows to predict, both ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Rows of the heats that are kept.
    pub train: Vec<usize>,
    /// Rows of the heats that are left out.
    pub test: Vec<usize>,
}

/// Cross-validates any predictor: `predict` learns from the rows `train` and answers one value per
/// row of `test`.
///
/// Folds are worked through in their order. With groups of heats the standard error still treats
/// heats as independent, though those of one group share a fit.
///
/// # Errors
/// [`ModelError::Length`], also when `predict` answers too few values; [`ModelError::HeatsNotDense`];
/// [`ModelError::NotFinite`] for a prediction that is no number; whatever `predict` refuses.
pub fn cross_validate_with(
    y: &[f64],
    heats: &[usize],
    folds: &Folds,
    mut predict: impl FnMut(&Split) -> Result<Vec<f64>, ModelError>,
) -> Result<CrossValidation, ModelError> {
    let length = |what: &str, expected: usize, found: usize| {
        if expected == found {
            return Ok(());
        }
        Err(ModelError::Length {
            what: what.to_owned(),
            expected,
            found,
        })
    };
    length("heats", y.len(), heats.len())?;
    let sizes = heat_sizes(heats)?;
    length("folds", sizes.len(), folds.of_heat.len())?;
    let mut scores: Vec<HeatScore> = sizes
        .into_iter()
        .map(|specimens| HeatScore {
            specimens,
            squares: 0.0,
        })
        .collect();
    for fold in 0..folds.count {
        let (test, train) = (0..y.len()).partition(|&row| folds.of_heat[heats[row]] == fold);
        let split = Split { train, test };
        let predicted = predict(&split)?;
        length("the prediction", split.test.len(), predicted.len())?;
        for (&row, predicted) in split.test.iter().zip(predicted) {
            if !predicted.is_finite() {
                return Err(ModelError::NotFinite {
                    row: row + 1,
                    column: "prediction".to_owned(),
                });
            }
            let error = y[row] - predicted;
            scores[heats[row]].squares += error * error;
        }
    }
    Ok(CrossValidation::from_scores(
        scores,
        folds.count,
        folds.seed,
    ))
}

impl CrossValidation {
    fn from_scores(heats: Vec<HeatScore>, folds: usize, seed: Option<u64>) -> CrossValidation {
        let sums = heats.iter().map(|h| (h.specimens, h.squares));
        let MeanPerSpecimen {
            mean: mse,
            standard_error: mse_se,
        } = per_specimen(&sums.collect::<Vec<_>>());
        let rmse = mse.sqrt();
        CrossValidation {
            folds,
            seed,
            heats,
            mse,
            mse_se,
            rmse,
            rmse_se: if rmse > 0.0 {
                mse_se / (2.0 * rmse)
            } else {
                0.0
            },
        }
    }

    /// By how much this model's mean squared error exceeds that of `other`, heat by heat; `None`
    /// unless both scored the same specimens per heat.
    pub fn excess_over(&self, other: &CrossValidation) -> Option<MeanPerSpecimen> {
        let pairs = self.heats.iter().zip(&other.heats);
        if self.heats.len() != other.heats.len()
            || pairs.clone().any(|(a, b)| a.specimens != b.specimens)
        {
            return None;
        }
        let sums = pairs.map(|(a, b)| (a.specimens, a.squares - b.squares));
        Some(per_specimen(&sums.collect::<Vec<_>>()))
    }
}

/// Mean per specimen of sums over heats, see [`MeanPerSpecimen`].
fn per_specimen(sums: &[(usize, f64)]) -> MeanPerSpecimen {
    let heats = sums.len() as f64;
    let n = sums.iter().map(|&(size, _)| size).sum::<usize>() as f64;
    let mean = sums.iter().map(|&(_, sum)| sum).sum::<f64>() / n;
    let scatter: f64 = sums
        .iter()
        .map(|&(size, sum)| (sum - size as f64 * mean).powi(2))
        .sum();
    MeanPerSpecimen {
        mean,
        standard_error: (heats / (heats - 1.0) * scatter).sqrt() / n,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use super::*;
    use crate::models::design::Design;
    use crate::models::least_squares::solve;
    use crate::models::reference::{assert_close, number, tolerance, whole};

    fn column(name: &str, values: Vec<f64>) -> Predictor {
        Predictor {
            name: name.to_owned(),
            values,
        }
    }

    fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|&row| values[row]).collect()
    }

    /// The cases of the reference file: y, columns, heats.
    fn case(key: &str) -> (serde_json::Value, Vec<f64>, Vec<Predictor>, Vec<usize>) {
        let file = whole(
            "random-heats.json",
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../tests/reference/random-heats.json"
            )),
        );
        let list = |value: &serde_json::Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(number).collect()
        };
        let rows: Vec<Vec<f64>> = file[key]["x"]
            .as_array()
            .unwrap()
            .iter()
            .map(list)
            .collect();
        let columns = (0..rows[0].len())
            .map(|j| column(&format!("x{j}"), rows.iter().map(|row| row[j]).collect()))
            .collect();
        let y = list(&file[key]["y"]);
        let heats = list(&file[key]["heats"])
            .iter()
            .map(|&h| h as usize)
            .collect();
        (file, y, columns, heats)
    }

    #[test]
    fn closed_form_errors_are_those_of_fitting_again() {
        for key in ["quadratic", "regressors"] {
            let (file, y, columns, heats) = case(key);
            let found = match columns.as_slice() {
                [only] => {
                    let observations = Observations {
                        y: y.clone(),
                        x: only.values.clone(),
                        heats: heats.clone(),
                    };
                    cross_validate(&observations, Model::Quadratic).unwrap()
                }
                several => cross_validate_regressors(&y, several, &heats).unwrap(),
            };
            for (score, expected) in found
                .heats
                .iter()
                .zip(file[key]["squares"].as_array().unwrap())
            {
                assert_close(key, score.squares, number(expected), tolerance(&file));
            }
            // The generic form with a refit per fold says the same.
            let folds = Folds::each_heat(found.heats.len()).unwrap();
            let again = cross_validate_with(&y, &heats, &folds, |split| {
                let train: Vec<Predictor> = columns
                    .iter()
                    .map(|c| column(&c.name, pick(&c.values, &split.train)))
                    .collect();
                let design = match train.as_slice() {
                    [only] => Design::polynomial(only.clone(), 2, true),
                    _ => Design::linear(train, true),
                };
                let fit = solve(&design, &pick(&y, &split.train))?;
                let at = |row: usize| columns.iter().map(|c| c.values[row]).collect::<Vec<_>>();
                let rows = split.test.iter();
                rows.map(|&row| Ok(fit.predict(&at(row))?.estimate))
                    .collect()
            })
            .unwrap();
            assert_eq!((again.folds, again.seed), (found.folds, None));
            assert!((again.rmse / found.rmse - 1.0).abs() < 1e-11);
            assert!((again.rmse_se / found.rmse_se - 1.0).abs() < 1e-11);
        }
    }

    #[test]
    fn the_score_of_a_mean_by_hand() {
        // All sum to 19, the heats to 6, 2 and 11; what is left after each is averaged.
        let observations = Observations {
            y: vec![1.0, 3.0, 2.0, 6.0, 5.0, 2.0],
            x: vec![f64::NAN; 6],
            heats: vec![0, 0, 1, 2, 2, 0],
        };
        let found = cross_validate(&observations, Model::Mean).unwrap();
        let mean = [13.0 / 3.0, 17.0 / 5.0, 8.0 / 4.0];
        let squares = [
            (1.0 - mean[0]) * (1.0 - mean[0])
                + (3.0 - mean[0]) * (3.0 - mean[0])
                + (2.0 - mean[0]) * (2.0 - mean[0]),
            (2.0 - mean[1]) * (2.0 - mean[1]),
            (6.0 - mean[2]) * (6.0 - mean[2]) + (5.0 - mean[2]) * (5.0 - mean[2]),
        ];
        for (score, expected) in found.heats.iter().zip(squares) {
            assert!(
                (score.squares - expected).abs() < 1e-12,
                "{score:?} {expected}"
            );
        }
        let mse = squares.iter().sum::<f64>() / 6.0;
        let scatter: f64 = squares
            .iter()
            .zip([3.0, 1.0, 2.0])
            .map(|(s, m)| (s - m * mse).powi(2))
            .sum();
        let se = (1.5 * scatter).sqrt() / 6.0;
        assert!((found.mse - mse).abs() < 1e-12 && (found.mse_se - se).abs() < 1e-12);
        assert!((found.rmse_se - se / (2.0 * mse.sqrt())).abs() < 1e-12);
        let none = found.excess_over(&found).unwrap();
        assert_eq!((none.mean, none.standard_error), (0.0, 0.0));
    }

    #[test]
    fn a_heat_that_alone_determines_the_model_is_named() {
        let observations = Observations {
            y: vec![10.0, 11.0, 10.2, 11.4, 9.5, 9.9, 7.0, 7.4],
            x: vec![0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.1, 0.1],
            heats: vec![0, 0, 1, 1, 2, 2, 3, 3],
        };
        let error = cross_validate(&observations, Model::Linear).unwrap_err();
        assert_eq!(error, ModelError::HeatIndispensable { heat: 2 });
        assert_eq!(
            error.to_string(),
            "without heat 3 the model cannot be fitted: that heat alone determines it"
        );
        assert!(cross_validate(&observations, Model::Mean).is_ok());
    }

    #[test]
    fn seeded_groups_are_even_and_stay_the_same() {
        let folds = Folds::seeded(13, 5, 7).unwrap();
        assert_eq!(folds, Folds::seeded(13, 5, 7).unwrap());
        assert_ne!(folds, Folds::seeded(13, 5, 8).unwrap());
        let mut sizes = [0; 5];
        folds.of_heat().iter().for_each(|&fold| sizes[fold] += 1);
        sizes.sort_unstable();
        assert_eq!(sizes, [2, 2, 3, 3, 3]);
        for (heats, groups) in [(5, 6), (5, 1), (0, 0)] {
            assert!(Folds::seeded(heats, groups, 1).is_err());
        }
        assert!(Folds::each_heat(1).is_err());
    }

    #[test]
    fn predictors_that_answer_nonsense_are_refused() {
        let (y, heats) = ([1.0, 2.0, 3.0], [0, 1, 2]);
        let folds = Folds::each_heat(3).unwrap();
        let refused = |answer: Vec<f64>| {
            cross_validate_with(&y, &heats, &folds, |_| Ok(answer.clone())).unwrap_err()
        };
        assert!(matches!(refused(vec![]), ModelError::Length { .. }));
        assert!(matches!(
            refused(vec![f64::NAN]),
            ModelError::NotFinite { row: 1, .. }
        ));
        // No heat is ever learned from and predicted in the same fold.
        let mut seen = Vec::new();
        cross_validate_with(&y, &heats, &folds, |split| {
            assert!(split.train.iter().all(|row| !split.test.contains(row)));
            seen.extend(split.test.clone());
            Ok(vec![0.0; split.test.len()])
        })
        .unwrap();
        assert_eq!(seen, [0, 1, 2]);
    }
}
