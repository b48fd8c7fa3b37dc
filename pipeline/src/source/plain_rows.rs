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
    /// For every position of a row the column that is read there, by its place in `columns`.
    plan: Vec<Option<usize>>,
    /// What every row starts from: constants, and nulls.
    start: Vec<CellRef<'a>>,
    /// Position in the contract of the line number.
    line: Option<usize>,
    rules: &'a RowRules<'a>,
}

#[derive(Debug)]
struct PlainColumn<'a> {
    field: &'a Field,
    at: usize,
    units: Option<(Unit, Unit)>,
    kind: PlainKind,
    /// Whether its texts are words of a list or of a pattern, of which most tables have few.
    is_word: bool,
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
        if format.decimal != '.' || fields == 0 {
            return None;
        }
        let (mut plain, mut plan) = (Vec::new(), vec![None; fields]);
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
            let place = plan.get_mut(column.position)?;
            if place.replace(plain.len()).is_some() {
                return None;
            }
            plain.push(PlainColumn {
                field,
                at: column.field,
                // The same unit on both sides changes no bit.
                units: column.units.filter(|(from, to)| from != to),
                kind,
                is_word: field.constraints.allowed.is_some() || field.constraints.pattern.is_some(),
            });
        }
        let mut begins_missing = [false; 256];
        for first in format.missing.iter().filter_map(|word| word.bytes().next()) {
            begins_missing[usize::from(first)] = true;
        }
        Some(PlainReader {
            delimiter,
            missing: &format.missing,
            begins_missing,
            columns: plain,
            plan,
            start,
            line: contract.position("source_line"),
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
            good: vec![Good::default(); self.columns.len()],
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
        let mut from = 0;
        let last_position = self.plan.len().saturating_sub(1);
        for (position, &at) in self.plan.iter().enumerate() {
            let Some(to) = self.field(record, from, at, memory) else {
                return false;
            };
            let is_as_planned = match bytes.get(to) {
                Some(_) => position < last_position,
                None => position == last_position,
            };
            if !is_as_planned {
                return false;
            }
            from = to + 1;
        }
        if !self.rules.check(memory.cells.as_slice()).is_empty() {
            return false;
        }
        if let Some(at) = self.line {
            memory.cells[at] = CellRef::Integer(i64::try_from(line).unwrap_or(i64::MAX));
        }
        rows.push_some(&memory.cells);
        true
    }

    /// Reads the field that begins at `from` into `memory` and gives where it ends; `None` for a cell that
    /// is not plain.
    fn field<'t>(
        &self,
        record: &'t str,
        from: usize,
        at: Option<usize>,
        memory: &mut Memory<'t>,
    ) -> Option<usize>
    where
        'a: 't,
    {
        let rest = &record.as_bytes()[from..];
        let ends = |len: usize| rest.get(len).is_none_or(|&byte| byte == self.delimiter);
        let end = || memchr::memchr(self.delimiter, rest).unwrap_or(rest.len());
        let Some(at) = at else {
            return Some(from + end());
        };
        let (column, good) = (&self.columns[at], &mut memory.good[at]);
        // Grades and heats repeat from row to row: what was good there is good here. Ids that are counted
        // up differ in their last byte.
        let last = good.last.as_bytes();
        if let Some(&end) = last.last()
            && rest.get(last.len() - 1) == Some(&end)
            && ends(last.len())
            && rest.starts_with(last)
        {
            let to = from + last.len();
            memory.cells[column.at] = CellRef::Text(&record[from..to]);
            return Some(to);
        }
        if column.kind == PlainKind::Number
            && let Some((number, len)) = short_decimal(rest)
            && ends(len)
            && !self.begins_missing[usize::from(rest[0])]
        {
            memory.cells[column.at] = CellRef::Number(column.checked(number)?);
            return Some(from + len);
        }
        let to = from + end();
        // An empty cell does not undo what the profile or the file's name gives.
        memory.cells[column.at] = match self.cell(column, trimmed(&record[from..to]), good)? {
            CellRef::Null => self.start[column.at],
            cell => cell,
        };
        Some(to)
    }

    /// The value of a plain cell that keeps its field's rules; `None` for anything else.
    fn cell<'t>(
        &self,
        column: &PlainColumn<'_>,
        text: &'t str,
        good: &mut Good<'t>,
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
                let is_good = good.words.contains(&text) || {
                    let allowed = rules
                        .allowed
                        .as_ref()
                        .is_none_or(|words| words.iter().any(|word| word == text));
                    allowed
                        && identifier::is_plain(column.field, text)
                        && column.field.matches(text)
                };
                is_good.then(|| {
                    good.remember(text, column.is_word);
                    CellRef::Text(text)
                })
            }
            PlainKind::Number => Some(CellRef::Number(column.checked(plain_number(text)?)?)),
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

impl PlainColumn<'_> {
    /// A number in the unit of the contract, if it lies in the field's range.
    fn checked(&self, number: f64) -> Option<f64> {
        let number = match self.units {
            Some((from, to)) => from.convert(number, to)?,
            None => number,
        };
        self.field.holds(number).then_some(number)
    }
}

/// What [`PlainReader::take`] keeps from row to row: cells that no column fills, and of every text column
/// what was good.
#[derive(Debug)]
pub(super) struct Memory<'t> {
    cells: Vec<CellRef<'t>>,
    good: Vec<Good<'t>>,
}

/// Good texts of a column.
#[derive(Clone, Debug, Default)]
struct Good<'t> {
    /// The last one.
    last: &'t str,
    /// The first few, where asking the field again is slow.
    words: Vec<&'t str>,
}

/// Good texts that are kept of a column: more than a list of grades has, few enough to look through.
const WORDS_KEPT: usize = 8;

impl<'t> Good<'t> {
    fn remember(&mut self, text: &'t str, is_word: bool) {
        self.last = text;
        if is_word && self.words.len() < WORDS_KEPT && !self.words.contains(&text) {
            self.words.push(text);
        }
    }
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
    if let Some((number, len)) = short_decimal(text.as_bytes())
        && len == text.len()
    {
        return Some(number);
    }
    let plain =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    if !text.as_bytes().iter().all(plain) {
        return None;
    }
    let number = text.parse::<f64>().ok()?;
    let mut mantissa = text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E'));
    // `1e-400` is no zero.
    let too_small = number == 0.0 && mantissa.any(|digit| (b'1'..=b'9').contains(&digit));
    (number.is_finite() && !too_small).then_some(number)
}

/// Powers of ten that a number of 64 bits holds exactly, as far as [`short_decimal`] needs them.
const POWERS_OF_TEN: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// The number that `bytes` begin with and how many of them it takes, if it has at most fifteen digits and
/// neither sign nor exponent, such as `245.3`: the digits as a whole number and the power of ten they are
/// divided by are both exact, so that their quotient is rounded once and is the number nearest to the text
/// (Clinger 1990), as `str::parse` has it. What comes behind it is for the caller to look at.
fn short_decimal(bytes: &[u8]) -> Option<(f64, usize)> {
    let (mut digits, mut count, mut point) = (0u64, 0, None);
    let mut len = 0;
    for &byte in bytes {
        match byte {
            b'0'..=b'9' if count < POWERS_OF_TEN.len() => {
                digits = 10 * digits + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() => point = Some(count),
            _ => break,
        }
        len += 1;
    }
    if !(1..POWERS_OF_TEN.len()).contains(&count) {
        return None;
    }
    let decimals = count - point.unwrap_or(count);
    #[allow(clippy::cast_precision_loss, reason = "fifteen digits stay below 2^53")]
    Some((digits as f64 / POWERS_OF_TEN[decimals], len))
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
            if let Some((number, len)) = short_decimal(text.as_bytes()) {
                assert_eq!(len, text.len(), "{text}");
                assert_eq!(
                    number.to_bits(),
                    text.parse::<f64>().unwrap().to_bits(),
                    "{text}"
                );
                short += 1;
            }
        }
        assert!(short > 90_000, "{short}");
        assert_eq!(plain_number("1e-400"), None);
        assert_eq!(plain_number("-0.0001e-320"), None);
        assert_eq!(plain_number("0e-400"), Some(0.0));
        for text in ["", ".", "-1", "+1", "9007199254740993", "１"] {
            assert_eq!(short_decimal(text.as_bytes()), None, "{text}");
        }
        for (text, len) in [("1e3", 1), ("1.2.3", 3), ("1,5", 1), ("245.3 MPa", 5)] {
            let found = short_decimal(text.as_bytes()).map(|(_, len)| len);
            assert_eq!(found, Some(len), "{text}");
        }
    }
}
