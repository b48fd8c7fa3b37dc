//! The cells of one row, parsed into a row of the contract.

use super::cell::{self, Parsed};
use super::grid::{GridCell, GridRow};
use super::header::MappedColumn;
use super::job::Job;
use super::profile::{Format, Profile};
use crate::contract::{Cell, CellFault, Contract, Field};
use crate::domain::{Finding, Severity, Unit};

/// What was found wrong with one row of the file, errors and warnings.
#[derive(Debug, Default)]
pub(super) struct RowFindings {
    findings: Vec<Finding>,
    refused: bool,
}

impl RowFindings {
    /// Adds a finding; an error refuses the row.
    pub(super) fn push(&mut self, finding: Finding) {
        self.refused |= finding.severity == Severity::Error;
        self.findings.push(finding);
    }

    /// Whether the row does not go in.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    /// Hands the findings over and begins a new row; gives whether the last one was refused.
    pub(super) fn hand_over(&mut self, findings: &mut Vec<Finding>) -> bool {
        findings.append(&mut self.findings);
        std::mem::take(&mut self.refused)
    }
}

/// A parsed cell, with a warning where somebody should look at it.
pub(super) type Read = (Parsed, Option<CellFault>);

/// Parses one cell.
///
/// The one place that knows how `cell` takes a cell.
pub(super) fn parse_cell(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &Format,
    cell: &GridCell,
) -> Result<Read, CellFault> {
    Ok(match cell::parse(field, units, format.of_cells(), cell)? {
        // Ids that a spreadsheet holds as numbers are one warning a column, see `TypedIds`.
        Parsed::Doubtful(value, fault)
            if fault.rule == "id_as_number" && matches!(cell, GridCell::Number(_)) =>
        {
            (Parsed::Value(value), None)
        }
        Parsed::Doubtful(value, fault) => (Parsed::Value(value), Some(*fault)),
        parsed => (parsed, None),
    })
}

/// The contract's word for a cell, where the profile or the shared aliases translate it.
pub(super) fn translated(profile: &Profile, field: &str, cell: &GridCell) -> Option<GridCell> {
    let GridCell::Text(text) = cell else {
        return None;
    };
    let own = profile.values.get(field);
    let shared = profile
        .aliases
        .as_ref()
        .and_then(|aliases| aliases.values.get(field));
    own.into_iter()
        .chain(shared)
        .find_map(|words| words.get(text.trim()))
        .map(|word| GridCell::Text(word.clone()))
}

/// Parses the cell of one column into `cells`; gives a warning if there is one. An empty cell does not
/// undo what is given already.
pub(super) fn fill(
    job: &Job<'_>,
    contract: &Contract,
    column: &MappedColumn,
    cell: &GridCell,
    cells: &mut [Cell],
) -> Result<Option<CellFault>, CellFault> {
    let field = &contract.fields[column.field];
    let word = translated(job.profile, &field.name, cell);
    let (parsed, warning) = parse_cell(
        field,
        column.units,
        job.format,
        word.as_ref().unwrap_or(cell),
    )?;
    match parsed {
        Parsed::Value(Cell::Null) => {}
        Parsed::Value(cell) | Parsed::Doubtful(cell, _) => cells[column.field] = cell,
        Parsed::Censored(limit) => {
            if let Some((flag, limit_column)) = &field.censored_into {
                if let Some(position) = contract.position(flag) {
                    cells[position] = Cell::Boolean(true);
                }
                if let Some(position) = contract.position(limit_column) {
                    cells[position] = Cell::Number(limit);
                }
            }
        }
    }
    Ok(warning)
}

/// What the headers of the columns say about another field: `A50` is an elongation of type A50.
///
/// Call it when all columns are filled; gives the column and the fault where the two disagree.
pub(super) fn imply<'c>(
    contract: &Contract,
    columns: &'c [MappedColumn],
    cells: &mut [Cell],
) -> Option<(&'c MappedColumn, CellFault)> {
    for column in columns {
        let Some((field, value)) = &column.implied else {
            continue;
        };
        if cells[column.field] == Cell::Null {
            continue;
        }
        match &cells[*field] {
            Cell::Null => cells[*field] = Cell::Text(value.clone()),
            Cell::Text(text) if text == value => {}
            other => {
                let fault = CellFault {
                    rule: "implied",
                    message: format!(
                        "the column's name says {} = {value}, the row says {other}",
                        contract.fields[*field].name
                    ),
                    hint: "results of different types are never mixed: correct one of the two"
                        .to_owned(),
                };
                return Some((column, fault));
            }
        }
    }
    None
}

/// What a reading's own cell and the columns about its detection limit say against each other.
///
/// A number that is its own limit is a reading below it, and becomes one. Call it when all columns are
/// filled.
fn censoring_conflict(
    job: &Job<'_>,
    contract: &Contract,
    column: &MappedColumn,
    cell: &GridCell,
    cells: &mut [Cell],
) -> Option<CellFault> {
    let field = &contract.fields[column.field];
    let (flag, limit) = field.censored_into.as_ref()?;
    let (flag_at, limit_at) = (contract.position(flag)?, contract.position(limit)?);
    let conflict = |message: String| {
        Some(CellFault {
            rule: "censored",
            message,
            hint: "a reading below its limit is `<` and the limit, or an empty cell with the two columns filled"
                .to_owned(),
        })
    };
    let is_below = cells[flag_at] == Cell::Boolean(true);
    match cells[column.field] {
        Cell::Number(number) if is_below => match cells[limit_at] {
            Cell::Number(limit) if limit.to_bits() == number.to_bits() => {
                cells[column.field] = Cell::Null;
                None
            }
            _ => conflict(format!(
                "holds the number {number}, but {flag} says that it was not measured"
            )),
        },
        Cell::Null if !cell.is_empty() => {
            let parsed = parse_cell(field, column.units, job.format, cell).ok()?.0;
            let Parsed::Censored(stated) = parsed else {
                return None;
            };
            let same_limit = cells[limit_at].is(&Cell::Number(stated));
            if is_below && same_limit {
                return None;
            }
            conflict(format!(
                "says below {stated}, but {flag} is {} and {limit} is {}",
                cells[flag_at], cells[limit_at]
            ))
        }
        _ => None,
    }
}

/// Fills every mapped column of a row.
pub(super) fn fill_row(
    job: &Job<'_>,
    contract: &Contract,
    columns: &[MappedColumn],
    row: &GridRow,
    cells: &mut [Cell],
    found: &mut RowFindings,
) {
    for column in columns {
        let cell = row.cell(column.position);
        let (fault, severity) = match fill(job, contract, column, cell, cells) {
            Ok(None) => continue,
            Ok(Some(fault)) => (fault, Severity::Warning),
            Err(fault) => (fault, Severity::Error),
        };
        let field = &contract.fields[column.field].name;
        let place = (Some(column.position), field.as_str(), &*cell.text());
        found.push(Finding {
            severity,
            ..job.finding(row, place, fault)
        });
    }
    if !found.refused() {
        for column in columns {
            let cell = row.cell(column.position);
            if let Some(fault) = censoring_conflict(job, contract, column, cell, cells) {
                let field = &contract.fields[column.field].name;
                found.push(job.finding(row, (Some(column.position), field, &cell.text()), fault));
            }
        }
    }
    if !found.refused()
        && let Some((column, fault)) = imply(contract, columns, cells)
    {
        let field = &contract.fields[column.field].name;
        let text = row.cell(column.position).text();
        found.push(job.finding(row, (Some(column.position), field, &text), fault));
    }
}

/// Counts id cells that a spreadsheet holds as numbers, one warning a column.
#[derive(Debug, Default)]
pub(super) struct TypedIds {
    /// Position of the column, line and text of its first such cell, number of them.
    seen: Vec<(usize, u64, String, String, usize)>,
}

impl TypedIds {
    /// Looks at the id columns of a row that goes in.
    pub(super) fn look(&mut self, contract: &Contract, columns: &[MappedColumn], row: &GridRow) {
        for column in columns {
            let field = &contract.fields[column.field];
            let cell = row.cell(column.position);
            if !matches!(cell, GridCell::Number(_)) || !field.is_id() {
                continue;
            }
            match self
                .seen
                .iter_mut()
                .find(|(position, ..)| *position == column.position)
            {
                Some((.., count)) => *count += 1,
                None => self.seen.push((
                    column.position,
                    row.line,
                    field.name.clone(),
                    cell.text().into_owned(),
                    1,
                )),
            }
        }
    }

    /// The warnings.
    pub(super) fn findings<'j>(self, job: &'j Job<'_>) -> impl Iterator<Item = Finding> + 'j {
        self.seen.into_iter().map(move |(position, line, field, value, count)| Finding {
            line,
            column: job.column(position),
            severity: Severity::Warning,
            field,
            value,
            ..Finding::of_file(
                job.path,
                "id_number",
                format!("{count} ids of this column are typed as numbers and were read as whole text"),
                "zeros in front, if there were any, are lost: format the column as text",
            )
        })
    }
}
