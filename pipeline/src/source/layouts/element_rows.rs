//! The `element_rows` layout: one element a row, repeated readings as columns.

use super::readings::{Readings, RowReadings};
use super::table::no_rows;
use crate::contract::{Cell, CellFault};
use crate::domain::{Finding, Severity};
use crate::source::cells::fill_row;
use crate::source::elements::ElementNames;
use crate::source::fold::{fold_loosely, unit_of};
use crate::source::head::given_fields;
use crate::source::header::{self, Header};
use crate::source::job::Job;
use crate::source::profile::Replicates;
use crate::source::read::SourceFile;
use crate::source::stream::RowStream;

pub(super) fn read(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    let mut readings = Readings::new(job, file.findings.len())?;
    let contract = readings.contract();
    let header = header::locate(job, rows)?;
    let given = given_fields(job, &[contract], &header.above)?;
    let names = ElementNames::of(job.profile);
    let element_column = element_column(job, &header)?;
    let replicates = replicate_columns(job, &header)?;
    let unit_column = header.columns.iter().position(|column| {
        ["unit", "einheit", "单位"].contains(&fold_loosely(&column.text()).as_str())
    });
    let is_other = |position: usize| {
        position == element_column
            || replicates.contains(&position)
            || Some(position) == unit_column
    };
    let (columns, constants) = readings.beside(&header, &given, &is_other, &mut file.findings)?;
    let burn_no = readings.burn_no();
    let mut seen = 0;
    while let Some(row) = rows.next_row() {
        if (row.is_blank() && row.fault.is_none()) || job.skips(row, Some(element_column)).is_some()
        {
            continue;
        }
        let word = row.cell(element_column).text();
        let element = names.element(&word).map(str::to_owned);
        let is_read = replicates.iter().any(|&at| !row.cell(at).is_empty());
        if element.is_none() && !is_read && row.fault.is_none() {
            // A remark below the table, such as what w(x) means.
            file.findings.push(Finding {
                severity: Severity::Note,
                ..job.finding(
                    row,
                    (None, "", ""),
                    CellFault {
                        rule: "unused_row",
                        message: "the row names no element and holds no reading".to_owned(),
                        hint: String::new(),
                    },
                )
            });
            continue;
        }
        seen += 1;
        let mut found = RowReadings::default();
        let mut base = constants.clone();
        if let Some(fault) = job.row_fault(row, header.named) {
            found.found.push(job.finding(row, (None, "", ""), fault));
        } else {
            fill_row(job, contract, &columns, row, &mut base, &mut found.found);
        }
        let Some(element) = element else {
            found.found.push(job.finding(row, (Some(element_column), "element", &word), CellFault {
                rule: "element",
                message: format!("\"{word}\" is not a chemical element"),
                hint: "name it in the profile's `elements.names`, or skip the row by `skip_rows`".to_owned(),
            }));
            readings.commit(row, found, file);
            continue;
        };
        let stated = unit_column
            .map(|at| row.cell(at).text())
            .and_then(|text| unit_of(&text));
        match readings.units(&element, stated) {
            Err((message, hint)) => {
                let fault = CellFault {
                    rule: "unit",
                    message,
                    hint,
                };
                readings.fault(row, &mut found, (element_column, ""), &word, fault);
            }
            Ok(units) if !found.found.refused() => {
                for (&at, burn) in replicates.iter().zip(1..) {
                    base[burn_no] = Cell::Integer(burn);
                    let place = (at, element.as_str());
                    readings.add(row, &mut found, &base, place, units, row.cell(at));
                }
            }
            Ok(_) => {}
        }
        readings.commit(row, found, file);
    }
    if seen == 0 {
        file.findings.push(no_rows(job.path));
    }
    readings.finish_counted(file);
    Ok(())
}

fn missing(job: &Job<'_>, header: &Header, what: &str, hint: &str) -> Box<Finding> {
    Box::new(Finding {
        raw_row: header.raw.clone(),
        ..Finding::of_file(
            job.path,
            "missing_column",
            format!(
                "header line {} has no {what}; it reads: {}",
                header.line,
                header.reads()
            ),
            hint,
        )
    })
}

fn element_column(job: &Job<'_>, header: &Header) -> Result<usize, Box<Finding>> {
    let names: Vec<String> = job
        .profile
        .elements
        .element
        .iter()
        .map(|name| fold_loosely(name))
        .collect();
    let mut found = header.columns.iter().enumerate().filter(|(_, column)| {
        let texts = [column.text()]
            .into_iter()
            .chain(column.parts.iter().cloned());
        texts
            .into_iter()
            .any(|text| names.contains(&fold_loosely(&text)))
    });
    let Some((position, _)) = found.next() else {
        return Err(missing(
            job,
            header,
            "column of elements",
            "correct `elements.element` in the profile",
        ));
    };
    if let Some((twin, column)) = found.next() {
        return Err(Box::new(Finding {
            column: job.column(twin),
            value: column.text(),
            raw_row: header.raw.clone(),
            ..Finding::of_file(
                job.path,
                "duplicate_column",
                format!(
                    "header line {}: columns {} and {} are both the column of elements",
                    header.line,
                    position + 1,
                    twin + 1
                ),
                "set `header.columns` in the profile when the second is a repetition",
            )
        }));
    }
    Ok(position)
}

fn replicate_columns(job: &Job<'_>, header: &Header) -> Result<Vec<usize>, Box<Finding>> {
    let is_replicate = |text: &str| match &job.profile.elements.replicates {
        Some(Replicates::Pattern(pattern)) => pattern.is_match(text),
        Some(Replicates::Names(names)) => names
            .iter()
            .any(|name| fold_loosely(name) == fold_loosely(text)),
        None => false,
    };
    let found: Vec<usize> = header
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| {
            is_replicate(&column.text()) || column.parts.iter().any(|part| is_replicate(part))
        })
        .map(|(position, _)| position)
        .collect();
    if found.is_empty() {
        return Err(missing(
            job,
            header,
            "column of readings",
            "correct `elements.replicates` in the profile",
        ));
    }
    Ok(found)
}
