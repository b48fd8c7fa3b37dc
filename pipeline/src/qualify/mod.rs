//! From fits and limits to verdicts: which grade may carry which component, and up to what scrap ratio.
//!
//! What comes in: the catalogue (texts of `schemas/grades` and `schemas/components`, shipped and a
//! lab's own) and, per grade, the fits, heats and proofs inside one test-temperature class. What goes
//! out: one [`Verdict`] per component and grade, with every requirement's limit, number and reason.
//! What can go wrong: a catalogue text that is not TOML or breaks a rule (all are reported at once,
//! each with its place); everything about the data itself, from a refused fit to an expired proof, is
//! an outcome of the verdict and never an error. The room does no IO and reads no clock.

mod catalogue;
mod catalogue_error;
mod comparison;
mod component;
mod component_file;
mod conditions;
mod gauge;
mod grade_data;
mod grade_spec;
mod judge;
mod limiting;
pub mod listing;
mod metal;
mod near_names;
mod outcome;
mod phrase;
mod power;
mod proof;
mod reasons;
mod requirement_entry;
mod screen;
mod toml_entries;
mod unit;
pub mod verdict;
mod vocabulary;
mod window;

pub use catalogue::{Catalogue, Layer, SourceText};
pub use catalogue_error::CatalogueError;
pub use component::{Component, Demand, EvidenceLimit, Limit, Requirement, Title};
pub use conditions::Conditions;
pub use grade_data::{EvidenceData, Fitted, GradeData, HeatData, Policy, PropertyData};
pub use grade_spec::{CompositionLimit, GradeName, GradeSpec, MinimumLimit};
pub use judge::judge;
pub use verdict::{
    Basis, Comparison, Direction, Kind, LimitStatus, LimitingElement, MoreHeats, Outcome,
    Overruled, RequirementOutcome, SpecificStrength, Status, Verdict, VerdictCarbon,
    WithoutOutliers,
};
pub use vocabulary::{
    AppliesTo, Criticality, ElongationType, EvidenceKind, Index, NameSystem, ProductForm,
    SpecimenOrigin,
};
