//! Rows of a table of which most columns stay empty, filled without touching the empty ones row by row.

use std::sync::Arc;

use super::{Cell, CellRef, Column, Contract, FieldType, Rows, SparseRows};

/// Collects rows that fill the same few columns, and now and then a whole row.
///
/// A column is held row by row from its first cell on that differs from the ones before.
#[derive(Debug)]
pub struct RowFiller {
    contract: Arc<Contract>,
    columns: Vec<Held>,
    filled: Vec<usize>,
    len: usize,
    expected: usize,
}

/// What the rows so far say in a column.
#[derive(Debug)]
enum Held {
    /// All of them this.
    Same(Cell),
    /// Each something of its own.
    Each(Column),
}

impl RowFiller {
    /// No rows yet; `filled` are the positions of the columns that [`RowFiller::push_some`] fills.
    pub fn new(contract: &Arc<Contract>, filled: Vec<usize>) -> RowFiller {
        let nothing = |_| Held::Same(Cell::Null);
        RowFiller {
            contract: Arc::clone(contract),
            columns: contract.fields.iter().map(nothing).collect(),
            filled,
            len: 0,
            expected: 0,
        }
    }

    /// Makes room for `rows` rows beforehand.
    pub fn expecting(self, rows: usize) -> RowFiller {
        RowFiller {
            expected: rows,
            ..self
        }
    }

    /// Appends a row of which only the filled columns count; `cells` are in the order of the contract, all
    /// of it.
    pub fn push_some(&mut self, cells: &[CellRef<'_>]) {
        for &at in &self.filled {
            let (held, cell) = (&mut self.columns[at], cells[at]);
            match held {
                Held::Each(column) => column.push_ref(cell),
                Held::Same(same) if cell.is(same) => {}
                Held::Same(_) => {
                    let kind = self.contract.fields[at].kind;
                    held.push(kind, cell.to_cell(kind), (self.len, self.expected));
                }
            }
        }
        self.len += 1;
    }

    /// Appends a whole row.
    pub fn push(&mut self, cells: Vec<Cell>) {
        let mut cells = cells.into_iter();
        let columns = self.columns.iter_mut().zip(&self.contract.fields);
        for (at, (held, field)) in columns.enumerate() {
            let cell = cells.next().unwrap_or(Cell::Null);
            if self.filled.contains(&at) {
                held.push(field.kind, cell, (self.len, self.expected));
            } else if cell != Cell::Null {
                // Rows of some columns leave it out, those before this one and those behind it.
                let column = held.each(field.kind, self.len);
                column.resize(self.len);
                column.push(cell);
            }
        }
        self.len += 1;
    }

    /// The rows.
    pub fn finish(self) -> SparseRows {
        let (mut rows, mut same) = (Rows::new(&self.contract), Vec::new());
        for (held, column) in self.columns.into_iter().zip(&mut rows.columns) {
            same.push(match held {
                Held::Same(cell) => cell,
                Held::Each(mut each) => {
                    each.resize(self.len);
                    *column = each;
                    Cell::Null
                }
            });
        }
        SparseRows::new(rows, same, self.len)
    }
}

impl Held {
    /// Appends a cell to the `len` that are there; `expected` are expected in all.
    fn push(&mut self, kind: FieldType, cell: Cell, (len, expected): (usize, usize)) {
        match self {
            Held::Same(same) if same.is(&cell) => {}
            Held::Same(same) if len == 0 => *same = cell,
            Held::Same(_) => {
                let column = self.each(kind, len);
                column.reserve(expected.saturating_sub(len));
                column.push(cell);
            }
            Held::Each(column) => column.push(cell),
        }
    }

    /// The column row by row; where it was held once so far, for `len` rows.
    fn each(&mut self, kind: FieldType, len: usize) -> &mut Column {
        if let Held::Same(same) = self {
            *self = Held::Each(Column::repeated(kind, same, len));
        }
        match self {
            Held::Each(column) => column,
            Held::Same(_) => unreachable!("it was just made one of each"),
        }
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
        for whole_row in 0..4 {
            let mut filler = RowFiller::new(contract, vec![id, rm]).expecting(4);
            let mut rows = Rows::new(contract);
            for (row, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
                some[id] = CellRef::Text(name);
                some[rm] = CellRef::Number(300.0);
                if row == whole_row {
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
                assert_eq!(a, b, "{} with a whole row at {whole_row}", field.name);
            }
        }
    }

    #[test]
    fn zero_and_minus_zero_are_not_the_same_cell() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("tensile_tests").unwrap();
        let rm = contract.position("rm_mpa").unwrap();
        let mut cells = vec![CellRef::Null; contract.fields.len()];
        let mut filler = RowFiller::new(contract, vec![rm]);
        for number in [0.0, 0.0, -0.0, 0.0] {
            cells[rm] = CellRef::Number(number);
            filler.push_some(&cells);
        }
        let rows = filler.finish().into_rows();
        let signs: Vec<bool> = (rows.number("rm_mpa").unwrap().iter())
            .map(|number| number.unwrap().is_sign_negative())
            .collect();
        assert_eq!(signs, [false, false, true, false]);
    }
}
