//! Rows of a table of which most columns stay empty, filled without touching the empty ones row by row.

use std::sync::Arc;

use super::{Cell, CellRef, Contract, Rows, SparseRows};

/// Collects rows that fill the same few columns, and now and then a whole row.
#[derive(Debug)]
pub struct RowFiller {
    rows: Rows,
    filled: Vec<usize>,
    len: usize,
}

impl RowFiller {
    /// No rows yet; `filled` are the positions of the columns that [`RowFiller::push_some`] fills.
    pub fn new(contract: &Arc<Contract>, filled: Vec<usize>) -> RowFiller {
        RowFiller {
            rows: Rows::new(contract),
            filled,
            len: 0,
        }
    }

    /// Appends a row of which only the filled columns count; `cells` are in the order of the contract.
    pub fn push_some(&mut self, cells: &[CellRef<'_>]) {
        for &at in &self.filled {
            if let Some(column) = self.rows.columns.get_mut(at) {
                column.push_ref(cells.get(at).copied().unwrap_or(CellRef::Null));
            }
        }
        self.len += 1;
    }

    /// Appends a whole row.
    pub fn push(&mut self, cells: Vec<Cell>) {
        let mut cells = cells.into_iter();
        for (at, column) in self.rows.columns.iter_mut().enumerate() {
            let cell = cells.next().unwrap_or(Cell::Null);
            if cell != Cell::Null || self.filled.contains(&at) {
                column.resize(self.len);
                column.push(cell);
            }
        }
        self.len += 1;
    }

    /// The rows; a column that was never filled says nothing in every row.
    pub fn finish(mut self) -> SparseRows {
        for column in &mut self.rows.columns {
            if !column.is_empty() {
                column.resize(self.len);
            }
        }
        SparseRows::new(self.rows, self.len)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{Contracts, Schemas};

    #[test]
    fn whole_rows_and_rows_of_some_columns_stay_in_order() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("tensile_tests").unwrap();
        let (id, rm) = (0, contract.position("rm_mpa").unwrap());
        let mut some = vec![CellRef::Null; contract.fields.len()];
        let mut whole = vec![Cell::Null; contract.fields.len()];
        let mut filler = RowFiller::new(contract, vec![id, rm]);
        let mut rows = Rows::new(contract);
        for (row, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            some[id] = CellRef::Text(name);
            some[rm] = CellRef::Number(300.0);
            if row == 2 {
                whole[1] = Cell::Text("H1".to_owned());
                filler.push(whole.clone());
                rows.push(whole.clone());
            } else {
                filler.push_some(&some);
                let mut cells = vec![Cell::Null; contract.fields.len()];
                cells[id] = Cell::Text(name.to_owned());
                cells[rm] = Cell::Number(300.0);
                rows.push(cells);
            }
        }
        let filled = filler.finish().into_rows();
        assert_eq!(filled.len(), 4);
        for ((field, a), (_, b)) in filled.columns().zip(rows.columns()) {
            assert_eq!(a, b, "{}", field.name);
        }
    }
}
