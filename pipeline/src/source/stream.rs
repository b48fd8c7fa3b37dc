//! Large tables: read piece by piece in bounded memory, pieces parsed on all cores, handed over in order.
//!
//! The file is cut where a record ends. Each piece goes through [`PlainReader`] row by row; a row that is
//! not plain goes the long way, through the same code as in a small file. Keys are compared across pieces
//! afterwards, in file order, by a 128-bit hash.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash as _, Hasher};
use std::io::Read;

use super::plain_rows::PlainReader;
use super::table_file::{TableReader, records};
use super::{Layout, Profile, Reading};
use crate::contract::{CellRef, Column, Contract, Rows};
use crate::domain::Finding;

/// Bytes per piece: large against a row, small against memory.
const PIECE: usize = 4 << 20;

/// A piece of a streamed file.
#[derive(Debug)]
pub struct Piece {
    /// Good rows.
    pub rows: Rows,
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

/// Whether files of this profile can be read piece by piece.
pub fn can_stream(profile: &Profile) -> bool {
    profile.layout == Layout::Table && profile.format.encoding.eq_ignore_ascii_case("utf-8")
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
    };
    let first = cutter
        .next(&mut input)
        .map_err(StreamEnd::Io)?
        .unwrap_or_default();
    let refused = |finding| StreamEnd::Refused(finding);
    let text = utf8(path, &first).map_err(refused)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut findings = Vec::new();
    let mut head = records(text, profile.format.delimiter);
    let table = TableReader::new(reading, profile, (path, name), head.next(), &mut findings)
        .map_err(refused)?;
    let body = head.next().map_or(Ok(text.len()), |record| {
        record.map(|record| record.raw.as_ptr() as usize - text.as_ptr() as usize)
    });
    let body = body.unwrap_or(text.len());
    let plain = table.plain();
    let parser = Parser {
        table: &table,
        plain: plain.as_ref(),
        path,
    };
    let skipped = text[..body].bytes().filter(|&byte| byte == b'\n').count() as u64;
    let mut keys = Keys::default();
    let mut pending = vec![(
        first[first.len() - (text.len() - body)..].to_vec(),
        1 + skipped,
    )];
    loop {
        while pending.len() < threads.max(1) {
            let line = cutter.line;
            match cutter.next(&mut input).map_err(StreamEnd::Io)? {
                Some(bytes) => pending.push((bytes, line)),
                None => break,
            }
        }
        if pending.is_empty() {
            return Ok(());
        }
        for parsed in parse_all(&parser, std::mem::take(&mut pending)) {
            let mut parsed = parsed.map_err(refused)?;
            keys.check(&parser, &mut parsed);
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

/// Cuts a file where records end.
struct Cutter {
    /// Bytes to read at a time.
    piece: usize,
    rest: Vec<u8>,
    /// Line on which the next piece begins.
    line: u64,
    ended: bool,
}

impl Cutter {
    fn next(&mut self, input: &mut impl Read) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            if !self.ended {
                let want = self
                    .piece
                    .saturating_sub(self.rest.len())
                    .max(self.piece / 4 + 1);
                let read = input.take(want as u64).read_to_end(&mut self.rest)?;
                self.ended = read == 0;
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            let end = if self.ended {
                Some(self.rest.len())
            } else {
                last_record_end(&self.rest)
            };
            // A record longer than a piece: read on until it ends.
            let Some(end) = end else { continue };
            let rest = self.rest.split_off(end);
            let piece = std::mem::replace(&mut self.rest, rest);
            self.line += piece.iter().filter(|&&byte| byte == b'\n').count() as u64;
            return Ok(Some(piece));
        }
    }
}

/// The end of the last record that is complete: behind a line end outside quotes.
fn last_record_end(bytes: &[u8]) -> Option<usize> {
    if !bytes.contains(&b'"') {
        return bytes
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map(|at| at + 1);
    }
    let (mut quoted, mut end) = (false, None);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => end = Some(at + 1),
            _ => {}
        }
    }
    end
}

struct Parser<'a> {
    table: &'a TableReader<'a>,
    plain: Option<&'a PlainReader<'a>>,
    path: &'a str,
}

/// A parsed piece, before keys are compared.
struct Parsed {
    text: String,
    rows: Rows,
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
        utf8(self.path, &bytes)?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let mut rows = Rows::new(self.table.contract);
        let (mut places, mut findings, mut rows_rejected) = (Vec::new(), Vec::new(), 0);
        let mut cells: Vec<CellRef<'_>> = Vec::new();
        let (mut at, mut line) = (0, first_line);
        while at < text.len() {
            let end = at + record_length(&text.as_bytes()[at..]);
            let record = text[at..end].trim_end_matches(['\n', '\r']);
            let place = (line, at, at + record.len());
            let lines = text.as_bytes()[at..end]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            if !record.is_empty() {
                let taken = self
                    .plain
                    .is_some_and(|plain| plain.take(record, line, &mut cells, &mut rows));
                if taken {
                    places.push(place);
                } else {
                    match self.table.read_text(record, line) {
                        Ok(Some(row)) => {
                            rows.push(row);
                            places.push(place);
                        }
                        Ok(None) => {}
                        Err(found) => {
                            findings.extend(found);
                            rows_rejected += 1;
                        }
                    }
                }
            }
            line += lines as u64;
            at = end;
        }
        Ok(Parsed {
            text,
            rows,
            places,
            findings,
            rows_rejected,
        })
    }
}

/// Length of the first record with its line end: up to a line end outside quotes.
fn record_length(bytes: &[u8]) -> usize {
    let mut quoted = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => return at + 1,
            _ => {}
        }
    }
    bytes.len()
}

/// A hash that is one already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
}

/// Lines by the hash of their key, over the whole file.
#[derive(Default)]
#[expect(
    clippy::disallowed_types,
    reason = "looked up by key, never walked through"
)]
struct Keys {
    seen: std::collections::HashMap<u128, u64, BuildHasherDefault<Ready>>,
}

impl Keys {
    /// Takes rows whose key stood already in an earlier line out of the piece, with a finding each.
    fn check(&mut self, parser: &Parser<'_>, parsed: &mut Parsed) {
        let contract = parser.table.contract;
        let hashes = key_hashes(contract, &parsed.rows);
        let mut repeated: BTreeMap<usize, u64> = BTreeMap::new();
        for (row, hash) in hashes.into_iter().enumerate() {
            let line = parsed.places[row].0;
            let first = *self.seen.entry(hash).or_insert(line);
            if first != line {
                repeated.insert(row, first);
            }
        }
        if repeated.is_empty() {
            return;
        }
        for (&row, first) in &repeated {
            let (line, from, to) = parsed.places[row];
            parsed.findings.push(
                parser
                    .table
                    .repeated_key(&parsed.text[from..to], line, *first),
            );
        }
        parsed.rows_rejected += repeated.len();
        parsed.rows.retain(|row| !repeated.contains_key(&row));
        parsed.findings.sort_by_key(|finding| finding.line);
    }
}

/// A 128-bit hash of every row's key.
fn key_hashes(contract: &Contract, rows: &Rows) -> Vec<u128> {
    let keys: Vec<&Column> = contract
        .primary_key
        .iter()
        .filter_map(|key| rows.column(key).ok())
        .collect();
    (0..rows.len())
        .map(|row| {
            let half = |seed: u8| {
                let mut hash = DefaultHasher::new();
                hash.write_u8(seed);
                for column in &keys {
                    match column {
                        Column::Text(texts) => texts.get(row).hash(&mut hash),
                        Column::Integer(numbers) => numbers[row].hash(&mut hash),
                        column => column.cell(row).to_string().hash(&mut hash),
                    }
                }
                u128::from(hash.finish())
            };
            half(0) << 64 | half(1)
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{Contracts, Schemas};
    use crate::source::{Profiles, read};

    const HEADER: &str =
        "specimen_id,heat_id,alloy,temper,product_form,rm_mpa,rp02_mpa [ksi],a_pct\n";

    /// Rows of every kind: plain, quoted, over two lines, blank, ragged, wrong, repeated.
    const ROWS: &[&str] = &[
        "S1,H1,6082,T6,sheet,310,40,12\n",
        "S2,H1,6082,T6,sheet, 310.5 ,40,\r\n",
        "\n",
        "\"S3\",H1,6082,T6,sheet,310,40,12\n",
        "\"S4 \n second line\",H1,6082,T6,sheet,310,40,12\n",
        "S5,H1,6082,T6,sheet,310\n",
        "S6,H1,6082,T6,sheet,abc,40,-\n",
        "S1,H2,6082,T6,sheet,311,40,12\n",
        "S7,H1,6082,T6,sheet,210,40,12\n",
        "S8,H1,6082,T6,SHEET,310,40,12\n",
        "炉号-1,H1,6082,T6,sheet,３１０,40,12\n",
        "S9,,6082,T6,sheet,310,40,12\n",
        "S10,H1,6082,T6,sheet,1e999,40,12\n",
        "S11,H1,6082,T6,sheet,310,40,0\n",
        "S12,H1,6082,T6,sheet,310,40,12",
    ];

    fn streamed(
        profiles: &Profiles,
        reading: Reading<'_>,
        text: &str,
        threads: usize,
        piece: usize,
    ) -> (Rows, Vec<Finding>, usize) {
        let profile = profiles.get("regrade-tensile").unwrap();
        let mut rows = Rows::new(reading.contracts.table("tensile_tests").unwrap());
        let (mut findings, mut rejected) = (Vec::new(), 0);
        let end = stream_in_pieces(
            reading,
            profile,
            ("t.csv", "t.csv"),
            text.as_bytes(),
            (threads, piece),
            &mut |piece| {
                rows.append(piece.rows);
                findings.extend(piece.findings);
                rejected += piece.rows_rejected;
                Ok::<(), ()>(())
            },
        );
        end.unwrap();
        (rows, findings, rejected)
    }

    #[test]
    fn piece_by_piece_is_the_same_as_at_once() {
        let schemas = Schemas::embedded();
        let contracts = Contracts::load(&schemas).unwrap();
        let profiles = Profiles::load(&schemas, &contracts).unwrap();
        let reduction = toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap();
        let reading = Reading {
            contracts: &contracts,
            reduction: &reduction,
        };
        let text = format!("{HEADER}{}", ROWS.concat());
        let profile = profiles.get("regrade-tensile").unwrap();
        let whole = read(reading, profile, "t.csv", "t.csv", text.as_bytes());
        let expected = &whole.rows["tensile_tests"];
        assert_eq!(
            (whole.rows_ok, whole.rows_rejected),
            (6, 8),
            "{:#?}",
            whole.findings
        );
        for piece in [1, 7, 64, 150, 1000, PIECE] {
            for threads in [1, 3] {
                let (rows, findings, rejected) =
                    streamed(&profiles, reading, &text, threads, piece);
                assert_eq!(findings, whole.findings, "piece {piece}");
                assert_eq!(rejected, whole.rows_rejected);
                for ((field, a), (_, b)) in rows.columns().zip(expected.columns()) {
                    assert_eq!(a, b, "{} in pieces of {piece}", field.name);
                }
            }
        }
    }

    #[test]
    fn a_byte_that_is_no_text_refuses_the_file() {
        let schemas = Schemas::embedded();
        let contracts = Contracts::load(&schemas).unwrap();
        let profiles = Profiles::load(&schemas, &contracts).unwrap();
        let reduction = toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap();
        let reading = Reading {
            contracts: &contracts,
            reduction: &reduction,
        };
        let mut bytes = format!("{HEADER}{}", ROWS[0]).into_bytes();
        bytes.extend([0xE9, b'\n']);
        let profile = profiles.get("regrade-tensile").unwrap();
        let end = stream(
            reading,
            profile,
            ("t.csv", "t.csv"),
            bytes.as_slice(),
            1,
            &mut |_| Ok::<(), ()>(()),
        );
        assert!(matches!(end, Err(StreamEnd::Refused(finding)) if finding.rule == "encoding"));
    }
}
