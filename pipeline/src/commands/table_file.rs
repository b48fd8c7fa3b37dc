//! A file that a statistics command is pointed at: CSV, Parquet, or the name of a lake table.

use std::fs;
use std::path::Path;

use super::OpenLab;
use crate::cli;
use crate::console::Console;
use crate::error::Error;
use crate::lake::read_parquet_columns;
use crate::source::parse_decimal;

/// Columns of text, with the place of every row for messages.
#[derive(Debug)]
pub(super) struct TextTable {
    name: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Line of the first row; rows follow one a line.
    lines: Vec<u64>,
}

/// Columns picked from a table, each as long as there are rows without a gap in them.
#[derive(Debug)]
pub(super) struct Selected {
    /// Number columns in the order asked for.
    pub numbers: Vec<Vec<f64>>,
    /// Text columns in the order asked for.
    pub texts: Vec<Vec<String>>,
}

impl TextTable {
    /// Opens `file`: a path to CSV or Parquet, else the newest revisions of the lake's table of that name.
    pub(super) fn open(file: &str, lab: &cli::Lab) -> Result<TextTable, Error> {
        let path = Path::new(file);
        if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
        {
            let (columns, rows) = read_parquet_columns(path)?;
            let lines = (1..=rows.len() as u64).collect();
            return Ok(TextTable {
                name: file.to_owned(),
                columns,
                rows,
                lines,
            });
        }
        if path.is_file() {
            return TextTable::from_csv(file);
        }
        if !lab.config.exists() {
            return Err(Error::Usage {
                message: format!("{file}: no such file"),
                hint: format!(
                    "to name a lake table, `--config` must name a lab ({} is not there)",
                    lab.config.display()
                ),
            });
        }
        let lab = OpenLab::open(lab)?;
        lab.contracts.table(file)?;
        let rows = lab.lake.newest().read_newest(file)?;
        let columns = rows
            .contract()
            .fields
            .iter()
            .map(|field| field.name.clone())
            .collect();
        let lines = (1..=rows.len() as u64).collect();
        let rows = (0..rows.len())
            .map(|row| {
                rows.columns()
                    .map(|(_, column)| column.cell(row).to_string())
                    .collect()
            })
            .collect();
        Ok(TextTable {
            name: file.to_owned(),
            columns,
            rows,
            lines,
        })
    }

    fn from_csv(file: &str) -> Result<TextTable, Error> {
        let text = fs::read(file).map_err(|source| Error::Unreadable {
            path: file.to_owned(),
            source,
        })?;
        let broken = |error: csv::Error| Error::Usage {
            message: format!("{file}: {error}"),
            hint: "the file must be comma-separated UTF-8 with a header".to_owned(),
        };
        let start = if text.starts_with(&[0xEF, 0xBB, 0xBF]) {
            3
        } else {
            0
        };
        let mut reader = csv::Reader::from_reader(&text[start..]);
        let columns = reader
            .headers()
            .map_err(broken)?
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record.map_err(broken)?;
            lines.push(record.position().map_or(0, csv::Position::line));
            rows.push(record.iter().map(|cell| cell.trim().to_owned()).collect());
        }
        Ok(TextTable {
            name: file.to_owned(),
            columns,
            rows,
            lines,
        })
    }

    fn position(&self, column: &str) -> Result<usize, Error> {
        self.columns
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| Error::Usage {
                message: format!("{}: there is no column `{column}`", self.name),
                hint: format!("the columns are: {}", self.columns.join(", ")),
            })
    }

    /// Numbers of some columns and texts of others, for the rows in which all of them stand.
    ///
    /// Rows with an empty cell are passed over and counted on the console; a cell that is not a number
    /// is an error with its place.
    pub(super) fn select(
        &self,
        console: &Console,
        numbers: &[&str],
        texts: &[&str],
    ) -> Result<Selected, Error> {
        let at = |names: &[&str]| {
            names
                .iter()
                .map(|name| self.position(name))
                .collect::<Result<Vec<_>, _>>()
        };
        let (number_at, text_at) = (at(numbers)?, at(texts)?);
        let mut columns = vec![Vec::new(); numbers.len()];
        let mut words = vec![Vec::new(); texts.len()];
        let mut passed_over = 0;
        for (row, line) in self.rows.iter().zip(&self.lines) {
            let cell = |at: usize| row.get(at).map_or("", String::as_str);
            if number_at
                .iter()
                .chain(&text_at)
                .any(|&at| cell(at).is_empty())
            {
                passed_over += 1;
                continue;
            }
            for ((column, &at), name) in columns.iter_mut().zip(&number_at).zip(numbers) {
                let number = parse_decimal(cell(at), '.').map_err(|fault| Error::Usage {
                    message: format!(
                        "{}:{line}:{}: field {name}: {}",
                        self.name,
                        at + 1,
                        fault.message
                    ),
                    hint: fault.hint,
                })?;
                column.push(number);
            }
            for (column, &at) in words.iter_mut().zip(&text_at) {
                column.push(cell(at).to_owned());
            }
        }
        if passed_over > 0 {
            console.say(&format!(
                "{passed_over} of {} rows have an empty cell and are passed over",
                self.rows.len()
            ));
        }
        Ok(Selected {
            numbers: columns,
            texts: words,
        })
    }
}
