//! Bytes → every way in which their cells may be told apart.

use super::error::SuggestError;
use crate::source::decode::decode_with;
use crate::source::delimited::{
    DecimalEvidence, Delimiter, Dialect, grid_of_text, sniff_decimal, sniff_delimiter,
};
use crate::source::grid::{Grid, GridCell};
use crate::source::limits::Limits;
use crate::source::spreadsheet::{is_workbook, sheets_of};

/// Bytes of a text that are looked at: far more than a head, a header and the rows that show what is
/// in the columns.
const LOOKED_AT: usize = 1 << 20;

/// A file as one delimiter and decimal sign show it.
pub(super) struct Sight {
    /// The text, or every sheet.
    pub grids: Vec<Grid>,
    /// How its cells are told apart; `None` in a workbook.
    pub dialect: Option<Dialect>,
    /// WHATWG label, and a remark about it.
    pub encoding: (String, &'static str),
    /// Decimal sign it is looked at with.
    pub decimal: char,
}

/// The bytes that are looked at: all of a workbook, whole lines of a long text.
pub(super) fn looked_at(bytes: &[u8]) -> &[u8] {
    if bytes.len() <= LOOKED_AT || is_workbook(bytes) || bytes[..LOOKED_AT].contains(&0) {
        return bytes;
    }
    let head = &bytes[..LOOKED_AT];
    let end = head.iter().rposition(|&byte| byte == b'\n');
    &head[..end.map_or(LOOKED_AT, |end| end + 1)]
}

/// Opens a file in every way that makes sense, the likeliest first.
///
/// # Errors
/// It holds nothing, no text, or no cells.
pub(super) fn sights(
    bytes: &[u8],
    limits: &Limits,
    words: &[&str],
) -> Result<Vec<Sight>, SuggestError> {
    if bytes.is_empty() {
        return Err(SuggestError::Empty);
    }
    if is_workbook(bytes) {
        let grids = sheets_of(bytes, limits)?;
        let mut seen = DecimalEvidence::default();
        let rows = grids.iter().flat_map(|grid| &grid.rows);
        for cell in rows.flat_map(|row| &row.cells) {
            if let GridCell::Text(text) = cell {
                seen.add(text);
            }
        }
        return Ok(vec![Sight {
            grids,
            dialect: None,
            encoding: ("auto".to_owned(), ""),
            decimal: seen.decimal().unwrap_or('.'),
        }]);
    }
    let (text, encoding) = text_of(bytes, words)?;
    if text.trim().is_empty() {
        return Err(SuggestError::Empty);
    }
    let control = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\0');
    if let Some(c) = text.chars().find(control) {
        return Err(SuggestError::NotText {
            reason: format!("it holds the control character {}", c.escape_unicode()),
        });
    }
    if text.contains("\0\0") {
        return Err(SuggestError::NotText {
            reason: "it holds bytes 0".to_owned(),
        });
    }
    let mut delimiters: Vec<Delimiter> = sniff_delimiter(&text).into_iter().collect();
    for delimiter in [
        Delimiter::Char(b'\t'),
        Delimiter::Char(b';'),
        Delimiter::Char(b'|'),
        Delimiter::Char(b','),
        Delimiter::Whitespace,
    ] {
        if !delimiters.contains(&delimiter) && parts_lines(&text, delimiter) {
            delimiters.push(delimiter);
        }
    }
    if delimiters.is_empty() {
        return Err(SuggestError::OneColumn);
    }
    let mut sights = Vec::new();
    for delimiter in delimiters {
        let dialect = Dialect {
            delimiter,
            quote: Some(b'"'),
        };
        // Where the text as a whole does not tell, the columns that turn out to hold numbers do.
        let decimals = match sniff_decimal(&text, delimiter) {
            Some(decimal) => vec![decimal],
            None => vec!['.', ','],
        };
        for decimal in decimals {
            sights.push(Sight {
                grids: vec![grid_of_text(&text, &dialect)],
                dialect: Some(dialect),
                encoding: encoding.clone(),
                decimal,
            });
        }
    }
    Ok(sights)
}

/// Whether a delimiter stands in at least three of the lines, or in all of them.
fn parts_lines(text: &str, delimiter: Delimiter) -> bool {
    let parted = |line: &&str| match delimiter {
        Delimiter::Char(byte) => line.contains(char::from(byte)),
        Delimiter::Whitespace => line.split_whitespace().count() > 1,
    };
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(500);
    let (with, all) = lines.fold((0, 0), |(with, all), line| {
        (with + usize::from(parted(&line)), all + 1)
    });
    with >= 3 || (with > 0 && with == all)
}

/// The text, its encoding and a remark about it.
fn text_of(bytes: &[u8], words: &[&str]) -> Result<(String, (String, &'static str)), SuggestError> {
    match decode_with(bytes, "auto", words) {
        Ok(decoded) => {
            let ascii = decoded.text.is_ascii() && decoded.encoding == "UTF-8";
            let encoding = if ascii {
                (
                    "auto".to_owned(),
                    "plain ASCII in this file: another one may hold umlauts",
                )
            } else {
                (
                    decoded.encoding.to_ascii_lowercase(),
                    "told from the bytes of this file",
                )
            };
            Ok((decoded.text.into_owned(), encoding))
        }
        // Several encodings make sense: the common one of the West, for a person to look at.
        Err(fault) => match decode_with(bytes, "windows-1252", words) {
            Ok(decoded) if fault.message.contains(" and as ") => Ok((
                decoded.text.into_owned(),
                (
                    "windows-1252".to_owned(),
                    "CHECK: several encodings make sense; look at the letters with accents",
                ),
            )),
            _ => Err(SuggestError::NotText {
                reason: fault.message.clone(),
            }),
        },
    }
}
