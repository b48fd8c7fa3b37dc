//! Bytes → a text or sheets, with everything told that the profile leaves to the file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::decode::decode_with;
use super::delimited::{DecimalEvidence, Delimiter, Dialect, sniff_decimal, sniff_delimiter};
use super::fold::fold;
use super::grid::{Grid, GridCell};
use super::profile::{Format, SheetRule, groups_of};
use super::unmatched::empty;
use super::{Layout, Profile, spreadsheet};
use crate::domain::Finding;

/// Rows of a sheet in which the words of a head are looked for.
const HEAD_ROWS: usize = 80;

/// What a file holds.
pub(super) enum Body<'b> {
    /// Text, and how its cells are told apart.
    Text(Cow<'b, str>, Dialect),
    /// Every sheet of a workbook, and which are read with the fields their names give.
    Sheets(Vec<Grid>, Vec<(usize, BTreeMap<String, String>)>),
}

/// A file, opened.
pub(super) struct Opened<'b> {
    pub body: Body<'b>,
    /// How its numbers are written.
    pub format: Format,
}

/// Opens a file.
///
/// # Errors
/// A finding about the file as a whole: empty, undecodable, damaged, or not to be told how it is written.
pub(super) fn open<'b>(
    profile: &Profile,
    path: &str,
    bytes: &'b [u8],
) -> Result<Opened<'b>, Box<Finding>> {
    if bytes.is_empty() {
        return Err(Box::new(empty(path)));
    }
    if spreadsheet::is_workbook(bytes) {
        open_workbook(profile, path, bytes)
    } else {
        open_text(profile, path, bytes)
    }
}

fn open_text<'b>(
    profile: &Profile,
    path: &str,
    bytes: &'b [u8],
) -> Result<Opened<'b>, Box<Finding>> {
    let rule = &profile.format;
    let decoded = decode_with(bytes, &rule.encoding, &profile.expected_words())
        .map_err(|fault| Box::new(fault.into_finding(path)))?;
    let text = decoded.text;
    let delimiter = match rule.delimiter {
        Some(delimiter) => delimiter,
        None if profile.layout == Layout::TextLines => Delimiter::Whitespace,
        // A text in one column has no delimiter to get wrong.
        None => sniff_delimiter(&text).unwrap_or(Delimiter::Char(b',')),
    };
    let decimal = match rule.decimal {
        Some(decimal) => decimal,
        None => sniff_decimal(&text, delimiter).ok_or_else(|| no_decimal(path))?,
    };
    let dialect = Dialect {
        delimiter,
        quote: rule.quote,
    };
    Ok(Opened {
        body: Body::Text(text, dialect),
        format: format_with(profile, decimal),
    })
}

fn open_workbook(
    profile: &Profile,
    path: &str,
    bytes: &[u8],
) -> Result<Opened<'static>, Box<Finding>> {
    let limits = &profile.settings.spreadsheet;
    let sheets = spreadsheet::sheets_of(bytes, limits)
        .map_err(|fault| Box::new(fault.into_finding(path)))?;
    let chosen = match &profile.format.sheet {
        SheetRule::Auto => vec![(auto_sheet(profile, &sheets), BTreeMap::new())],
        rule => sheets_that_match(rule, &sheets),
    };
    if chosen.is_empty() {
        let names: Vec<&str> = sheets
            .iter()
            .filter_map(|sheet| sheet.sheet.as_deref())
            .collect();
        return Err(Box::new(Finding::of_file(
            path,
            "no_sheet",
            format!(
                "the workbook has no sheet that the profile asks for; its sheets are: {}",
                names.join(", ")
            ),
            "correct `format.sheet` in the profile",
        )));
    }
    let decimal = match profile.format.decimal {
        Some(decimal) => decimal,
        None => {
            // Only numbers stored as text have a decimal sign.
            let mut seen = DecimalEvidence::default();
            let rows = chosen.iter().flat_map(|&(sheet, _)| &sheets[sheet].rows);
            for cell in rows.flat_map(|row| &row.cells) {
                if let GridCell::Text(text) = cell {
                    seen.add(text);
                }
            }
            seen.decimal().ok_or_else(|| no_decimal(path))?
        }
    };
    Ok(Opened {
        body: Body::Sheets(sheets, chosen),
        format: format_with(profile, decimal),
    })
}

fn format_with(profile: &Profile, decimal: char) -> Format {
    Format {
        decimal,
        of_cells: OnceLock::new(),
        ..profile.format.numbers.clone()
    }
}

fn no_decimal(path: &str) -> Box<Finding> {
    Box::new(Finding::of_file(
        path,
        "decimal",
        "it cannot be told whether the comma or the point is the decimal sign".to_owned(),
        "declare `decimal` in the profile's `[format]`",
    ))
}

/// The sheets that a rule asks for, with the fields that a pattern's groups give.
pub(super) fn sheets_that_match(
    rule: &SheetRule,
    sheets: &[Grid],
) -> Vec<(usize, BTreeMap<String, String>)> {
    let named = sheets
        .iter()
        .enumerate()
        .filter_map(|(at, sheet)| Some((at, sheet.sheet.as_deref()?)));
    match rule {
        SheetRule::Auto => (0..sheets.len()).map(|at| (at, BTreeMap::new())).collect(),
        SheetRule::Number(number) => (*number <= sheets.len())
            .then(|| (*number - 1, BTreeMap::new()))
            .into_iter()
            .collect(),
        SheetRule::Name(name) => named
            .filter(|(_, sheet)| fold(sheet) == fold(name))
            .map(|(at, _)| (at, BTreeMap::new()))
            .collect(),
        SheetRule::Pattern(pattern) => named
            .filter(|(_, sheet)| pattern.is_match(sheet))
            .map(|(at, sheet)| (at, groups_of(pattern, sheet)))
            .collect(),
    }
}

/// The first sheet that holds the words of the header, or else of the head; else the first with cells.
fn auto_sheet(profile: &Profile, sheets: &[Grid]) -> usize {
    let holds = |sheet: &Grid, words: &[String]| {
        let lines: Vec<String> = sheet
            .rows
            .iter()
            .take(HEAD_ROWS.max(profile.header.within))
            .map(|row| fold(&row.raw))
            .collect();
        words.iter().all(|word| {
            let word = fold(word);
            lines.iter().any(|line| line.contains(&word))
        })
    };
    [&profile.header.find, &profile.head]
        .into_iter()
        .filter(|words| !words.is_empty())
        .find_map(|words| sheets.iter().position(|sheet| holds(sheet, words)))
        .or_else(|| sheets.iter().position(|sheet| !sheet.rows.is_empty()))
        .unwrap_or(0)
}
