//! Rows of one table, held column by column.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SecondsFormat};
use sha2::{Digest as _, Sha256};

use super::{Contract, ContractError, Field, FieldType, Texts};

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Missing.
    #[default]
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Datetime(i64),
    /// A list of numbers.
    Numbers(Vec<f64>),
}

/// One value that borrows its text: what a reader of millions of rows hands over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellRef<'a> {
    /// Missing.
    Null,
    /// Text.
    Text(&'a str),
    /// A whole number, or microseconds of a moment.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
}

impl Cell {
    /// A text, or missing when `text` is `None`.
    pub fn text(text: Option<impl Into<String>>) -> Cell {
        text.map_or(Cell::Null, |text| Cell::Text(text.into()))
    }

    /// A number, or missing when it is `None` or not finite.
    pub fn number(number: Option<f64>) -> Cell {
        number
            .filter(|number| number.is_finite())
            .map_or(Cell::Null, Cell::Number)
    }

    /// A count.
    pub fn count(count: usize) -> Cell {
        Cell::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Whether two cells are the same to the bit; 0 and −0 are not.
    pub fn is(&self, other: &Cell) -> bool {
        match (self, other) {
            (Cell::Number(one), Cell::Number(other)) => one.to_bits() == other.to_bits(),
            (one, other) => one == other,
        }
    }
}

impl CellRef<'_> {
    /// The same value with a text of its own, in a column of this type.
    pub(super) fn to_cell(self, kind: FieldType) -> Cell {
        match self {
            CellRef::Null => Cell::Null,
            CellRef::Text(text) => Cell::Text(text.to_owned()),
            CellRef::Integer(micros) if kind == FieldType::Datetime => Cell::Datetime(micros),
            CellRef::Integer(number) => Cell::Integer(number),
            CellRef::Number(number) => Cell::Number(number),
            CellRef::Boolean(truth) => Cell::Boolean(truth),
            CellRef::Date(days) => Cell::Date(days),
        }
    }

    /// Whether it is the same as a cell to the bit; 0 and −0 are not.
    pub(super) fn is(&self, cell: &Cell) -> bool {
        match (self, cell) {
            (CellRef::Null, Cell::Null) => true,
            (CellRef::Text(one), Cell::Text(other)) => one == other,
            (CellRef::Integer(one), Cell::Integer(other) | Cell::Datetime(other)) => one == other,
            (CellRef::Number(one), Cell::Number(other)) => one.to_bits() == other.to_bits(),
            (CellRef::Boolean(one), Cell::Boolean(other)) => one == other,
            (CellRef::Date(one), Cell::Date(other)) => one == other,
            _ => false,
        }
    }
}

impl fmt::Display for Cell {
    /// The shortest exact text; nothing for a missing value, dates and moments as ISO 8601.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => Ok(()),
            Cell::Text(text) => f.write_str(text),
            Cell::Integer(number) => write!(f, "{number}"),
            Cell::Number(number) => write!(f, "{number}"),
            Cell::Boolean(truth) => write!(f, "{truth}"),
            Cell::Date(days) => match NaiveDate::from_epoch_days(*days) {
                Some(day) => write!(f, "{day}"),
                None => write!(f, "{days}"),
            },
            Cell::Datetime(micros) => match DateTime::from_timestamp_micros(*micros) {
                Some(moment) => f.write_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
                None => write!(f, "{micros}"),
            },
            Cell::Numbers(numbers) => write!(f, "{numbers:?}"),
        }
    }
}

/// The values of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Texts.
    Text(Texts),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// Truth values.
    Boolean(Vec<Option<bool>>),
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Datetime(Vec<Option<i64>>),
    /// Lists of numbers.
    Numbers(Vec<Option<Vec<f64>>>),
}

impl Column {
    /// An empty column of the field's type.
    pub fn empty(kind: FieldType) -> Column {
        match kind {
            FieldType::String => Column::Text(Texts::default()),
            FieldType::Integer => Column::Integer(Vec::new()),
            FieldType::Number => Column::Number(Vec::new()),
            FieldType::Boolean => Column::Boolean(Vec::new()),
            FieldType::Date => Column::Date(Vec::new()),
            FieldType::Datetime => Column::Datetime(Vec::new()),
            FieldType::Array => Column::Numbers(Vec::new()),
        }
    }

    /// Appends a cell; a cell of another type than the column's is kept out as missing.
    pub(super) fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Column::Text(column), Cell::Text(text)) => column.push(Some(&text)),
            (Column::Integer(column), Cell::Integer(number)) => column.push(Some(number)),
            (Column::Number(column), Cell::Number(number)) => column.push(Some(number)),
            #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            (Column::Number(column), Cell::Integer(number)) => column.push(Some(number as f64)),
            (Column::Boolean(column), Cell::Boolean(truth)) => column.push(Some(truth)),
            (Column::Date(column), Cell::Date(days)) => column.push(Some(days)),
            (Column::Datetime(column), Cell::Datetime(micros)) => column.push(Some(micros)),
            (Column::Numbers(column), Cell::Numbers(numbers)) => column.push(Some(numbers)),
            (column, cell) => {
                debug_assert!(
                    matches!(cell, Cell::Null),
                    "{cell:?} does not fit its column"
                );
                column.push_null();
            }
        }
    }

    /// Appends a borrowed cell; one of another type than the column's is kept out as missing.
    #[inline]
    pub(super) fn push_ref(&mut self, cell: CellRef<'_>) {
        match (self, cell) {
            (Column::Text(column), CellRef::Text(text)) => column.push(Some(text)),
            (Column::Number(column), CellRef::Number(number)) => column.push(Some(number)),
            (Column::Integer(column) | Column::Datetime(column), CellRef::Integer(number)) => {
                column.push(Some(number));
            }
            (Column::Boolean(column), CellRef::Boolean(truth)) => column.push(Some(truth)),
            (Column::Date(column), CellRef::Date(days)) => column.push(Some(days)),
            (column, cell) => {
                debug_assert!(
                    matches!(cell, CellRef::Null),
                    "{cell:?} does not fit its column"
                );
                column.push_null();
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            Column::Text(column) => column.push(None),
            Column::Integer(column) => column.push(None),
            Column::Number(column) => column.push(None),
            Column::Boolean(column) => column.push(None),
            Column::Date(column) => column.push(None),
            Column::Datetime(column) => column.push(None),
            Column::Numbers(column) => column.push(None),
        }
    }

    /// Makes room for more cells.
    pub(super) fn reserve(&mut self, more: usize) {
        match self {
            Column::Text(column) => column.reserve(more),
            Column::Integer(column) | Column::Datetime(column) => column.reserve(more),
            Column::Number(column) => column.reserve(more),
            Column::Boolean(column) => column.reserve(more),
            Column::Date(column) => column.reserve(more),
            Column::Numbers(column) => column.reserve(more),
        }
    }

    /// Makes it hold `len` cells, new ones missing.
    pub(super) fn resize(&mut self, len: usize) {
        match self {
            Column::Text(column) => column.resize(len),
            Column::Integer(column) | Column::Datetime(column) => column.resize(len, None),
            Column::Number(column) => column.resize(len, None),
            Column::Boolean(column) => column.resize(len, None),
            Column::Date(column) => column.resize(len, None),
            Column::Numbers(column) => column.resize(len, None),
        }
    }

    /// A column of the field's type with the same cell `len` times; one of another type is missing.
    pub fn repeated(kind: FieldType, cell: &Cell, len: usize) -> Column {
        let mut column = Column::empty(kind);
        match (&mut column, cell) {
            (Column::Text(column), Cell::Text(text)) => column.repeat(text, len),
            (Column::Integer(column), Cell::Integer(number))
            | (Column::Datetime(column), Cell::Datetime(number)) => {
                column.resize(len, Some(*number));
            }
            (column, cell) => (0..len).for_each(|_| column.push(cell.clone())),
        }
        column
    }

    /// The cell that stands in every row, if it is the same in all.
    pub fn only(&self) -> Option<Cell> {
        fn same<T>(column: &[Option<T>], are: impl Fn(&Option<T>, &Option<T>) -> bool) -> bool {
            let first = column.first();
            first.is_some_and(|first| column.iter().all(|cell| are(cell, first)))
        }
        let is_same = match self {
            Column::Text(column) => {
                let first = column.get(0);
                !column.is_empty() && column.iter().all(|cell| cell == first)
            }
            Column::Integer(column) | Column::Datetime(column) => same(column, |a, b| a == b),
            Column::Number(column) => {
                same(column, |a, b| a.map(f64::to_bits) == b.map(f64::to_bits))
            }
            Column::Boolean(column) => same(column, |a, b| a == b),
            Column::Date(column) => same(column, |a, b| a == b),
            Column::Numbers(_) => false,
        };
        is_same.then(|| self.cell(0))
    }

    /// How many cells it holds.
    pub fn len(&self) -> usize {
        match self {
            Column::Text(column) => column.len(),
            Column::Integer(column) => column.len(),
            Column::Number(column) => column.len(),
            Column::Boolean(column) => column.len(),
            Column::Date(column) => column.len(),
            Column::Datetime(column) => column.len(),
            Column::Numbers(column) => column.len(),
        }
    }

    /// Whether it holds no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell at `row`; missing beyond the end.
    pub fn cell(&self, row: usize) -> Cell {
        fn at<T: Clone>(column: &[Option<T>], row: usize, wrap: fn(T) -> Cell) -> Cell {
            column.get(row).cloned().flatten().map_or(Cell::Null, wrap)
        }
        match self {
            Column::Text(column) => Cell::text(column.get(row)),
            Column::Integer(column) => at(column, row, Cell::Integer),
            Column::Number(column) => at(column, row, Cell::Number),
            Column::Boolean(column) => at(column, row, Cell::Boolean),
            Column::Date(column) => at(column, row, Cell::Date),
            Column::Datetime(column) => at(column, row, Cell::Datetime),
            Column::Numbers(column) => at(column, row, Cell::Numbers),
        }
    }
}

/// What a row is and what it says, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint {
    /// Of its primary key.
    pub key: u128,
    /// Of every column that is not provenance.
    pub says: u128,
}

/// Rows of one table under its contract.
#[derive(Clone, Debug)]
pub struct Rows {
    contract: Arc<Contract>,
    pub(super) columns: Vec<Column>,
}

impl Rows {
    /// No rows yet.
    pub fn new(contract: &Arc<Contract>) -> Rows {
        let columns = contract
            .fields
            .iter()
            .map(|field| Column::empty(field.kind))
            .collect();
        Rows {
            contract: Arc::clone(contract),
            columns,
        }
    }

    /// The contract.
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends one row given in the order of the contract's fields; missing cells at the end are null.
    pub fn push(&mut self, cells: Vec<Cell>) {
        let mut cells = cells.into_iter();
        for column in &mut self.columns {
            column.push(cells.next().unwrap_or(Cell::Null));
        }
    }

    /// Appends one row given by column name; columns not named are null.
    ///
    /// # Errors
    /// When a name is not a column of the contract.
    pub fn push_named(&mut self, cells: Vec<(&str, Cell)>) -> Result<(), ContractError> {
        let mut row = vec![Cell::Null; self.columns.len()];
        for (name, cell) in cells {
            let position = self.position(name)?;
            row[position] = cell;
        }
        self.push(row);
        Ok(())
    }

    /// Appends the rows of `other`, which must be under the same contract.
    pub fn append(&mut self, other: Rows) {
        debug_assert_eq!(self.contract.name, other.contract.name);
        for (column, more) in self.columns.iter_mut().zip(other.columns) {
            match (column, more) {
                (Column::Text(column), Column::Text(more)) => column.extend(more.iter()),
                (Column::Integer(column), Column::Integer(more)) => column.extend(more),
                (Column::Number(column), Column::Number(more)) => column.extend(more),
                (Column::Boolean(column), Column::Boolean(more)) => column.extend(more),
                (Column::Date(column), Column::Date(more)) => column.extend(more),
                (Column::Datetime(column), Column::Datetime(more)) => column.extend(more),
                (Column::Numbers(column), Column::Numbers(more)) => column.extend(more),
                (column, more) => (0..more.len()).for_each(|row| column.push(more.cell(row))),
            }
        }
    }

    /// Overwrites one column with the same value in every row.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn fill(&mut self, name: &str, cell: &Cell) -> Result<(), ContractError> {
        let position = self.position(name)?;
        let kind = self.contract.fields[position].kind;
        self.columns[position] = Column::repeated(kind, cell, self.len());
        Ok(())
    }

    /// Replaces one column; cells beyond the number of rows are dropped, missing ones are null.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn replace(&mut self, name: &str, cells: Vec<Cell>) -> Result<(), ContractError> {
        let position = self.position(name)?;
        let mut column = Column::empty(self.contract.fields[position].kind);
        let mut cells = cells.into_iter();
        (0..self.len()).for_each(|_| column.push(cells.next().unwrap_or(Cell::Null)));
        self.columns[position] = column;
        Ok(())
    }

    /// The primary key of every row, as text.
    pub fn keys(&self) -> Vec<Vec<String>> {
        let keys = self
            .contract
            .primary_key
            .iter()
            .filter_map(|key| self.contract.position(key));
        let columns: Vec<&Column> = keys.map(|position| &self.columns[position]).collect();
        (0..self.len())
            .map(|row| {
                columns
                    .iter()
                    .map(|column| column.cell(row).to_string())
                    .collect()
            })
            .collect()
    }

    /// For every row one fingerprint of its key and one of all it says, provenance aside.
    ///
    /// The first 128 bits of SHA-256: two rows with one fingerprint are the same row.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let keys: Vec<&Column> = (self.contract.primary_key.iter())
            .filter_map(|key| Some(&self.columns[self.contract.position(key)?]))
            .collect();
        let says: Vec<&Column> = self
            .columns()
            .filter(|(field, _)| !field.provenance)
            .map(|(_, column)| column)
            .collect();
        let print = |columns: &[&Column], row: usize| {
            let mut hash = Sha256::new();
            for column in columns {
                match column.cell(row) {
                    Cell::Null => hash.update([0]),
                    Cell::Text(text) => {
                        hash.update([1]);
                        hash.update((text.len() as u64).to_le_bytes());
                        hash.update(text.as_bytes());
                    }
                    Cell::Number(number) => {
                        hash.update([2]);
                        hash.update(number.to_bits().to_le_bytes());
                    }
                    cell => {
                        hash.update([3]);
                        hash.update(cell.to_string().as_bytes());
                    }
                }
            }
            let mut first = [0; 16];
            first.copy_from_slice(&hash.finalize()[..16]);
            u128::from_le_bytes(first)
        };
        (0..self.len())
            .map(|row| Fingerprint {
                key: print(&keys, row),
                says: print(&says, row),
            })
            .collect()
    }

    /// Keeps the rows for which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let kept: Vec<usize> = (0..self.len()).filter(|&row| keep(row)).collect();
        if kept.len() < self.len() {
            self.take(&kept);
        }
    }

    /// Keeps the rows `kept`, given in order; an empty column stays empty.
    pub(super) fn take(&mut self, kept: &[usize]) {
        for (column, field) in self.columns.iter_mut().zip(&self.contract.fields) {
            if !column.is_empty() {
                let mut fewer = Column::empty(field.kind);
                kept.iter().for_each(|&row| fewer.push(column.cell(row)));
                *column = fewer;
            }
        }
    }

    /// Fields with their columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&Field, &Column)> {
        self.contract.fields.iter().zip(&self.columns)
    }

    /// The column `name`, whatever its type.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn column(&self, name: &str) -> Result<&Column, ContractError> {
        let position = self.position(name)?;
        Ok(&self.columns[position])
    }

    /// The text column `name`.
    ///
    /// # Errors
    /// When there is no such text column.
    pub fn text(&self, name: &str) -> Result<&Texts, ContractError> {
        match self.column(name) {
            Ok(Column::Text(column)) => Ok(column),
            _ => Err(self.no_column(name, "string")),
        }
    }

    /// The number column `name`.
    ///
    /// # Errors
    /// When there is no such number column.
    pub fn number(&self, name: &str) -> Result<&[Option<f64>], ContractError> {
        match self.column(name) {
            Ok(Column::Number(column)) => Ok(column),
            _ => Err(self.no_column(name, "number")),
        }
    }

    /// The integer column `name`.
    ///
    /// # Errors
    /// When there is no such integer column.
    pub fn integer(&self, name: &str) -> Result<&[Option<i64>], ContractError> {
        match self.column(name) {
            Ok(Column::Integer(column)) => Ok(column),
            _ => Err(self.no_column(name, "integer")),
        }
    }

    /// The place of column `name`.
    ///
    /// # Errors
    /// When there is no such column.
    pub(super) fn position(&self, name: &str) -> Result<usize, ContractError> {
        self.contract
            .position(name)
            .ok_or_else(|| self.no_column(name, "any"))
    }

    fn no_column(&self, name: &str, wanted: &'static str) -> ContractError {
        ContractError::NoColumn {
            table: self.contract.name.clone(),
            column: name.to_owned(),
            wanted,
        }
    }
}
