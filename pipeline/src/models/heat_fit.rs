//! A fitted random-heat regression: what is kept of it, and the tolerance bounds it gives.
//!
//! A [`HeatFit`] holds sufficient numbers only, so that one stored as JSON gives the same bounds,
//! bit for bit, years later. Its basis is orthonormal: for a mean or a line the pair 1/√n and
//! (x − x̄)/√Sxx, for anything else a [`HeatBasis`]. A shift or scale of x changes nothing in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::distributions::{check_probability, normal_quantile};
use super::error::ModelError;
use super::heat_basis::HeatBasis;
use super::heat_summary::HeatSummary;
use super::heats_needed::Sizes;
use super::noncentral_t;
use super::pivotal_bound::PivotalBound;

/// The fixed part of the random-heat regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// One mean for all heats; x is ignored.
    Mean,
    /// A straight line in x.
    Linear,
    /// A parabola in x.
    Quadratic,
    /// A polynomial in x of this degree; 0, 1 and 2 are fitted as the three above.
    Polynomial(u32),
    /// Several regressors, each as it stands.
    Regressors,
}

impl Model {
    /// The polynomial of a degree, under its own name where it has one.
    pub fn of_degree(degree: u32) -> Model {
        match degree {
            0 => Model::Mean,
            1 => Model::Linear,
            2 => Model::Quadratic,
            _ => Model::Polynomial(degree),
        }
    }

    /// The same model under its own name: a polynomial of degree 1 is [`Model::Linear`].
    pub fn canonical(self) -> Model {
        match self {
            Model::Polynomial(degree) => Model::of_degree(degree),
            named => named,
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Model::Mean => f.write_str("mean"),
            Model::Linear => f.write_str("linear"),
            Model::Quadratic => f.write_str("quadratic"),
            Model::Polynomial(degree) => write!(f, "polynomial of degree {degree}"),
            Model::Regressors => f.write_str("regressors"),
        }
    }
}

/// A one-sided tolerance bound on the modelling scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The x at which it holds; as given, and without meaning for [`Model::Mean`]. Of several
    /// regressors the first.
    pub at: f64,
    /// The estimated mean there.
    pub estimate: f64,
    /// The bound.
    pub bound: f64,
    /// |estimate − bound| in units of √RMSA, the residual standard deviation of the plain
    /// regression: Vangel's T. With one value per heat this is the usual k factor.
    pub k: f64,
}

/// y = Xθ + Zb + e with random heats b ~ N(0, σ_b²) and specimens e ~ N(0, σ_e²), fitted.
///
/// Symbols are those of Vangel's RECIPE (NIST, 1994; ASTM STP 1274, 1996). Everything is on the
/// modelling scale: a lognormal property is fitted as its logarithm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatFit {
    /// What was fitted.
    pub model: Model,
    /// Specimens.
    pub n: usize,
    /// Heats.
    pub heats: usize,
    /// Names of the coefficients: `intercept`, then `x`, `x^2`, …, or the regressors' names.
    pub term_names: Vec<String>,
    /// Least-squares coefficients in the units of y over those of x.
    pub coefficients: Vec<f64>,
    /// Their covariance under the fitted model,
    /// (X'X)⁻¹X'(s_b² ZZ' + s_e² I)X(X'X)⁻¹; not the σ²(X'X)⁻¹ of independent specimens.
    pub covariance: Vec<Vec<f64>>,
    /// Rank of X, the same as `r1`.
    pub rank: usize,
    /// Condition number of the centred and scaled X (1-norm).
    pub condition: f64,
    /// Residual degrees of freedom n − r1.
    pub dof: usize,
    /// s = √(s_b² + s_e²), the scatter of a single specimen of a new heat.
    pub sigma: f64,
    /// RSS(X)/(n − r1).
    pub rmsa: f64,
    /// RSS([X Z])/(n − r2); equals `rmsa` when `separable` is false.
    pub rmsb: f64,
    /// s_b² = max(0, (n − r1)/tr1·(RMSA − RMSB)), variance between heats.
    pub between_variance: f64,
    /// s_e² = RMSB, variance within heats.
    pub within_variance: f64,
    /// False when every heat has one specimen: the two variances cannot be told apart, their sum
    /// RMSA is booked as between heats, and the bound is that of the plain regression on heats.
    pub separable: bool,
    /// rank X.
    pub r1: usize,
    /// rank [X Z].
    pub r2: usize,
    /// ν₀ = n − r1, degrees of freedom if heats did not differ.
    pub nu0: f64,
    /// ν₁ = tr1²/tr2, degrees of freedom if heats alone mattered.
    pub nu1: f64,
    /// tr B with B = Z'Z − Z'HZ, H the hat matrix of X.
    pub tr1: f64,
    /// tr B².
    pub tr2: f64,
    /// Smallest observed x, of several regressors the first; `None` when the mean was fitted
    /// without usable x.
    pub x_min: Option<f64>,
    /// Largest observed x.
    pub x_max: Option<f64>,
    /// x̄, the centre of the basis; 0 for a mean.
    pub x_centre: f64,
    /// √Sxx, the scale of the line's basis; 1 for a mean.
    pub x_spread: f64,
    /// ȳ.
    pub level: f64,
    /// Q'ZZ'Q for the orthonormal basis Q of X: how much the heats weigh in each direction.
    pub heat_moment: Vec<Vec<f64>>,
    /// The basis of anything beyond a mean or a line; fits stored before there was more have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<HeatBasis>,
    /// Least true confidence of a nominal 95 % T under this design; `None` when not looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vangel_confidence: Option<f64>,
    /// Present when that is too little: bounds are then those of [`PivotalBound`] instead of T.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pivotal: Option<HeatSummary>,
    /// A fit of the same specimens whose bounds count where they are the more careful ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub careful: Option<Box<HeatFit>>,
}

/// Which side of the scatter a bound guards.
#[derive(Clone, Copy)]
enum Side {
    Lower,
    Upper,
}

impl HeatFit {
    /// The mean at x, or ȳ for [`Model::Mean`] whatever x is; also outside the observed range.
    ///
    /// NaN for a fit with several regressors, which one x does not place: see
    /// [`HeatFit::estimate_at`].
    pub fn estimate(&self, x: f64) -> f64 {
        self.estimate_at(&[x]).unwrap_or(f64::NAN)
    }

    /// The mean at one value per regressor, also outside the observed range.
    ///
    /// # Errors
    /// [`ModelError::Length`] when the number of values is not that of the regressors; a mean takes
    /// any.
    pub fn estimate_at(&self, at: &[f64]) -> Result<f64, ModelError> {
        self.check_length(at)?;
        Ok(match (&self.basis, self.coefficients.as_slice()) {
            (Some(basis), _) => {
                let parts = basis.functions(at);
                let parts = parts.iter().zip(&basis.weights).map(|(f, w)| f * w);
                self.level + parts.sum::<f64>()
            }
            (None, [_, slope]) => {
                let x = at.first().copied().unwrap_or(f64::NAN);
                self.level + slope * (x - self.x_centre)
            }
            (None, _) => self.level,
        })
    }

    /// The value that at least `content` of specimens exceed, with `confidence`.
    ///
    /// # Errors
    /// [`ModelError::Probability`]; [`ModelError::Extrapolation`] outside [`HeatFit::x_range`],
    /// x = NaN included, unless the model is a mean; [`ModelError::Length`] for a fit with several
    /// regressors.
    pub fn lower_bound(&self, x: f64, content: f64, confidence: f64) -> Result<Bound, ModelError> {
        self.lower_bound_at(&[x], content, confidence)
    }

    /// The value that at least `content` of specimens stay below, with `confidence`.
    ///
    /// # Errors
    /// As for [`HeatFit::lower_bound`].
    pub fn upper_bound(&self, x: f64, content: f64, confidence: f64) -> Result<Bound, ModelError> {
        self.upper_bound_at(&[x], content, confidence)
    }

    /// As [`HeatFit::lower_bound`], at one value per regressor.
    ///
    /// Each value must lie within its own regressor's observed range; whether their combination is
    /// near any specimen is not asked, and shows in a wide bound.
    ///
    /// # Errors
    /// [`ModelError::Probability`]; [`ModelError::Length`]; [`ModelError::Extrapolation`], or
    /// [`ModelError::OutsideRange`] where there are several regressors.
    pub fn lower_bound_at(
        &self,
        at: &[f64],
        content: f64,
        confidence: f64,
    ) -> Result<Bound, ModelError> {
        self.one_sided(at, content, confidence, Side::Lower)
    }

    /// As [`HeatFit::upper_bound`], at one value per regressor.
    ///
    /// # Errors
    /// As for [`HeatFit::lower_bound_at`].
    pub fn upper_bound_at(
        &self,
        at: &[f64],
        content: f64,
        confidence: f64,
    ) -> Result<Bound, ModelError> {
        self.one_sided(at, content, confidence, Side::Upper)
    }

    /// s_b²/(s_b² + s_e²), the correlation of two specimens of one heat, in [0, 1]; 1 when the two
    /// variances are not separable.
    pub fn heat_variance_share(&self) -> f64 {
        self.between_variance / (self.between_variance + self.within_variance)
    }

    /// Smallest and largest observed x, of several regressors the first; (−∞, ∞) for a mean fitted
    /// without usable x.
    pub fn x_range(&self) -> (f64, f64) {
        (
            self.x_min.unwrap_or(f64::NEG_INFINITY),
            self.x_max.unwrap_or(f64::INFINITY),
        )
    }

    /// Smallest and largest observed value of every regressor; empty for [`Model::Mean`].
    pub fn ranges(&self) -> Vec<(f64, f64)> {
        match &self.basis {
            Some(basis) => basis.regressors.iter().map(|r| (r.min, r.max)).collect(),
            None if self.model == Model::Mean => Vec::new(),
            None => vec![self.x_range()],
        }
    }

    /// η₀ and η₁: how many independent specimens, or heats, the estimate at x is worth.
    ///
    /// 1/η₀ = w'(X'X)⁻¹w; 1/η₁ = w'(X'X)⁻¹X'ZZ'X(X'X)⁻¹w. With an intercept η₁ ≤ number of heats.
    pub fn effective_sizes(&self, x: f64) -> (f64, f64) {
        self.effective_sizes_at(&[x])
    }

    /// As [`HeatFit::effective_sizes`], at one value per regressor; NaN where one is missing.
    pub fn effective_sizes_at(&self, at: &[f64]) -> (f64, f64) {
        let direction = self.direction(at);
        (
            squared_length(&direction).recip(),
            self.grouped_length(&direction).recip(),
        )
    }

    /// The orthonormal functions at a point, the constant 1/√n first.
    pub(super) fn direction(&self, at: &[f64]) -> Vec<f64> {
        let mut direction = vec![(self.n as f64).sqrt().recip()];
        match &self.basis {
            Some(basis) => direction.extend(basis.functions(at)),
            None if self.model == Model::Linear => {
                let x = at.first().copied().unwrap_or(f64::NAN);
                direction.push((x - self.x_centre) / self.x_spread);
            }
            None => {}
        }
        direction
    }

    /// d'Q'ZZ'Qd for a direction d.
    pub(super) fn grouped_length(&self, direction: &[f64]) -> f64 {
        direction
            .iter()
            .zip(&self.heat_moment)
            .map(|(v, line)| v * line.iter().zip(direction).map(|(m, v)| m * v).sum::<f64>())
            .sum()
    }

    /// Refuses a point that is not one value per regressor.
    fn check_length(&self, at: &[f64]) -> Result<(), ModelError> {
        let expected = match &self.basis {
            Some(basis) => basis.regressors.len(),
            None if self.model == Model::Mean => return Ok(()),
            None => 1,
        };
        if at.len() == expected {
            return Ok(());
        }
        Err(ModelError::Length {
            what: "the point".to_owned(),
            expected,
            found: at.len(),
        })
    }

    /// Refuses a point outside the observed ranges, NaN included.
    pub(super) fn check_range(&self, at: &[f64]) -> Result<(), ModelError> {
        self.check_length(at)?;
        let ranges = self.ranges();
        for (place, (&at, &(min, max))) in at.iter().zip(&ranges).enumerate() {
            if (min..=max).contains(&at) {
                continue;
            }
            return Err(match &self.basis {
                Some(basis) if ranges.len() > 1 => ModelError::OutsideRange {
                    column: basis.regressors[place].name.clone(),
                    at,
                    min,
                    max,
                },
                _ => ModelError::Extrapolation { at, min, max },
            });
        }
        Ok(())
    }

    fn one_sided(
        &self,
        at: &[f64],
        content: f64,
        confidence: f64,
        side: Side,
    ) -> Result<Bound, ModelError> {
        check_probability("content", content)?;
        check_probability("confidence", confidence)?;
        self.check_range(at)?;
        if let Some(summary) = &self.pivotal {
            let bounds = PivotalBound::new(summary, self.x_range())?;
            let x = at.first().copied().unwrap_or(f64::NAN);
            return match side {
                Side::Lower => bounds.lower_bound(x, content, confidence),
                Side::Upper => bounds.upper_bound(x, content, confidence),
            };
        }
        let distance = self.margin(at, content, confidence)?;
        let estimate = self.estimate_at(at)?;
        let mut bound = match side {
            Side::Lower => estimate - distance,
            Side::Upper => estimate + distance,
        };
        if let Some(careful) = &self.careful {
            let other = careful.one_sided(at, content, confidence, side)?.bound;
            bound = match side {
                Side::Lower => bound.min(other),
                Side::Upper => bound.max(other),
            };
        }
        Ok(Bound {
            at: at.first().copied().unwrap_or(f64::NAN),
            estimate,
            bound,
            k: (estimate - bound).abs() / self.rmsa.sqrt(),
        })
    }

    /// T√RMSA.
    ///
    /// RECIPE writes T as a quotient that becomes 0/0 where η₀ = η₁. With
    /// F_j = F_nct⁻¹(confidence; ν_j, z√η_j) and s² = s_b² + s_e² it is, term for term, the sum
    ///
    /// T√TMSA = F₁ s_b² (√η₀ + √η₁) / [η₁(√η₀ s_m + s)] + F₀ s_e² (√η₀ + √η₁) / [η₀(s + √η₁ s_m)],
    ///
    /// which has no such point, loses no digits, and for one specimen per heat is the bound of
    /// fixed effects.
    fn margin(&self, at: &[f64], content: f64, confidence: f64) -> Result<f64, ModelError> {
        let sizes = Sizes {
            eta: self.effective_sizes_at(at),
            nu: (self.nu0, self.nu1),
        };
        self.distance_with(sizes, (content, confidence))
    }

    /// T√RMSA for given η and ν and the variances of this fit.
    pub(super) fn distance_with(
        &self,
        sizes: Sizes,
        (content, confidence): (f64, f64),
    ) -> Result<f64, ModelError> {
        let z = normal_quantile(content)?;
        let ((eta0, eta1), (nu0, nu1)) = (sizes.eta, sizes.nu);
        let (root0, root1) = (eta0.sqrt(), eta1.sqrt());
        let (between, within) = (self.between_variance, self.within_variance);
        let s = (between + within).sqrt();
        let s_mean = (between / eta1 + within / eta0).sqrt();
        let mut total = 0.0;
        if between > 0.0 {
            let quantile = noncentral_t::quantile(confidence, nu1, z * root1)?;
            total += quantile * between * (root0 + root1) / (eta1 * (root0 * s_mean + s));
        }
        if within > 0.0 {
            let quantile = noncentral_t::quantile(confidence, nu0, z * root0)?;
            total += quantile * within * (root0 + root1) / (eta0 * (s + root1 * s_mean));
        }
        Ok(total * (self.rmsa / self.rmsa.max(self.rmsb)).sqrt())
    }
}

/// d'd.
pub(super) fn squared_length(direction: &[f64]) -> f64 {
    direction.iter().map(|v| v * v).sum()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;
