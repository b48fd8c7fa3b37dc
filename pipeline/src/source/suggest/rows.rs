//! Rows of a grid: which may be a header, which are data, which are statistics.

use super::draft::Draft;
use super::words::{is_numeric, shown, statistic};
use crate::source::Layout;
use crate::source::fold::fold_loosely;
use crate::source::grid::{Grid, GridCell, GridRow};
use crate::source::header::HeaderText;

/// Rows in which a header is looked for, as a profile does.
pub(super) const WITHIN: usize = 80;

/// Rows below a header that show what is in its columns.
const DATA_ROWS: usize = 200;

/// A row with at least two texts that are no numbers, and more of them than numbers.
pub(super) fn may_be_header(row: &GridRow) -> bool {
    let filled = row.cells.iter().filter(|cell| !cell.is_empty());
    let (mut words, mut numbers) = (0, 0);
    for cell in filled {
        if is_numeric(cell) {
            numbers += 1;
        } else if matches!(cell, GridCell::Text(_)) {
            words += 1;
        }
    }
    words >= 2 && words > numbers
}

/// Whether the burns stand in the contract's own columns.
pub(super) fn has_values(columns: &[HeaderText]) -> bool {
    let mut columns = columns.iter();
    columns.any(|column| fold_loosely(&column.text()).starts_with("valuewtpct"))
}

/// Rows of data below a header, up to the first blank one; rows of statistics are none.
pub(super) fn data_rows(grid: &Grid, from: usize) -> Vec<&GridRow> {
    let below = grid.rows.get(from..).unwrap_or_default();
    below
        .iter()
        .skip_while(|row| row.is_blank())
        .take_while(|row| !row.is_blank())
        .filter(|row| row_statistic(row).is_none())
        .take(DATA_ROWS)
        .collect()
}

/// The statistic that one of the first three filled cells of a row names.
pub(super) fn row_statistic(row: &GridRow) -> Option<(String, bool)> {
    let (_, first) = row.first_filled()?;
    statistic(first)
}

pub(super) fn is_all_numbers(row: &GridRow) -> bool {
    let mut filled = row.cells.iter().filter(|cell| !cell.is_empty());
    filled.all(is_numeric)
}

/// The column at which the header begins to repeat itself.
pub(super) fn repetition(columns: &[HeaderText]) -> Option<usize> {
    let texts: Vec<String> = columns
        .iter()
        .map(|column| fold_loosely(&column.text()))
        .collect();
    let repeated = |at: &usize| {
        let text = &texts[*at];
        !text.is_empty() && texts[..*at].contains(text)
    };
    (1..texts.len()).find(repeated).filter(|&at| at >= 2)
}

/// First words of the rows below the header that hold statistics, each once.
pub(super) fn skipped(grid: &Grid, draft: &Draft) -> Vec<(String, bool)> {
    let from = draft.at + draft.rows + draft.units_row;
    let checks = draft.layout == Layout::WideChemistry;
    let mut words: Vec<(String, bool)> = Vec::new();
    for row in grid
        .rows
        .get(from..)
        .unwrap_or_default()
        .iter()
        .take(20_000)
    {
        if let Some((word, mean)) = row_statistic(row)
            && words.iter().all(|(known, _)| *known != word)
        {
            words.push((word, mean && checks));
        }
    }
    words
}

/// The row that comes closest to a header, for a refusal.
pub(super) fn closest(grid: &Grid) -> Option<String> {
    let rows = grid.rows.iter().take(WITHIN);
    let words = |row: &&GridRow| {
        let filled = row.cells.iter().filter(|cell| !cell.is_empty());
        filled.filter(|cell| !is_numeric(cell)).count()
    };
    let row = rows.max_by_key(words).filter(|row| words(row) > 0)?;
    let texts: Vec<String> = row
        .cells
        .iter()
        .filter(|cell| !cell.is_empty())
        .take(12)
        .map(|cell| shown(&cell.text()))
        .collect();
    Some(format!("line {} reads: {}", row.line, texts.join(", ")))
}
