//! The numeric choices of reading, from `schemas/ingest.toml`.

use serde::Deserialize;

use super::plausibility::PlausibilityLimits;
use crate::contract::Schemas;

/// What one workbook may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Unpacked size of all parts, bytes.
    pub max_unpacked_bytes: u64,
    /// Unpacked over packed size of one part.
    pub max_ratio: u64,
    /// Unpacked size from which the ratio counts, bytes.
    pub ratio_counts_from_bytes: u64,
    /// Files inside the workbook.
    pub max_parts: usize,
    /// Sheets.
    pub max_sheets: usize,
    /// Cells in the rectangles of all sheets, empty ones included.
    pub max_cells: u64,
    /// Text of all cells, bytes.
    pub max_text_bytes: u64,
}

/// How far a mean row of a sheet may lie from the mean of its burns.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedRows {
    /// Units of the last place of a printed mean.
    pub units_of_last_place: f64,
    /// Relative, where the sheet holds numbers.
    pub relative: f64,
}

/// When a table is too large to be held as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LargeFiles {
    /// Tables are read piece by piece from this size on, bytes. Copies of the file from before it was in there
    /// have none; the shipped one counts then.
    pub streamed_from_bytes: Option<u64>,
    /// Tables whose rows are judged together are read whole up to this size, bytes.
    pub judged_together_up_to_bytes: u64,
}

/// All numeric choices of reading.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestSettings {
    /// Bounds of workbooks.
    pub spreadsheet: Limits,
    /// Comparison of mean rows.
    pub checked_rows: CheckedRows,
    /// Files that are read piece by piece.
    pub large_files: LargeFiles,
    /// What looks like an error though each cell for itself is right.
    pub plausibility: PlausibilityLimits,
}

impl IngestSettings {
    /// From which size on a table is read piece by piece, bytes.
    pub fn streamed_from_bytes(&self) -> u64 {
        let own = self.large_files.streamed_from_bytes;
        let shipped = || IngestSettings::load(&Schemas::embedded()).ok();
        own.or_else(|| shipped()?.large_files.streamed_from_bytes)
            .unwrap_or(u64::MAX)
    }

    /// Reads `ingest.toml`.
    ///
    /// # Errors
    /// What is wrong with the file, naming it.
    pub fn load(schemas: &Schemas) -> Result<IngestSettings, String> {
        let file = schemas
            .file("ingest.toml")
            .map_err(|error| error.to_string())?;
        let invalid = |problem: &str| format!("{}: {}", file.origin, problem.trim_end());
        let settings: IngestSettings =
            toml::from_str(&file.text).map_err(|error| invalid(&error.to_string()))?;
        match settings.plausibility.contradiction() {
            None => Ok(settings),
            Some(problem) => Err(invalid(&format!("plausibility.{problem}"))),
        }
    }
}
