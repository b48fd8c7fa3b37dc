//! The only file that prints: it owns standard output, standard error, colour and progress.
//!
//! Data goes to standard output, everything else to standard error. A reader that closes the pipe early
//! (`| head`) ends the output quietly.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::domain::Finding;

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// JSON with stable keys.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// At most this many findings are printed; all are written.
const FINDINGS_SHOWN: usize = 20;

/// Where everything that is printed goes through.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    format: Format,
    quiet: bool,
    bars: bool,
    colour: bool,
}

impl Console {
    /// Decides once how to print: bars only on a terminal, colour only there and without `NO_COLOR`.
    pub fn new(format: Format, quiet: bool, no_progress: bool) -> Console {
        let terminal = std::io::stderr().is_terminal();
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Console {
            format,
            quiet,
            bars: terminal && !no_progress && !quiet,
            colour,
        }
    }

    /// The format asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Prints data as it is.
    pub fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // A closed pipe is the reader's way of saying "enough".
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Prints rows in the format asked for; `json` is what JSON readers get.
    pub fn rows(&self, columns: &[&str], rows: &[Vec<String>], json: &impl serde::Serialize) {
        let text = match self.format {
            Format::Table => aligned(columns, rows),
            Format::Json => {
                let mut text = serde_json::to_string_pretty(json).unwrap_or_default();
                text.push('\n');
                text
            }
            Format::Csv => comma_separated(columns, rows),
        };
        self.data(&text);
    }

    /// Rows as aligned columns.
    pub fn aligned(&self, columns: &[&str], rows: &[Vec<String>]) -> String {
        aligned(columns, rows)
    }

    /// Says something to a person; silent with `--quiet`.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.write_stderr(&format!("{line}\n"));
        }
    }

    /// Prints an error and, on lines of their own, its hints.
    pub fn error(&self, message: &str, hints: &[String]) {
        let mut text = format!("{} {message}\n", self.painted("error:", "1;31"));
        for hint in hints {
            text.push_str(&format!("{} {hint}\n", self.painted("hint:", "36")));
        }
        self.write_stderr(&text);
    }

    /// Prints the first findings, worst first, and how many there are in all.
    ///
    /// `total` may be larger than what is at hand.
    pub fn findings(&self, findings: &[Finding], total: usize, all_in: &str) {
        if self.quiet || findings.is_empty() {
            return;
        }
        let mut worst_first: Vec<&Finding> = findings.iter().collect();
        worst_first.sort_by_key(|finding| finding.severity);
        let mut text = String::new();
        for finding in worst_first.iter().take(FINDINGS_SHOWN) {
            text.push_str(&self.paint_finding(&finding.to_string()));
            text.push('\n');
        }
        if let Some(more) = total.checked_sub(FINDINGS_SHOWN).filter(|&more| more > 0) {
            text.push_str(&format!(
                "… and {more} more findings; all of them are in {all_in}\n"
            ));
        }
        self.write_stderr(&text);
    }

    /// Starts a stage of `length` steps; 0 when the number is not known.
    pub fn stage(&self, name: &'static str, length: usize) -> Stage {
        let bar = if self.bars {
            let bar = ProgressBar::new(length as u64);
            let template = if length > 0 {
                "{prefix:>9} {bar:30} {pos}/{len} {msg}"
            } else {
                "{prefix:>9} {spinner} {msg}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar.set_prefix(name);
            bar.enable_steady_tick(Duration::from_millis(100));
            Some(bar)
        } else {
            None
        };
        Stage {
            console: *self,
            name,
            bar,
            started: Instant::now(),
        }
    }

    fn paint_finding(&self, text: &str) -> String {
        let mut painted = String::new();
        for (number, line) in text.lines().enumerate() {
            if number > 0 {
                painted.push('\n');
            }
            let word = line.split(' ').next().unwrap_or_default();
            let code = match word {
                "error:" => "1;31",
                "warning:" => "1;33",
                "note:" => "1",
                "hint:" => "36",
                _ => "",
            };
            painted.push_str(&self.painted(word, code));
            painted.push_str(&line[word.len()..]);
        }
        painted
    }

    fn painted(&self, word: &str, code: &str) -> String {
        if self.colour && !code.is_empty() {
            format!("\u{1b}[{code}m{word}\u{1b}[0m")
        } else {
            word.to_owned()
        }
    }

    fn write_stderr(&self, text: &str) {
        // Nobody is left to tell when standard error is closed.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// A stage that is going on: a bar on a terminal, one line at its end elsewhere.
#[derive(Debug)]
pub struct Stage {
    console: Console,
    name: &'static str,
    bar: Option<ProgressBar>,
    started: Instant,
}

impl Stage {
    /// One step further; `what` is shown beside the bar.
    pub fn step(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
            bar.inc(1);
        }
    }

    /// The stage is over; `result` is its one line.
    pub fn done(self, result: &str) {
        let line = format!(
            "{:>9} {result} ({:.1} s)",
            self.name,
            self.started.elapsed().as_secs_f64()
        );
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.console.say(&line);
    }
}

/// Columns padded to the widest cell; numbers to the right.
fn aligned(columns: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, title)| {
            rows.iter()
                .map(|row| width(&cell(row, at)))
                .max()
                .unwrap_or(0)
                .max(width(title))
        })
        .collect();
    let numeric: Vec<bool> = (0..columns.len())
        .map(|at| {
            let mut cells = rows
                .iter()
                .map(|row| cell(row, at))
                .filter(|cell| !cell.is_empty())
                .peekable();
            cells.peek().is_some()
                && cells.all(|cell| {
                    cell.trim_end_matches([' ', '%']).parse::<f64>().is_ok() || cell == "–"
                })
        })
        .collect();
    let mut text = String::new();
    let titles: Vec<String> = columns.iter().map(ToString::to_string).collect();
    for row in std::iter::once(&titles).chain(rows) {
        let mut line = String::new();
        for (at, &wide) in widths.iter().enumerate() {
            let cell = cell(row, at);
            let padding = " ".repeat(wide - width(&cell));
            if numeric[at] {
                line.push_str(&format!("{padding}{cell}  "));
            } else {
                line.push_str(&format!("{cell}{padding}  "));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Columns that a text takes on a terminal: East Asian wide characters take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x1100..=0x115F
            | 0x2E80..=0xA4CF
            | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0xFFE0..=0xFFE6
            | 0x20000..=0x3FFFD => 2,
            _ => 1,
        })
        .sum()
}

fn comma_separated(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = writer.write_record(columns);
    for row in rows {
        written = written.and_then(|()| writer.write_record(row));
    }
    // Writing to memory does not fail, and every row has as many cells as there are columns.
    let bytes = written
        .ok()
        .and_then(|()| writer.into_inner().ok())
        .unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up_with_wide_characters_and_numbers() {
        let rows = vec![
            vec!["电池托盘".to_owned(), "1.5".to_owned()],
            vec!["tray".to_owned(), "12".to_owned()],
        ];
        assert_eq!(
            aligned(&["part", "n"], &rows),
            "part        n\n电池托盘  1.5\ntray       12\n"
        );
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let rows = vec![vec!["a,b".to_owned(), "\"".to_owned()]];
        assert_eq!(
            comma_separated(&["x", "y"], &rows),
            "x,y\n\"a,b\",\"\"\"\"\n"
        );
    }
}
