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
                let (text, last) = (&record[from..to], &mut memory.last[at]);
                let cell = if text == *last && !text.is_empty() {
                    // Grades and heats repeat from row to row: what was good there is good here.
                    Some(CellRef::Text(text))
                } else {
                    self.cell(column, trimmed(text), last)
                };
                match cell {
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

/// What [`PlainReader::take`] keeps from row to row: cells that no column fills, and of every text column
/// the last good text.
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
    if let Some(number) = short_decimal(text.as_bytes()) {
        return Some(number);
    }
    let plain =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    if !text.as_bytes().iter().all(plain) {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Powers of ten that a number of 64 bits holds exactly, as far as [`short_decimal`] needs them.
const POWERS_OF_TEN: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// A number of at most fifteen digits without sign or exponent, such as `245.3`: the digits as a whole
/// number and the power of ten they are divided by are both exact, so that their quotient is rounded once
/// and is the number nearest to the text (Clinger 1990), as `str::parse` has it.
fn short_decimal(bytes: &[u8]) -> Option<f64> {
    if bytes.len() > POWERS_OF_TEN.len() {
        return None;
    }
    let (mut digits, mut count, mut point) = (0u64, 0, None);
    for &byte in bytes {
        match byte {
            b'0'..=b'9' => {
                digits = 10 * digits + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() => point = Some(count),
            _ => return None,
        }
    }
    if !(1..POWERS_OF_TEN.len()).contains(&count) {
        return None;
    }
    let decimals = count - point.unwrap_or(count);
    #[allow(clippy::cast_precision_loss, reason = "fifteen digits stay below 2^53")]
    Some(digits as f64 / POWERS_OF_TEN[decimals])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn short_decimals_are_the_numbers_that_the_standard_library_reads() {
        let mut seed = 1_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let fixed = [
            "0",
            "0.",
            ".5",
            "00.10",
            "245.3",
            "0.1",
            "999999999999999",
            "9007199254740993",
            "0.000000000000001",
            "123456789012345",
            "1234567.89012345",
            "",
        ];
        let random = (0..100_000).map(|_| {
            let digits = next(16) as usize;
            let mut text: String = (0..digits)
                .map(|_| char::from(b'0' + next(10) as u8))
                .collect();
            text.insert(next(digits as u64 + 1) as usize, '.');
            text
        });
        let mut short = 0;
        for text in fixed.into_iter().map(str::to_owned).chain(random) {
            if let Some(number) = short_decimal(text.as_bytes()) {
                assert_eq!(
                    number.to_bits(),
                    text.parse::<f64>().unwrap().to_bits(),
                    "{text}"
                );
                short += 1;
            }
        }
        assert!(short > 90_000, "{short}");
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1e3",
            "1.2.3",
            "1,5",
            "9007199254740993",
            "１",
        ] {
            assert_eq!(short_decimal(text.as_bytes()), None, "{text}");
        }
    }
}
