//! One cell: what the file holds → a value in the contract's unit, or the rule it breaks.

use std::borrow::Cow;
use std::fmt::Write as _;

pub use super::date::formats_of_order;
use super::grid::GridCell;
use super::number::{folded, not_a_number, scan};
use super::{date, identifier};
use crate::contract::{Cell, CellFault, Field, FieldType};
use crate::domain::Unit;

/// How the cells of one file are written, every part of it declared: nothing is `auto` any more.
#[derive(Clone, Debug, PartialEq)]
pub struct CellFormat {
    /// Decimal sign, `.` or `,`.
    pub decimal: char,
    /// Separator of thousands; without one, separated thousands are refused.
    pub thousands: Option<char>,
    /// Texts that mean "missing". In columns of numbers and dates their width and case are folded;
    /// in columns of text only the very word counts.
    pub missing: Vec<String>,
    /// Marks around a number that are dropped, such as the limit flags `!`, `*`, `↑`, `↓` of
    /// spectrometers. One that holds `<` or `>` is passed over: those are never dropped; `-` and `+`
    /// are dropped behind a number only.
    pub flags: Vec<String>,
    /// Formats of dates besides those that nobody can misread: chrono's, and `excel` or `excel1904`
    /// for serial numbers. A declared order of day and month is written with [`formats_of_order`].
    pub dates: Vec<String>,
}

impl Default for CellFormat {
    /// Decimal point, nothing else.
    fn default() -> CellFormat {
        CellFormat {
            decimal: '.',
            thousands: None,
            missing: vec![String::new()],
            flags: Vec::new(),
            dates: Vec::new(),
        }
    }
}

/// A parsed cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// A value that obeys its field.
    Value(Cell),
    /// A value that obeys its field, with a warning that somebody should read.
    Doubtful(Cell, Box<CellFault>),
    /// A reading below its detection limit (`<0.001`): the limit, in the contract's unit.
    Censored(f64),
}

/// A fault of one cell.
pub(super) fn fault(rule: &'static str, message: String, hint: &str) -> CellFault {
    CellFault {
        rule,
        message,
        hint: hint.to_owned(),
    }
}

/// A text in quotes for a message: cut where it is long, with what cannot be seen written out.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown = String::from("\"");
    for (index, c) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        if c.is_control() || identifier::is_invisible(c) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown.push('"');
    shown
}

/// Parses and checks one cell of `field`.
///
/// `units` leads from the unit of the column (header, units row or profile) to the contract's; a unit
/// in the cell itself must be the same, and counts alone where the column has none.
///
/// # Errors
/// The rule that the cell breaks: `required`, `number`, `finite`, `integer`, `boolean`, `date`,
/// `datetime`, `unit`, `unit_conflict`, `censored`, `above_limit`, `formula_error`,
/// `control_character`, `nul`, `number_as_date`, `id_as_date`, `id_as_number`, and those of
/// [`Field::check_cell`].
pub fn parse(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &CellFormat,
    cell: &GridCell,
) -> Result<Parsed, CellFault> {
    match cell {
        GridCell::Empty => checked(field, Cell::Null),
        GridCell::Text(text) => parse_text(field, units, format, text),
        GridCell::Number(number) => parse_typed_number(field, units, format, *number),
        GridCell::Boolean(truth) => match field.kind {
            FieldType::Boolean => Ok(Parsed::Value(Cell::Boolean(*truth))),
            FieldType::String => checked(field, Cell::Text(truth.to_string())),
            kind => Err(fault(
                kind.as_str(),
                format!("the truth value {truth} is not a {}", kind.as_str()),
                "",
            )),
        },
        GridCell::Date { serial, iso } => parse_typed_date(field, *serial, iso),
        GridCell::Error(text) => Err(formula_error(text)),
    }
}

/// [`parse`] for a cell that is text, without a grid around it.
///
/// # Errors
/// As [`parse`].
pub fn parse_text(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &CellFormat,
    text: &str,
) -> Result<Parsed, CellFault> {
    let trimmed = text.trim();
    if is_missing(format, field.kind, trimmed) {
        return checked(field, Cell::Null);
    }
    if field.kind == FieldType::String {
        return identifier::parse_text(field, trimmed);
    }
    if let Some(c) = trimmed.chars().find(|c| c.is_control()) {
        return Err(control_character(trimmed, c));
    }
    if is_formula_error(trimmed) {
        return Err(formula_error(trimmed));
    }
    let cell = match field.kind {
        FieldType::String => Cell::Null,
        FieldType::Number | FieldType::Array => match parse_reading(field, units, format, trimmed)?
        {
            Reading::Is(number) => Cell::Number(number),
            Reading::Below(limit) => return censored(field, trimmed, limit),
        },
        FieldType::Integer => match trimmed.parse::<i64>() {
            Ok(number) if units.is_none_or(|(from, to)| from == to) => Cell::Integer(number),
            _ => match parse_reading(field, units, format, trimmed)? {
                Reading::Is(number) => Cell::Integer(whole(number, trimmed)?),
                Reading::Below(limit) => return censored(field, trimmed, limit),
            },
        },
        FieldType::Boolean => Cell::Boolean(parse_boolean(trimmed)?),
        // A serial date is a number, with the file's decimal sign.
        FieldType::Date
            if format.decimal == ','
                && trimmed
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b',') =>
        {
            Cell::Date(date::parse_date(&trimmed.replace(',', "."), &format.dates)?)
        }
        FieldType::Date => Cell::Date(date::parse_date(trimmed, &format.dates)?),
        FieldType::Datetime => Cell::Datetime(date::parse_datetime(trimmed, &format.dates)?),
    };
    checked(field, cell)
}

/// Whether a text without blanks around it is one of the declared words for "missing".
fn is_missing(format: &CellFormat, kind: FieldType, trimmed: &str) -> bool {
    if trimmed.is_empty() || format.missing.iter().any(|word| word == trimmed) {
        return true;
    }
    // Words are short: a number is told from them by its first character.
    kind != FieldType::String
        && !trimmed.starts_with(|c: char| c.is_ascii_digit())
        && format
            .missing
            .iter()
            .any(|word| word.eq_ignore_ascii_case(&folded(trimmed)))
}

pub(super) fn checked(field: &Field, cell: Cell) -> Result<Parsed, CellFault> {
    field.check_cell(&cell)?;
    Ok(Parsed::Value(cell))
}

pub(super) fn control_character(text: &str, c: char) -> CellFault {
    let (rule, what) = if c == '\0' {
        ("nul", "a byte 0")
    } else {
        ("control_character", "a control character")
    };
    fault(
        rule,
        format!("{} holds {what}", shown(text)),
        "a damaged file, or one in another encoding? export it again",
    )
}

/// What spreadsheets write for a formula without a value, `####` for a column too narrow among them.
pub(super) fn is_formula_error(text: &str) -> bool {
    text.starts_with('#')
        && (matches!(
            text,
            "#DIV/0!" | "#N/A" | "#NAME?" | "#NULL!" | "#NUM!" | "#REF!" | "#VALUE!" | "#SPILL!"
        ) || (text.len() > 1 && text.bytes().all(|byte| byte == b'#')))
}

pub(super) fn formula_error(text: &str) -> CellFault {
    fault(
        "formula_error",
        format!("the formula gave {} instead of a value", shown(text)),
        "correct the formula in the spreadsheet, or clear the cell",
    )
}

enum Reading {
    Is(f64),
    Below(f64),
}

fn censored(field: &Field, text: &str, limit: f64) -> Result<Parsed, CellFault> {
    if field.censored_into.is_none() {
        return Err(fault(
            "censored",
            format!(
                "{} is a reading below a limit, which this field cannot hold",
                shown(text)
            ),
            "leave the cell empty, or give the value that was measured",
        ));
    }
    if limit <= 0.0 {
        let message = format!("{} names no limit above zero", shown(text));
        return Err(fault(
            "censored",
            message,
            "write the detection limit behind `<`",
        ));
    }
    field.check_cell(&Cell::Number(limit))?;
    Ok(Parsed::Censored(limit))
}

/// A number with all that may stand around it: flags, `<`, a unit.
fn parse_reading(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &CellFormat,
    trimmed: &str,
) -> Result<Reading, CellFault> {
    // The plain number comes first and costs one pass and no allocation.
    if let Ok((number, "")) = scan(trimmed, format.decimal, format.thousands) {
        return Ok(Reading::Is(convert(number, units)));
    }
    let text = folded(trimmed);
    let mut core = without_flags(&text, &format.flags);
    let mut below = false;
    if let Some(rest) = core
        .strip_prefix("<=")
        .or_else(|| core.strip_prefix(['<', '≤']))
    {
        below = true;
        core = without_flags(rest, &format.flags);
    } else if core.starts_with(['>', '≥']) {
        return Err(fault(
            "above_limit",
            format!(
                "{} is a reading above a limit, of which only the limit is known",
                shown(trimmed)
            ),
            "measure again within the instrument's range, or leave the cell empty",
        ));
    }
    let number = match scan(core, format.decimal, format.thousands) {
        Ok((number, "")) => convert(number, units),
        Ok((number, rest)) => {
            let rest = without_flags(rest, &format.flags);
            if rest.is_empty() {
                convert(number, units)
            } else {
                in_own_unit(field, units, format, trimmed, (core, number, rest))?
            }
        }
        Err(why) => {
            return Err(not_a_number(
                trimmed,
                core,
                format.decimal,
                format.thousands,
                Some(why),
            ));
        }
    };
    Ok(if below {
        Reading::Below(number)
    } else {
        Reading::Is(number)
    })
}

/// Drops blanks and declared flags from both ends.
fn without_flags<'a>(text: &'a str, flags: &[String]) -> &'a str {
    let mut core = text.trim();
    let droppable = |flag: &&String| !flag.is_empty() && !flag.contains(['<', '>', '≤', '≥']);
    loop {
        let before = core.len();
        for flag in flags.iter().filter(droppable) {
            let flag = folded(flag);
            if !matches!(flag.as_ref(), "-" | "+") {
                core = core
                    .strip_prefix(flag.as_ref())
                    .unwrap_or(core)
                    .trim_start();
            }
            core = core.strip_suffix(flag.as_ref()).unwrap_or(core).trim_end();
        }
        if core.len() == before {
            return core;
        }
    }
}

/// A number with something behind it: its own unit, which must agree with the column's.
fn in_own_unit(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &CellFormat,
    trimmed: &str,
    (core, number, word): (&str, f64, &str),
) -> Result<f64, CellFault> {
    // What begins like a number, or like a sign, is no unit even where the table of units knows it.
    let unit = if word.starts_with(|c: char| c.is_ascii_digit() || "+-.,".contains(c)) {
        None
    } else {
        Unit::parse(word)
    };
    let Some(unit) = unit else {
        let mut fault = not_a_number(trimmed, core, format.decimal, format.thousands, None);
        if fault.rule == "number" && fault.hint.is_empty() {
            fault.hint = if word.starts_with(['!', '*', '↑', '↓', '#', '?', '+', '-']) {
                format!("is {} a flag? add it to the profile's `flags`", shown(word))
            } else {
                format!("{} is not known as a unit", shown(word))
            };
        }
        return Err(fault);
    };
    let mismatch = |to: &str| {
        fault(
            "unit",
            format!(
                "{} is in {}, which does not convert to {to}",
                shown(trimmed),
                unit.name()
            ),
            "is the right column mapped to this field?",
        )
    };
    match units {
        Some((from, to)) => {
            if !unit.converts_to(to) {
                return Err(mismatch(to.name()));
            }
            if unit != from {
                return Err(fault(
                    "unit_conflict",
                    format!(
                        "{} is in {}, but the column is in {}",
                        shown(trimmed),
                        unit.name(),
                        from.name()
                    ),
                    "which of the two is right? correct the cell or the header",
                ));
            }
            Ok(convert(number, Some((unit, to))))
        }
        None => match Unit::parse(&field.unit) {
            Some(to) if unit.converts_to(to) => Ok(convert(number, Some((unit, to)))),
            Some(to) => Err(mismatch(to.name())),
            None => Err(fault(
                "unit",
                format!("{} has a unit, which this field has not", shown(trimmed)),
                "",
            )),
        },
    }
}

fn convert(number: f64, units: Option<(Unit, Unit)>) -> f64 {
    // The two convert: whoever mapped the column has made sure of it.
    units
        .and_then(|(from, to)| from.convert(number, to))
        .unwrap_or(number)
}

/// A whole number that double precision holds exactly.
fn whole(number: f64, text: &str) -> Result<i64, CellFault> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        return Ok(number as i64);
    }
    let message = format!("{} is not a whole number", shown(text));
    Err(fault("integer", message, ""))
}

fn parse_boolean(text: &str) -> Result<bool, CellFault> {
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "y", "1", "是"]) {
        Ok(true)
    } else if is(["false", "no", "n", "0", "否"]) {
        Ok(false)
    } else {
        Err(fault(
            "boolean",
            format!("{} is neither true nor false", shown(text)),
            "write true or false, or translate the word in the profile's `values`",
        ))
    }
}

/// A number that a spreadsheet holds as a number.
fn parse_typed_number(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &CellFormat,
    number: f64,
) -> Result<Parsed, CellFault> {
    let text = number.to_string();
    if !number.is_finite() {
        return Err(fault(
            "finite",
            format!("{} is not a finite number", shown(&text)),
            "",
        ));
    }
    let cell = match field.kind {
        // A profile may declare a number such as -999 as missing.
        _ if format.missing.contains(&text) => Cell::Null,
        FieldType::Number | FieldType::Array => Cell::Number(convert(number, units)),
        FieldType::Integer => Cell::Integer(whole(convert(number, units), &text)?),
        FieldType::String => return identifier::parse_typed_number(field, number, text),
        FieldType::Boolean => Cell::Boolean(parse_boolean(&text)?),
        FieldType::Date => Cell::Date(date::parse_date(&text, &format.dates)?),
        FieldType::Datetime => Cell::Datetime(date::parse_datetime(&text, &format.dates)?),
    };
    checked(field, cell)
}

/// A cell that a spreadsheet holds as a date.
fn parse_typed_date(field: &Field, serial: f64, iso: &str) -> Result<Parsed, CellFault> {
    let text: Cow<'_, str> = match date::of_serial(serial) {
        // The reader's text knows the workbook's date system; the serial is what remains without it.
        Some(moment) if iso.trim().is_empty() => {
            Cow::Owned(moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
        }
        _ => Cow::Borrowed(iso),
    };
    match field.kind {
        FieldType::Date => checked(field, Cell::Date(date::parse_date(&text, &[])?)),
        FieldType::Datetime => checked(field, Cell::Datetime(date::parse_datetime(&text, &[])?)),
        FieldType::String => identifier::parse_typed_date(field, serial, &text),
        FieldType::Number | FieldType::Integer | FieldType::Array => Err(fault(
            "number_as_date",
            format!("the spreadsheet holds the date {text} (serial {serial}) instead of a number"),
            "it turns entries such as `3.12` or `3-12` into dates: format the column as a number \
             and type the value again",
        )),
        FieldType::Boolean => Err(fault(
            "boolean",
            format!("the date {text} is neither true nor false"),
            "",
        )),
    }
}

#[cfg(test)]
#[path = "cell_tests.rs"]
mod tests;
