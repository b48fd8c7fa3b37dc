//! Text → rows of cells: delimiters, quotes, line ends, and what goes wrong with them.
//!
//! No line is ever lost: a quote that nothing closes costs its own line only, blank lines and true
//! line numbers are kept, and the raw text of every row is at hand for a finding.

use super::grid::{Grid, GridCell, GridRow, RowFault};
use super::lines::line_end;

/// Lines that one quoted cell may span. A header with line breaks has a handful; a quote left open
/// would otherwise swallow the file up to the next one.
pub(super) const QUOTED_LINES_AT_MOST: usize = 64;

/// Lines that the sniffers look at.
const SNIFFED_LINES: usize = 2000;

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// One ASCII character.
    Char(u8),
    /// Any run of blanks and tabs.
    Whitespace,
}

impl Delimiter {
    /// The delimiter as text to join cells with.
    pub fn as_text(self) -> String {
        match self {
            Delimiter::Char(delimiter) => char::from(delimiter).to_string(),
            Delimiter::Whitespace => " ".to_owned(),
        }
    }

    fn is(self, byte: u8) -> bool {
        match self {
            Delimiter::Char(delimiter) => byte == delimiter,
            Delimiter::Whitespace => byte == b' ' || byte == b'\t',
        }
    }
}

/// How the cells of a text are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between two cells.
    pub delimiter: Delimiter,
    /// What a cell may be wrapped in, doubled inside it; `None` when quotes are text.
    pub quote: Option<u8>,
}

/// Reads rows one by one into a row that is used again, so that a long file costs no allocations.
#[derive(Clone, Debug)]
pub struct Reader<'t> {
    text: &'t str,
    dialect: Dialect,
    at: usize,
    line: u64,
    /// The first quote from some place on that lies not behind `at`; looked for once and not line by
    /// line, as most exports have none. None until it is looked for.
    quote: Option<usize>,
}

impl<'t> Reader<'t> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'t str, dialect: Dialect) -> Reader<'t> {
        Reader {
            text,
            dialect,
            at: 0,
            line: 1,
            quote: None,
        }
    }

    /// As [`Reader::new`], for a text that begins at a later line of its file.
    pub(super) fn at_line(text: &'t str, dialect: Dialect, line: u64) -> Reader<'t> {
        Reader {
            line,
            ..Reader::new(text, dialect)
        }
    }

    /// Where the next row begins: the byte, and the line.
    pub(super) fn place(&self) -> (usize, u64) {
        (self.at, self.line)
    }

    /// The next row as it stands, if it is one line without a quote; else nothing happens.
    pub(super) fn plain_line(&mut self) -> Option<&'t str> {
        if self.at >= self.text.len() {
            return None;
        }
        let (end, next) = line_end(self.text, self.at);
        if self.next_quote() < end {
            return None;
        }
        let line = &self.text[self.at..end];
        (self.at, self.line) = (next, self.line + 1);
        Some(line)
    }

    /// Where the next quote stands; the end of the text where none does.
    fn next_quote(&mut self) -> usize {
        if let Some(at) = self.quote.filter(|&at| at >= self.at) {
            return at;
        }
        let rest = &self.text.as_bytes()[self.at..];
        let found = (self.dialect.quote).and_then(|quote| memchr::memchr(quote, rest));
        let at = found.map_or(self.text.len(), |found| self.at + found);
        self.quote = Some(at);
        at
    }

    /// Goes back to where a row begins, or ahead to it.
    pub(super) fn go_to(&mut self, (at, line): (usize, u64)) {
        (self.at, self.line, self.quote) = (at, line, None);
    }

    /// Takes the next row if `take` can, which gets the text and where the row begins and gives where the
    /// next one does; the row must be one line. Else nothing happens.
    pub(super) fn take_line(&mut self, take: impl FnOnce(&'t str, usize) -> Option<usize>) -> bool {
        if self.at >= self.text.len() {
            return false;
        }
        let Some(next) = take(self.text, self.at) else {
            return false;
        };
        (self.at, self.line) = (next, self.line + 1);
        true
    }

    /// Reads the next row; `false` at the end. Blank lines are rows without cells.
    pub fn read(&mut self, row: &mut GridRow) -> bool {
        if self.at >= self.text.len() {
            return false;
        }
        let start = self.at;
        let (line_end, next) = line_end(self.text, start);
        let line = &self.text[start..line_end];
        row.line = self.line;
        row.fault = None;
        let quoted = self
            .dialect
            .quote
            .is_some_and(|quote| memchr::memchr(quote, line.as_bytes()).is_some());
        let (end, filled) = if quoted {
            self.read_quoted(row)
        } else {
            (self.at, self.line) = (next, self.line + 1);
            (
                line_end,
                split(line, self.dialect.delimiter, &mut row.cells),
            )
        };
        row.cells.truncate(filled);
        let raw = &self.text[start..end];
        row.raw.clear();
        row.raw.push_str(raw);
        if memchr::memchr(0, raw.as_bytes()).is_some() {
            row.fault = Some(RowFault::Nul);
        }
        if row.is_blank() && row.fault.is_none() {
            row.cells.clear();
        }
        true
    }

    /// Reads a row that has quotes in its first line; gives the end of its text and its number of cells.
    fn read_quoted(&mut self, row: &mut GridRow) -> (usize, usize) {
        let bytes = self.text.as_bytes();
        let delimiter = self.dialect.delimiter;
        let mut at = self.at;
        let mut filled = 0;
        loop {
            if delimiter == Delimiter::Whitespace {
                at += blanks(&bytes[at..], |byte| byte == b' ' || byte == b'\t');
                if filled > 0 && is_end(bytes, at) {
                    break;
                }
            }
            let opening = at + blanks(&bytes[at..], |byte| byte == b' ' && !delimiter.is(byte));
            let cell = text_slot(&mut row.cells, filled);
            filled += 1;
            if bytes.get(opening).copied() == self.dialect.quote {
                match unquote(self.text, opening, cell) {
                    Some((close, lines)) => {
                        self.line += lines;
                        at = close;
                        let rest =
                            at + blanks(&bytes[at..], |byte| byte == b' ' && !delimiter.is(byte));
                        if is_end(bytes, rest) || delimiter.is(bytes[rest]) {
                            at = rest;
                        } else {
                            row.fault = row.fault.or(Some(RowFault::TextAfterQuote));
                            let end = cell_end(bytes, at, delimiter);
                            cell.push_str(&self.text[at..end]);
                            at = end;
                        }
                    }
                    None => {
                        row.fault = Some(RowFault::OpenQuote);
                        let (end, _) = line_end(self.text, at);
                        cell.clear();
                        cell.push_str(&self.text[at..end]);
                        at = end;
                    }
                }
            } else {
                let end = cell_end(bytes, at, delimiter);
                cell.clear();
                cell.push_str(&self.text[at..end]);
                at = end;
            }
            if is_end(bytes, at) {
                break;
            }
            at += 1; // the delimiter
        }
        (self.at, self.line) = (line_end(self.text, at).1, self.line + 1);
        (at, filled)
    }
}

/// Every row of a text; blank lines are kept as rows without cells.
pub fn grid_of_text(text: &str, dialect: &Dialect) -> Grid {
    let mut reader = Reader::new(text, *dialect);
    let mut rows = Vec::new();
    let mut row = GridRow::default();
    while reader.read(&mut row) {
        rows.push(std::mem::take(&mut row));
    }
    Grid {
        sheet: None,
        rows,
        merged: Vec::new(),
    }
}

fn blanks(bytes: &[u8], is_blank: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| is_blank(byte)).count()
}

/// Whether a line ends at this place.
pub(super) fn is_end(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at)
        .is_none_or(|&byte| byte == b'\n' || byte == b'\r')
}

fn cell_end(bytes: &[u8], at: usize, delimiter: Delimiter) -> usize {
    at + blanks(&bytes[at..], |byte| {
        !delimiter.is(byte) && byte != b'\n' && byte != b'\r'
    })
}

/// The text of the cell at `position`, made when there is none.
fn text_slot(cells: &mut Vec<GridCell>, position: usize) -> &mut String {
    if position == cells.len() {
        cells.push(GridCell::Text(String::new()));
    } else if !matches!(cells[position], GridCell::Text(_)) {
        cells[position] = GridCell::Text(String::new());
    }
    match &mut cells[position] {
        GridCell::Text(text) => text,
        _ => unreachable!("the cell was just made a text"),
    }
}

/// Splits a line without quotes; gives the number of cells.
fn split(line: &str, delimiter: Delimiter, cells: &mut Vec<GridCell>) -> usize {
    let mut filled = 0;
    let mut put = |text: &str| {
        let cell = text_slot(cells, filled);
        cell.clear();
        cell.push_str(text);
        filled += 1;
    };
    match delimiter {
        Delimiter::Char(delimiter) => line.split(char::from(delimiter)).for_each(&mut put),
        Delimiter::Whitespace => line
            .split([' ', '\t'])
            .filter(|text| !text.is_empty())
            .for_each(&mut put),
    }
    filled
}

/// Reads a quoted cell from its opening quote; gives where it ends and the line breaks inside it.
/// `None` when no quote closes it within [`QUOTED_LINES_AT_MOST`] lines.
fn unquote(text: &str, opening: usize, cell: &mut String) -> Option<(usize, u64)> {
    let bytes = text.as_bytes();
    let quote = bytes[opening];
    let mut lines = 0;
    let mut at = opening + 1;
    let mut piece = at;
    cell.clear();
    loop {
        match *bytes.get(at)? {
            byte if byte == quote => {
                cell.push_str(&text[piece..at]);
                if bytes.get(at + 1) != Some(&quote) {
                    return Some((at + 1, lines as u64));
                }
                cell.push(char::from(quote));
                at += 1;
                piece = at + 1;
            }
            b'\n' => lines += 1,
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => lines += 1,
            _ => {}
        }
        if lines > QUOTED_LINES_AT_MOST {
            return None;
        }
        at += 1;
    }
}

/// The delimiter that divides the lines of the text evenly; `None` when it seems to have one column.
///
/// Tab, semicolon, bar and comma are tried in this order, then blanks: a file with decimal commas has
/// another delimiter, and that one comes first. Only the second half of the lines looked at has a say,
/// because a head block is not divided evenly.
pub fn sniff_delimiter(text: &str) -> Option<Delimiter> {
    let lines = first_lines(text);
    let body = &lines[lines.len() / 2..];
    // What stands in no line parts none.
    let comma_or_blanks = body
        .iter()
        .all(|line| memchr::memchr3(b'\t', b';', b'|', line.as_bytes()).is_none());
    let evenly = |delimiter: Delimiter| {
        if comma_or_blanks && matches!(delimiter, Delimiter::Char(b'\t' | b';' | b'|')) {
            return false;
        }
        let mut counts = std::collections::BTreeMap::new();
        let mut row = GridRow::default();
        for line in body {
            *counts
                .entry(cells_of(line, delimiter, &mut row))
                .or_insert(0) += 1;
        }
        counts
            .into_iter()
            .max_by_key(|&(_, lines)| lines)
            .is_some_and(|(cells, lines)| cells > 1 && 10 * lines >= 6 * body.len())
    };
    [
        Delimiter::Char(b'\t'),
        Delimiter::Char(b';'),
        Delimiter::Char(b'|'),
        Delimiter::Char(b','),
        Delimiter::Whitespace,
    ]
    .into_iter()
    .find(|&delimiter| evenly(delimiter))
}

/// The first lines that hold more than blanks, without their ends.
fn first_lines(text: &str) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while lines.len() < SNIFFED_LINES && !rest.is_empty() {
        let (line, after) = match memchr::memchr(b'\n', rest.as_bytes()) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, ""),
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.starts_with(|c: char| c.is_ascii_graphic()) || !line.trim().is_empty() {
            lines.push(line);
        }
        rest = after;
    }
    lines
}

/// Number of cells of the first row of a line: of a line without quotes that begins with more than a blank,
/// told without parting it.
fn cells_of(line: &str, delimiter: Delimiter, row: &mut GridRow) -> usize {
    let bytes = line.as_bytes();
    if let Delimiter::Char(delimiter) = delimiter
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && !delimiter.is_ascii_alphanumeric()
        && memchr::memchr2(b'"', b'\r', bytes).is_none()
    {
        return 1 + memchr::memchr_iter(delimiter, bytes).count();
    }
    let dialect = Dialect {
        delimiter,
        quote: Some(b'"'),
    };
    Reader::new(line, dialect).read(row);
    row.cells.len()
}

/// The decimal sign of the numbers of the text; `None` when it cannot be told.
///
/// `1.234` and `1,234` alone prove nothing, because they may be thousands; a text without any decimal
/// number is read with a point.
pub fn sniff_decimal(text: &str, delimiter: Delimiter) -> Option<char> {
    let dialect = Dialect {
        delimiter,
        quote: Some(b'"'),
    };
    let holds = |sign: u8| memchr::memchr(sign, text.as_bytes()).is_some();
    // A comma that parts cells stands in a cell only where there are quotes.
    if delimiter == Delimiter::Char(b',') && !holds(b'"') {
        return Some('.');
    }
    let (has_point, has_comma) = (holds(b'.'), holds(b','));
    let mut reader = Reader::new(text, dialect);
    let mut row = GridRow::default();
    let mut seen = DecimalEvidence::default();
    for _ in 0..SNIFFED_LINES {
        if !reader.read(&mut row) {
            break;
        }
        for cell in &row.cells {
            seen.add(&cell.text());
        }
        // The first proof settles it where the other sign stands nowhere in the text.
        if seen.point && !has_comma {
            return Some('.');
        }
        if seen.comma && !has_point {
            return Some(',');
        }
    }
    if delimiter == Delimiter::Char(b',') && !seen.comma {
        return Some('.');
    }
    seen.decimal()
}

/// What the numbers seen so far say about the decimal sign.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DecimalEvidence {
    point: bool,
    comma: bool,
    open: bool,
}

impl DecimalEvidence {
    /// Looks at one text, which need not be a number.
    pub(super) fn add(&mut self, text: &str) {
        let text = text.trim().trim_start_matches(['<', '>', '+', '-']);
        let mantissa = text
            .split_once(['e', 'E'])
            .filter(|(_, exponent)| exponent.parse::<i32>().is_ok())
            .map_or(text, |(mantissa, _)| mantissa);
        if !mantissa
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',')
        {
            return;
        }
        let Some(last) = mantissa.rfind(['.', ',']) else {
            return;
        };
        let (whole, fraction) = (&mantissa[..last], &mantissa[last + 1..]);
        let sign = mantissa.as_bytes()[last];
        let other = if sign == b'.' { ',' } else { '.' };
        if whole.contains(char::from(sign)) {
            return; // 22.02.2021, or 1,234,567
        }
        let may_be_thousands =
            fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
        match sign {
            _ if may_be_thousands && !whole.contains(other) => self.open = true,
            b'.' => self.point = true,
            _ => self.comma = true,
        }
    }

    /// The decimal sign, when there is no doubt.
    pub(super) fn decimal(self) -> Option<char> {
        match (self.point, self.comma, self.open) {
            (true, false, _) | (false, false, false) => Some('.'),
            (false, true, _) => Some(','),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: Delimiter) -> Vec<(u64, Vec<String>, Option<RowFault>)> {
        let dialect = Dialect {
            delimiter,
            quote: Some(b'"'),
        };
        grid_of_text(text, &dialect)
            .rows
            .into_iter()
            .map(|row| {
                let cells = row.cells.iter().map(|cell| cell.text().into_owned());
                (row.line, cells.collect(), row.fault)
            })
            .collect()
    }

    const COMMA: Delimiter = Delimiter::Char(b',');

    fn cells(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn lines_keep_their_numbers_through_blanks_quotes_and_every_line_end() {
        let text = "a,b\r\n\r\n\"c\nd\",\"e\"\"f\"\rg,h\n,,\nlast,\"x\"";
        assert_eq!(
            rows(text, COMMA),
            [
                (1, cells(&["a", "b"]), None),
                (2, cells(&[]), None),
                (3, cells(&["c\nd", "e\"f"]), None),
                (5, cells(&["g", "h"]), None),
                (6, cells(&[]), None),
                (7, cells(&["last", "x"]), None),
            ]
        );
    }

    #[test]
    fn a_quote_left_open_costs_its_own_line_only() {
        let tail = "1,2\n".repeat(200);
        let text = format!("a,b\nx,\"open\n{tail}");
        let all = rows(&text, COMMA);
        assert_eq!(all.len(), 202);
        assert_eq!(
            all[1],
            (2, cells(&["x", "\"open"]), Some(RowFault::OpenQuote))
        );
        assert_eq!(all[2], (3, cells(&["1", "2"]), None));
    }

    #[test]
    fn odd_rows_are_marked() {
        assert_eq!(
            rows("\"a\"b,c", COMMA),
            [(1, cells(&["ab", "c"]), Some(RowFault::TextAfterQuote))]
        );
        assert_eq!(rows("\"a\" ,c", COMMA), [(1, cells(&["a", "c"]), None)]);
        assert_eq!(rows("a\0,c", COMMA)[0].2, Some(RowFault::Nul));
        assert_eq!(
            rows("1/2\" bar,c", COMMA),
            [(1, cells(&["1/2\" bar", "c"]), None)]
        );
        assert_eq!(
            rows("  Si \t 10.2  \n\"a b\"  c ", Delimiter::Whitespace),
            [
                (1, cells(&["Si", "10.2"]), None),
                (2, cells(&["a b", "c"]), None)
            ]
        );
    }

    #[test]
    fn delimiters_and_decimals_are_sniffed_or_left_open() {
        for (text, delimiter, decimal) in [
            ("a;b\n1,5;2,25\n", Some(Delimiter::Char(b';')), Some(',')),
            (
                "head\na\tb\n0,05\t1,5\n2\t3\n",
                Some(Delimiter::Char(b'\t')),
                Some(','),
            ),
            ("a,b\n1.5,2\n", Some(COMMA), Some('.')),
            (
                "Rm  A\n245.1  3.5\n246  3.1\n",
                Some(Delimiter::Whitespace),
                Some('.'),
            ),
            ("a;b\n1.234;2.345\n", Some(Delimiter::Char(b';')), None),
            ("a;b\n1.234,5;2\n", Some(Delimiter::Char(b';')), Some(',')),
            (
                "a;b\n1;22.02.2021\n",
                Some(Delimiter::Char(b';')),
                Some('.'),
            ),
        ] {
            let found = sniff_delimiter(text);
            assert_eq!(found, delimiter, "{text}");
            let found = found.and_then(|delimiter| sniff_decimal(text, delimiter));
            assert_eq!(found, decimal, "{text}");
        }
        assert_eq!(sniff_delimiter("one\ntwo\n"), None);
    }
}
