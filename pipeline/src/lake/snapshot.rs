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
