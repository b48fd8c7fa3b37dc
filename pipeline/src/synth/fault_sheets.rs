//! The sheets of a laboratory, taken apart so that single cells can be spoilt.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::error::SynthError;

/// One CSV file as cells.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub path: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Position of a column; the sheets of a synthetic laboratory have all columns of the contract.
    pub(super) fn position(&self, column: &str) -> usize {
        self.header
            .iter()
            .position(|name| name == column)
            .unwrap_or(usize::MAX)
    }

    /// The cell of a row, empty where there is none.
    pub(super) fn cell(&self, row: usize, column: &str) -> &str {
        let cell = self
            .rows
            .get(row)
            .and_then(|r| r.get(self.position(column)));
        cell.map_or("", String::as_str)
    }

    /// Line of a row: the header is line 1, and no cell holds a line break.
    pub(super) fn line(row: usize) -> u64 {
        row as u64 + 2
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, SynthError> {
        let failed = |cause: String| SynthError::Write {
            path: self.path.clone(),
            cause,
        };
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        for record in std::iter::once(&self.header).chain(&self.rows) {
            writer
                .write_record(record)
                .map_err(|error| failed(error.to_string()))?;
        }
        writer
            .into_inner()
            .map_err(|error| failed(error.to_string()))
    }
}

/// Every sheet, and which rows are still as the laboratory wrote them.
#[derive(Debug)]
pub(super) struct Sheets {
    pub sheets: Vec<Sheet>,
    /// The sheets as they were, for copies.
    pub originals: Vec<Sheet>,
    /// Rows by folder in random order.
    shuffled: BTreeMap<String, Vec<(usize, usize)>>,
    taken: BTreeSet<(usize, usize)>,
    /// Heats of which a row of the folder is spoilt.
    spoilt_heats: BTreeSet<(String, String)>,
}

/// The folder of a path: `tensile` of `tensile/2026-01.csv`.
fn folder(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

impl Sheets {
    /// Takes the CSV files of a laboratory apart.
    pub(super) fn new(files: &[(String, Vec<u8>)], seed: u64) -> Result<Sheets, SynthError> {
        let mut sheets = Vec::new();
        for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".csv")) {
            let failed = |error: csv::Error| SynthError::Write {
                path: path.clone(),
                cause: error.to_string(),
            };
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(bytes.as_slice());
            let mut records = reader
                .records()
                .map(|record| record.map(|r| r.iter().map(str::to_owned).collect::<Vec<_>>()));
            let header = records.next().transpose().map_err(failed)?;
            sheets.push(Sheet {
                path: path.clone(),
                header: header.unwrap_or_default(),
                rows: records.collect::<Result<_, _>>().map_err(failed)?,
            });
        }
        let mut shuffled: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (index, sheet) in sheets.iter().enumerate() {
            let rows = (0..sheet.rows.len()).map(|row| (index, row));
            let of_folder = shuffled.entry(folder(&sheet.path).to_owned());
            of_folder.or_default().extend(rows);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        shuffled
            .values_mut()
            .for_each(|rows| rows.shuffle(&mut rng));
        Ok(Sheets {
            originals: sheets.clone(),
            sheets,
            shuffled,
            taken: BTreeSet::new(),
            spoilt_heats: BTreeSet::new(),
        })
    }

    /// Takes an untouched row of a folder for which `fits` holds.
    ///
    /// Of charge and chemistry only one row of each heat is taken: a heat must not lose its charge, nor a
    /// sample its burns.
    pub(super) fn take(
        &mut self,
        of: &str,
        fits: impl Fn(&Sheet, usize) -> bool,
    ) -> Option<(usize, usize)> {
        let one_per_heat = of != "tensile";
        let rows = self.shuffled.get(of)?;
        let found = rows.iter().copied().find(|place| {
            let sheet = &self.sheets[place.0];
            let heat = (of.to_owned(), sheet.cell(place.1, "heat_id").to_owned());
            let taken =
                self.taken.contains(place) || (one_per_heat && self.spoilt_heats.contains(&heat));
            !taken && fits(sheet, place.1)
        })?;
        self.taken.insert(found);
        let heat = self.sheets[found.0].cell(found.1, "heat_id").to_owned();
        self.spoilt_heats.insert((of.to_owned(), heat));
        Some(found)
    }

    /// Keeps every row of a heat from being taken again, in one folder.
    pub(super) fn reserve_heat(&mut self, of: &str, heat: &str) {
        for place in self.rows_of(of, |sheet, row| sheet.cell(row, "heat_id") == heat) {
            self.taken.insert(place);
        }
    }

    /// Rows of a folder for which `fits` holds, in the order of the files.
    pub(super) fn rows_of(
        &self,
        of: &str,
        fits: impl Fn(&Sheet, usize) -> bool,
    ) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (index, sheet) in self.sheets.iter().enumerate() {
            if folder(&sheet.path) == of {
                let rows = (0..sheet.rows.len()).filter(|&row| fits(sheet, row));
                found.extend(rows.map(|row| (index, row)));
            }
        }
        found
    }

    /// Overwrites one cell.
    pub(super) fn write(&mut self, (sheet, row): (usize, usize), column: &str, text: String) {
        let sheet = &mut self.sheets[sheet];
        let at = sheet.position(column);
        if let Some(cell) = sheet.rows.get_mut(row).and_then(|cells| cells.get_mut(at)) {
            *cell = text;
        }
    }
}
