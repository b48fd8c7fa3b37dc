//! What the chemistry layouts share: one row of `oes_burns` for every reading of an element.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contract::{Cell, CellFault, Contract};
use crate::domain::{Finding, Severity, Unit};
use crate::source::cells::{RowFindings, fill};
use crate::source::elements::ElementNames;
use crate::source::fold::unit_of;
use crate::source::grid::{GridCell, GridRow};
use crate::source::head::constant_cells;
use crate::source::header::{self, Header, HeaderText, Lexicon, MappedColumn, units_of};
use crate::source::job::Job;
use crate::source::judged::Judged;
use crate::source::keys::Keys;
use crate::source::read::SourceFile;
use crate::source::row_rules::RowRules;

/// Collects readings; a row of the file goes in with all of its readings or not at all.
pub(super) struct Readings<'a> {
    job: Job<'a>,
    contract: &'a Arc<Contract>,
    rows: Judged<'a>,
    rules: RowRules<'a>,
    keys: Keys,
    element: usize,
    value: usize,
    burn_no: usize,
}

/// The readings of one row of the file, while it is read.
#[derive(Default)]
pub(super) struct RowReadings {
    /// Each with the position of its cell.
    rows: Vec<(usize, Vec<Cell>)>,
    /// What is wrong so far.
    pub found: RowFindings,
}

impl<'a> Readings<'a> {
    /// For the table of burns, of a file with so many findings.
    ///
    /// # Errors
    /// A finding about the file: the contract lacks a column that readings need.
    pub(super) fn new(job: &Job<'a>, earlier: usize) -> Result<Readings<'a>, Box<Finding>> {
        Readings::of_table(job, &job.profile.table, earlier)
    }

    /// For the table of burns beside another table.
    ///
    /// # Errors
    /// As [`Readings::new`].
    pub(super) fn of_table(
        job: &Job<'a>,
        table: &str,
        earlier: usize,
    ) -> Result<Readings<'a>, Box<Finding>> {
        let contract = job.contract(table)?;
        let position = |name: &str| {
            contract.position(name).ok_or_else(|| {
                Box::new(Finding::of_file(
                    job.path,
                    "profile",
                    format!(
                        "`{}` has no column `{name}`, so it holds no readings",
                        contract.name
                    ),
                    "correct the profile's `table`",
                ))
            })
        };
        Ok(Readings {
            job: *job,
            contract,
            rows: Judged::new(job, contract, earlier),
            rules: RowRules::new(contract, &job.profile.settings.plausibility),
            keys: Keys::new(contract),
            element: position("element")?,
            value: position("value_wt_pct")?,
            burn_no: position("burn_no")?,
        })
    }

    /// The contract of the table.
    pub(super) fn contract(&self) -> &'a Arc<Contract> {
        self.contract
    }

    /// Position of the number of the burn.
    pub(super) fn burn_no(&self) -> usize {
        self.burn_no
    }

    /// Whether a field is filled by the layout itself.
    pub(super) fn fills(&self, field: usize) -> bool {
        [self.element, self.value].contains(&field)
    }

    /// The columns beside the readings, and what the rest of every row is; `is_reading` tells the columns
    /// that the layout itself reads.
    ///
    /// # Errors
    /// A finding about the file as a whole: the header does not give what the table needs.
    pub(super) fn beside(
        &self,
        header: &Header,
        given: &BTreeMap<String, String>,
        is_reading: &dyn Fn(usize) -> bool,
        findings: &mut Vec<Finding>,
    ) -> Result<(Vec<MappedColumn>, Vec<Cell>), Box<Finding>> {
        let lexicon = Lexicon::new(self.job.profile, self.contract);
        let columns = header::map_columns(&self.job, &lexicon, header, is_reading, findings)?;
        let constants = constant_cells(&self.job, self.contract, given)?;
        header::require_columns(&self.job, self.contract, header, &|field| {
            self.fills(field)
                || field == self.burn_no
                || constants[field] != Cell::Null
                || columns.iter().any(|column| column.field == field)
        })?;
        Ok((columns, constants))
    }

    /// What goes from the unit of a reading to the contract's. The units that the header or a cell
    /// states come first, then the profile's for the element, then its for all.
    ///
    /// # Errors
    /// Message and hint, when there is no unit at all.
    pub(super) fn units(
        &self,
        element: &str,
        stated: Option<Unit>,
    ) -> Result<Option<(Unit, Unit)>, (String, String)> {
        let rules = &self.job.profile.elements;
        let declared = rules.units.get(element).or(rules.unit.as_ref());
        let word = stated.map(Unit::name).or(declared.map(String::as_str));
        units_of(&self.contract.fields[self.value], word).map_err(|(message, hint)| {
            if word.is_none() {
                (
                    format!("nothing says in which unit {element} is given"),
                    "write it into the header, or declare `elements.unit` in the profile"
                        .to_owned(),
                )
            } else {
                (message, hint)
            }
        })
    }

    /// Adds one reading of a row of the file; an empty cell is no reading.
    ///
    /// Gives the number when the reading is one.
    pub(super) fn add(
        &self,
        row: &GridRow,
        readings: &mut RowReadings,
        base: &[Cell],
        (position, element): (usize, &str),
        units: Option<(Unit, Unit)>,
        cell: &GridCell,
    ) -> Option<f64> {
        let mut cells = base.to_vec();
        let column = MappedColumn {
            position,
            field: self.value,
            units,
            implied: None,
        };
        match fill(&self.job, self.contract, &column, cell, &mut cells) {
            Ok(None) => {}
            Ok(Some(fault)) => {
                let place = (position, element);
                self.find(row, readings, place, &cell.text(), fault, Severity::Warning);
            }
            Err(fault) => {
                self.fault(row, readings, (position, element), &cell.text(), fault);
                return None;
            }
        }
        if cells == base {
            return None; // nothing there
        }
        cells[self.element] = Cell::Text(element.to_owned());
        let value = match cells[self.value] {
            Cell::Number(number) => Some(number),
            _ => None,
        };
        readings.rows.push((position, cells));
        value
    }

    /// Adds an error about a reading.
    pub(super) fn fault(
        &self,
        row: &GridRow,
        readings: &mut RowReadings,
        place: (usize, &str),
        text: &str,
        fault: CellFault,
    ) {
        self.find(row, readings, place, text, fault, Severity::Error);
    }

    fn find(
        &self,
        row: &GridRow,
        readings: &mut RowReadings,
        (position, element): (usize, &str),
        text: &str,
        mut fault: CellFault,
        severity: Severity,
    ) {
        if !element.is_empty() {
            fault.message = format!("{element}: {}", fault.message);
        }
        let field = &self.contract.fields[self.value].name;
        readings.found.push(Finding {
            severity,
            ..self.job.finding(row, (Some(position), field, text), fault)
        });
    }

    /// Checks the readings of a row by the rules of rows and keys; adds to its faults.
    pub(super) fn check(&mut self, row: &GridRow, readings: &mut RowReadings) {
        for (position, cells) in &readings.rows {
            if readings.found.refused() {
                break;
            }
            let element = match &cells[self.element] {
                Cell::Text(element) => element.as_str(),
                _ => "",
            };
            let mut push = |(field, mut fault): (usize, CellFault), place, severity| {
                fault.message = format!("{element}: {}", fault.message);
                let text = match place {
                    Some(at) => row.cell(at).text().into_owned(),
                    None => String::new(),
                };
                let place = (place, self.contract.fields[field].name.as_str(), &*text);
                readings.found.push(Finding {
                    severity,
                    ..self.job.finding(row, place, fault)
                });
            };
            for broken in self.rules.check(cells.as_slice()) {
                push(
                    (broken.field, broken.fault),
                    Some(*position),
                    broken.severity,
                );
            }
            if let Some(fault) = self.keys.earlier(self.contract, cells) {
                push(fault, None, Severity::Error);
            }
        }
        // Keys are remembered only when the whole row can go in.
        for (_, cells) in &readings.rows {
            if readings.found.refused() {
                break;
            }
            if let Some((field, mut fault)) = self.keys.check(self.contract, cells, row.line) {
                if let Cell::Text(element) = &cells[self.element] {
                    fault.message = format!("{element}: {}", fault.message);
                }
                let place = (None, self.contract.fields[field].name.as_str(), "");
                readings.found.push(self.job.finding(row, place, fault));
            }
        }
    }

    /// Takes checked readings in.
    pub(super) fn push(&mut self, row: &GridRow, readings: RowReadings) {
        let rows = readings.rows.into_iter();
        self.rows
            .push(row, rows.map(|(position, cells)| (Some(position), cells)));
    }

    /// Takes the readings of a row in, or its faults to the findings.
    pub(super) fn commit(
        &mut self,
        row: &GridRow,
        mut readings: RowReadings,
        file: &mut SourceFile,
    ) {
        self.check(row, &mut readings);
        if readings.found.hand_over(&mut file.findings) {
            file.rows_rejected += 1;
            self.rows.refuse();
            return;
        }
        self.push(row, readings);
        file.rows_ok += 1;
    }

    /// Judges the rows and hands them over; gives the number of rows of the file of which nothing is left.
    pub(super) fn finish(self, file: &mut SourceFile) -> usize {
        self.rows.finish(file, |_| None)
    }

    /// As [`Readings::finish`], where the rows of the file hold readings and nothing else.
    pub(super) fn finish_counted(self, file: &mut SourceFile) {
        let lost = self.finish(file);
        file.rows_ok -= lost;
        file.rows_rejected += lost;
    }
}

/// The element that a column of the header holds, with the unit that the header or the units row
/// states; `None` for another column.
///
/// # Errors
/// What the header and the units row say, when they contradict each other.
pub(super) fn element_of_column(
    names: &ElementNames,
    column: &HeaderText,
) -> Option<(String, Result<Option<Unit>, String>)> {
    let texts = [column.text()]
        .into_iter()
        .chain(column.parts.iter().rev().cloned());
    let (element, unit) = texts
        .filter_map(|text| {
            names
                .header(&text)
                .map(|(element, unit)| (element.to_owned(), unit))
        })
        .next()?;
    let in_row = unit_of(&column.unit_row);
    let in_part = column.parts.iter().rev().find_map(|part| unit_of(part));
    let in_header = unit.or(in_part);
    let unit = match (in_header, in_row) {
        (Some(header), Some(row)) if header != row => Err(format!(
            "the header says {}, the units row says {}",
            header.name(),
            row.name()
        )),
        (header, row) => Ok(header.or(row)),
    };
    Some((element, unit))
}
