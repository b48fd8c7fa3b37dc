//! Cuts a file into pieces where a record ends, as the reader of rows sees it.

use std::io::Read;

use super::delimited::{Dialect, QUOTED_LINES_AT_MOST, Reader};
use super::grid::GridRow;
use super::lines::count_line_ends;

/// A piece of a file.
pub(super) struct Cut {
    pub bytes: Vec<u8>,
    /// The line on which it begins, and how many end in it.
    pub line: u64,
    pub lines: u64,
}

/// Cuts a file where records end.
pub(super) struct Cutter<R> {
    input: R,
    /// Bytes to read at a time.
    piece: usize,
    rest: Vec<u8>,
    /// Line on which the next piece begins.
    line: u64,
    ended: bool,
    /// Tells what is quoted.
    dialect: Option<Dialect>,
}

impl<R: Read> Cutter<R> {
    /// A cutter that reads `piece` bytes at a time.
    pub(super) fn new(input: R, piece: usize) -> Cutter<R> {
        Cutter {
            input,
            piece,
            rest: Vec::new(),
            line: 1,
            ended: false,
            dialect: None,
        }
    }

    /// The beginning of the file, longer every time; `None` when there is no more than was given already.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn begin(&mut self) -> std::io::Result<Option<&[u8]>> {
        if self.ended {
            return Ok(None);
        }
        self.fill()?;
        Ok(Some(&self.rest))
    }

    /// Cuts as this dialect has it, if it is one.
    pub(super) fn by(&mut self, dialect: Option<Dialect>) -> bool {
        self.dialect = dialect;
        dialect.is_some()
    }

    fn fill(&mut self) -> std::io::Result<()> {
        if self.ended {
            return Ok(());
        }
        let want = self.piece.saturating_sub(self.rest.len());
        let want = want.max(self.piece / 4 + 1);
        self.rest.reserve_exact(want);
        let input = &mut self.input;
        let read = input.take(want as u64).read_to_end(&mut self.rest)?;
        self.ended = read == 0;
        Ok(())
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Cut>> {
        loop {
            self.fill()?;
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
            let bytes = std::mem::replace(&mut self.rest, rest);
            let (line, lines) = (self.line, count_line_ends(&bytes));
            self.line += lines;
            return Ok(Some(Cut { bytes, line, lines }));
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
    let lines = count_line_ends(text.as_bytes());
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
