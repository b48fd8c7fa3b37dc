//! Rows one after the other, from a text or a sheet, with as many looked at beforehand as needed.

use std::collections::VecDeque;

use super::delimited::{Dialect, Reader};
use super::grid::{Grid, GridRow, Merged};

/// A stream of rows: the head is looked at, the body runs through one row that is used again.
pub(super) struct RowStream<'a> {
    source: Source<'a>,
    ahead: VecDeque<GridRow>,
    /// Where the rows of `ahead` begin in a text.
    begin: VecDeque<(usize, u64)>,
    current: GridRow,
    merged: &'a [Merged],
}

enum Source<'a> {
    Text(Reader<'a>),
    Rows(std::slice::Iter<'a, GridRow>),
}

impl<'a> RowStream<'a> {
    /// The rows of a text.
    pub(super) fn of_text(text: &'a str, dialect: Dialect) -> RowStream<'a> {
        RowStream {
            source: Source::Text(Reader::new(text, dialect)),
            ahead: VecDeque::new(),
            begin: VecDeque::new(),
            current: GridRow::default(),
            merged: &[],
        }
    }

    /// The rows of a sheet, or of a text that was cut into pieces.
    pub(super) fn of_grid(grid: &'a Grid) -> RowStream<'a> {
        RowStream {
            source: Source::Rows(grid.rows.iter()),
            ahead: VecDeque::new(),
            begin: VecDeque::new(),
            current: GridRow::default(),
            merged: &grid.merged,
        }
    }

    /// Merged areas of the sheet.
    pub(super) fn merged(&self) -> &'a [Merged] {
        self.merged
    }

    /// The next rows, at most `count`, without taking them.
    pub(super) fn look(&mut self, count: usize) -> &[GridRow] {
        while self.ahead.len() < count {
            let row = match &mut self.source {
                Source::Text(reader) => {
                    let mut row = GridRow::default();
                    let place = reader.place();
                    reader.read(&mut row).then(|| {
                        self.begin.push_back(place);
                        row
                    })
                }
                Source::Rows(rows) => rows.next().cloned(),
            };
            let Some(row) = row else { break };
            self.ahead.push_back(row);
        }
        let all = self.ahead.make_contiguous();
        &all[..all.len().min(count)]
    }

    /// Takes the next rows, at most `count`.
    pub(super) fn take(&mut self, count: usize) -> Vec<GridRow> {
        self.look(count);
        let count = count.min(self.ahead.len());
        self.begin.drain(..count.min(self.begin.len()));
        self.ahead.drain(..count).collect()
    }

    /// Gives the rows of a text that were looked at back, to be read again.
    pub(super) fn unlook(&mut self) {
        if let (Source::Text(reader), Some(&place)) = (&mut self.source, self.begin.front()) {
            reader.go_to(place);
            self.begin.clear();
            self.ahead.clear();
        }
    }

    /// Takes the next row of a text if `take` can, see [`Reader::take_line`]. A row that was looked at
    /// is not taken so.
    pub(super) fn take_line(&mut self, take: impl FnOnce(&'a str, usize) -> Option<usize>) -> bool {
        match &mut self.source {
            Source::Text(reader) if self.ahead.is_empty() => reader.take_line(take),
            _ => false,
        }
    }

    /// The next row; it is gone with the one after.
    pub(super) fn next_row(&mut self) -> Option<&GridRow> {
        if let Some(row) = self.ahead.pop_front() {
            self.begin.pop_front();
            self.current = row;
            return Some(&self.current);
        }
        match &mut self.source {
            Source::Text(reader) => reader.read(&mut self.current).then_some(&self.current),
            Source::Rows(rows) => rows.next(),
        }
    }
}
