//! The lake → `heats` and specimens, by the SQL texts of `pipeline/sql/`; and researchers' own SQL.
//!
//! In: the exact Parquet files of one version of each table. Out: `heats` under its contract, the valid
//! specimens with their temperature class, and warnings about rows that do not belong together. What can
//! go wrong: a table that cannot be read, or a query that is not SQL. The only room that knows polars.
//!
//! A number that reaches a report is summed over whole units (grams, 1e-4 MPa, 1e-8 wt%): integer sums
//! do not depend on the order in which threads add.

mod belonging;
mod censored;
mod frames;
mod heats;
mod heel;

pub use belonging::out_of_place;
pub use frames::{Answer, query};
pub use heats::{Heats, Specimen, heats};

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
