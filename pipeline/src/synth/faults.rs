//! A synthetic laboratory whose files are spoilt in every way that real files are, with the list of
//! what must be found in them: a reader is right when it finds exactly that.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::error::SynthError;
use super::fault_cells::{CELL_FAULTS, CellFault, Fits, Outcome};
use super::fault_files;
use super::fault_sheets::{Sheet, Sheets};
use super::lab::SyntheticLab;
use crate::domain::Severity;

/// One planted fault, and the finding it must give.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PlantedFault {
    /// The file, relative to the inbox.
    pub file: String,
    /// Line of the finding; 0 for the file as a whole.
    pub line: u64,
    /// Column of the finding; 0 for the row as a whole.
    pub column: u64,
    /// Field of the finding.
    pub field: String,
    /// Rule of the finding.
    pub rule: String,
    /// Severity of the finding.
    pub severity: Severity,
    /// The class of fault, in words of this list.
    pub fault: String,
}

/// Something odd that must be read right, without a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReadRight {
    /// The file, relative to the inbox.
    pub file: String,
    /// Line of the row; 0 when the whole file is meant.
    pub line: u64,
    /// The field; empty when the whole file is meant.
    pub field: String,
    /// The value that must be read, as the shortest text; empty for a missing one, `<` and the limit for
    /// one below its detection limit. For a whole file the number of rows.
    pub value: String,
    /// The class of oddity.
    pub fault: String,
}

/// A laboratory with planted faults.
#[derive(Clone, Debug)]
pub struct FaultyLab {
    /// Path and bytes of every file, the untouched ones of the laboratory among them.
    pub files: Vec<(String, Vec<u8>)>,
    /// Every finding that there must be, and no other; in order of file, line and column.
    pub planted: Vec<PlantedFault>,
    /// What must be read right; in the same order.
    pub read_right: Vec<ReadRight>,
}

/// Spoils a laboratory: one fault of every class, each in a row or a file of its own.
///
/// The faults of cells, rows, files and of the lake that page 3 of the design lists, as far as CSV
/// templates can show them. The same laboratory and seed give the same bytes. Faults that hang on a
/// kind of alloy are left out of a laboratory that has none of it.
///
/// # Errors
///
/// [`SynthError::TooSmall`] when there are not enough rows; 12 heats for each grade of the shipped plan
/// with five specimens each are enough.
pub fn plant(lab: &SyntheticLab, seed: u64) -> Result<FaultyLab, SynthError> {
    let mut faulty = FaultyLab {
        files: Vec::new(),
        planted: Vec::new(),
        read_right: Vec::new(),
    };
    let mut sheets = Sheets::new(&lab.files, seed)?;
    // Those that need a whole heat or sample to themselves come first.
    odd_temper(&mut sheets, &mut faulty)?;
    swapped_elements(&mut sheets, &mut faulty)?;
    burn_scatter(&mut sheets, &mut faulty)?;
    for fault in CELL_FAULTS {
        cell(&mut sheets, &mut faulty, fault)?;
    }
    swapped_strengths(&mut sheets, &mut faulty)?;
    a50_among_a(&mut sheets, &mut faulty)?;
    unknown_heat(&mut sheets, &mut faulty)?;
    broken_rows(&mut sheets, &mut faulty)?;
    fault_files::plant(&mut sheets, &mut faulty)?;
    for sheet in &sheets.sheets {
        faulty.files.push((sheet.path.clone(), sheet.bytes()?));
    }
    let rest = lab.files.iter().filter(|(path, _)| !path.ends_with(".csv"));
    faulty.files.extend(rest.cloned());
    faulty.files.sort();
    faulty.planted.sort();
    faulty.read_right.sort();
    Ok(faulty)
}

impl FaultyLab {
    pub(super) fn expect(
        &mut self,
        fault: &str,
        (file, line, column): (&str, u64, u64),
        field: &str,
        (rule, severity): (&str, Severity),
    ) {
        self.planted.push(PlantedFault {
            file: file.to_owned(),
            line,
            column,
            field: field.to_owned(),
            rule: rule.to_owned(),
            severity,
            fault: fault.to_owned(),
        });
    }

    pub(super) fn expect_read(
        &mut self,
        fault: &str,
        (file, line): (&str, u64),
        (field, value): (&str, &str),
    ) {
        self.read_right.push(ReadRight {
            file: file.to_owned(),
            line,
            field: field.to_owned(),
            value: value.to_owned(),
            fault: fault.to_owned(),
        });
    }
}

/// A row for the fault, or the error that there is none left.
pub(super) fn take(
    sheets: &mut Sheets,
    folder: &'static str,
    fits: impl Fn(&Sheet, usize) -> bool,
) -> Result<(usize, usize), SynthError> {
    sheets
        .take(folder, fits)
        .ok_or(SynthError::TooSmall { folder })
}

/// Expects a finding at a cell of a monthly sheet.
fn expect_at(
    sheets: &Sheets,
    faulty: &mut FaultyLab,
    fault: &str,
    (sheet, row): (usize, usize),
    field: &str,
    rule: (&str, Severity),
) {
    let sheet = &sheets.sheets[sheet];
    let column = if field.is_empty() {
        0
    } else {
        sheet.position(field) as u64 + 1
    };
    let place = (sheet.path.as_str(), Sheet::line(row), column);
    faulty.expect(fault, place, field, rule);
}

/// Expects a warning about a row as part of the lake, where its column is not known any more.
fn expect_in_lake(
    sheets: &Sheets,
    faulty: &mut FaultyLab,
    fault: &str,
    (sheet, row): (usize, usize),
    field: &str,
    rule: &str,
) {
    let place = (sheets.sheets[sheet].path.as_str(), Sheet::line(row), 0);
    faulty.expect(fault, place, field, (rule, Severity::Warning));
}

/// Whether a row is of a casting that the relations of Drouzy hold for, in the shipped plan's words.
fn is_hardened_al_si_mg(sheet: &Sheet, row: usize) -> bool {
    let (alloy, temper) = (sheet.cell(row, "alloy"), sheet.cell(row, "temper"));
    (alloy.starts_with("A356") || alloy.starts_with("AlSi7Mg")) && temper.starts_with('T')
}

fn cell(sheets: &mut Sheets, faulty: &mut FaultyLab, fault: &CellFault) -> Result<(), SynthError> {
    let fits = |sheet: &Sheet, row: usize| match fault.fits {
        Fits::Any => true,
        Fits::HardenedAlSiMg => is_hardened_al_si_mg(sheet, row),
        Fits::Measured => !sheet.cell(row, fault.column).starts_with('<'),
        Fits::Below => sheet.cell(row, fault.column).starts_with('<'),
    };
    let place = match sheets.take(fault.folder, fits) {
        Some(place) => place,
        None if fault.fits == Fits::HardenedAlSiMg => return Ok(()),
        None => {
            return Err(SynthError::TooSmall {
                folder: fault.folder,
            });
        }
    };
    let before = sheets.sheets[place.0]
        .cell(place.1, fault.column)
        .to_owned();
    sheets.write(place, fault.column, (fault.write)(&before));
    let path = sheets.sheets[place.0].path.clone();
    let at = (path.as_str(), Sheet::line(place.1));
    match fault.outcome {
        Outcome::Finding(rule, severity) => {
            expect_at(
                sheets,
                faulty,
                fault.fault,
                place,
                fault.column,
                (rule, severity),
            );
        }
        Outcome::WarnsAt(field, rule) => {
            expect_at(
                sheets,
                faulty,
                fault.fault,
                place,
                field,
                (rule, Severity::Warning),
            );
        }
        Outcome::SameValue => {
            faulty.expect_read(fault.fault, at, (fault.column, &shortest(&before)));
        }
        Outcome::Missing => faulty.expect_read(fault.fault, at, (fault.column, "")),
    }
    Ok(())
}

/// The shortest text of the same number; what is no number stays as it is.
pub(super) fn shortest(text: &str) -> String {
    let (mark, number) = match text.strip_prefix('<') {
        Some(limit) => ("<", limit),
        None => ("", text),
    };
    number
        .parse::<f64>()
        .map_or_else(|_| text.to_owned(), |number| format!("{mark}{number}"))
}

fn odd_temper(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let mut specimens: BTreeMap<String, usize> = BTreeMap::new();
    for (sheet, row) in sheets.rows_of("tensile", |_, _| true) {
        let heat = sheets.sheets[sheet].cell(row, "heat_id").to_owned();
        *specimens.entry(heat).or_default() += 1;
    }
    let place = take(sheets, "tensile", |sheet, row| {
        specimens
            .get(sheet.cell(row, "heat_id"))
            .is_some_and(|n| *n >= 3)
    })?;
    let sheet = &sheets.sheets[place.0];
    let heat = sheet.cell(place.1, "heat_id").to_owned();
    let temper = sheet.cell(place.1, "temper");
    let other = if temper == "T4" { "T6" } else { "T4" };
    sheets.write(place, "temper", other.to_owned());
    sheets.reserve_heat("tensile", &heat);
    expect_in_lake(
        sheets,
        faulty,
        "wrong_temper",
        place,
        "temper",
        "odd_temper",
    );
    Ok(())
}

/// The rows of one element in the sample of a row, in the order of their burns.
fn burns_of(sheets: &Sheets, sample: &str, element: &str) -> Vec<(usize, usize)> {
    sheets.rows_of("chemistry", |sheet, row| {
        sheet.cell(row, "sample_id") == sample && sheet.cell(row, "element") == element
    })
}

fn swapped_elements(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let castings: BTreeSet<String> = sheets
        .rows_of("tensile", |sheet, row| {
            let alloy = sheet.cell(row, "alloy");
            ["AlSi", "A356", "EN AC-4"]
                .iter()
                .any(|name| alloy.starts_with(name))
        })
        .into_iter()
        .map(|(sheet, row)| sheets.sheets[sheet].cell(row, "heat_id").to_owned())
        .collect();
    if castings.is_empty() {
        return Ok(());
    }
    let place = take(sheets, "chemistry", |sheet, row| {
        let number = |text: &str| text.parse::<f64>().is_ok();
        sheet.cell(row, "element") == "Fe"
            && sheet.cell(row, "burn_no") == "1"
            && number(sheet.cell(row, "value_wt_pct"))
            && castings.contains(sheet.cell(row, "heat_id"))
    })?;
    let sample = sheets.sheets[place.0].cell(place.1, "sample_id").to_owned();
    let heat = sheets.sheets[place.0].cell(place.1, "heat_id").to_owned();
    let (iron, silicon) = (
        burns_of(sheets, &sample, "Fe"),
        burns_of(sheets, &sample, "Si"),
    );
    for (fe, si) in iron.into_iter().zip(silicon) {
        let value = |(sheet, row): (usize, usize)| {
            sheets.sheets[sheet].cell(row, "value_wt_pct").to_owned()
        };
        let (of_fe, of_si) = (value(fe), value(si));
        sheets.write(fe, "value_wt_pct", of_si);
        sheets.write(si, "value_wt_pct", of_fe);
    }
    sheets.reserve_heat("chemistry", &heat);
    expect_in_lake(
        sheets,
        faulty,
        "si_and_fe_swapped",
        place,
        "value_wt_pct",
        "swapped_elements",
    );
    Ok(())
}

fn burn_scatter(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let place = take(sheets, "chemistry", |sheet, row| {
        let value = sheet.cell(row, "value_wt_pct").parse::<f64>();
        value.is_ok_and(|value| (0.1..2.0).contains(&value))
    })?;
    let sheet = &sheets.sheets[place.0];
    let heat = sheet.cell(place.1, "heat_id").to_owned();
    let value: f64 = sheet
        .cell(place.1, "value_wt_pct")
        .parse()
        .unwrap_or_default();
    let (sample, element) = (
        sheet.cell(place.1, "sample_id").to_owned(),
        sheet.cell(place.1, "element").to_owned(),
    );
    if burns_of(sheets, &sample, &element).len() < 3 {
        return Err(SynthError::TooSmall {
            folder: "chemistry",
        });
    }
    sheets.write(place, "value_wt_pct", format!("{:.4}", 2.0 * value));
    sheets.reserve_heat("chemistry", &heat);
    let rule = ("burn_scatter", Severity::Warning);
    expect_at(
        sheets,
        faulty,
        "burn_off_the_others",
        place,
        "value_wt_pct",
        rule,
    );
    Ok(())
}

fn swapped_strengths(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let place = take(sheets, "tensile", |_, _| true)?;
    let sheet = &sheets.sheets[place.0];
    let (rm, rp02) = (
        sheet.cell(place.1, "rm_mpa").to_owned(),
        sheet.cell(place.1, "rp02_mpa").to_owned(),
    );
    sheets.write(place, "rm_mpa", rp02);
    sheets.write(place, "rp02_mpa", rm);
    let rule = ("order", Severity::Error);
    expect_at(sheets, faulty, "rp02_above_rm", place, "rp02_mpa", rule);
    Ok(())
}

fn a50_among_a(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let place = take(sheets, "tensile", |sheet, row| {
        sheet.cell(row, "elongation_type") == "A"
    })?;
    sheets.write(place, "elongation_type", "A50".to_owned());
    sheets.write(place, "gauge_length_mm", "50".to_owned());
    expect_in_lake(
        sheets,
        faulty,
        "a50_among_a",
        place,
        "elongation_type",
        "mixed_elongation",
    );
    Ok(())
}

fn unknown_heat(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let place = take(sheets, "tensile", |_, _| true)?;
    let heat = sheets.sheets[place.0].cell(place.1, "heat_id").to_owned();
    sheets.write(place, "heat_id", format!("{heat}-O"));
    expect_in_lake(
        sheets,
        faulty,
        "specimen_without_heat",
        place,
        "heat_id",
        "unknown_heat",
    );
    Ok(())
}

/// Rows that are broken as a whole: a field too few, one too many, a byte 0, a key that stands twice.
fn broken_rows(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let whole = |rule| (rule, Severity::Error);
    let short = take(sheets, "tensile", |_, _| true)?;
    sheets.sheets[short.0].rows[short.1].pop();
    expect_at(sheets, faulty, "field_too_few", short, "", whole("ragged"));

    let long = take(sheets, "charge", |_, _| true)?;
    sheets.sheets[long.0].rows[long.1].push("see note".to_owned());
    expect_at(sheets, faulty, "field_too_many", long, "", whole("ragged"));

    let nul = take(sheets, "tensile", |_, _| true)?;
    let rm = sheets.sheets[nul.0].cell(nul.1, "rm_mpa").to_owned();
    sheets.write(nul, "rm_mpa", format!("{}\0{}", &rm[..1], &rm[1..]));
    expect_at(sheets, faulty, "stray_nul", nul, "", whole("nul"));

    // A retest under the id of the specimen before it; appended, so that no line moves.
    let first = take(sheets, "tensile", |_, _| true)?;
    let sheet = &mut sheets.sheets[first.0];
    let mut again = sheet.rows[first.1].clone();
    if let Some(rm) = again.get_mut(sheet.header.iter().position(|n| n == "rm_mpa").unwrap_or(0)) {
        let value = rm.parse::<f64>().unwrap_or_default();
        *rm = format!("{:.1}", value + 4.0);
    }
    sheet.rows.push(again);
    let last = (first.0, sheets.sheets[first.0].rows.len() - 1);
    expect_at(
        sheets,
        faulty,
        "retest_under_the_same_id",
        last,
        "specimen_id",
        whole("unique"),
    );
    Ok(())
}
