//! Cells of text columns. An id stays the text it is: `3-12`, `1E5` and `0479480001` are read as they
//! stand, and what a spreadsheet has made of one is never passed off as the id that was typed.

use super::cell::{
    Parsed, checked, control_character, fault, formula_error, is_formula_error, shown,
};
use crate::contract::{Cell, CellFault, Field};

/// Digits of a number that spreadsheets keep.
const SPREADSHEET_DIGITS: usize = 15;

/// Marks without width, which make two ids differ that look the same.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// Whether [`parse_text`] would take a text as it stands and say nothing, patterns and lists aside.
///
/// It may say no too often: the caller then asks [`parse_text`] itself.
pub(super) fn is_plain(field: &Field, trimmed: &str) -> bool {
    /// `Sept-12`: no longer text reads as a day of a month.
    const LONGEST_DAY: usize = 7;
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'+' && byte != b'#';
    trimmed.bytes().all(plain)
        && (!field.is_id() || trimmed.len() > LONGEST_DAY || !reads_as_day_of_month(trimmed))
}

/// A text cell of a text column, without blanks around it and not missing.
pub(super) fn parse_text(field: &Field, trimmed: &str) -> Result<Parsed, CellFault> {
    let id = field.is_id();
    // A place or a reason may run over several lines; an id may not.
    let kept = |c: char| !id && matches!(c, '\t' | '\n' | '\r');
    if let Some(c) = trimmed.chars().find(|&c| c.is_control() && !kept(c)) {
        return Err(control_character(trimmed, c));
    }
    if is_formula_error(trimmed) {
        return Err(formula_error(trimmed));
    }
    if id && trimmed.contains(is_invisible) {
        return Err(fault(
            "invisible_character",
            format!("{} holds a character without width", shown(trimmed)),
            "type the id again; copied text often brings such characters along",
        ));
    }
    let value = checked(field, Cell::Text(trimmed.to_owned()))?;
    let Parsed::Value(cell) = value else {
        return Ok(value);
    };
    let warning = match id {
        true if reads_as_day_of_month(trimmed) => fault(
            "id_as_date",
            format!("the id {} looks like a date", shown(trimmed)),
            "a spreadsheet turns ids such as `3-12` into dates: check it against the lab's book, \
             format the column as text and type the id again",
        ),
        true if reads_as_rounded_number(trimmed) => fault(
            "id_as_number",
            format!("the id {} looks like a rounded number", shown(trimmed)),
            "a spreadsheet shows long ids of digits with an exponent and drops the last digits: \
             format the column as text and export again",
        ),
        _ => return Ok(Parsed::Value(cell)),
    };
    Ok(Parsed::Doubtful(cell, Box::new(warning)))
}

/// `12-Mar`, `Mar-12`, `12. Mrz`, `3月12日`: how spreadsheets write the day they make of `3-12`.
fn reads_as_day_of_month(text: &str) -> bool {
    const MONTHS: [&str; 18] = [
        "jan", "feb", "mar", "mrz", "apr", "may", "mai", "jun", "jul", "aug", "sep", "sept", "oct",
        "okt", "nov", "dec", "dez", "mär",
    ];
    let is_day = |part: &str| {
        (1..=2).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse().is_ok_and(|day: u8| (1..=31).contains(&day))
    };
    if let Some((month, day)) = text
        .strip_suffix('日')
        .and_then(|text| text.split_once('月'))
    {
        return is_day(month) && is_day(day);
    }
    let Some((first, second)) = text.split_once('-').or_else(|| text.split_once(". ")) else {
        return false;
    };
    let is_month = |part: &str| MONTHS.contains(&part.to_lowercase().as_str());
    (is_day(first) && is_month(second)) || (is_month(first) && is_day(second))
}

/// `4.79E+08`: a long number as a spreadsheet shows it. `1E5` is an id like any other.
fn reads_as_rounded_number(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+") else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa
        .split_once(['.', ','])
        .is_some_and(|(whole, fraction)| whole.len() == 1 && digits(whole) && digits(fraction));
    mantissa && digits(exponent)
}

/// A typed number in a text column.
///
/// An alloy such as `6082` is often typed as a number and means the same. Of an id the leading zeros
/// may be gone, and beyond 15 digits the last ones are.
pub(super) fn parse_typed_number(
    field: &Field,
    number: f64,
    text: String,
) -> Result<Parsed, CellFault> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let exact = number.fract() == 0.0 && digits <= SPREADSHEET_DIGITS;
    if !field.is_id() {
        return checked(field, Cell::Text(text));
    }
    if number.fract() == 0.0 && !exact {
        return Err(fault(
            "id_as_number",
            format!("the id is the typed number {text}, of which a spreadsheet keeps 15 digits"),
            "format the column as text and type the id again",
        ));
    }
    let message = format!(
        "the id is a typed number and read as the text {}",
        shown(&text)
    );
    let hint = if exact {
        "leading zeros would be lost: format the column as text"
    } else {
        "zeros at the end would be lost: format the column as text"
    };
    match checked(field, Cell::Text(text))? {
        Parsed::Value(cell) => Ok(Parsed::Doubtful(
            cell,
            Box::new(fault("id_as_number", message, hint)),
        )),
        other => Ok(other),
    }
}

/// A date cell in a text column: of an id nothing is left to read.
pub(super) fn parse_typed_date(field: &Field, serial: f64, iso: &str) -> Result<Parsed, CellFault> {
    let message =
        format!("the spreadsheet holds the date {iso} (serial {serial}) instead of a text");
    if field.is_id() {
        let typed = iso
            .get(5..10)
            .and_then(|day| day.split_once('-'))
            .map(|(month, day)| (month.trim_start_matches('0'), day.trim_start_matches('0')))
            .map_or_else(String::new, |(month, day)| {
                format!(" (`{month}-{day}` or `{day}-{month}`?)")
            });
        let hint = format!(
            "it turns ids such as `3-12` into dates as they are typed, and what was typed{typed} is \
             lost: format the column as text and type the id again"
        );
        return Err(fault("id_as_date", message, &hint));
    }
    match checked(field, Cell::Text(iso.to_owned()))? {
        Parsed::Value(cell) => Ok(Parsed::Doubtful(
            cell,
            Box::new(fault(
                "text_as_date",
                message,
                "if a day was not meant, format the column as text and type the entry again",
            )),
        )),
        other => Ok(other),
    }
}
