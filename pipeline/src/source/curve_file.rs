//! The `curve` layout: the points of one specimen's stress–strain curve, reduced to its properties.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cell::{self, Parsed};
use super::table_file::{constant_cells, given_fields, records};
use super::{Profile, Reading, SourceFile, header};
use crate::contract::{Cell, CellFault, Contract, Rows};
use crate::curve::{Curve, Reduction, reduce};
use crate::domain::{Finding, Severity};

/// Columns that may be empty in a point.
const STRAINS: [&str; 2] = ["strain", "extension_mm"];

/// The points of a curve file, before it is known which specimen they belong to.
#[derive(Debug)]
pub struct CurveFile {
    /// Fields that the profile or the file's name gives, as text.
    pub given: BTreeMap<String, String>,
    /// The curve, good points only.
    pub curve: Curve,
    /// Every point column as it was read, by field.
    channels: Vec<(String, Vec<f64>)>,
    /// Line of the header.
    line: u64,
}

/// Reads the points; bad ones go to the findings of `file`, the good ones count.
///
/// `given` holds what is known beforehand, such as `area_mm2`, and wins over the profile.
///
/// # Errors
/// A finding about the file as a whole when it has no curve in it.
pub(super) fn read_points(
    reading: Reading<'_>,
    profile: &Profile,
    (path, name): (&str, &str),
    text: &str,
    known: &BTreeMap<String, String>,
    file: &mut SourceFile,
) -> Result<CurveFile, Box<Finding>> {
    let curves = table(reading, path, &profile.table)?;
    let broken = |error: csv::Error| {
        Box::new(Finding::of_file(
            path,
            "csv",
            format!("the rows cannot be told apart: {error}"),
            "",
        ))
    };
    let mut records = records(text, profile.format.delimiter);
    let head = records.next().transpose().map_err(broken)?.ok_or_else(|| {
        Box::new(Finding::of_file(
            path,
            "empty",
            "the file has no header row".to_owned(),
            "",
        ))
    })?;
    let mut given = given_fields(profile, name);
    given.extend(known.clone());
    let columns = header::map_columns(
        profile,
        curves,
        path,
        head.line,
        &head.fields,
        &mut file.findings,
    )?;
    let mut channels: Vec<Vec<f64>> = vec![Vec::new(); columns.len()];
    for record in records {
        let record = record.map_err(broken)?;
        let mut point = Vec::with_capacity(columns.len());
        let mut faults = Vec::new();
        for column in &columns {
            let field = &curves.fields[column.field];
            let text = record
                .fields
                .get(column.position)
                .map_or("", String::as_str);
            let fault = match cell::parse(field, column.units, &profile.format, text) {
                Ok(Parsed::Value(Cell::Number(number))) => {
                    point.push(number);
                    continue;
                }
                // An empty strain means that the extensometer is off; the load still counts for Rm.
                Ok(Parsed::Value(Cell::Null)) if STRAINS.contains(&field.name.as_str()) => {
                    point.push(f64::NAN);
                    continue;
                }
                Ok(_) => CellFault {
                    rule: "required",
                    message: "the point has no value here".to_owned(),
                    hint: "the point is left out; the rest of the curve counts".to_owned(),
                },
                Err(fault) => fault,
            };
            let place = (column.position as u64 + 1, field.name.as_str(), text);
            faults.push(record.finding(path, place, fault));
        }
        if faults.is_empty() {
            file.rows_ok += 1;
            channels
                .iter_mut()
                .zip(point)
                .for_each(|(channel, number)| channel.push(number));
        } else {
            file.rows_rejected += 1;
            file.findings.extend(faults);
        }
    }
    let names = columns
        .iter()
        .map(|column| curves.fields[column.field].name.clone());
    let channels: Vec<(String, Vec<f64>)> = names.zip(channels).collect();

    let channel = |name: &str| {
        channels
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, numbers)| numbers.clone())
    };
    let constant = |name: &str| given.get(name)?.parse::<f64>().ok();
    let per = |numbers: Vec<f64>, divisor: f64| {
        numbers.into_iter().map(|number| number / divisor).collect()
    };
    let stress = channel("stress_mpa")
        .or_else(|| Some(per(channel("force_n")?, constant("area_mm2")?)))
        .ok_or_else(|| {
            lacks(
                path,
                "stress_mpa",
                "stress, nor force with `area_mm2`",
                &head.fields,
            )
        })?;
    let strain = channel("strain")
        .or_else(|| Some(per(channel("extension_mm")?, constant("gauge_length_mm")?)))
        .ok_or_else(|| {
            lacks(
                path,
                "strain",
                "strain, nor extension with `gauge_length_mm`",
                &head.fields,
            )
        })?;
    Ok(CurveFile {
        given,
        curve: Curve { strain, stress },
        channels,
        line: head.line,
    })
}

pub(super) fn read(
    reading: Reading<'_>,
    profile: &Profile,
    path: &str,
    name: &str,
    text: &str,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    let (curves, tests) = (
        table(reading, path, &profile.table)?,
        table(reading, path, "tensile_tests")?,
    );
    let points = read_points(reading, profile, (path, name), text, &BTreeMap::new(), file)?;
    let mut curve_row = constant_cells(profile, curves, path, &points.given)?;
    let mut test_row = constant_cells(profile, tests, path, &points.given)?;
    all_given(curves, path, &curve_row)?;
    all_given(tests, path, &test_row)?;
    let reduction = reduce(&points.curve, reading.reduction);
    note_flags(path, &reduction, &mut file.findings);
    let line = Cell::Integer(i64::try_from(points.line).unwrap_or(i64::MAX));
    for (name, numbers) in points.channels {
        put(curves, &mut curve_row, &name, Cell::Numbers(numbers));
    }
    put(curves, &mut curve_row, "source_line", line.clone());
    put(tests, &mut test_row, "source_line", line);
    for (name, cell) in results(&reduction) {
        put(tests, &mut test_row, name, cell);
    }
    let mut rows = Rows::new(curves);
    rows.push(curve_row);
    file.rows.insert(curves.name.clone(), rows);
    if reduction.rm_mpa.is_some() {
        let mut rows = Rows::new(tests);
        rows.push(test_row);
        file.rows.insert(tests.name.clone(), rows);
    }
    Ok(())
}

fn table<'a>(
    reading: Reading<'a>,
    path: &str,
    name: &str,
) -> Result<&'a Arc<Contract>, Box<Finding>> {
    reading.contracts.table(name).map_err(|error| {
        Box::new(Finding::of_file(
            path,
            "profile",
            error.to_string(),
            "correct the profile's `table`",
        ))
    })
}

fn put(contract: &Contract, row: &mut [Cell], name: &str, cell: Cell) {
    if let Some(position) = contract.position(name) {
        row[position] = cell;
    }
}

/// What the reduction found, as cells of `tensile_tests`.
fn results(reduction: &Reduction) -> [(&'static str, Cell); 7] {
    [
        ("rm_mpa", Cell::number(reduction.rm_mpa)),
        ("rp02_mpa", Cell::number(reduction.rp02_mpa)),
        ("slope_gpa", Cell::number(reduction.slope_gpa)),
        ("a_pct", Cell::number(reduction.a_pct)),
        ("ag_pct", Cell::number(reduction.ag_pct)),
        ("agt_pct", Cell::number(reduction.agt_pct)),
        ("origin", Cell::Text("reduced".to_owned())),
    ]
}

fn note_flags(path: &str, reduction: &Reduction, findings: &mut Vec<Finding>) {
    // Remarks that cost no result stay with the reduction; they are no reason to look.
    for flag in reduction
        .flags
        .iter()
        .filter(|flag| !flag.withholds().is_empty())
    {
        findings.push(Finding {
            severity: Severity::Warning,
            field: flag.withholds().join(", "),
            ..Finding::of_file(path, flag.as_str(), flag.meaning().to_owned(), "")
        });
    }
}

fn all_given(tests: &Contract, path: &str, row: &[Cell]) -> Result<(), Box<Finding>> {
    for (field, cell) in tests.fields.iter().zip(row) {
        if field.constraints.required && !field.provenance && *cell == Cell::Null {
            return Err(Box::new(Finding {
                field: field.name.clone(),
                ..Finding::of_file(
                    path,
                    "required",
                    "neither the profile nor the file's name gives it".to_owned(),
                    "add it to `[constants]`, or a named group to `match.file_name`",
                )
            }));
        }
    }
    Ok(())
}

fn lacks(path: &str, field: &str, what: &str, header: &[String]) -> Box<Finding> {
    let message = format!(
        "the curve has no {what}; the header reads: {}",
        header.join(", ")
    );
    Box::new(Finding {
        field: field.to_owned(),
        ..Finding::of_file(
            path,
            "missing_column",
            message,
            "map its column in the profile",
        )
    })
}
