//! The `text_lines` layout: lines such as `Si  10.23`, one sample a file.

use std::collections::BTreeMap;

use super::readings::{Readings, RowReadings};
use crate::contract::{Cell, CellFault};
use crate::domain::{Finding, Severity};
use crate::source::elements::ElementNames;
use crate::source::grid::{GridCell, GridRow};
use crate::source::head::{constant_cells, given_fields};
use crate::source::job::Job;
use crate::source::read::SourceFile;
use crate::source::stream::RowStream;

pub(super) fn read(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    let mut readings = Readings::new(job, file.findings.len())?;
    let contract = readings.contract();
    let names = ElementNames::of(job.profile);
    let rows = rows.take(usize::MAX);
    let given = given_fields(job, &[contract], &rows)?;
    let mut base = constant_cells(job, contract, &given)?;
    let burn_no = readings.burn_no();
    for (field, declared) in contract.fields.iter().enumerate() {
        let needed = declared.constraints.required && !declared.provenance;
        if needed && !readings.fills(field) && field != burn_no && base[field] == Cell::Null {
            return Err(Box::new(Finding {
                field: declared.name.clone(),
                ..Finding::of_file(
                    job.path,
                    "required",
                    "neither the profile nor the file's name nor its head gives it".to_owned(),
                    "add it to `[constants]`, a `[[head]]`, or a named group to `match.file_name`",
                )
            }));
        }
    }
    let burn_is_given = base[burn_no] != Cell::Null;
    let mut burns: BTreeMap<String, i64> = BTreeMap::new();
    let mut seen = 0;
    for row in &rows {
        if (row.is_blank() && row.fault.is_none()) || job.skips(row, None).is_some() {
            continue;
        }
        let Some((position, word, rest)) = split_line(row) else {
            continue;
        };
        let has_number = rest.text().contains(|c: char| c.is_ascii_digit());
        let Some(element) = names.element(&word).map(str::to_owned) else {
            if !is_head(job, row) {
                unknown_line(job, row, &word, has_number, file);
            }
            continue;
        };
        seen += 1;
        let mut found = RowReadings::default();
        if let Some(fault) = row.fault.and_then(|_| job.row_fault(row, row.cells.len())) {
            found.found.push(job.finding(row, (None, "", ""), fault));
        }
        if !burn_is_given {
            let burn = burns.entry(element.clone()).or_insert(0);
            *burn += 1;
            base[burn_no] = Cell::Integer(*burn);
        }
        match readings.units(&element, None) {
            Ok(units) => {
                readings.add(row, &mut found, &base, (position, &element), units, &rest);
            }
            Err((message, hint)) => {
                let fault = CellFault {
                    rule: "unit",
                    message,
                    hint,
                };
                readings.fault(row, &mut found, (position, ""), &rest.text(), fault);
            }
        }
        readings.commit(row, found, file);
    }
    if seen == 0 && file.rows_rejected == 0 {
        return Err(Box::new(Finding::of_file(
            job.path,
            "no_rows",
            "no line of the file is an element with its content".to_owned(),
            "is this the right profile for the file?",
        )));
    }
    readings.finish_counted(file);
    Ok(())
}

/// The first word of a line and the rest of it, with the position of the rest.
fn split_line(row: &GridRow) -> Option<(usize, String, GridCell)> {
    let (first, cell) = row.first_filled()?;
    let word = cell.text().into_owned();
    // `Si:10.23` and `Si=10.23` are one cell.
    if let Some((name, value)) = word.split_once([':', '=', '：'])
        && !value.trim().is_empty()
    {
        return Some((
            first,
            name.to_owned(),
            GridCell::Text(value.trim().to_owned()),
        ));
    }
    let rest: Vec<_> = row.cells[first + 1..].iter().map(GridCell::text).collect();
    let rest = match row.cells.get(first + 1) {
        Some(typed @ (GridCell::Number(_) | GridCell::Error(_))) if rest.len() == 1 => {
            typed.clone()
        }
        _ => GridCell::Text(rest.join(" ").trim().to_owned()),
    };
    Some((first + 1, word, rest))
}

/// Whether a line was read as part of the head.
fn is_head(job: &Job<'_>, row: &GridRow) -> bool {
    use crate::source::fold::fold_loosely;
    let line = fold_loosely(&row.raw);
    let mut keys = job.profile.heads.iter().flat_map(|rule| &rule.keys);
    keys.any(|key| line.starts_with(&fold_loosely(key)))
}

/// A line that begins with no element: with a number behind it, it is a reading that nobody can place.
fn unknown_line(job: &Job<'_>, row: &GridRow, word: &str, has_number: bool, file: &mut SourceFile) {
    let short = word.chars().count() <= 3;
    let (severity, rule, message) = if has_number && short {
        file.rows_rejected += 1;
        (
            Severity::Error,
            "element",
            format!("\"{word}\" is not a chemical element"),
        )
    } else {
        (
            Severity::Note,
            "unused_row",
            "the line names no element".to_owned(),
        )
    };
    file.findings.push(Finding {
        severity,
        ..job.finding(
            row,
            (None, "element", word),
            CellFault {
                rule,
                message,
                hint: String::new(),
            },
        )
    });
}
