//! Rows of cells, as a text file or a sheet of a workbook holds them, before anything is understood.

use std::borrow::Cow;

/// One cell as the file holds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum GridCell {
    /// Nothing there.
    #[default]
    Empty,
    /// Text; the only kind that a text file has.
    Text(String),
    /// A typed number of a spreadsheet.
    Number(f64),
    /// A typed truth value of a spreadsheet.
    Boolean(bool),
    /// A date cell of a spreadsheet: days since 1899-12-30, and the same as ISO 8601.
    Date {
        /// Excel's serial number in the 1900 system, whatever the workbook uses.
        serial: f64,
        /// `2026-03-05`, or `2026-03-05T21:40:00` where there is a time of day.
        iso: String,
    },
    /// What a formula gives that cannot be worked out, for example `#DIV/0!`.
    Error(String),
}

impl GridCell {
    /// The cell as text: what the file says, or the shortest text that means exactly the typed value.
    ///
    /// An empty cell is "", a date is its ISO form, 12.0 is `12`.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            GridCell::Empty => Cow::Borrowed(""),
            GridCell::Text(text) | GridCell::Error(text) => Cow::Borrowed(text),
            GridCell::Number(number) => Cow::Owned(shortest(*number)),
            GridCell::Boolean(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            GridCell::Date { iso, .. } => Cow::Borrowed(iso),
        }
    }

    /// Whether there is nothing to read: no cell, or blanks only.
    pub fn is_empty(&self) -> bool {
        match self {
            GridCell::Empty => true,
            GridCell::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// The shortest text that reads back as exactly this number, with an exponent only where plain
/// digits would hide the size.
pub(super) fn shortest(number: f64) -> String {
    let size = number.abs();
    if size > 0.0 && !(1e-5..1e16).contains(&size) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

/// Why a row of a text file is not to be trusted, although its cells could be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// A quote opens a cell and none closes it.
    OpenQuote,
    /// Text follows the quote that closes a cell.
    TextAfterQuote,
    /// A byte 0 stands in the row.
    Nul,
}

impl RowFault {
    /// Rule, message and hint of the finding.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            RowFault::OpenQuote => (
                "quote",
                "a quote opens a cell and no quote closes it",
                "a line cut short, or an inch mark? set `quote = \"\"` in the profile when the file quotes nothing",
            ),
            RowFault::TextAfterQuote => (
                "quote",
                "text follows the quote that closes a cell",
                "a quote inside a quoted cell must be doubled",
            ),
            RowFault::Nul => (
                "nul",
                "the row holds a byte 0",
                "a transfer that went wrong, or UTF-16 read as something else? export the file again",
            ),
        }
    }
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridRow {
    /// Line of the file on which the row starts, or row of the sheet, from 1.
    pub line: u64,
    /// The cells; none in a blank row.
    pub cells: Vec<GridCell>,
    /// The row as it stood: the text of the file, or the cells of a sheet with tabs between them.
    pub raw: String,
    /// What is wrong with the row as a whole.
    pub fault: Option<RowFault>,
}

impl GridRow {
    /// Whether no cell of the row holds anything.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(GridCell::is_empty)
    }

    /// The first cell that holds something, with its position.
    pub fn first_filled(&self) -> Option<(usize, &GridCell)> {
        self.cells
            .iter()
            .enumerate()
            .find(|(_, cell)| !cell.is_empty())
    }

    /// The cell at `position`; an empty one beyond the end.
    pub fn cell(&self, position: usize) -> &GridCell {
        static EMPTY: GridCell = GridCell::Empty;
        self.cells.get(position).unwrap_or(&EMPTY)
    }
}

/// An area of merged cells of a sheet; rows and columns from 0, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// First row.
    pub top: u32,
    /// First column.
    pub left: u32,
    /// Last row.
    pub bottom: u32,
    /// Last column.
    pub right: u32,
}

/// A whole text file, or one sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Name of the sheet; `None` for a text file.
    pub sheet: Option<String>,
    /// Every row in order; blank rows are kept, with no cells.
    pub rows: Vec<GridRow>,
    /// Merged areas. Only the first cell of an area holds its value; whoever reads a header fills the rest.
    pub merged: Vec<Merged>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_cells_have_one_exact_text() {
        for (number, text) in [
            (12.0, "12"),
            (-0.5, "-0.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (5e-7, "5e-7"),
            (1e16, "1e16"),
            (0.0, "0"),
        ] {
            assert_eq!(GridCell::Number(number).text(), text);
        }
        assert_eq!(GridCell::Empty.text(), "");
        assert!(GridCell::Text(" \t".to_owned()).is_empty());
        assert!(!GridCell::Error("#N/A".to_owned()).is_empty());
    }
}
