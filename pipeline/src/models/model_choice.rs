//! Which of mean, line and parabola a verdict rests on.
//!
//! The rule is fixed beforehand: the line, unless the parabola predicts heats it has not seen better
//! by more than one standard error of the difference, taken heat by heat, and there are heats enough
//! to tell; the mean where x does not vary. The mean's score is shown beside the others, but a slope near zero is no reason to drop it:
//! the effect of scrap is what is asked for, and the line's bound is honest about it.

use serde::{Deserialize, Serialize};

use super::cross_validation::{CrossValidation, MeanPerSpecimen, cross_validate};
use super::heat_fit::Model;
use super::random_heats::Observations;

/// Fewer heats than this follow a parabola by chance too often: with 5 heats about a straight line,
/// simulated labs chose it in 13 of 100 cases.
const FEWEST_HEATS_FOR_A_PARABOLA: usize = 8;

/// How a model did in cross-validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelScore {
    /// The model.
    pub model: Model,
    /// Its scores; null when it was refused.
    pub score: Option<CrossValidation>,
    /// Why it could not be scored; null when it was.
    pub refused: Option<String>,
}

/// The verdict model and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelChoice {
    /// The verdict model.
    pub chosen: Model,
    /// Why, in words.
    pub reason: String,
    /// Mean, line and parabola, in this order; the mean alone where x does not vary.
    pub scores: Vec<ModelScore>,
    /// How much the line's mean squared prediction error exceeds the parabola's; null unless both
    /// were scored.
    pub linear_over_quadratic: Option<MeanPerSpecimen>,
}

/// Compares mean, line and parabola and chooses by the rule above.
///
/// Never fails: a model that is refused is recorded with the reason, and the fit of the chosen one
/// will refuse for the same reason. An x that is missing (NaN) anywhere leaves only the mean.
pub fn choose(observations: &Observations) -> ModelChoice {
    let scored = |model: Model| match cross_validate(observations, model) {
        Ok(score) => ModelScore {
            model,
            score: Some(score),
            refused: None,
        },
        Err(error) => ModelScore {
            model,
            score: None,
            refused: Some(error.to_string()),
        },
    };
    let x = &observations.x;
    let without_x = if x.iter().any(|x| !x.is_finite()) {
        Some("x is not known for every specimen")
    } else if x.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq()) {
        Some("x is the same for every specimen")
    } else {
        None
    };
    if let Some(reason) = without_x {
        return ModelChoice {
            chosen: Model::Mean,
            reason: reason.to_owned(),
            scores: vec![scored(Model::Mean)],
            linear_over_quadratic: None,
        };
    }
    let [mean, linear, quadratic] = [Model::Mean, Model::Linear, Model::Quadratic].map(scored);
    let heats = observations.heats.iter().max().map_or(0, |&last| last + 1);
    let (chosen, reason, gain) = match (&linear.score, &quadratic.score) {
        _ if heats < FEWEST_HEATS_FOR_A_PARABOLA => (
            Model::Linear,
            format!(
                "{heats} heats: a parabola is not considered below {FEWEST_HEATS_FOR_A_PARABOLA}"
            ),
            None,
        ),
        (Some(line), Some(parabola)) => {
            let gain = line.excess_over(parabola);
            let (chosen, reason) = compare(line, parabola, gain);
            (chosen, reason, gain)
        }
        (None, _) => {
            let why = linear.refused.as_deref().unwrap_or_default();
            (
                Model::Linear,
                format!("the line cannot be cross-validated ({why}), so nothing is set against it"),
                None,
            )
        }
        (_, None) => {
            let why = quadratic.refused.as_deref().unwrap_or_default();
            (
                Model::Linear,
                format!("the parabola cannot be cross-validated: {why}"),
                None,
            )
        }
    };
    ModelChoice {
        chosen,
        reason,
        scores: vec![mean, linear, quadratic],
        linear_over_quadratic: gain,
    }
}

fn compare(
    line: &CrossValidation,
    parabola: &CrossValidation,
    gain: Option<MeanPerSpecimen>,
) -> (Model, String) {
    let errors = format!(
        "cross-validated error {:.4} for the line and {:.4} for the parabola",
        line.rmse, parabola.rmse
    );
    match gain {
        Some(gain) if gain.mean > gain.standard_error => (
            Model::Quadratic,
            format!(
                "{errors}: better by {:.4} in squares, more than the standard error {:.4}",
                gain.mean, gain.standard_error
            ),
        ),
        Some(gain) if gain.mean > 0.0 => (
            Model::Linear,
            format!(
                "{errors}: better by {:.4} in squares, not more than the standard error {:.4}",
                gain.mean, gain.standard_error
            ),
        ),
        _ => (
            Model::Linear,
            format!("{errors}: the parabola is not better"),
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests {
    use super::*;

    /// Heat effects without a bend of their own.
    const EFFECTS: [f64; 10] = [0.8, -1.1, 0.3, 1.2, -0.7, -0.2, 0.9, -1.3, 0.5, -0.4];

    /// Ten heats of three specimens about a curve, with fixed heat effects of size `scatter`.
    fn lab(curve: impl Fn(f64) -> f64, scatter: f64) -> Observations {
        let mut lab = Observations {
            y: vec![],
            x: vec![],
            heats: vec![],
        };
        for (heat, effect) in EFFECTS.iter().enumerate() {
            let x = 0.1 * heat as f64;
            for specimen in 0..3_usize {
                let noise = 0.3 * scatter * (7.3 * (heat * 10 + specimen) as f64).sin();
                lab.y.push(curve(x) + scatter * effect + noise);
                lab.x.push(x);
                lab.heats.push(heat);
            }
        }
        lab
    }

    #[test]
    fn a_clear_bend_takes_the_parabola() {
        let choice = choose(&lab(|x| 250.0 - 60.0 * x * x, 2.0));
        assert_eq!(choice.chosen, Model::Quadratic, "{}", choice.reason);
        let gain = choice.linear_over_quadratic.unwrap();
        assert!(gain.mean > gain.standard_error && gain.standard_error > 0.0);
        let errors: Vec<f64> = choice
            .scores
            .iter()
            .map(|s| s.score.as_ref().unwrap().mse)
            .collect();
        assert!((errors[1] - errors[2] - gain.mean).abs() < 1e-10);
        assert!(errors[0] > errors[1]);
        assert!(choice.reason.contains("more than the standard error"));
    }

    #[test]
    fn no_bend_or_a_faint_one_keeps_the_line() {
        let straight = choose(&lab(|x| 250.0 - 20.0 * x, 2.0));
        assert_eq!(straight.chosen, Model::Linear, "{}", straight.reason);
        // Somewhere between no bend and a clear one the parabola is better, but not by enough.
        let faint = (1..200)
            .map(|step| {
                let bend = 0.2 * f64::from(step);
                choose(&lab(|x| 250.0 - bend * x * x, 2.0))
            })
            .find(|choice| choice.linear_over_quadratic.unwrap().mean > 0.0)
            .unwrap();
        assert_eq!(faint.chosen, Model::Linear, "{}", faint.reason);
        assert!(faint.reason.contains("not more than the standard error"));
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let bent = lab(|x| 250.0 - 60.0 * x * x, 2.0);
        let changed = |change: &dyn Fn(usize) -> f64| Observations {
            x: bent.heats.iter().map(|&h| change(h)).collect(),
            ..bent.clone()
        };
        let constant = choose(&changed(&|_| 0.3));
        assert_eq!(constant.chosen, Model::Mean);
        assert_eq!(constant.reason, "x is the same for every specimen");
        assert_eq!(constant.scores.len(), 1);
        let unknown = choose(&changed(&|h| {
            if h == 4 { f64::NAN } else { 0.1 * h as f64 }
        }));
        assert_eq!(unknown.chosen, Model::Mean);
        assert_eq!(unknown.reason, "x is not known for every specimen");
        let two = choose(&changed(&|h| (h % 2) as f64));
        assert_eq!(two.chosen, Model::Linear);
        assert!(
            two.reason.contains("3 different values of x, not 2"),
            "{}",
            two.reason
        );
        let alone = choose(&changed(&|h| if h == 0 { 0.9 } else { 0.1 }));
        assert_eq!(alone.chosen, Model::Linear);
        assert!(alone.reason.contains("without heat 1"), "{}", alone.reason);
        // Stored with the fits and read back.
        let text = serde_json::to_string(&alone).unwrap();
        assert_eq!(serde_json::from_str::<ModelChoice>(&text).unwrap(), alone);
    }
}
