//! The short way for points of a curve without anything unusual in them, which is nearly all of them.
//!
//! [`PlainPoints::take`] reads the numbers of one line straight from the bytes of the text, in one pass.
//! Whatever is not a plain number (a word, a flag, a unit, a separator of thousands, a number out of range,
//! a missing cell that matters) is left alone: the caller reads that line the long way, which alone decides
//! what is wrong with it. So the two ways can never disagree about a point that is taken.

use super::delimited::{Delimiter, Dialect, is_end};
use super::header::MappedColumn;
use super::number::folded;
use super::profile::Format;
use crate::contract::{Contract, Field, FieldType};
use crate::domain::Unit;

/// Powers of ten that double precision holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Whole numbers up to here are exact in double precision.
const EXACT_WHOLE: u64 = 1 << 53;

/// Digits that a `u64` holds whatever they are.
const DIGITS_AT_MOST: usize = 19;

/// How to read the plain points of one file.
#[derive(Debug)]
pub(super) struct PlainPoints<'a> {
    delimiter: Delimiter,
    quote: Option<u8>,
    decimal: u8,
    /// By position in the row, up to the last column that is a field; `None` is not looked into.
    columns: Vec<Option<PlainColumn<'a>>>,
}

#[derive(Debug)]
struct PlainColumn<'a> {
    field: &'a Field,
    /// Place of its number in the point.
    place: usize,
    units: Option<(Unit, Unit)>,
    /// Whether the field has a range to check.
    is_limited: bool,
    /// Whether nothing at all stands for "not a number" here.
    may_be_empty: bool,
}

impl<'a> PlainPoints<'a> {
    /// A reader for these columns; `None` when some column or setting has no short way.
    ///
    /// `may_be_empty` says of which fields an empty cell is a NaN.
    pub(super) fn new(
        contract: &'a Contract,
        dialect: Dialect,
        format: &Format,
        columns: &[MappedColumn],
        may_be_empty: impl Fn(&str) -> bool,
    ) -> Option<PlainPoints<'a>> {
        let decimal = u8::try_from(format.decimal).ok()?;
        let stands_in_numbers =
            |byte: u8| byte.is_ascii_digit() || b"+-eE".contains(&byte) || byte == decimal;
        let delimits_numbers = match dialect.delimiter {
            Delimiter::Char(delimiter) => {
                stands_in_numbers(delimiter) || Some(delimiter) == dialect.quote
            }
            Delimiter::Whitespace => false,
        };
        let quotes_numbers = dialect
            .quote
            .is_some_and(|quote| stands_in_numbers(quote) || b" \t\r\n".contains(&quote));
        // A number such as -999 may be declared as missing.
        let numbers_are_missing = format
            .missing
            .iter()
            .any(|word| folded(word).bytes().any(|byte| byte.is_ascii_digit()));
        if delimits_numbers || quotes_numbers || numbers_are_missing || columns.is_empty() {
            return None;
        }
        let width = columns.iter().map(|column| column.position + 1).max()?;
        let mut plain: Vec<Option<PlainColumn<'a>>> = (0..width).map(|_| None).collect();
        for (place, column) in columns.iter().enumerate() {
            let field = &contract.fields[column.field];
            if !matches!(field.kind, FieldType::Number | FieldType::Array) {
                return None;
            }
            let rules = &field.constraints;
            let is_limited = [
                rules.minimum,
                rules.maximum,
                rules.exclusive_minimum,
                rules.exclusive_maximum,
            ]
            .iter()
            .any(Option::is_some);
            let there = plain[column.position].replace(PlainColumn {
                field,
                place,
                // The same unit on both sides changes no bit.
                units: column.units.filter(|(from, to)| from != to),
                is_limited,
                may_be_empty: !rules.required && may_be_empty(&field.name),
            });
            if there.is_some() {
                return None;
            }
        }
        Some(PlainPoints {
            delimiter: dialect.delimiter,
            quote: dialect.quote,
            decimal,
            columns: plain,
        })
    }

    /// Reads the line of `text` that begins at `start` into `point`; gives where the next one begins.
    ///
    /// `None` leaves it to be read the long way; `point` then means nothing.
    pub(super) fn take(&self, text: &str, start: usize, point: &mut [f64]) -> Option<usize> {
        let bytes = text.as_bytes();
        let (mut at, mut is_blank) = (start, true);
        for (position, column) in self.columns.iter().enumerate() {
            at = self.next_cell(bytes, at, position == 0)?;
            at = match column {
                Some(column) => {
                    let (number, end) = self.number(text, at, column)?;
                    point[column.place] = number;
                    is_blank &= number.is_nan();
                    end
                }
                None => self.past_cell(bytes, at)?,
            };
        }
        if is_blank {
            return None;
        }
        while !is_end(bytes, at) {
            at = self.next_cell(bytes, at, false)?;
            at = self.past_cell(bytes, at)?;
        }
        let both = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
        Some((at + 1 + usize::from(both)).min(bytes.len()))
    }

    /// Where the cell begins that follows the one that ends at `at`, the blanks before it passed over.
    fn next_cell(&self, bytes: &[u8], mut at: usize, is_first: bool) -> Option<usize> {
        match self.delimiter {
            Delimiter::Char(delimiter) => {
                if !is_first {
                    at = (bytes.get(at) == Some(&delimiter)).then_some(at + 1)?;
                }
                Some(self.past_padding(bytes, at))
            }
            Delimiter::Whitespace => {
                while matches!(bytes.get(at), Some(b' ' | b'\t')) {
                    at += 1;
                }
                Some(at)
            }
        }
    }

    /// Passes over blanks that part no cells.
    fn past_padding(&self, bytes: &[u8], mut at: usize) -> usize {
        while bytes.get(at) == Some(&b' ') && !self.delimits(b' ') {
            at += 1;
        }
        at
    }

    /// The end of a cell that no field wants; `None` where it has a quote or a byte 0 in it.
    fn past_cell(&self, bytes: &[u8], mut at: usize) -> Option<usize> {
        while !is_end(bytes, at) && !self.delimits(bytes[at]) {
            if bytes[at] == 0 || Some(bytes[at]) == self.quote {
                return None;
            }
            at += 1;
        }
        Some(at)
    }

    fn delimits(&self, byte: u8) -> bool {
        match self.delimiter {
            Delimiter::Char(delimiter) => byte == delimiter,
            Delimiter::Whitespace => byte == b' ' || byte == b'\t',
        }
    }

    /// The number of a cell in the contract's unit, and where the cell ends.
    fn number(&self, text: &str, at: usize, column: &PlainColumn<'_>) -> Option<(f64, usize)> {
        let bytes = text.as_bytes();
        if column.may_be_empty
            && self.delimiter != Delimiter::Whitespace
            && (is_end(bytes, at) || self.delimits(bytes[at]))
        {
            return Some((f64::NAN, at));
        }
        let is_quoted = self.quote.is_some() && bytes.get(at).copied() == self.quote;
        let (mut number, mut end) = self.digits(text, at + usize::from(is_quoted))?;
        if is_quoted {
            end = (bytes.get(end).copied() == self.quote).then_some(end + 1)?;
        }
        let end = self.past_padding(bytes, end);
        if !is_end(bytes, end) && !self.delimits(bytes[end]) {
            return None;
        }
        if let Some((from, to)) = column.units {
            number = from.convert(number, to)?;
        }
        (!column.is_limited || column.field.holds(number)).then_some((number, end))
    }

    /// Digits with a sign, a decimal sign and an exponent, as [`super::number::scan`] has them without
    /// thousands; the nearest number of double precision.
    #[inline]
    fn digits(&self, text: &str, start: usize) -> Option<(f64, usize)> {
        let bytes = text.as_bytes();
        let mut at = start;
        let minus = bytes.get(at) == Some(&b'-');
        at += usize::from(minus || bytes.get(at) == Some(&b'+'));
        let (mut mantissa, mut point) = (0_u64, None);
        let first = at;
        for &byte in &bytes[at..] {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            } else if byte == self.decimal && point.is_none() {
                point = Some(at);
            } else {
                break;
            }
            at += 1;
        }
        let count = at - first - usize::from(point.is_some());
        let decimals = point.map_or(0, |point| at - point - 1);
        let mut scale = -i32::try_from(decimals).ok()?;
        if count == 0 {
            return None;
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            let (exponent, end) = exponent(bytes, at + 1)?;
            scale += exponent;
            at = end;
        }
        let exact = count <= DIGITS_AT_MOST && mantissa <= EXACT_WHOLE;
        // One correctly rounded operation on two exact numbers (W. D. Clinger 1990).
        #[allow(clippy::cast_precision_loss, reason = "at most 2^53 where it counts")]
        let number = match EXACT_POWERS.get(scale.unsigned_abs() as usize) {
            Some(power) if exact && scale <= 0 => mantissa as f64 / power,
            Some(power) if exact => mantissa as f64 * power,
            _ if self.decimal == b'.' => {
                return parsed(&text[start..at]).map(|number| (number, at));
            }
            _ => return None,
        };
        Some((if minus { -number } else { number }, at))
    }
}

fn digit_at(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

/// A small exponent, and where it ends.
fn exponent(bytes: &[u8], start: usize) -> Option<(i32, usize)> {
    let minus = bytes.get(start) == Some(&b'-');
    let first = start + usize::from(minus || bytes.get(start) == Some(&b'+'));
    let (mut at, mut size) = (first, 0_i32);
    while let Some(digit) = digit_at(bytes, at) {
        size = size
            .checked_mul(10)?
            .checked_add(i32::try_from(digit).ok()?)?;
        at += 1;
    }
    (at > first && size < 400).then_some((if minus { -size } else { size }, at))
}

/// A number of more digits, by the standard library; neither infinite nor lost to zero.
fn parsed(text: &str) -> Option<f64> {
    let number = text.parse::<f64>().ok()?;
    (number.is_normal()).then_some(number)
}

#[cfg(test)]
#[path = "plain_points_tests.rs"]
mod tests;
