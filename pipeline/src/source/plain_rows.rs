//! The short way for rows without anything unusual in them, which is nearly all rows of a large file.
//!
//! [`PlainReader::take`] reads a row of plain cells straight into the columns, without a copy of any
//! text. Whatever is not plain (a quote, another number of fields, a cell that breaks a rule or needs a
//! second look) is left alone: the caller reads that row the long way, which alone decides what is wrong
//! with it. So the two ways can never disagree about a row that is taken.

use super::header::MappedColumn;
use super::identifier;
use super::profile::Format;
use super::row_rules::RowRules;
use crate::contract::{CellRef, Contract, Field, FieldType, RowFiller};
use crate::domain::Unit;

/// How to read the plain rows of one file.
#[derive(Debug)]
pub(super) struct PlainReader<'a> {
    delimiter: u8,
    missing: &'a [String],
    /// Whether a word for a missing cell begins with this byte.
    begins_missing: [bool; 256],
    columns: Vec<PlainColumn<'a>>,
    /// What every row starts from: constants, and nulls.
    start: Vec<CellRef<'a>>,
    /// Position in the contract of the line number.
    line: Option<usize>,
    fields: usize,
    rules: &'a RowRules<'a>,
}

#[derive(Debug)]
struct PlainColumn<'a> {
    position: usize,
    field: &'a Field,
    at: usize,
    units: Option<(Unit, Unit)>,
    kind: PlainKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlainKind {
    Text,
    Number,
    Integer,
}

impl<'a> PlainReader<'a> {
    /// A reader for these columns; `None` when some column or setting has no short way.
    pub(super) fn new(
        contract: &'a Contract,
        delimiter: u8,
        format: &'a Format,
        columns: &[MappedColumn],
        start: Vec<CellRef<'a>>,
        fields: usize,
        rules: &'a RowRules<'a>,
    ) -> Option<PlainReader<'a>> {
        if format.decimal != '.' {
            return None;
        }
        let mut plain = Vec::new();
        for column in columns {
            let field = &contract.fields[column.field];
            let kind = match field.kind {
                FieldType::String => PlainKind::Text,
                FieldType::Number => PlainKind::Number,
                FieldType::Integer => PlainKind::Integer,
                FieldType::Boolean | FieldType::Date | FieldType::Datetime | FieldType::Array => {
                    return None;
                }
            };
            plain.push(PlainColumn {
                position: column.position,
                field,
                at: column.field,
                // The same unit on both sides changes no bit.
                units: column.units.filter(|(from, to)| from != to),
                kind,
            });
        }
        plain.sort_by_key(|column| column.position);
        let mut begins_missing = [false; 256];
        for first in format.missing.iter().filter_map(|word| word.bytes().next()) {
            begins_missing[usize::from(first)] = true;
        }
        Some(PlainReader {
            delimiter,
            missing: &format.missing,
            begins_missing,
            columns: plain,
            start,
            line: contract.position("source_line"),
            fields,
            rules,
        })
    }

    /// Positions of the columns that plain rows fill.
    pub(super) fn filled(&self) -> Vec<usize> {
        let mut filled: Vec<usize> = self.columns.iter().map(|column| column.at).collect();
        filled.extend(self.line);
        let given = self.start.iter().enumerate();
        filled.extend(
            given
                .filter(|(_, cell)| **cell != CellRef::Null)
                .map(|(at, _)| at),
        );
        filled.sort_unstable();
        filled.dedup();
        filled
    }

    /// What one run of rows keeps in mind.
    pub(super) fn memory<'t>(&self) -> Memory<'t>
    where
        'a: 't,
    {
        Memory {
            cells: self.start.clone(),
            last: vec![""; self.columns.len()],
        }
    }

    /// Reads one row without quotes and without its line end, and appends it; `false` leaves `rows` as
    /// they are.
    pub(super) fn take<'t>(
        &self,
        record: &'t str,
        line: u64,
        memory: &mut Memory<'t>,
        rows: &mut RowFiller,
    ) -> bool
    where
        'a: 't,
    {
        let bytes = record.as_bytes();
        let mut columns = self.columns.iter().enumerate().peekable();
        let (mut from, mut position) = (0, 0);
        let ends = memchr::memchr_iter(self.delimiter, bytes).chain([bytes.len()]);
        for to in ends {
            if let Some((at, column)) = columns.next_if(|(_, column)| column.position == position) {
                match self.cell(column, trimmed(&record[from..to]), &mut memory.last[at]) {
                    // An empty cell does not undo what the profile or the file's name gives.
                    Some(CellRef::Null) => memory.cells[column.at] = self.start[column.at],
                    Some(cell) => memory.cells[column.at] = cell,
                    None => return false,
                }
            }
            position += 1;
            from = to + 1;
        }
        if position != self.fields || !self.rules.check(memory.cells.as_slice()).is_empty() {
            return false;
        }
        if let Some(at) = self.line {
            memory.cells[at] = CellRef::Integer(i64::try_from(line).unwrap_or(i64::MAX));
        }
        rows.push_some(&memory.cells);
        true
    }

    /// The value of a plain cell that keeps its field's rules; `None` for anything else.
    fn cell<'t>(
        &self,
        column: &PlainColumn<'_>,
        text: &'t str,
        last: &mut &'t str,
    ) -> Option<CellRef<'t>> {
        let rules = &column.field.constraints;
        let may_be_missing = |first: u8| self.begins_missing[usize::from(first)];
        if text.bytes().next().is_none_or(may_be_missing)
            && (text.is_empty() || self.missing.iter().any(|word| word == text))
        {
            return (!rules.required).then_some(CellRef::Null);
        }
        match column.kind {
            PlainKind::Text => {
                // Grades and heats repeat from row to row: what was good there is good here.
                if text == *last {
                    return Some(CellRef::Text(text));
                }
                let allowed = rules
                    .allowed
                    .as_ref()
                    .is_none_or(|words| words.iter().any(|word| word == text));
                let kept = allowed
                    && identifier::is_plain(column.field, text)
                    && column.field.matches(text);
                if kept {
                    *last = text;
                }
                kept.then_some(CellRef::Text(text))
            }
            PlainKind::Number => {
                let mut number = plain_number(text)?;
                if let Some((from, to)) = column.units {
                    number = from.convert(number, to)?;
                }
                column
                    .field
                    .holds(number)
                    .then_some(CellRef::Number(number))
            }
            PlainKind::Integer => {
                let number = text.parse::<i64>().ok()?;
                #[allow(clippy::cast_precision_loss, reason = "a range check on whole numbers")]
                column
                    .field
                    .holds(number as f64)
                    .then_some(CellRef::Integer(number))
            }
        }
    }
}

/// What [`PlainReader::take`] keeps from row to row: cells that no column fills, and the last good texts.
#[derive(Debug)]
pub(super) struct Memory<'t> {
    cells: Vec<CellRef<'t>>,
    last: Vec<&'t str>,
}

/// Without blanks around it; most cells have none.
fn trimmed(text: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_none_or(|byte| (b'!'..=b'~').contains(byte));
    if is_plain(text.as_bytes().first()) && is_plain(text.as_bytes().last()) {
        text
    } else {
        text.trim()
    }
}

/// A number of digits, one point and an exponent, nothing else.
fn plain_number(text: &str) -> Option<f64> {
    let plain =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    if !text.as_bytes().iter().all(plain) {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}
