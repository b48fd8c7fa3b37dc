//! What the reading of one file, sheet or block has at hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::delimited::Dialect;
use super::grid::{Grid, GridRow};
use super::profile::{Format, SkipRule};
use super::{Profile, Reading};
use crate::contract::{CellFault, Contract};
use crate::domain::{Finding, Severity};

/// One file, sheet or block to be read.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    /// Contracts and reduction settings.
    pub reading: Reading<'a>,
    /// The profile.
    pub profile: &'a Profile,
    /// How numbers are written, with nothing left open.
    pub format: &'a Format,
    /// How cells are told apart; `None` in a workbook.
    pub dialect: Option<Dialect>,
    /// What findings call the file.
    pub path: &'a str,
    /// Its bare name.
    pub name: &'a str,
    /// Fields known beforehand: they win over all others.
    pub known: &'a BTreeMap<String, String>,
    /// Fields that the sheet's name or the block's title gives.
    pub titled: &'a BTreeMap<String, String>,
    /// Every sheet of the workbook.
    pub sheets: &'a [Grid],
    /// Rows above all blocks, a head for every one that has no such key of its own.
    pub shared: &'a [GridRow],
    /// Columns of the file left of the block, which findings count too.
    pub offset: usize,
}

impl<'a> Job<'a> {
    /// The contract of a table.
    ///
    /// # Errors
    /// A finding about the file: there is no such table.
    pub(super) fn contract(&self, name: &str) -> Result<&'a Arc<Contract>, Box<Finding>> {
        self.reading.contracts.table(name).map_err(|error| {
            Box::new(Finding::of_file(
                self.path,
                "profile",
                error.to_string(),
                "correct the profile's `table`",
            ))
        })
    }

    /// The rule that a row is no data by, if one says so; `other` is a second cell to look at.
    pub(super) fn skips(&self, row: &GridRow, other: Option<usize>) -> Option<&'a SkipRule> {
        let rules = &self.profile.skip_rows;
        if rules.is_empty() {
            return None;
        }
        let first = row.first_filled().map(|(_, cell)| cell.text());
        let other = other.map(|at| row.cell(at).text());
        rules.iter().find(|rule| {
            [&first, &other]
                .into_iter()
                .flatten()
                .any(|text| rule.pattern.is_match(text.trim()))
        })
    }

    /// The number of a column of the file, from 1, by its position in the row.
    pub(super) fn column(&self, position: usize) -> u64 {
        (self.offset + position) as u64 + 1
    }

    /// A finding about one cell of a row: its position, its field, its text; no position is
    /// the row as a whole.
    pub(super) fn finding(
        &self,
        row: &GridRow,
        (position, field, value): (Option<usize>, &str, &str),
        fault: CellFault,
    ) -> Finding {
        Finding {
            file: self.path.to_owned(),
            line: row.line,
            column: position.map_or(0, |position| self.column(position)),
            field: field.to_owned(),
            value: value.to_owned(),
            rule: fault.rule.to_owned(),
            severity: Severity::Error,
            message: fault.message,
            hint: fault.hint,
            raw_row: row.raw.clone(),
        }
    }

    /// What is wrong with a row before its cells are looked at: a quote or a byte 0 out of place, or
    /// another number of cells than the header has. `named` is the number of named columns.
    pub(super) fn row_fault(&self, row: &GridRow, named: usize) -> Option<CellFault> {
        if let Some(fault) = row.fault {
            let (rule, message, hint) = fault.words();
            return Some(CellFault {
                rule,
                message: message.to_owned(),
                hint: hint.to_owned(),
            });
        }
        // A sheet is a rectangle: its rows end where their last filled cell is.
        self.dialect?;
        let beyond = || row.cells[named..].iter().any(|cell| !cell.is_empty());
        let ragged = row.cells.len() < named
            || (self.profile.header.columns.is_none() && row.cells.len() > named && beyond());
        ragged.then(|| CellFault {
            rule: "ragged",
            message: format!("the row has {} fields, the header {named}", row.cells.len()),
            hint: "a stray delimiter, a missing quote, or a line cut short?".to_owned(),
        })
    }
}
