//! Whole files, as laboratories send them.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test may panic; what is read is exact"
)]

mod chemistry;
mod curves;
mod fixtures;
mod properties;
mod tables;
mod workbooks;

use super::{Profile, Reading, SourceFile, read};
use crate::contract::{Cell, Contracts, Schemas};
use crate::curve::ReductionSettings;

/// Contracts and reduction settings as shipped.
pub(super) struct Shipped {
    pub contracts: Contracts,
    pub reduction: ReductionSettings,
}

impl Shipped {
    pub(super) fn new() -> Shipped {
        let schemas = Schemas::embedded();
        let reduction = toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap();
        Shipped {
            contracts: Contracts::load(&schemas).unwrap(),
            reduction,
        }
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading {
            contracts: &self.contracts,
            reduction: &self.reduction,
        }
    }

    pub(super) fn profile(&self, text: &str) -> Profile {
        Profile::from_toml(text, &self.contracts).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    pub(super) fn read(&self, profile: &str, name: &str, bytes: &[u8]) -> SourceFile {
        read(self.reading(), &self.profile(profile), name, name, bytes)
    }
}

/// Line, column, field and rule of every finding that is not a note.
pub(super) fn places(file: &SourceFile) -> Vec<(u64, u64, &str, &str)> {
    file.findings
        .iter()
        .filter(|finding| finding.severity != crate::domain::Severity::Note)
        .map(|finding| {
            (
                finding.line,
                finding.column,
                finding.field.as_str(),
                finding.rule.as_str(),
            )
        })
        .collect()
}

/// The cells of one column of a table, as text.
pub(super) fn column(file: &SourceFile, table: &str, name: &str) -> Vec<String> {
    let rows = &file.rows[table];
    let column = rows.column(name).unwrap();
    (0..rows.len())
        .map(|row| match column.cell(row) {
            Cell::Null => "-".to_owned(),
            cell => cell.to_string(),
        })
        .collect()
}

/// A profile's first lines.
pub(super) fn opening(layout: &str, table: &str) -> String {
    format!("id = \"p\"\ntitle = \"t\"\nlayout = \"{layout}\"\ntable = \"{table}\"\n")
}
