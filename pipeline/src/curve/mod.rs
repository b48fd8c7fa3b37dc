//! One stress–strain curve in, the properties of ISO 6892-1 out.
//!
//! A [`Curve`] is cleaned and its break found (`record`), the straight part of its rise is fitted
//! (`elastic`), the proof strengths are read where the curve crosses the offset lines (`offset`),
//! and [`reduce`] puts the answers together. What cannot be read is `None` with a [`Flag`] that
//! says why; nothing on a curve is an error, so nothing here returns one. Every numeric choice
//! comes from [`ReductionSettings`], which `schemas/reduction.toml` holds.

mod elastic;
mod flag;
mod offset;
mod record;
mod reduction;
mod settings;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod ramberg_osgood_tests;

pub use elastic::ElasticLine;
pub use flag::Flag;
pub use record::Curve;
pub use reduction::{Reduction, reduce};
pub use settings::{Range, ReductionSettings, SettingsError};
