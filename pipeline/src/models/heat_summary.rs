//! What the data of a random-heat regression come down to: means and sizes of the heats, and the
//! sums of squares within them.

use serde::{Deserialize, Serialize};

use super::double_double::mean;
use super::error::ModelError;
use super::heat_fit::Model;
use super::heat_sums::heat_sizes;
use super::random_heats::Observations;

/// Sufficient numbers of y = Xθ + Zb + e with a mean or a line and normal heats and specimens.
///
/// x and y are kept as differences from `x_centre` and `y_centre`, so that an origin far away costs
/// no digits. For [`Model::Mean`] x is 0 throughout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatSummary {
    /// Mean or line.
    pub model: Model,
    /// Specimens of each heat.
    pub sizes: Vec<usize>,
    /// Mean x of each heat less `x_centre`.
    pub x_means: Vec<f64>,
    /// Mean y of each heat less `y_centre`.
    pub y_means: Vec<f64>,
    /// Mean of all x; 0 for a mean.
    pub x_centre: f64,
    /// Mean of all y.
    pub y_centre: f64,
    /// Σ (x − x̄ of the heat)²; exactly 0 where x belongs to the heat.
    pub within_xx: f64,
    /// Σ (x − x̄ of the heat)(y − ȳ of the heat).
    pub within_xy: f64,
    /// Σ (y − ȳ of the heat)².
    pub within_yy: f64,
}

impl HeatSummary {
    /// Sums observations up.
    ///
    /// # Errors
    /// [`ModelError::PivotalModel`] for anything but a mean or a line; [`ModelError::Length`],
    /// [`ModelError::HeatsNotDense`]. Values are not checked: that is the
    /// business of [`super::random_heats::fit`].
    pub fn new(observations: &Observations, model: Model) -> Result<HeatSummary, ModelError> {
        let model = model.canonical();
        if !matches!(model, Model::Mean | Model::Linear) {
            return Err(ModelError::PivotalModel { model });
        }
        let Observations { y, x, heats } = observations;
        let n = y.len();
        for (what, found) in [("x", x.len()), ("heats", heats.len())] {
            if found != n {
                return Err(ModelError::Length {
                    what: what.to_owned(),
                    expected: n,
                    found,
                });
            }
        }
        let sizes = heat_sizes(heats)?;
        let line = model == Model::Linear;
        let y_centre = mean(y).to_f64();
        let x_centre = if line { mean(x).to_f64() } else { 0.0 };
        let dx = |i: usize| if line { x[i] - x_centre } else { 0.0 };
        let dy = |i: usize| y[i] - y_centre;
        let (mut x_means, mut y_means) = (vec![0.0; sizes.len()], vec![0.0; sizes.len()]);
        for (i, &heat) in heats.iter().enumerate() {
            x_means[heat] += dx(i) / sizes[heat] as f64;
            y_means[heat] += dy(i) / sizes[heat] as f64;
        }
        let (mut xx, mut xy, mut yy, mut total) = (0.0, 0.0, 0.0, 0.0);
        for (i, &heat) in heats.iter().enumerate() {
            let (x, y) = (dx(i) - x_means[heat], dy(i) - y_means[heat]);
            xx += x * x;
            xy += x * y;
            yy += y * y;
            total += dx(i) * dx(i);
        }
        // Rounding of x within a heat is not variation: the tolerance of the plain fit.
        let rounding = n as f64 * f64::EPSILON * (total.sqrt() + x_centre.abs());
        if xx.sqrt() <= rounding {
            (xx, xy) = (0.0, 0.0);
        }
        Ok(HeatSummary {
            model,
            sizes,
            x_means,
            y_means,
            x_centre,
            y_centre,
            within_xx: xx,
            within_xy: xy,
            within_yy: yy,
        })
    }

    /// Specimens in all.
    pub fn specimens(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// Coefficients: 1 for a mean, 2 for a line.
    pub fn coefficients(&self) -> usize {
        1 + usize::from(self.model == Model::Linear)
    }

    /// rank [X Z]: the heats, and one more where x varies inside them.
    pub fn rank_with_heats(&self) -> usize {
        self.sizes.len() + usize::from(self.within_xx > 0.0)
    }

    /// RSS([X Z]): what is left within heats after the slope inside them.
    pub fn within_rss(&self) -> f64 {
        if self.within_xx > 0.0 {
            (self.within_yy - self.within_xy * self.within_xy / self.within_xx).max(0.0)
        } else {
            self.within_yy
        }
    }

    /// Fits mean or line to the heat means with one weight per heat, and to the values within heats
    /// with the weight `within`.
    pub(super) fn weighted(&self, weights: &[f64], within: f64) -> Weighted {
        let total: f64 = weights.iter().sum();
        let mean_of =
            |values: &[f64]| weights.iter().zip(values).map(|(w, v)| w * v).sum::<f64>() / total;
        let (x, y) = (mean_of(&self.x_means), mean_of(&self.y_means));
        let (mut xx, mut xy, mut yy) = (
            within * self.within_xx,
            within * self.within_xy,
            // Without RSS([X Z]), which a caller has apart.
            within * (self.within_yy - self.within_rss()),
        );
        for ((weight, xm), ym) in weights.iter().zip(&self.x_means).zip(&self.y_means) {
            let (dx, dy) = (xm - x, ym - y);
            xx += weight * dx * dx;
            xy += weight * dx * dy;
            yy += weight * dy * dy;
        }
        let slope = if self.model == Model::Linear {
            xy / xx
        } else {
            0.0
        };
        Weighted {
            total,
            x,
            y,
            xx,
            slope,
            rss: (yy - slope * xy).max(0.0),
        }
    }
}

/// A weighted mean or line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighted {
    /// Sum of the weights of the heats.
    pub(super) total: f64,
    /// Weighted mean x of the heats.
    pub(super) x: f64,
    /// Weighted mean y of the heats.
    pub(super) y: f64,
    /// Weighted Sxx, within heats included.
    pub(super) xx: f64,
    /// Slope; 0 for a mean.
    pub(super) slope: f64,
    /// Weighted residual sum of squares, RSS([X Z]) left out.
    pub(super) rss: f64,
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use super::*;
    use crate::models::random_heats::fit;

    /// Three heats of unequal size; x varies inside the last.
    fn example() -> Observations {
        Observations {
            y: vec![20.0, 21.5, 19.0, 21.0, 20.5, 14.0, 15.5, 18.0],
            x: vec![0.5, 0.5, 0.5, 0.2, 0.2, 0.8, 0.7, 0.4],
            heats: vec![0, 0, 0, 1, 1, 2, 2, 2],
        }
    }

    #[test]
    fn weights_by_size_are_the_plain_regression() {
        for model in [Model::Mean, Model::Linear] {
            let summary = HeatSummary::new(&example(), model).unwrap();
            let reference = fit(&example(), model).unwrap();
            let sizes: Vec<f64> = summary.sizes.iter().map(|&size| size as f64).collect();
            let plain = summary.weighted(&sizes, 1.0);
            let rss = plain.rss + summary.within_rss();
            assert!((rss / reference.dof as f64 / reference.rmsa - 1.0).abs() < 1e-12);
            let rmsb =
                summary.within_rss() / (summary.specimens() - summary.rank_with_heats()) as f64;
            assert!((rmsb / reference.rmsb - 1.0).abs() < 1e-12);
            assert_eq!(summary.rank_with_heats(), reference.r2);
            let slope = reference.coefficients.get(1).copied().unwrap_or(0.0);
            assert!((plain.slope - slope).abs() < 1e-12);
        }
    }

    #[test]
    fn rounding_of_x_in_a_heat_is_no_variation() {
        let mut observations = example();
        observations.x = vec![0.3, 0.1 + 0.2, 0.3, 0.2, 0.2, 0.8, 0.8, 0.8];
        let summary = HeatSummary::new(&observations, Model::Linear).unwrap();
        assert_eq!((summary.within_xx, summary.rank_with_heats()), (0.0, 3));
        let refused = HeatSummary::new(&observations, Model::Quadratic).unwrap_err();
        assert!(matches!(refused, ModelError::PivotalModel { .. }));
        observations.heats.pop();
        assert!(HeatSummary::new(&observations, Model::Linear).is_err());
    }
}
