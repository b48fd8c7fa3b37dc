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
use super::cutter::{Cut, Cutter};
use super::delimited::{Delimiter, Dialect, Reader};
use super::grid::GridRow;
use super::job::Job;
use super::keys::repeated;
use super::layouts::{RowPlan, no_rows};
use super::lines::start_of_line;
use super::open::{Body, open};
use super::ordered::in_order;
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

/// Why a piece gives no rows.
enum Broken {
    Io(std::io::Error),
    Refused(Box<Finding>),
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
    input: impl Read + Send,
    threads: usize,
    sink: &mut impl FnMut(Piece) -> Result<(), E>,
) -> Result<(), StreamEnd<E>> {
    stream_in_pieces(reading, profile, place, input, (threads, PIECE), sink)
}

fn stream_in_pieces<E>(
    reading: Reading<'_>,
    profile: &Profile,
    (path, name): (&str, &str),
    mut input: impl Read + Send,
    (threads, piece): (usize, usize),
    sink: &mut impl FnMut(Piece) -> Result<(), E>,
) -> Result<(), StreamEnd<E>> {
    let mut cutter = Cutter::new(&mut input, piece);
    while let Some(begin) = cutter.begin().map_err(StreamEnd::Io)? {
        let dialect = dialect_of(profile, path, begin).map_err(StreamEnd::Refused)?;
        if cutter.by(dialect) {
            break;
        }
    }
    let first = cutter.next().map_err(StreamEnd::Io)?;
    let lines = first.as_ref().map_or(0, |cut| cut.lines);
    let first = first.map(|cut| cut.bytes).unwrap_or_default();
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
    let mut keys = StreamedKeys::new(contract);
    if judged_together(&profile.table) {
        findings.push(not_judged(&job));
    }
    let (mut elongations, mut seen) = (Elongations::default(), 0);
    let begin = Cut {
        bytes: text.as_bytes()[body..].to_vec(),
        line,
        lines,
    };
    let mut begin = Some(begin);
    let take = || match begin.take() {
        Some(begin) => Some(Ok(begin)),
        None => cutter.next().transpose(),
    };
    let parse = |cut: std::io::Result<Cut>| {
        let parsed = parser.parse(cut.map_err(Broken::Io)?);
        parsed.map_err(Broken::Refused)
    };
    in_order(threads, take, parse, |parsed| {
        let mut parsed = parsed.map_err(|broken| match broken {
            Broken::Io(error) => StreamEnd::Io(error),
            Broken::Refused(finding) => StreamEnd::Refused(finding),
        })?;
        compare_keys(&mut keys, &parser, &mut parsed);
        seen += parsed.rows.len() + parsed.rows_rejected;
        parsed.rows.spread(&Elongations::COLUMNS);
        elongations.look(parsed.rows.varying());
        let mut all = std::mem::take(&mut findings);
        all.append(&mut parsed.findings);
        let piece = Piece {
            rows: parsed.rows,
            findings: all,
            rows_rejected: parsed.rows_rejected,
        };
        sink(piece).map_err(StreamEnd::Sink)
    })?;
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
    sink(piece).map_err(StreamEnd::Sink)
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
    /// Line of every good row, and where it begins in `text`.
    places: Vec<(u64, usize)>,
    findings: Vec<Finding>,
    rows_rejected: usize,
}

impl Parser<'_> {
    fn parse(&self, cut: Cut) -> Result<Parsed, Box<Finding>> {
        let text = String::from_utf8(cut.bytes).or_else(|error| {
            // It says no again, in words.
            utf8(self.path, error.as_bytes()).map(str::to_owned)
        })?;
        let filled = self.plain.map(PlainReader::filled).unwrap_or_default();
        let lines = usize::try_from(cut.lines).unwrap_or_default() + 1;
        let mut rows = RowFiller::new(self.plan.contract, filled).expecting(lines);
        let mut row = GridRow::default();
        let mut found = RowFindings::default();
        let mut places = Vec::with_capacity(lines);
        let (mut findings, mut rows_rejected) = (Vec::new(), 0);
        let mut memory = self.plain.map(PlainReader::memory);
        let mut reader = Reader::at_line(&text, self.dialect, cut.line);
        loop {
            let (start, line) = reader.place();
            if let Some(record) = reader.plain_line() {
                let taken = self
                    .plain
                    .zip(memory.as_mut())
                    .is_some_and(|(plain, memory)| plain.take(record, line, memory, &mut rows));
                if taken {
                    places.push((line, start));
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
                    places.push((line, start));
                }
                None => rows_rejected += 1,
            }
        }
        let mut rows = rows.finish();
        let lines = places.iter().map(|(line, _)| *line).collect();
        Ok(Parsed {
            text,
            keys: Some(PieceKeys::new(self.plan.contract, &mut rows, lines)),
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
        let (line, from) = parsed.places[row];
        parser.read_row(&parsed.text[from..], line, &mut cells);
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
