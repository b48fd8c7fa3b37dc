//! Carbon against scrap ratio: a straight line over heats.

use serde::{Deserialize, Serialize};

use super::design::{Design, Predictor};
use super::error::ModelError;
use super::least_squares::solve;

/// kg CO2e per kg of heat as a straight line of the scrap ratio, over heats, and that of all-primary
/// metal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CarbonLine {
    /// kg CO2e per kg at scrap ratio 0.
    pub intercept: f64,
    /// Its change from ratio 0 to 1; 0 when heats do not differ in ratio.
    pub slope: f64,
    /// kg CO2e per kg of all-primary metal: the set's primary factor and the melting.
    pub primary: f64,
    /// Id of the factor set.
    pub factor_set: String,
}

impl CarbonLine {
    /// Ordinary least squares of `kg_co2e_per_kg` on `scrap_ratio`, one entry per heat; a constant,
    /// the mean, when fewer than two ratios differ.
    ///
    /// Charge lines determine both, so that what scatters about the line is how charges of the same
    /// ratio differ, and no interval is given.
    ///
    /// # Errors
    /// [`ModelError::Length`], [`ModelError::NotFinite`], [`ModelError::TooFewValues`] without heats.
    pub fn fit(
        scrap_ratio: &[f64],
        kg_co2e_per_kg: &[f64],
        primary: f64,
        factor_set: &str,
    ) -> Result<CarbonLine, ModelError> {
        let predictor = Predictor {
            name: "scrap ratio".to_owned(),
            values: scrap_ratio.to_vec(),
        };
        let line = Design::linear(vec![predictor], true);
        let fitted = match solve(&line, kg_co2e_per_kg) {
            // One heat, or one ratio: nothing says how carbon changes with it.
            Err(ModelError::TooFewValues { .. } | ModelError::RankDeficient { .. }) => {
                solve(&Design::mean(), kg_co2e_per_kg)?
            }
            fitted => fitted?,
        };
        Ok(CarbonLine {
            intercept: fitted.coefficients.first().copied().unwrap_or(0.0),
            slope: fitted.coefficients.get(1).copied().unwrap_or(0.0),
            primary,
            factor_set: factor_set.to_owned(),
        })
    }

    /// kg CO2e per kg at a scrap ratio.
    pub fn at(&self, scrap_ratio: f64) -> f64 {
        self.intercept + self.slope * scrap_ratio
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

    #[test]
    fn a_line_through_three_heats_by_hand() {
        // Ratios 0, 0.5, 1; 16, 8, 3: slope −13, mean 9 at 0.5.
        let line = CarbonLine::fit(&[0.0, 0.5, 1.0], &[16.0, 8.0, 3.0], 15.947, "set").unwrap();
        assert!((line.slope + 13.0).abs() < 1e-13, "{line:?}");
        assert!((line.intercept - 15.5).abs() < 1e-13, "{line:?}");
        assert!((line.at(0.3) - 11.6).abs() < 1e-13);
        assert_eq!((line.primary, line.factor_set.as_str()), (15.947, "set"));
    }

    #[test]
    fn heats_of_one_ratio_have_a_level_and_no_slope() {
        let line = CarbonLine::fit(&[0.3; 3], &[8.0, 9.0, 13.0], 15.947, "set").unwrap();
        assert_eq!(
            (line.intercept, line.slope, line.at(0.9)),
            (10.0, 0.0, 10.0)
        );
        let line = CarbonLine::fit(&[0.3], &[8.0], 15.947, "set").unwrap();
        assert_eq!((line.intercept, line.slope), (8.0, 0.0));
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let fit = |x: &[f64], y: &[f64]| CarbonLine::fit(x, y, 1.0, "set").unwrap_err();
        assert!(matches!(fit(&[], &[]), ModelError::TooFewValues { .. }));
        assert!(matches!(
            fit(&[0.1], &[1.0, 2.0]),
            ModelError::Length { .. }
        ));
        assert!(matches!(
            fit(&[0.1, f64::NAN], &[1.0, 2.0]),
            ModelError::NotFinite { .. }
        ));
    }
}
