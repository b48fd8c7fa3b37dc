//! The head of a file, folded, for profiles to look for their words in.

use crate::source::decode::decode;
use crate::source::fold::fold;
use crate::source::limits::Limits;
use crate::source::spreadsheet;

/// Lines, or rows of every sheet, that are looked at.
const HEAD_LINES: usize = 80;

/// Bytes that certainly hold those lines of a text.
const HEAD_BYTES: usize = 65_536;

/// The folded lines of a file's head, one below the other: no folded word has a line end in it.
pub(super) struct Sniffed {
    lines: String,
}

impl Sniffed {
    /// Opens the file as far as its head. A file that cannot be opened has no lines.
    pub(super) fn new(bytes: &[u8], limits: &Limits) -> Sniffed {
        if spreadsheet::is_workbook(bytes) {
            let rows = HEAD_LINES as u32;
            let sheets = spreadsheet::heads_of(bytes, limits, rows).unwrap_or_default();
            let rows = sheets.iter().flat_map(|sheet| &sheet.rows);
            return Sniffed::of(rows.map(|row| row.raw.as_str()));
        }
        let mut head = &bytes[..bytes.len().min(HEAD_BYTES)];
        if head.len() < bytes.len() {
            // A cut inside a character is no fault of the file's.
            let end = head
                .iter()
                .rposition(|&byte| byte == b'\n')
                .unwrap_or(head.len());
            head = &head[..end];
        }
        // What cannot be decoded for sure still says which instrument it came from: words in ASCII.
        let text = decode(head, "auto")
            .map_or_else(|_| String::from_utf8_lossy(head), |decoded| decoded.text);
        Sniffed::of(text.lines().take(HEAD_LINES))
    }

    fn of<'t>(rows: impl Iterator<Item = &'t str>) -> Sniffed {
        let lines: Vec<String> = rows.map(fold).collect();
        Sniffed {
            lines: lines.join("\n"),
        }
    }

    /// Whether every word stands in some line.
    pub(super) fn holds(&self, words: &[String]) -> bool {
        let stands = |word: &str| {
            memchr::memmem::find(self.lines.as_bytes(), fold(word).as_bytes()).is_some()
        };
        words.iter().all(|word| word.split('|').any(stands))
    }
}
