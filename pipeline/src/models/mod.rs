//! From measurements to claims about metal not yet cast: fits, tolerance bounds and diagnostics.
//!
//! A strength is regressed on the scrap ratio by column-pivoted Householder QR in double-double
//! arithmetic ([`least_squares`]); specimens of one heat resemble each other, so the verdicts rest
//! on the regression with random heats ([`random_heats`], [`heat_fit`], [`heat_effects`]), on a
//! mean, a polynomial or several regressors, and not on ordinary least squares, which stays
//! available where specimens are independent ([`independent`]) and for `regrade regress`
//! ([`regression`]). Which of mean, line and parabola a verdict rests on is decided by leaving whole
//! heats out ([`cross_validation`], [`model_choice`]). One sample without x has the other methods
//! of CMH-17: [`sample_bounds`] where it is not normal, [`anova_bound`] where heats differ, and
//! [`capability`] against specification limits. Bounds are quantiles of the noncentral t
//! ([`noncentral_t`]), or pivotal ones where heats are too few or too unequal for that
//! ([`vangel_confidence`], [`pivotal_bound`]); how many heats a bound lacks is [`heats_needed`]. Which
//! element carries the effect of scrap is asked of elastic net, partial least squares and a forest
//! ([`composition`]), which stream brings it of a regression on what was charged ([`stream_effects`]);
//! [`group_view`] puts suppliers or laboratories side by side, [`carbon_line`] carbon over the scrap ratio.
//! [`diagnostics`] and [`heat_diagnostics`] say when a model should not be believed, and [`basis`] puts
//! the pieces together for one group of values. linfa and ndarray are used inside this room and never
//! leave it.

pub mod anova_bound;
pub mod basis;
mod basis_choice;
mod basis_fit;
mod basis_request;
pub mod capability;
pub mod carbon_line;
pub mod composition;
pub mod conformal;
pub mod cross_validation;
pub mod design;
pub mod diagnostics;
pub mod distributions;
mod double_double;
pub mod error;
mod forest;
pub mod goodness_of_fit;
pub mod group_view;
pub mod heat_basis;
mod heat_deletion;
pub mod heat_diagnostics;
pub mod heat_effects;
pub mod heat_fit;
pub mod heat_summary;
pub mod heat_sums;
pub mod heats_needed;
mod householder;
pub mod independent;
pub mod k_sample;
pub mod least_squares;
pub mod model_choice;
pub mod noncentral_t;
pub mod pivotal_bound;
pub mod random_heats;
pub mod rank_correlation;
pub mod regression;
pub mod rounded;
pub mod sample_bounds;
pub mod side;
pub mod stream_effects;
pub mod summary;
pub mod vangel_confidence;

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod reference;

pub use error::ModelError;
pub use heat_fit::{Bound, HeatFit, Model};
pub use heat_sums::index_heats;
pub use random_heats::{Observations, fit, fit_for_verdict, fit_regressors};
pub use side::Side;
