//! Contracts: the declared columns, units, ranges and keys of each table, and rows that obey them.
//!
//! In: the data files of `schemas/` (embedded, with a lab's own laid over them). Out: checked
//! [`Contract`]s and [`Rows`]. What can go wrong: a contract that is not a Frictionless Table Schema
//! as `regrade` uses it, or a cell that breaks its field's rule.

mod field;
mod filler;
mod rows;
mod schemas;
mod sparse;
mod table;
mod texts;

pub use field::{CellFault, Constraints, Field, FieldType};
pub use filler::RowFiller;
pub use rows::{Cell, CellRef, Column, Fingerprint, Rows};
pub use schemas::{SchemaFile, Schemas};
pub use sparse::{Said, SparseRows};
pub use table::{Contract, ContractError, Contracts};
pub use texts::Texts;
