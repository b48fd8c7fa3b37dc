//! The `table` layout: a header and rows of one table.
//!
//! [`TableReader`] takes rows one at a time, wherever they come from: whoever feeds it decides what is
//! in memory at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::readings::{Readings, RowReadings};
use super::wide_chemistry::{ElementColumn, element_columns};
use crate::contract::{Cell, CellFault, Contract};
use crate::domain::{Finding, Severity};
use crate::source::cells::{RowFindings, TypedIds, fill_row};
use crate::source::elements::ElementNames;
use crate::source::grid::GridRow;
use crate::source::head::{constant_cells, given_fields};
use crate::source::header::{self, Header, Lexicon, MappedColumn};
use crate::source::job::Job;
use crate::source::judged::Judged;
use crate::source::keys::Keys;
use crate::source::read::SourceFile;
use crate::source::row_rules::RowRules;
use crate::source::stream::RowStream;

pub(super) fn read(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    let contract = job.contract(&job.profile.table)?;
    let header = header::locate(job, rows)?;
    let mut reader = TableReader::new(job, contract, &header, file)?;
    while let Some(row) = rows.next_row() {
        reader.take(row, file);
    }
    reader.finish(file);
    Ok(())
}

/// How one row under a header is read, whoever hands it over and wherever it goes.
pub(in crate::source) struct RowPlan<'a> {
    job: Job<'a>,
    pub(in crate::source) contract: &'a Arc<Contract>,
    pub(in crate::source) columns: Vec<MappedColumn>,
    pub(in crate::source) constants: Vec<Cell>,
    pub(in crate::source) rules: RowRules<'a>,
    source_line: Option<usize>,
    pub(in crate::source) named: usize,
}

impl<'a> RowPlan<'a> {
    /// Maps the header.
    ///
    /// # Errors
    /// A finding about the file as a whole: the header is not one of this table.
    pub(in crate::source) fn new(
        job: &Job<'a>,
        contract: &'a Arc<Contract>,
        header: &Header,
        findings: &mut Vec<Finding>,
    ) -> Result<RowPlan<'a>, Box<Finding>> {
        let given = given_fields(job, &[contract], &header.above)?;
        RowPlan::beside(job, contract, header, &given, &|_| false, findings)
    }

    /// As [`RowPlan::new`], where some columns belong to somebody else.
    fn beside(
        job: &Job<'a>,
        contract: &'a Arc<Contract>,
        header: &Header,
        given: &BTreeMap<String, String>,
        is_elsewhere: &dyn Fn(usize) -> bool,
        findings: &mut Vec<Finding>,
    ) -> Result<RowPlan<'a>, Box<Finding>> {
        let lexicon = Lexicon::new(job.profile, contract);
        let columns = header::map_columns(job, &lexicon, header, is_elsewhere, findings)?;
        let constants = constant_cells(job, contract, given)?;
        header::require_columns(job, contract, header, &|field| {
            constants[field] != Cell::Null || columns.iter().any(|column| column.field == field)
        })?;
        Ok(RowPlan {
            job: *job,
            contract,
            columns,
            constants,
            rules: RowRules::new(contract, &job.profile.settings.plausibility),
            source_line: contract.position("source_line"),
            named: header.named,
        })
    }

    /// Reads one row, its key aside; `None` when there is no data in it or it is refused.
    pub(in crate::source) fn read(
        &self,
        row: &GridRow,
        found: &mut RowFindings,
    ) -> Option<Vec<Cell>> {
        if let Some(fault) = self.job.row_fault(row, self.named) {
            found.push(self.job.finding(row, (None, "", ""), fault));
            return None;
        }
        let mut cells = self.constants.clone();
        fill_row(
            &self.job,
            self.contract,
            &self.columns,
            row,
            &mut cells,
            found,
        );
        if !found.refused() {
            for broken in self.rules.check(cells.as_slice()) {
                found.push(Finding {
                    severity: broken.severity,
                    ..self.about(row, broken.field, broken.fault)
                });
            }
        }
        if found.refused() {
            return None;
        }
        if let Some(position) = self.source_line {
            cells[position] = Cell::Integer(i64::try_from(row.line).unwrap_or(i64::MAX));
        }
        Some(cells)
    }

    /// Whether there is no data in a row: it is blank, or a rule skips it.
    pub(in crate::source) fn passes_over(&self, row: &GridRow) -> bool {
        (row.is_blank() && row.fault.is_none()) || self.job.skips(row, None).is_some()
    }

    /// A finding about a field of a row.
    pub(in crate::source) fn about(
        &self,
        row: &GridRow,
        field: usize,
        fault: CellFault,
    ) -> Finding {
        let column = self.columns.iter().find(|column| column.field == field);
        let position = column.map(|column| column.position);
        let text = position.map_or_else(String::new, |at| row.cell(at).text().into_owned());
        let place = (
            position,
            self.contract.fields[field].name.as_str(),
            text.as_str(),
        );
        self.job.finding(row, place, fault)
    }
}

/// Turns the rows under one header into rows of one table.
pub(super) struct TableReader<'a> {
    plan: RowPlan<'a>,
    rows: Judged<'a>,
    keys: Keys,
    typed_ids: TypedIds,
    seen: usize,
    found: RowFindings,
    composition: Option<Composition<'a>>,
}

/// The elements that stand beside tensile results: readings of burn 1 of the row's specimen.
struct Composition<'a> {
    readings: Readings<'a>,
    elements: Vec<ElementColumn>,
    constants: Vec<Cell>,
    /// From a field of the table to the same field of the readings.
    shared: Vec<(usize, usize)>,
}

impl<'a> Composition<'a> {
    /// `None` when the profile declares no elements.
    fn new(
        job: &Job<'a>,
        contract: &Contract,
        header: &Header,
        given: &BTreeMap<String, String>,
        earlier: usize,
    ) -> Result<Option<Composition<'a>>, Box<Finding>> {
        if !job.profile.elements.declared {
            return Ok(None);
        }
        let readings = Readings::of_table(job, "oes_burns", earlier)?;
        let burns = readings.contract();
        let names = ElementNames::of(job.profile);
        let elements = element_columns(job, &readings, &names, header)?;
        let mut constants = constant_cells(job, burns, given)?;
        constants[readings.burn_no()] = Cell::Integer(1);
        let same = burns
            .fields
            .iter()
            .enumerate()
            .filter_map(|(to, field)| Some((contract.position(&field.name)?, to)));
        let sample = contract
            .position("specimen_id")
            .zip(burns.position("sample_id"));
        Ok(Some(Composition {
            shared: same.chain(sample).collect(),
            readings,
            elements,
            constants,
        }))
    }

    fn read(&mut self, row: &GridRow, cells: &[Cell]) -> RowReadings {
        let mut base = self.constants.clone();
        for &(from, to) in &self.shared {
            if cells[from] != Cell::Null {
                base[to] = cells[from].clone();
            }
        }
        let mut found = RowReadings::default();
        for column in &self.elements {
            let place = (column.position, column.element.as_str());
            let cell = row.cell(column.position);
            self.readings
                .add(row, &mut found, &base, place, column.units, cell);
        }
        self.readings.check(row, &mut found);
        found
    }
}

impl<'a> TableReader<'a> {
    /// Maps the header.
    ///
    /// # Errors
    /// A finding about the file as a whole: the header is not one of this table.
    pub(super) fn new(
        job: &Job<'a>,
        contract: &'a Arc<Contract>,
        header: &Header,
        file: &mut SourceFile,
    ) -> Result<TableReader<'a>, Box<Finding>> {
        let given = given_fields(job, &[contract], &header.above)?;
        let earlier = file.findings.len();
        let composition = Composition::new(job, contract, header, &given, earlier)?;
        let is_element = |position: usize| {
            let elements = composition.as_ref().map(|side| &side.elements);
            elements
                .is_some_and(|elements| elements.iter().any(|column| column.position == position))
        };
        let plan = RowPlan::beside(
            job,
            contract,
            header,
            &given,
            &is_element,
            &mut file.findings,
        )?;
        Ok(TableReader {
            plan,
            rows: Judged::new(job, contract, earlier),
            keys: Keys::new(contract),
            typed_ids: TypedIds::default(),
            seen: 0,
            found: RowFindings::default(),
            composition,
        })
    }

    /// Takes the next row: into the table, or with every fault of it to the findings.
    pub(super) fn take(&mut self, row: &GridRow, file: &mut SourceFile) {
        if self.plan.passes_over(row) {
            return;
        }
        self.seen += 1;
        let contract = self.plan.contract;
        let cells = self.plan.read(row, &mut self.found);
        let mut readings = RowReadings::default();
        if let Some(cells) = &cells {
            if let Some((field, fault)) = self.keys.check(contract, cells, row.line) {
                self.found.push(self.plan.about(row, field, fault));
            } else if let Some(composition) = &mut self.composition {
                readings = composition.read(row, cells);
                let mut found = Vec::new();
                readings.found.hand_over(&mut found);
                found
                    .into_iter()
                    .for_each(|finding| self.found.push(finding));
            }
        }
        let refused = self.found.hand_over(&mut file.findings);
        let Some(cells) = cells.filter(|_| !refused) else {
            file.rows_rejected += 1;
            self.rows.refuse();
            return;
        };
        self.typed_ids.look(contract, &self.plan.columns, row);
        self.rows.push(row, [(None, cells)]);
        if let Some(composition) = &mut self.composition {
            composition.readings.push(row, readings);
        }
        file.rows_ok += 1;
    }

    /// Hands the rows over.
    pub(super) fn finish(self, file: &mut SourceFile) {
        if self.seen == 0 {
            file.findings.push(no_rows(self.plan.job.path));
        }
        file.findings
            .extend(self.typed_ids.findings(&self.plan.job));
        let columns = &self.plan.columns;
        let position = |name: &str| {
            let field = self.plan.contract.position(name)?;
            let column = columns.iter().find(|column| column.field == field);
            column.map(|column| column.position)
        };
        let lost = self.rows.finish(file, position);
        file.rows_ok -= lost;
        file.rows_rejected += lost;
        if let Some(composition) = self.composition {
            // The row stays: it counts for its tensile results.
            let _ = composition.readings.finish(file);
        }
    }
}

/// The warning about a header with nothing under it.
pub(in crate::source) fn no_rows(path: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..Finding::of_file(
            path,
            "no_rows",
            "the file has a header but no rows".to_owned(),
            "",
        )
    }
}
