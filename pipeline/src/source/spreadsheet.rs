//! Workbooks (XLSX, XLS) → sheets of typed cells, from bytes in memory.
//!
//! A workbook comes from outside and is read by other people's code: [`guard`] looks at it before
//! anything is unpacked or reserved, cells are counted while they are read, and a panic of the reader
//! is a fault like any other.

mod guard;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, Dimensions, ExcelDateTime, Reader as _, Xls, Xlsx};

use super::grid::{Grid, GridCell, GridRow, Merged};
use super::limits::Limits;
use crate::domain::Finding;

/// Why a workbook cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpreadsheetFault {
    /// Its parts do not fit together.
    #[error("the workbook is damaged: {0}")]
    Corrupt(String),
    /// It goes beyond a limit of `ingest.toml`.
    #[error("the workbook is too large to be read safely: {0}")]
    TooLarge(String),
    /// It needs a password.
    #[error("the workbook is protected by a password")]
    Encrypted,
    /// It is of a kind that is not read.
    #[error("the file is {0}, which is not read")]
    OtherKind(&'static str),
    /// It has no sheet with cells in it.
    #[error("the workbook has no sheet with cells")]
    NoSheets,
}

impl SpreadsheetFault {
    /// The fault as a finding about `path`.
    pub(super) fn into_finding(self, path: &str) -> Finding {
        let (rule, hint) = match self {
            SpreadsheetFault::Corrupt(_) => (
                "workbook",
                "a transfer cut short? open it in the spreadsheet program and save it again",
            ),
            SpreadsheetFault::TooLarge(_) => (
                "workbook_size",
                "a file made to fill the memory? if it is genuine, raise the limit in schemas/ingest.toml",
            ),
            SpreadsheetFault::Encrypted => ("workbook_password", "save it without a password"),
            SpreadsheetFault::OtherKind(_) => ("workbook_kind", "save it as XLSX or CSV"),
            SpreadsheetFault::NoSheets => {
                ("empty", "an export that was cut short? export it again")
            }
        };
        Finding::of_file(path, rule, self.to_string(), hint)
    }
}

/// The kind of workbook that some bytes are, told by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Zip,
    Compound,
}

fn kind_of(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        Some(Kind::Zip)
    } else if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        Some(Kind::Compound)
    } else {
        None
    }
}

/// Whether the bytes are a workbook rather than text, whatever the file is called.
pub fn is_workbook(bytes: &[u8]) -> bool {
    kind_of(bytes).is_some()
}

/// Reads every sheet.
///
/// Rows are those of the sheet, from the first; a row's cells start in column A. Merged areas are
/// listed, not filled.
///
/// # Errors
/// Why the workbook cannot be read; nothing of it is given then.
pub fn sheets_of(bytes: &[u8], limits: &Limits) -> Result<Vec<Grid>, SpreadsheetFault> {
    read_sheets(bytes, limits, u32::MAX)
}

/// The first `rows` rows of every sheet.
pub(super) fn heads_of(
    bytes: &[u8],
    limits: &Limits,
    rows: u32,
) -> Result<Vec<Grid>, SpreadsheetFault> {
    read_sheets(bytes, limits, rows)
}

fn read_sheets(bytes: &[u8], limits: &Limits, rows: u32) -> Result<Vec<Grid>, SpreadsheetFault> {
    // calamine is careful, but not proven: a panic on odd bytes must not end a night's run.
    let read = catch_unwind(AssertUnwindSafe(|| match kind_of(bytes) {
        Some(Kind::Zip) => {
            guard::check_zip(bytes, limits)?;
            read_xlsx(bytes, limits, rows)
        }
        Some(Kind::Compound) => {
            guard::check_xls(bytes, limits)?;
            read_xls(bytes, limits, rows)
        }
        None => Err(SpreadsheetFault::Corrupt(
            "it does not begin as a workbook does".to_owned(),
        )),
    }));
    let sheets =
        read.map_err(|_| SpreadsheetFault::Corrupt("its parts make no sense".to_owned()))??;
    if sheets.iter().all(|sheet| sheet.rows.is_empty()) {
        return Err(SpreadsheetFault::NoSheets);
    }
    Ok(sheets)
}

fn corrupt(error: impl std::fmt::Display) -> SpreadsheetFault {
    SpreadsheetFault::Corrupt(error.to_string())
}

fn read_xlsx(bytes: &[u8], limits: &Limits, rows: u32) -> Result<Vec<Grid>, SpreadsheetFault> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsxError::Password => SpreadsheetFault::Encrypted,
        error => corrupt(error),
    })?;
    let is_1904 = book.has_1904_epoch();
    let mut budget = Budget::new(limits);
    let mut sheets = Vec::new();
    for name in worksheets(book.sheets_metadata(), limits)? {
        let mut sheet = SheetBuilder::default();
        {
            let mut cells = book.worksheet_cells_reader(&name).map_err(corrupt)?;
            while let Some(cell) = cells.next_cell().map_err(corrupt)? {
                let (row, column) = cell.get_position();
                if row >= rows {
                    break;
                }
                sheet.put(row, column, cell_of(cell.get_value(), is_1904), &mut budget)?;
            }
        }
        let merged = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
        sheets.push(sheet.finish(name, merged));
    }
    Ok(sheets)
}

fn read_xls(bytes: &[u8], limits: &Limits, rows: u32) -> Result<Vec<Grid>, SpreadsheetFault> {
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsError::Password => SpreadsheetFault::Encrypted,
        error => corrupt(error),
    })?;
    let is_1904 = book.has_1904_epoch();
    let mut budget = Budget::new(limits);
    let mut sheets = Vec::new();
    for name in worksheets(book.sheets_metadata(), limits)? {
        let range = book.worksheet_range(&name).map_err(corrupt)?;
        let (top, left) = range.start().unwrap_or((0, 0));
        let mut sheet = SheetBuilder::default();
        for (row, column, data) in range.used_cells() {
            let place = (u32::try_from(row), u32::try_from(column));
            let (Ok(row), Ok(column)) = place else {
                continue;
            };
            if top + row >= rows {
                break;
            }
            sheet.put(
                top + row,
                left + column,
                cell_of_data(data, is_1904),
                &mut budget,
            )?;
        }
        let merged = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
        sheets.push(sheet.finish(name, merged));
    }
    Ok(sheets)
}

fn worksheets(
    sheets: &[calamine::Sheet],
    limits: &Limits,
) -> Result<Vec<String>, SpreadsheetFault> {
    if sheets.len() > limits.max_sheets {
        return Err(SpreadsheetFault::TooLarge(format!(
            "{} sheets, more than {}",
            sheets.len(),
            limits.max_sheets
        )));
    }
    Ok(sheets
        .iter()
        .filter(|sheet| sheet.typ == calamine::SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect())
}

/// What is left of the limits while cells are read.
struct Budget {
    cells: u64,
    text: u64,
}

impl Budget {
    fn new(limits: &Limits) -> Budget {
        Budget {
            cells: limits.max_cells,
            text: limits.max_text_bytes,
        }
    }

    fn spend(&mut self, cells: u64, text: usize) -> Result<(), SpreadsheetFault> {
        let too_large = |what: &str| SpreadsheetFault::TooLarge(what.to_owned());
        self.cells = self
            .cells
            .checked_sub(cells)
            .ok_or_else(|| too_large("its sheets span too many cells"))?;
        self.text = self
            .text
            .checked_sub(text as u64)
            .ok_or_else(|| too_large("its cells hold too much text"))?;
        Ok(())
    }
}

/// Collects the cells of one sheet, which may come in any order, into rows.
#[derive(Default)]
struct SheetBuilder {
    rows: BTreeMap<u32, Vec<GridCell>>,
}

impl SheetBuilder {
    fn put(
        &mut self,
        row: u32,
        column: u32,
        cell: GridCell,
        budget: &mut Budget,
    ) -> Result<(), SpreadsheetFault> {
        if cell == GridCell::Empty {
            return Ok(());
        }
        // A blank row between two filled ones costs a row as well.
        let above = if self.rows.contains_key(&row) {
            0
        } else {
            let last = self.rows.keys().next_back().map_or(0, |&last| last + 1);
            u64::from(row.saturating_sub(last)) + 1
        };
        let cells = self.rows.entry(row).or_default();
        let column = column as usize;
        let added = (column + 1).saturating_sub(cells.len());
        budget.spend(added as u64 + above, cell.text().len())?;
        if added > 0 {
            cells.resize(column + 1, GridCell::Empty);
        }
        cells[column] = cell;
        Ok(())
    }

    fn finish(self, name: String, merged: Vec<Dimensions>) -> Grid {
        let mut rows: Vec<GridRow> = Vec::new();
        for (row, cells) in self.rows {
            let line = u64::from(row) + 1;
            while (rows.len() as u64) + 1 < line {
                rows.push(GridRow {
                    line: rows.len() as u64 + 1,
                    ..GridRow::default()
                });
            }
            let mut row = GridRow {
                line,
                raw: raw_of(&cells),
                cells,
                fault: None,
            };
            if row.is_blank() {
                row.cells.clear();
            }
            rows.push(row);
        }
        let merged = merged.into_iter().map(|area| Merged {
            top: area.start.0,
            left: area.start.1,
            bottom: area.end.0,
            right: area.end.1,
        });
        Grid {
            sheet: Some(name),
            rows,
            merged: merged.collect(),
        }
    }
}

/// A row of a sheet as text: its cells with tabs between them.
pub(super) fn raw_of(cells: &[GridCell]) -> String {
    let texts: Vec<_> = cells.iter().map(GridCell::text).collect();
    texts.join("\t")
}

fn cell_of(data: &DataRef<'_>, is_1904: bool) -> GridCell {
    match data {
        DataRef::Empty => GridCell::Empty,
        DataRef::SharedString(text) => text_cell(text),
        DataRef::String(text) => text_cell(text),
        DataRef::Float(number) => number_cell(*number),
        #[allow(
            clippy::cast_precision_loss,
            reason = "whole numbers of a sheet are f64 in the file"
        )]
        DataRef::Int(number) => GridCell::Number(*number as f64),
        DataRef::Bool(truth) => GridCell::Boolean(*truth),
        DataRef::DateTime(moment) => date_cell(moment, is_1904),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => GridCell::Text(text.clone()),
        DataRef::Error(error) => GridCell::Error(error.to_string()),
    }
}

fn cell_of_data(data: &Data, is_1904: bool) -> GridCell {
    match data {
        Data::Empty => GridCell::Empty,
        Data::String(text) => text_cell(text),
        Data::Float(number) => number_cell(*number),
        #[allow(
            clippy::cast_precision_loss,
            reason = "whole numbers of a sheet are f64 in the file"
        )]
        Data::Int(number) => GridCell::Number(*number as f64),
        Data::Bool(truth) => GridCell::Boolean(*truth),
        Data::DateTime(moment) => date_cell(moment, is_1904),
        Data::DateTimeIso(text) | Data::DurationIso(text) => GridCell::Text(text.clone()),
        Data::Error(error) => GridCell::Error(error.to_string()),
    }
}

fn text_cell(text: &str) -> GridCell {
    const ERRORS: [&str; 7] = [
        "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!",
    ];
    if ERRORS.contains(&text) {
        // A formula may give its error as text.
        GridCell::Error(text.to_owned())
    } else {
        GridCell::Text(text.to_owned())
    }
}

fn number_cell(number: f64) -> GridCell {
    if number.is_finite() {
        GridCell::Number(number)
    } else {
        GridCell::Error("#NUM!".to_owned())
    }
}

/// Days by which the 1904 system of old Macintosh workbooks lies behind the 1900 system.
const DAYS_1904: f64 = 1462.0;

fn date_cell(moment: &ExcelDateTime, is_1904: bool) -> GridCell {
    let serial = moment.as_f64() + if is_1904 { DAYS_1904 } else { 0.0 };
    if moment.is_duration() || !(0.0..2_958_466.0).contains(&serial) {
        // A duration is no date and, in days, no number that anybody means.
        return GridCell::Text(format!("{} d", moment.as_f64()));
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let mut iso = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second, milli) != (0, 0, 0, 0) {
        iso.push_str(&format!("T{hour:02}:{minute:02}:{second:02}"));
        if milli > 0 {
            iso.push_str(&format!(".{milli:03}"));
        }
    }
    GridCell::Date { serial, iso }
}
