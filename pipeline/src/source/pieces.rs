//! Large tables: read piece by piece in bounded memory, pieces parsed on all cores, handed over in order.
//!
//! The file is cut where a record ends, as the reader of rows sees it, so that an open quote or a lone
//! carriage return costs what it costs in a small file and no more. Each piece goes through
//! [`PlainReader`] row by row; a row that is not plain goes the long way, through the same code as in a
//! small file. Keys are compared across pieces
//! afterwards, in file order, by a 128-bit hash.

use std::collections::BTreeMap;
use std::io::Read;

use super::cells::RowFindings;
use super::delimited::{Delimiter, Dialect, QUOTED_LINES_AT_MOST, Reader, line_ends};
use super::grid::GridRow;
use super::job::Job;
use super::keys::repeated;
use super::layouts::{RowPlan, no_rows};
use super::open::{Body, open};
use super::piece_keys::{PieceKeys, StreamedKeys};
use super::plain_rows::PlainReader;
use super::profile::OnError;
use super::set_rules::{Elongations, Told, judged_together};
use super::stream::RowStream;
use super::{Layout, Profile, Reading, header, spreadsheet};
use crate::contract::{Cell, CellRef, RowFiller, Rows, SparseRows};
use crate::domain::{Finding, Severity};

/// Bytes per piece: large against a row, small against memory.
const PIECE: usize = 4 << 20;

/// A piece of a streamed file.
#[derive(Debug)]
pub struct Piece {
    /// Good rows.
    pub rows: SparseRows,
    /// What is wrong with the others, in file order.
    pub findings: Vec<Finding>,
    /// Rows that went to findings.
    pub rows_rejected: usize,
}

/// Why streaming ended early.
#[derive(Debug)]
pub enum StreamEnd<E> {
    /// The file as a whole is refused.
    Refused(Box<Finding>),
    /// The system would not read on.
    Io(std::io::Error),
    /// The receiver of pieces failed.
    Sink(E),
}

/// Whether a file that begins like this can be read piece by piece: a table in UTF-8 text, whose good
/// rows go in whatever becomes of the others. A table whose rows are judged together is read whole up to
/// the size that `ingest.toml` sets.
pub fn can_stream(profile: &Profile, head: &[u8], bytes: u64) -> bool {
    let encoding = profile.format.encoding.as_str();
    let text = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may end inside a character.
        Err(error) => error.error_len().is_none(),
    };
    text && !head.contains(&0)
        && profile.layout == Layout::Table
        && profile.on_error == OnError::Quarantine
        && (encoding.eq_ignore_ascii_case("utf-8") || encoding == "auto")
        && !profile.elements.declared
        && !spreadsheet::is_workbook(head)
        && (!judged_together(&profile.table)
            || bytes > profile.settings.large_files.judged_together_up_to_bytes)
}

/// Reads a table piece by piece; `sink` gets the pieces in file order.
///
/// # Errors
/// When the file as a whole is refused, cannot be read, or `sink` fails. Pieces handed over before that
/// must then be thrown away.
pub fn stream<E>(
    reading: Reading<'_>,
    profile: &Profile,
    place: (&str, &str),
    input: impl Read,
    threads: usize,
    sink: &mut impl FnMut(Piece) -> Result<(), E>,
) -> Result<(), StreamEnd<E>> {
    stream_in_pieces(reading, profile, place, input, (threads, PIECE), sink)
}

fn stream_in_pieces<E>(
    reading: Reading<'_>,
    profile: &Profile,
    (path, name): (&str, &str),
    mut input: impl Read,
    (threads, piece): (usize, usize),
    sink: &mut impl FnMut(Piece) -> Result<(), E>,
) -> Result<(), StreamEnd<E>> {
    let mut cutter = Cutter {
        piece,
        rest: Vec::new(),
        line: 1,
        ended: false,
        dialect: None,
    };
    while cutter.dialect.is_none() && !cutter.ended {
        cutter.fill(&mut input).map_err(StreamEnd::Io)?;
        cutter.dialect = dialect_of(profile, path, &cutter.rest).map_err(StreamEnd::Refused)?;
    }
    let first = cutter
        .next(&mut input)
        .map_err(StreamEnd::Io)?
        .unwrap_or_default();
    utf8(path, &first).map_err(StreamEnd::Refused)?;
    let opened = open(profile, path, &first).map_err(StreamEnd::Refused)?;
    let Body::Text(text, dialect) = &opened.body else {
        let message = "a workbook cannot be read piece by piece".to_owned();
        return Err(StreamEnd::Refused(Box::new(Finding::of_file(
            path, "workbook", message, "",
        ))));
    };
    let (known, titled) = (BTreeMap::new(), BTreeMap::new());
    let job = Job {
        reading,
        profile,
        format: &opened.format,
        dialect: Some(*dialect),
        path,
        name,
        known: &known,
        titled: &titled,
        sheets: &[],
        shared: &[],
        offset: 0,
    };
    let mut findings = Vec::new();
    let mut rows = RowStream::of_text(text, *dialect);
    let contract = job.contract(&profile.table).map_err(StreamEnd::Refused)?;
    let head = header::locate(&job, &mut rows).map_err(StreamEnd::Refused)?;
    let plan = RowPlan::new(&job, contract, &head, &mut findings).map_err(StreamEnd::Refused)?;
    let line = rows.next_row().map_or(u64::MAX, |row| row.line);
    let body = start_of_line(text, line);
    let plain = plain_reader(&plan, &job, *dialect);
    let parser = Parser {
        plan: &plan,
        plain: plain.as_ref(),
        path,
        dialect: *dialect,
    };
    let refused = |finding| StreamEnd::Refused(finding);
    let mut keys = StreamedKeys::new(contract);
    let mut pending = vec![(text.as_bytes()[body..].to_vec(), line)];
    if judged_together(&profile.table) {
        findings.push(not_judged(&job));
    }
    let (mut elongations, mut seen) = (Elongations::default(), 0);
    loop {
        while pending.len() < threads.max(1) {
            let line = cutter.line;
            match cutter.next(&mut input).map_err(StreamEnd::Io)? {
                Some(bytes) => pending.push((bytes, line)),
                None => break,
            }
        }
        if pending.is_empty() {
            let fault = elongations.fault(&profile.settings.plausibility);
            findings.extend(fault.map(|fault| judged_finding(&job, &plan, fault)));
            if seen == 0 {
                findings.push(no_rows(path));
            }
            if findings.is_empty() {
                return Ok(());
            }
            let piece = Piece {
                rows: Rows::new(contract).into(),
                findings,
                rows_rejected: 0,
            };
            return sink(piece).map_err(StreamEnd::Sink);
        }
        for parsed in parse_all(&parser, std::mem::take(&mut pending)) {
            let mut parsed = parsed.map_err(refused)?;
            compare_keys(&mut keys, &parser, &mut parsed);
            seen += parsed.rows.len() + parsed.rows_rejected;
            elongations.look(parsed.rows.varying());
            let mut all = std::mem::take(&mut findings);
            all.append(&mut parsed.findings);
            let piece = Piece {
                rows: parsed.rows,
                findings: all,
                rows_rejected: parsed.rows_rejected,
            };
            sink(piece).map_err(StreamEnd::Sink)?;
        }
    }
}

/// What is said once of a file whose rows are too many to be judged together.
fn not_judged(job: &Job<'_>) -> Finding {
    Finding {
        severity: Severity::Note,
        ..Finding::of_file(
            job.path,
            "not_judged_together",
            "the file is too large for rules over several of its rows: each row is judged for itself"
                .to_owned(),
            "deliver it in parts, or raise `large_files.judged_together_up_to_bytes` of `ingest.toml`",
        )
    }
}

fn judged_finding(job: &Job<'_>, plan: &RowPlan<'_>, (line, value, fault): Told) -> Finding {
    let field = plan.contract.position("a_pct");
    let column = plan.columns.iter().find(|c| Some(c.field) == field);
    Finding {
        line,
        column: column.map_or(0, |column| job.column(column.position)),
        field: "a_pct".to_owned(),
        value,
        severity: Severity::Warning,
        ..Finding::of_file(job.path, fault.rule, fault.message, &fault.hint)
    }
}

fn utf8<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, Box<Finding>> {
    std::str::from_utf8(bytes).map_err(|error| {
        let byte = bytes[error.valid_up_to()];
        Box::new(Finding::of_file(
            path,
            "encoding",
            format!("byte 0x{byte:02X} is not UTF-8"),
            "the file is in another encoding: declare it in the profile's `encoding`",
        ))
    })
}

/// How the cells of a text are told apart that begins like this; `None` for a text without a line end.
fn dialect_of(
    profile: &Profile,
    path: &str,
    begin: &[u8],
) -> Result<Option<Dialect>, Box<Finding>> {
    let Some(end) = memchr::memrchr2(b'\n', b'\r', begin) else {
        return Ok(None);
    };
    let begin = &begin[..=end];
    utf8(path, begin)?;
    Ok(match open(profile, path, begin)?.body {
        Body::Text(_, dialect) => Some(dialect),
        Body::Sheets(..) => None,
    })
}

/// Cuts a file where records end.
struct Cutter {
    /// Bytes to read at a time.
    piece: usize,
    rest: Vec<u8>,
    /// Line on which the next piece begins.
    line: u64,
    ended: bool,
    /// Tells what is quoted.
    dialect: Option<Dialect>,
}

impl Cutter {
    fn fill(&mut self, input: &mut impl Read) -> std::io::Result<()> {
        if self.ended {
            return Ok(());
        }
        let want = self.piece.saturating_sub(self.rest.len());
        let want = want.max(self.piece / 4 + 1);
        self.rest.reserve_exact(want);
        let read = input.take(want as u64).read_to_end(&mut self.rest)?;
        self.ended = read == 0;
        Ok(())
    }

    fn next(&mut self, input: &mut impl Read) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            self.fill(input)?;
            if self.rest.is_empty() {
                return Ok(None);
            }
            let end = if self.ended {
                Some(self.rest.len())
            } else {
                last_record_end(&self.rest, self.dialect)
            };
            // A record longer than a piece: read on until it ends.
            let Some(end) = end else { continue };
            let rest = self.rest.split_off(end);
            let piece = std::mem::replace(&mut self.rest, rest);
            self.line += line_ends(&piece).count() as u64;
            return Ok(Some(piece));
        }
    }
}

/// The end of the last record that is complete, whatever comes behind these bytes.
fn last_record_end(bytes: &[u8], dialect: Option<Dialect>) -> Option<usize> {
    // A line feed may still come.
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let quoted = dialect.filter(|dialect| {
        let quote = dialect.quote;
        quote.is_some_and(|quote| memchr::memchr(quote, bytes).is_some())
    });
    let Some(dialect) = quoted else {
        return memchr::memrchr2(b'\n', b'\r', bytes).map(|at| at + 1);
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Cut inside a character; the rest of it comes with the next bytes.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        // No text: the piece is refused when it is read, and its end does not matter.
        Err(_) => return Some(bytes.len()),
    };
    let lines = line_ends(text.as_bytes()).count() as u64;
    let mut reader = Reader::new(text, dialect);
    let mut row = GridRow::default();
    let mut complete = None;
    loop {
        let (_, first) = reader.place();
        if !reader.read(&mut row) {
            return complete;
        }
        let (end, _) = reader.place();
        // Whether a quote is closed is only known when all lines it may run over are there.
        let lines_from_here = lines + 1 - first;
        let is_sure = row.fault.is_none() || lines_from_here > QUOTED_LINES_AT_MOST as u64 + 1;
        if !text[..end].ends_with(['\n', '\r']) || !is_sure {
            return complete;
        }
        complete = Some(end);
    }
}

/// Where a line, counted from 1, begins in a text; its end where it has no such line.
fn start_of_line(text: &str, line: u64) -> usize {
    let before = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    match before {
        0 => 0,
        before => line_ends(text.as_bytes())
            .nth(before - 1)
            .map_or(text.len(), |at| at + 1),
    }
}

/// The short way for plain rows; `None` where this file has none.
fn plain_reader<'a>(
    plan: &'a RowPlan<'a>,
    job: &Job<'a>,
    dialect: Dialect,
) -> Option<PlainReader<'a>> {
    let profile = job.profile;
    let special = !profile.values.is_empty()
        || profile
            .aliases
            .as_ref()
            .is_some_and(|aliases| !aliases.values.is_empty())
        || !profile.skip_rows.is_empty()
        || plan.columns.iter().any(|column| column.implied.is_some())
        || profile.elements.declared;
    let Delimiter::Char(delimiter) = dialect.delimiter else {
        return None;
    };
    if special {
        return None;
    }
    let borrowed = |cell: &'a Cell| match cell {
        Cell::Null => Some(CellRef::Null),
        Cell::Text(text) => Some(CellRef::Text(text)),
        Cell::Number(number) => Some(CellRef::Number(*number)),
        Cell::Integer(number) | Cell::Datetime(number) => Some(CellRef::Integer(*number)),
        Cell::Boolean(truth) => Some(CellRef::Boolean(*truth)),
        Cell::Date(days) => Some(CellRef::Date(*days)),
        Cell::Numbers(_) => None,
    };
    let start = plan
        .constants
        .iter()
        .map(borrowed)
        .collect::<Option<Vec<_>>>()?;
    PlainReader::new(
        plan.contract,
        delimiter,
        job.format,
        &plan.columns,
        start,
        plan.named,
        &plan.rules,
    )
}

struct Parser<'a> {
    plan: &'a RowPlan<'a>,
    plain: Option<&'a PlainReader<'a>>,
    path: &'a str,
    dialect: Dialect,
}

/// A parsed piece, before keys are compared.
struct Parsed {
    text: String,
    rows: SparseRows,
    /// The keys of the good rows.
    keys: Option<PieceKeys>,
    /// Line and place in `text` of every good row.
    places: Vec<(u64, usize, usize)>,
    findings: Vec<Finding>,
    rows_rejected: usize,
}

fn parse_all(
    parser: &Parser<'_>,
    pieces: Vec<(Vec<u8>, u64)>,
) -> Vec<Result<Parsed, Box<Finding>>> {
    if pieces.len() == 1 {
        return pieces
            .into_iter()
            .map(|(bytes, line)| parser.parse(bytes, line))
            .collect();
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = pieces
            .into_iter()
            .map(|(bytes, line)| scope.spawn(move || parser.parse(bytes, line)))
            .collect();
        running
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

impl Parser<'_> {
    fn parse(&self, bytes: Vec<u8>, first_line: u64) -> Result<Parsed, Box<Finding>> {
        let text = String::from_utf8(bytes).or_else(|error| {
            // It says no again, in words.
            utf8(self.path, error.as_bytes()).map(str::to_owned)
        })?;
        let filled = self.plain.map(PlainReader::filled).unwrap_or_default();
        let mut rows = RowFiller::new(self.plan.contract, filled);
        let mut row = GridRow::default();
        let mut found = RowFindings::default();
        let (mut places, mut findings, mut rows_rejected) = (Vec::new(), Vec::new(), 0);
        let mut memory = self.plain.map(PlainReader::memory);
        let mut reader = Reader::at_line(&text, self.dialect, first_line);
        loop {
            let (start, line) = reader.place();
            if let Some(record) = reader.plain_line() {
                let taken = self
                    .plain
                    .zip(memory.as_mut())
                    .is_some_and(|(plain, memory)| plain.take(record, line, memory, &mut rows));
                if taken {
                    places.push((line, start, start + record.len()));
                    continue;
                }
                self.read_row(record, line, &mut row);
            } else if !reader.read(&mut row) {
                break;
            }
            if self.plan.passes_over(&row) {
                continue;
            }
            let read = self.plan.read(&row, &mut found);
            let refused = found.hand_over(&mut findings);
            match read.filter(|_| !refused) {
                Some(cells) => {
                    rows.push(cells);
                    places.push((line, start, reader.place().0));
                }
                None => rows_rejected += 1,
            }
        }
        let rows = rows.finish();
        let lines = places.iter().map(|(line, _, _)| *line).collect();
        Ok(Parsed {
            text,
            keys: Some(PieceKeys::new(self.plan.contract, &rows, lines)),
            rows,
            places,
            findings,
            rows_rejected,
        })
    }
}

impl Parser<'_> {
    /// The cells of one record, the long way; a blank one has none.
    fn read_row(&self, record: &str, line: u64, row: &mut GridRow) {
        if !Reader::at_line(record, self.dialect, line).read(row) {
            *row = GridRow::default();
            row.line = line;
        }
    }
}

/// Takes rows whose key stood already in an earlier line out of the piece, with a finding each.
fn compare_keys(keys: &mut StreamedKeys, parser: &Parser<'_>, parsed: &mut Parsed) {
    let contract = parser.plan.contract;
    let piece = parsed.keys.take();
    let earlier_of = piece.map_or_else(BTreeMap::new, |piece| keys.repeats(piece));
    if earlier_of.is_empty() {
        return;
    }
    let first = contract
        .primary_key
        .first()
        .and_then(|key| contract.position(key))
        .unwrap_or(0);
    let mut cells = GridRow::default();
    for (&row, &earlier) in &earlier_of {
        let (line, from, to) = parsed.places[row];
        parser.read_row(&parsed.text[from..to], line, &mut cells);
        parsed.findings.push(
            parser
                .plan
                .about(&cells, first, repeated(contract, earlier)),
        );
    }
    parsed.rows_rejected += earlier_of.len();
    parsed.rows.retain(|row| !earlier_of.contains_key(&row));
    parsed.findings.sort_by_key(|finding| finding.line);
}

#[cfg(test)]
#[path = "pieces_tests.rs"]
mod tests;
