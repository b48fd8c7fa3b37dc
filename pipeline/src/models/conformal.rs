//! A distribution-free bound for the next heat: the hierarchical conformal quantile.
//!
//! Lee, Barber, Willett, *Distribution-free inference with hierarchical data* (2023): scores of K heats,
//! each heat with the same weight 1/(K + 1) shared among its specimens, and the last 1/(K + 1) at
//! infinity for the heat that nobody has seen. The 1 − α quantile q of that mixture holds for a
//! specimen of a new heat, exchangeable with the others, with probability at least 1 − α, whatever the
//! distribution. It needs many heats: with K heats nothing below α = 1/(K + 1) is possible.

use super::distributions::check_probability;
use super::error::ModelError;

/// Shares that differ by less than this from a whole step are that step.
const ROUNDING: f64 = 1e-12;

/// The 1 − α quantile of scores by heat, specimens of one heat sharing the weight of one.
///
/// `None` is infinity: there are too few heats for this α. A score may be any distance from a
/// prediction; heats without a score are passed over.
///
/// # Errors
/// [`ModelError::Probability`] for α outside (0, 1), [`ModelError::NotFinite`] for a score that is NaN or
/// infinite, with its place in the order of heats.
pub fn hierarchical_quantile(scores: &[Vec<f64>], alpha: f64) -> Result<Option<f64>, ModelError> {
    check_probability("alpha", alpha)?;
    let flat = scores.iter().flatten();
    if let Some(row) = flat.clone().position(|score| !score.is_finite()) {
        let (row, column) = (row + 1, "score".to_owned());
        return Err(ModelError::NotFinite { row, column });
    }
    let heats = scores.iter().filter(|heat| !heat.is_empty()).count();
    let mut weighted: Vec<(f64, f64)> = Vec::new();
    for heat in scores {
        let share = 1.0 / ((heats as f64 + 1.0) * heat.len() as f64);
        weighted.extend(heat.iter().map(|&score| (score, share)));
    }
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    for (score, share) in weighted {
        below += share;
        if below >= 1.0 - alpha - ROUNDING {
            return Ok(Some(score));
        }
    }
    Ok(None)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use super::*;

    #[test]
    fn a_heat_weighs_the_same_however_many_specimens_it_has() {
        let few = [vec![1.0], vec![2.0], vec![3.0], vec![9.0]];
        let mut many = few.clone();
        many[3] = vec![9.0; 50];
        for alpha in [0.21, 0.41, 0.61] {
            assert_eq!(
                hierarchical_quantile(&few, alpha).unwrap(),
                hierarchical_quantile(&many, alpha).unwrap()
            );
        }
        assert_eq!(hierarchical_quantile(&few, 0.19).unwrap(), None);
        assert_eq!(hierarchical_quantile(&[], 0.5).unwrap(), None);
        assert!(hierarchical_quantile(&few, 1.0).is_err());
        assert!(hierarchical_quantile(&[vec![f64::NAN]], 0.5).is_err());
    }
}
