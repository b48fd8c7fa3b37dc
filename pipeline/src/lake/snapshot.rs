//! The lake as it is, or as it was at some versions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::table::sorted_by_key;
use super::{Lake, LakeError, read_parquet};
use crate::contract::{Contracts, Rows};

/// The tables of a lake at one moment; everything that is computed from the lake reads through one.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    lake: &'a Lake,
    versions: Option<&'a BTreeMap<String, i64>>,
}

impl Lake {
    /// Every table at its newest version.
    pub fn newest(&self) -> Snapshot<'_> {
        Snapshot {
            lake: self,
            versions: None,
        }
    }

    /// Every table at a version; one that is not named did not exist yet and is empty.
    pub fn at<'a>(&'a self, versions: &'a BTreeMap<String, i64>) -> Snapshot<'a> {
        Snapshot {
            lake: self,
            versions: Some(versions),
        }
    }
}

impl<'a> Snapshot<'a> {
    /// The contracts of the tables.
    pub fn contracts(&self) -> &'a Contracts {
        self.lake.contracts()
    }

    /// The exact Parquet files of a table, in a fixed order.
    ///
    /// # Errors
    /// When the table's log cannot be read or it has no such version.
    pub fn files(&self, table: &str) -> Result<Vec<PathBuf>, LakeError> {
        match self.versions.map(|versions| versions.get(table)) {
            None => self.lake.files(table, None),
            Some(Some(version)) => self.lake.files(table, Some(*version)),
            Some(None) => Ok(Vec::new()),
        }
    }

    /// Every row of a table, all revisions, ordered by key and then by position in its source.
    ///
    /// # Errors
    /// When the table or one of its files cannot be read.
    pub fn read(&self, table: &str) -> Result<Rows, LakeError> {
        let contract = self.contracts().table(table)?;
        Ok(sorted_by_key(&read_parquet(
            contract,
            &self.files(table)?,
            None,
        )?))
    }

    /// Some columns of a table, in the order of its files; the others are null.
    ///
    /// # Errors
    /// When the table or one of its files cannot be read.
    pub fn read_columns(&self, table: &str, columns: &[&str]) -> Result<Rows, LakeError> {
        let contract = self.contracts().table(table)?;
        read_parquet(contract, &self.files(table)?, Some(columns))
    }

    /// The rows of a table that have `value` in a text column, ordered as by [`Snapshot::read`].
    ///
    /// Of files without such a row nothing but that column is read.
    ///
    /// # Errors
    /// When the table or one of its files cannot be read.
    pub fn read_where(&self, table: &str, column: &str, value: &str) -> Result<Rows, LakeError> {
        let contract = self.contracts().table(table)?;
        let mut found = Rows::new(contract);
        for file in self.files(table)? {
            let only = read_parquet(contract, &[&file], Some(&[column]))?;
            if !only.text(column)?.iter().any(|cell| cell == Some(value)) {
                continue;
            }
            let mut rows = read_parquet(contract, &[&file], None)?;
            let cells: Vec<bool> = rows
                .text(column)?
                .iter()
                .map(|cell| cell == Some(value))
                .collect();
            rows.retain(|row| cells[row]);
            found.append(rows);
        }
        Ok(sorted_by_key(&found))
    }

    /// The newest revision of every row of a table, in key order.
    ///
    /// # Errors
    /// When the table or one of its files cannot be read.
    pub fn read_newest(&self, table: &str) -> Result<Rows, LakeError> {
        let rows = self.read(table)?;
        let keys = rows.keys();
        let mut newest = Rows::new(rows.contract());
        for row in 0..rows.len() {
            // Rows come ordered by key and revision: the last of a key is its newest.
            if keys.get(row + 1) != keys.get(row) {
                newest.push(rows.columns().map(|(_, column)| column.cell(row)).collect());
            }
        }
        Ok(newest)
    }
}
