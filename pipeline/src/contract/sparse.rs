//! Rows most of whose columns say the same in every one of them.

use std::sync::Arc;

use super::{Cell, Column, Contract, ContractError, Rows};

/// Rows of a table of which a column that says the same in every row is held once, not row by row.
///
/// Of the columns of a results table an export fills a third; most others are missing throughout, and
/// where a row came from is the same for a whole file.
#[derive(Clone, Debug)]
pub struct SparseRows {
    /// Columns that differ from row to row; the others are empty.
    rows: Rows,
    /// What the empty columns say.
    same: Vec<Cell>,
    len: usize,
}

/// What a column says.
#[derive(Clone, Debug)]
pub enum Said {
    /// The same in every row.
    Once(Cell),
    /// Something of its own in every row.
    Each(Column),
}

impl SparseRows {
    /// `len` rows, of which `rows` holds the columns that differ from row to row and `same` what the
    /// others say.
    pub(super) fn new(rows: Rows, same: Vec<Cell>, len: usize) -> SparseRows {
        SparseRows { rows, same, len }
    }

    /// The contract.
    pub fn contract(&self) -> &Arc<Contract> {
        self.rows.contract()
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The columns that differ from row to row; every other one is empty there.
    pub fn varying(&self) -> &Rows {
        &self.rows
    }

    /// Holds the columns `names` row by row even where they say the same in every row, those aside in
    /// which no row says anything; a name that is no column is left out.
    pub fn spread(&mut self, names: &[impl AsRef<str>]) {
        for name in names {
            let Some(at) = self.contract().position(name.as_ref()) else {
                continue;
            };
            if self.rows.columns[at].is_empty() && self.same[at] != Cell::Null {
                let same = std::mem::take(&mut self.same[at]);
                let kind = self.contract().fields[at].kind;
                self.rows.columns[at] = Column::repeated(kind, &same, self.len);
            }
        }
    }

    /// Whether no row says anything in column `name`; not so for a column that is none.
    pub fn is_missing(&self, name: &str) -> bool {
        self.contract().position(name).is_some_and(|at| {
            let column = &self.rows.columns[at];
            self.same[at] == Cell::Null
                && (0..column.len()).all(|row| column.cell(row) == Cell::Null)
        })
    }

    /// Overwrites one column with the same value in every row.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn fill(&mut self, name: &str, cell: Cell) -> Result<(), ContractError> {
        let at = self.rows.position(name)?;
        self.rows.columns[at] = Column::empty(self.contract().fields[at].kind);
        self.same[at] = cell;
        Ok(())
    }

    /// Keeps the rows for which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let kept: Vec<usize> = (0..self.len).filter(|&row| keep(row)).collect();
        if kept.len() < self.len {
            self.rows.take(&kept);
            self.len = kept.len();
        }
    }

    /// What every column says, in the order of the contract.
    pub fn into_columns(self) -> impl Iterator<Item = Said> {
        let columns = self.rows.columns.into_iter().zip(self.same);
        columns.map(|(column, same)| {
            if column.is_empty() {
                Said::Once(same)
            } else {
                column.only().map_or(Said::Each(column), Said::Once)
            }
        })
    }

    /// All columns row by row.
    pub fn into_rows(mut self) -> Rows {
        let contract = Arc::clone(self.rows.contract());
        let columns = self.rows.columns.iter_mut().zip(&self.same);
        for ((column, same), field) in columns.zip(&contract.fields) {
            if column.is_empty() {
                *column = Column::repeated(field.kind, same, self.len);
            }
        }
        self.rows
    }
}

impl From<Rows> for SparseRows {
    fn from(rows: Rows) -> SparseRows {
        let (len, same) = (rows.len(), vec![Cell::Null; rows.columns.len()]);
        SparseRows::new(rows, same, len)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{CellRef, Contracts, RowFiller, Schemas};

    #[test]
    fn what_is_held_once_counts_in_every_row() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("tensile_tests").unwrap();
        let mut filler = RowFiller::new(contract, vec![0]);
        let mut cells = vec![CellRef::Null; contract.fields.len()];
        for id in ["a", "b", "c"] {
            cells[0] = CellRef::Text(id);
            filler.push_some(&cells);
        }
        let mut rows = filler.finish();
        assert!(rows.is_missing("lab") && !rows.is_missing("specimen_id"));
        assert!(!rows.is_missing("no_such_column"));
        rows.fill("lab", Cell::Text("north".to_owned())).unwrap();
        rows.fill("revision", Cell::Integer(1)).unwrap();
        assert!(rows.fill("no_such_column", Cell::Null).is_err());
        assert!(!rows.is_missing("lab"));
        rows.retain(|row| row != 1);
        assert_eq!(rows.len(), 2);
        let once = rows.clone().into_columns();
        let once = once.filter(|said| matches!(said, Said::Once(_)));
        assert_eq!(once.count(), contract.fields.len() - 1);
        let rows = rows.into_rows();
        let ids: Vec<_> = rows.text("specimen_id").unwrap().iter().collect();
        assert_eq!(ids, [Some("a"), Some("c")]);
        let labs: Vec<_> = rows.text("lab").unwrap().iter().collect();
        assert_eq!(labs, [Some("north"); 2]);
        assert_eq!(rows.integer("revision").unwrap(), [Some(1); 2]);
        assert_eq!(rows.number("rm_mpa").unwrap(), [None; 2]);
    }
}
