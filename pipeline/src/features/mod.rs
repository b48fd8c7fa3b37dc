//! The lake → `heats` and specimens, by the SQL texts of `pipeline/sql/`; and researchers' own SQL.
//!
//! In: the exact Parquet files of one version of each table. Out: `heats` under its contract, the valid
//! specimens with their temperature class, and warnings about rows that do not belong together. What can
//! go wrong: a table that cannot be read, or a query that is not SQL. The only room that knows polars.
//!
//! A number that reaches a report is summed over whole units (grams, 1e-4 MPa, 1e-8 wt%): integer sums
//! do not depend on the order in which threads add.

mod belonging;
mod both_results;
mod carbon;
mod carbon_file;
mod censored;
mod charge_line;
mod charges;
mod checked_toml;
mod density;
mod frames;
mod heats;
mod heel;
mod sourced;
mod stream_shares;
mod streams;
mod streams_file;

pub use belonging::out_of_place;
pub use both_results::disagreements;
pub use carbon::{
    Covers, ElementFactor, Factor, FactorSet, Factors, HeatCarbon, Overrides, SupplierFactor,
    SystemModel, of_heat, of_primary,
};
pub use charge_line::{ChargeLine, YieldSource};
pub use charges::{Charge, ChargeRules};
pub use density::Densities;
pub use frames::{Answer, query};
pub use heats::{HeatRules, Heats, Specimen, elements_of, heats};
pub use sourced::{FactStatus, Sourced};
pub use stream_shares::{StreamShare, breakdown};
pub use streams::{NameSystem, Stream, StreamName, Streams, Title, Tramp};

use crate::contract::ContractError;
use crate::lake::LakeError;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    /// A query failed.
    #[error("{query}: {message}")]
    Query {
        /// Name of the SQL text, or `query` for a researcher's own.
        query: &'static str,
        /// What polars said.
        message: String,
    },
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A contract lacks a column.
    #[error(transparent)]
    Contract(#[from] ContractError),
}
