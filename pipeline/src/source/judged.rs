//! Rows that were read, each with where it came from, until the rules of a whole file have judged them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::grid::GridRow;
use super::job::Job;
use super::read::SourceFile;
use super::set_rules::{SetFault, TOLD_BY_ELONGATION_FRACTION, check_rows};
use crate::contract::{Cell, Contract, Rows};
use crate::domain::{Finding, Severity};

/// Rows of one table, and their origins.
pub(super) struct Judged<'a> {
    job: Job<'a>,
    rows: Rows,
    origins: Vec<Origin>,
    source_line: Option<usize>,
    /// Findings of the file that were there before.
    earlier: usize,
    /// Whether some row of the table was refused.
    any_refused: bool,
}

/// Where a row stood in the file.
struct Origin {
    line: u64,
    /// The cell that the rules point at; `None` for the row as a whole.
    position: Option<usize>,
    raw: Arc<str>,
}

impl<'a> Judged<'a> {
    /// Nothing yet, of a file with so many findings.
    pub(super) fn new(job: &Job<'a>, contract: &Arc<Contract>, earlier: usize) -> Judged<'a> {
        Judged {
            job: *job,
            rows: Rows::new(contract),
            origins: Vec::new(),
            source_line: contract.position("source_line"),
            earlier,
            any_refused: false,
        }
    }

    /// Remembers that a row of the file stays out.
    pub(super) fn refuse(&mut self) {
        self.any_refused = true;
    }

    /// Takes the rows that one row of the file gave, each with the position of its own cell.
    pub(super) fn push(
        &mut self,
        row: &GridRow,
        rows: impl IntoIterator<Item = (Option<usize>, Vec<Cell>)>,
    ) {
        let raw: Arc<str> = Arc::from(row.raw.as_str());
        for (position, mut cells) in rows {
            if let Some(at) = self.source_line {
                cells[at] = Cell::Integer(i64::try_from(row.line).unwrap_or(i64::MAX));
            }
            self.rows.push(cells);
            self.origins.push(Origin {
                line: row.line,
                position,
                raw: Arc::clone(&raw),
            });
        }
    }

    /// Judges the rows, and hands over those that stay in. `position` is the column of a field; gives the
    /// number of rows of the file of which nothing is left.
    pub(super) fn finish(
        mut self,
        file: &mut SourceFile,
        position: impl Fn(&str) -> Option<usize>,
    ) -> usize {
        let limits = &self.job.profile.settings.plausibility;
        let faults = match check_rows(limits, &self.rows, !self.any_refused) {
            Ok(faults) => faults,
            Err(error) => {
                let message = error.to_string();
                let finding = Finding::of_file(self.job.path, "profile", message, "");
                file.findings.push(finding);
                Vec::new()
            }
        };
        let mut out = BTreeSet::new();
        for fault in faults {
            if fault.fault.rule == "elongation_fraction" {
                let own = file
                    .findings
                    .split_off(self.earlier.min(file.findings.len()));
                let told = |finding: &Finding| {
                    TOLD_BY_ELONGATION_FRACTION.contains(&finding.rule.as_str())
                };
                file.findings.extend(own.into_iter().filter(|f| !told(f)));
            }
            if fault.severity == Severity::Error {
                out.extend(fault.rows.iter().copied());
            }
            let finding = self.finding(fault, &position);
            file.findings.push(finding);
        }
        let lines = |keep: bool| -> BTreeSet<u64> {
            let rows = 0..self.origins.len();
            rows.filter(|row| out.contains(row) != keep)
                .map(|row| self.origins[row].line)
                .collect()
        };
        let lost = lines(false).difference(&lines(true)).count();
        if !out.is_empty() {
            self.rows.retain(|row| !out.contains(&row));
        }
        file.add_rows(self.rows);
        lost
    }

    fn finding(&self, fault: SetFault, position: impl Fn(&str) -> Option<usize>) -> Finding {
        let first = fault.rows.first().and_then(|&row| self.origins.get(row));
        let column = first
            .and_then(|origin| origin.position)
            .or_else(|| position(fault.field))
            .map_or(0, |position| self.job.column(position));
        // Rows that stay out are kept as they stood; rows that go in need only be pointed at.
        let concerned = match fault.severity {
            Severity::Error => fault.rows.as_slice(),
            Severity::Warning | Severity::Note => &fault.rows[..fault.rows.len().min(1)],
        };
        let mut raw: Vec<&str> = Vec::new();
        let mut last_line = None;
        for origin in concerned.iter().filter_map(|&row| self.origins.get(row)) {
            if last_line != Some(origin.line) {
                raw.push(&origin.raw);
            }
            last_line = Some(origin.line);
        }
        Finding {
            line: first.map_or(0, |origin| origin.line),
            column,
            field: fault.field.to_owned(),
            value: fault.value,
            severity: fault.severity,
            raw_row: raw.join("\n"),
            ..Finding::of_file(
                self.job.path,
                fault.fault.rule,
                fault.fault.message,
                &fault.fault.hint,
            )
        }
    }
}
