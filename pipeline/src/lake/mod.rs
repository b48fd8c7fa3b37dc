//! Rows ↔ Delta tables: exactly-once commits, snapshots, and plain Parquet with units.
//!
//! In: [`crate::contract::Rows`] and the ids of the files they came from. Out: table versions, the
//! exact file list of a version, and rows read back in key order. What can go wrong: a folder that
//! cannot be written, another run that holds the lock, a table that another program has damaged.
//! The only room that knows deltalake, arrow and parquet.

mod arrow_rows;
mod data_file;
mod file_stats;
mod lock;
mod parquet_file;
mod snapshot;
mod table;
mod table_writer;

use std::path::PathBuf;

pub use lock::LakeLock;
pub use parquet_file::{read_parquet, read_parquet_columns, to_parquet};
pub use snapshot::Snapshot;
pub use table::{Lake, Revisions};
pub use table_writer::TableWriter;

use crate::contract::ContractError;

/// What can go wrong with the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The folder cannot be made or written.
    #[error("{}: cannot write the lake: {source}", path.display())]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the lock.
    #[error("{}: another run holds the lock{holder}", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// ` (process N)` where known.
        holder: String,
    },
    /// A Delta operation failed.
    #[error("table `{table}`: {action}: {source}")]
    Delta {
        /// The table.
        table: String,
        /// What was being done.
        action: &'static str,
        /// What deltalake said.
        #[source]
        source: Box<deltalake_core::DeltaTableError>,
    },
    /// A batch could not be built or read.
    #[error("table `{table}`: {action}: {source}")]
    Arrow {
        /// The table.
        table: String,
        /// What was being done.
        action: &'static str,
        /// What arrow said.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// A Parquet file could not be read or written.
    #[error("{file}: {source}")]
    Parquet {
        /// The file.
        file: String,
        /// What parquet said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A version that the table does not have.
    #[error("table `{table}` has no version {version}")]
    NoVersion {
        /// The table.
        table: String,
        /// The version asked for.
        version: i64,
    },
    /// The contract and the table differ.
    #[error(transparent)]
    Contract(#[from] ContractError),
}
