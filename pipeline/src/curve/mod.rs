//! One stress–strain curve in, the properties of ISO 6892-1 out.
//!
//! A [`Curve`] is cleaned and its break found (`record`, `signal`), the straight part of its rise is
//! fitted (`elastic`) and judged (`quality`), the yield point and the proof strengths are read
//! (`yield_point`, `offset`), the crosshead takes over where the extensometer was taken off
//! (`handover`), the extensions are read (`extension`, `serration`), and [`reduce`] puts the answers
//! together. [`compare`] holds them against what the laboratory reports. What cannot be read is `None`
//! with a [`Flag`] that says why; nothing on a curve is an error, so nothing here returns one. Every
//! numeric choice comes from [`ReductionSettings`], which `schemas/reduction.toml` holds.

mod compare;
mod elastic;
mod extension;
mod flag;
mod handover;
mod offset;
mod quality;
mod record;
mod reduction;
mod serration;
mod settings;
mod signal;
mod yield_point;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod handover_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod ramberg_osgood_tests;
#[cfg(test)]
mod yield_point_tests;

pub use compare::{COMPARED, Comparison, Disagreement, compare};
pub use elastic::ElasticLine;
pub use flag::Flag;
pub use handover::Crosshead;
pub use quality::{Quality, Shortfall, Verdict};
pub use record::Curve;
pub use reduction::{Mark, Marks, Reduction, reduce, reduce_with_crosshead};
pub use settings::{
    HandoverSettings, Limit, ModulusSettings, Range, ReductionSettings, ReportedSettings,
    SerrationSettings, SettingsError, YieldPointSettings,
};
