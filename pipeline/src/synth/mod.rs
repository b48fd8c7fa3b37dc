//! A synthetic laboratory with planted truth.
//!
//! A [`Plan`] says how a laboratory's metal behaves; [`simulate`] melts and tests it, and
//! [`generate`] writes what such a laboratory would drop into an inbox, together with the
//! [`Truth`]: the highest scrap ratio that really satisfies each limit, known exactly because
//! every specimen is a straight line in the scrap ratio plus normal scatter. [`plant`] spoils such a
//! laboratory in every way that real files are, and lists what a reader must find. Nothing here reads
//! or writes a file; the same plan, counts and seed give the same bytes.

mod calendar;
mod error;
mod fault_cells;
mod fault_files;
mod fault_sheets;
mod faults;
mod files;
mod lab;
mod melt;
mod normal;
mod plan;
mod truth;

pub use error::SynthError;
pub use faults::{FaultyLab, PlantedFault, ReadRight, plant};
pub use lab::{SyntheticLab, generate, simulate};
pub use melt::{Burn, ChargeLine, Heat, Reading, Specimen};
pub use plan::{GradePlan, Plan};
pub use truth::{
    ComponentTruth, GradeTruth, LimitTruth, PropertyTruth, Truth, TruthLimit, TruthStatus,
};
