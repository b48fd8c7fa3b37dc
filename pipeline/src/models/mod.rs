//! From measurements to claims about metal not yet cast: fits, tolerance bounds and diagnostics.
//!
//! A strength is regressed on the scrap ratio by column-pivoted Householder QR in double-double
//! arithmetic ([`least_squares`]); specimens of one heat resemble each other, so the verdicts rest
//! on the regression with random heats ([`random_heats`], [`heat_fit`]) and not on ordinary least
//! squares, which stays available where specimens are independent ([`independent`]) and for
//! `regrade regress` ([`regression`]). Every bound is a quantile of the noncentral t
//! ([`noncentral_t`]). [`diagnostics`] says when a model should not be believed, and [`basis`]
//! puts the pieces together for one group of values. linfa and ndarray are used inside this room
//! and never leave it.

pub mod basis;
mod basis_request;
pub mod design;
pub mod diagnostics;
pub mod distributions;
mod double_double;
pub mod error;
pub mod heat_fit;
pub mod heat_sums;
mod householder;
pub mod independent;
pub mod least_squares;
pub mod noncentral_t;
pub mod random_heats;
pub mod regression;

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod reference;

pub use error::ModelError;
pub use heat_fit::{Bound, HeatFit, Model};
pub use heat_sums::index_heats;
pub use random_heats::{Observations, fit};
