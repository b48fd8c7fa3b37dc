//! The `curve` layout: the points of one specimen's stress–strain curve, reduced to its properties.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contract::{Cell, CellFault, Contract, Rows};
use crate::curve::{Crosshead, Curve, Flag, Reduction, compare, reduce_with_crosshead};
use crate::domain::{Finding, Severity};
use crate::source::cell::Parsed;
use crate::source::cells::{RowFindings, parse_cell};
use crate::source::grid::GridRow;
use crate::source::head::{constant_cells, given_fields};
use crate::source::header::{self, Header, Lexicon, MappedColumn};
use crate::source::job::Job;
use crate::source::plain_points::PlainPoints;
use crate::source::read::SourceFile;
use crate::source::row_rules::RowRules;
use crate::source::stream::RowStream;

/// Columns that may be empty in a point.
const STRAINS: [&str; 2] = ["strain", "extension_mm"];

/// Points that room is made for beforehand, however long the text is against its first line.
const ROOM_AT_MOST: usize = 1 << 16;

/// A result that the head of a curve file may state and no curve holds.
const STATED_ONLY: &str = "z_pct";

/// The points of a curve file, before it is known which specimen they belong to.
#[derive(Debug)]
pub struct CurveFile {
    /// Fields that the profile, the file's head or its name gives, as text.
    pub given: BTreeMap<String, String>,
    /// The curve, good points only.
    pub curve: Curve,
    /// Every point column as it was read, by field.
    channels: Vec<(String, Vec<f64>)>,
    /// Line of the header.
    line: u64,
}

impl CurveFile {
    /// The travel of the crosshead, where the file has one beside the strain of an extensometer and
    /// states the gauge length.
    pub fn crosshead(&self) -> Option<Crosshead<'_>> {
        let channel = |name: &str| self.channels.iter().find(|(field, _)| field == name);
        channel("strain")?;
        Some(Crosshead {
            travel_mm: &channel("extension_mm")?.1,
            gauge_length_mm: positive(&self.given, "gauge_length_mm")?,
        })
    }
}

/// A number above zero that the profile, the head or the name of the file gives.
fn positive(given: &BTreeMap<String, String>, name: &str) -> Option<f64> {
    let number = given.get(name)?.parse::<f64>().ok()?;
    (number > 0.0 && number.is_finite()).then_some(number)
}

/// Reads the points; bad ones go to the findings of `file`, the good ones count.
///
/// # Errors
/// A finding about the file as a whole when it has no curve in it.
pub(super) fn read_points(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<CurveFile, Box<Finding>> {
    let curves = job.contract(&job.profile.table)?;
    let tests = job.contract("tensile_tests")?;
    let header = header::locate(job, rows)?;
    let given = given_fields(job, &[curves, tests], &header.above)?;
    let lexicon = Lexicon::new(job.profile, curves);
    let columns = header::map_columns(job, &lexicon, &header, &|_| false, &mut file.findings)?;
    let mut channels: Vec<Vec<f64>> = vec![Vec::new(); columns.len()];
    let mut point = Vec::with_capacity(columns.len());
    let mut found = RowFindings::default();
    let plain = plain_points(job, curves, &columns);
    rows.unlook();
    loop {
        if let Some(plain) = &plain {
            file.rows_ok += take_plain(plain, rows, &mut channels);
        }
        let Some(row) = rows.next_row() else { break };
        if (row.is_blank() && row.fault.is_none()) || job.skips(row, None).is_some() {
            continue;
        }
        read_point(job, curves, &columns, row, &mut point, &mut found);
        if found.hand_over(&mut file.findings) {
            file.rows_rejected += 1;
            continue;
        }
        file.rows_ok += 1;
        channels
            .iter_mut()
            .zip(&point)
            .for_each(|(channel, number)| channel.push(*number));
    }
    let names = columns
        .iter()
        .map(|column| curves.fields[column.field].name.clone());
    let channels: Vec<(String, Vec<f64>)> = names.zip(channels).collect();
    let curve = curve_of(job, &header, &given, &channels)?;
    Ok(CurveFile {
        given,
        curve,
        channels,
        line: header.line,
    })
}

/// The short way for the points of a text, where there is one.
fn plain_points<'a>(
    job: &Job<'_>,
    curves: &'a Contract,
    columns: &[MappedColumn],
) -> Option<PlainPoints<'a>> {
    if !job.profile.skip_rows.is_empty() {
        return None;
    }
    PlainPoints::new(curves, job.dialect?, job.format, columns, |field| {
        STRAINS.contains(&field)
    })
}

/// Takes the points up to the next one that is not plain; gives their number.
fn take_plain(
    plain: &PlainPoints<'_>,
    rows: &mut RowStream<'_>,
    channels: &mut [Vec<f64>],
) -> usize {
    let mut point = vec![0.0; channels.len()];
    let (mut taken, mut like_it) = (0, 0);
    while rows.take_line(|text, start| {
        let next = plain.take(text, start, &mut point)?;
        like_it = (text.len() - next) / (next - start).max(1);
        Some(next)
    }) {
        if taken == 0 {
            let more = 1 + like_it.min(ROOM_AT_MOST);
            channels
                .iter_mut()
                .for_each(|channel| channel.reserve(more));
        }
        for (channel, number) in channels.iter_mut().zip(&point) {
            channel.push(*number);
        }
        taken += 1;
    }
    taken
}

/// Reads one point into `point`; `found` says what is wrong with it.
fn read_point(
    job: &Job<'_>,
    curves: &Contract,
    columns: &[MappedColumn],
    row: &GridRow,
    point: &mut Vec<f64>,
    found: &mut RowFindings,
) {
    point.clear();
    // A short row is one whose strain is missing; what else it lacks is found below.
    if let Some(fault) = row.fault.and_then(|_| job.row_fault(row, row.cells.len())) {
        found.push(job.finding(row, (None, "", ""), fault));
        return;
    }
    for column in columns {
        let field = &curves.fields[column.field];
        let cell = row.cell(column.position);
        let (fault, severity) = match parse_cell(field, column.units, job.format, cell) {
            Ok((Parsed::Value(Cell::Number(number)), warning)) => {
                point.push(number);
                let Some(warning) = warning else { continue };
                (warning, Severity::Warning)
            }
            // An empty strain means that the extensometer is off; the load still counts for Rm.
            Ok((Parsed::Value(Cell::Null), _)) if STRAINS.contains(&field.name.as_str()) => {
                point.push(f64::NAN);
                continue;
            }
            Ok(_) => {
                let fault = CellFault {
                    rule: "required",
                    message: "the point has no value here".to_owned(),
                    hint: "the point is left out; the rest of the curve counts".to_owned(),
                };
                (fault, Severity::Error)
            }
            Err(fault) => (fault, Severity::Error),
        };
        let place = (Some(column.position), field.name.as_str(), &*cell.text());
        found.push(Finding {
            severity,
            ..job.finding(row, place, fault)
        });
    }
}

/// Strain and stress of the channels, with the cross-section and gauge length where they take them.
fn curve_of(
    job: &Job<'_>,
    header: &Header,
    given: &BTreeMap<String, String>,
    channels: &[(String, Vec<f64>)],
) -> Result<Curve, Box<Finding>> {
    let channel = |name: &str| {
        channels
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, numbers)| numbers.clone())
    };
    let constant = |name: &str| positive(given, name);
    let per = |numbers: Vec<f64>, divisor: f64| {
        numbers.into_iter().map(|number| number / divisor).collect()
    };
    let stress = channel("stress_mpa")
        .or_else(|| Some(per(channel("force_n")?, constant("area_mm2")?)))
        .ok_or_else(|| {
            lacks(
                job,
                header,
                "stress_mpa",
                "stress, nor force with `area_mm2`",
            )
        })?;
    let strain = channel("strain")
        .or_else(|| Some(per(channel("extension_mm")?, constant("gauge_length_mm")?)))
        .ok_or_else(|| {
            lacks(
                job,
                header,
                "strain",
                "strain, nor extension with `gauge_length_mm`",
            )
        })?;
    Ok(Curve { strain, stress })
}

pub(super) fn read(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    let (curves, tests) = (
        job.contract(&job.profile.table)?,
        job.contract("tensile_tests")?,
    );
    let points = read_points(job, rows, file)?;
    let mut curve_row = constant_cells(job, curves, &points.given)?;
    let mut test_row = constant_cells(job, tests, &points.given)?;
    all_given(job, curves, &curve_row)?;
    all_given(job, tests, &test_row)?;
    let crosshead = points.crosshead();
    let reduction = reduce_with_crosshead(&points.curve, crosshead.as_ref(), job.reading.reduction);
    let line = Cell::Integer(i64::try_from(points.line).unwrap_or(i64::MAX));
    for (name, numbers) in points.channels {
        put(curves, &mut curve_row, &name, Cell::Numbers(numbers));
    }
    put(curves, &mut curve_row, "source_line", line.clone());
    put(tests, &mut test_row, "source_line", line);
    let reduced = results(&reduction);
    let names = reduced.iter().map(|(name, _)| *name).chain([STATED_ONLY]);
    let stated: Vec<usize> = names.filter_map(|name| tests.position(name)).collect();
    let is_reported = stated
        .iter()
        .any(|&position| test_row[position] != Cell::Null);
    let mut curves_rows = Rows::new(curves);
    curves_rows.push(curve_row);
    file.add_rows(curves_rows);
    // A row holds results of one origin: what the laboratory states over its own curve is compared with the
    // curve's here, and both are kept. What it states in another file is compared when models are fitted.
    let mut reduced_row = test_row.clone();
    for &position in &stated {
        reduced_row[position] = Cell::Null;
    }
    if is_reported {
        note_disagreements(job, tests, &test_row, &reduction, &mut file.findings);
        put(
            tests,
            &mut test_row,
            "origin",
            Cell::Text("reported".into()),
        );
        keep_results(job, tests, test_row, file);
    } else {
        note_flags(job.path, &reduction, &mut file.findings);
    }
    for (name, cell) in reduced {
        let cell = withheld(job, tests, name, cell, &mut file.findings);
        put(tests, &mut reduced_row, name, cell);
    }
    put(
        tests,
        &mut reduced_row,
        "origin",
        Cell::Text("reduced".into()),
    );
    if reduction.rm_mpa.is_some() {
        keep_results(job, tests, reduced_row, file);
    }
    Ok(())
}

/// Adds a row of results to the file unless a rule of rows refuses it.
fn keep_results(job: &Job<'_>, tests: &Arc<Contract>, row: Vec<Cell>, file: &mut SourceFile) {
    if !check_results(job, tests, &row, &mut file.findings) {
        let mut rows = Rows::new(tests);
        rows.push(row);
        file.add_rows(rows);
    }
}

fn put(contract: &Contract, row: &mut [Cell], name: &str, cell: Cell) {
    if let Some(position) = contract.position(name) {
        row[position] = cell;
    }
}

/// What the reduction found, as cells of `tensile_tests`.
fn results(reduction: &Reduction) -> [(&'static str, Cell); 11] {
    [
        ("rm_mpa", Cell::number(reduction.rm_mpa)),
        ("rp02_mpa", Cell::number(reduction.rp02_mpa)),
        ("rp10_mpa", Cell::number(reduction.rp10_mpa)),
        ("reh_mpa", Cell::number(reduction.reh_mpa)),
        ("rel_mpa", Cell::number(reduction.rel_mpa)),
        ("slope_gpa", Cell::number(reduction.slope_gpa)),
        ("a_pct", Cell::number(reduction.a_pct)),
        ("at_pct", Cell::number(reduction.at_pct)),
        ("energy_mj_m3", Cell::number(reduction.energy_mj_m3)),
        ("ag_pct", Cell::number(reduction.ag_pct)),
        ("agt_pct", Cell::number(reduction.agt_pct)),
    ]
}

/// A result of the reduction; nothing where it is outside of what the contract allows.
fn withheld(
    job: &Job<'_>,
    tests: &Contract,
    name: &str,
    cell: Cell,
    findings: &mut Vec<Finding>,
) -> Cell {
    let field = tests.fields.iter().find(|field| field.name == name);
    match field.map(|field| field.check_cell(&cell)) {
        Some(Err(fault)) => {
            findings.push(Finding {
                severity: Severity::Warning,
                field: name.to_owned(),
                value: cell.to_string(),
                ..Finding::of_file(
                    job.path,
                    fault.rule,
                    format!("the curve gives {}; the result is withheld", fault.message),
                    "a wrong unit or cross-section, or a curve of something else?",
                )
            });
            Cell::Null
        }
        _ => cell,
    }
}

/// Checks the results of a curve by the rules of a row; gives whether an error keeps them out.
fn check_results(
    job: &Job<'_>,
    tests: &Contract,
    row: &[Cell],
    findings: &mut Vec<Finding>,
) -> bool {
    let rules = RowRules::new(tests, &job.profile.settings.plausibility);
    let mut refused = false;
    for broken in rules.check(row) {
        refused |= broken.severity == Severity::Error;
        findings.push(Finding {
            severity: broken.severity,
            field: tests.fields[broken.field].name.clone(),
            value: row[broken.field].to_string(),
            ..Finding::of_file(
                job.path,
                broken.fault.rule,
                broken.fault.message,
                &broken.fault.hint,
            )
        });
    }
    refused
}

/// Warns where a result stated in the head is not that of the curve below it: a typing error, a wrong
/// cross-section, or the head of another specimen.
fn note_disagreements(
    job: &Job<'_>,
    tests: &Contract,
    row: &[Cell],
    reduction: &Reduction,
    findings: &mut Vec<Finding>,
) {
    let reported = tests.fields.iter().zip(row);
    let reported: BTreeMap<String, f64> = reported
        .filter_map(|(field, cell)| match cell {
            Cell::Number(number) => Some((field.name.clone(), *number)),
            _ => None,
        })
        .collect();
    let found = compare(&reported, reduction, &job.reading.reduction.reported);
    let hint = match found.area_factor {
        Some(factor) => {
            format!("every strength differs by the factor {factor:.3}: a wrong cross-section?")
        }
        None => {
            "a typing error, a wrong cross-section, or the head of another specimen?".to_owned()
        }
    };
    for one in found.disagreements {
        findings.push(Finding {
            severity: Severity::Warning,
            field: one.field.to_owned(),
            value: one.reported.to_string(),
            ..Finding::of_file(
                job.path,
                "reported_result",
                format!(
                    "the head states {}, the curve gives {:.1} ({:+.1} %)",
                    one.reported,
                    one.reduced,
                    100.0 * one.relative_difference
                ),
                &hint,
            )
        });
    }
}

fn note_flags(path: &str, reduction: &Reduction, findings: &mut Vec<Finding>) {
    // Remarks that cost no result and make none an estimate stay with the reduction; they are no
    // reason to look.
    for flag in &reduction.flags {
        let field = match flag {
            Flag::HandedOver => "a_pct".to_owned(),
            flag => flag.withholds().join(", "),
        };
        if field.is_empty() {
            continue;
        }
        findings.push(Finding {
            severity: Severity::Warning,
            field,
            ..Finding::of_file(path, flag.as_str(), flag.meaning().to_owned(), "")
        });
    }
}

fn all_given(job: &Job<'_>, tests: &Contract, row: &[Cell]) -> Result<(), Box<Finding>> {
    for (field, cell) in tests.fields.iter().zip(row) {
        if field.constraints.required && !field.provenance && *cell == Cell::Null {
            return Err(Box::new(Finding {
                field: field.name.clone(),
                ..Finding::of_file(
                    job.path,
                    "required",
                    "neither the profile nor the file's head nor its name gives it".to_owned(),
                    "add it to `[constants]`, a `[[head]]`, or a named group to `match.file_name`",
                )
            }));
        }
    }
    Ok(())
}

fn lacks(job: &Job<'_>, header: &Header, field: &str, what: &str) -> Box<Finding> {
    let message = format!(
        "the curve has no {what}; the header reads: {}",
        header.reads()
    );
    Box::new(Finding {
        field: field.to_owned(),
        ..Finding::of_file(
            job.path,
            "missing_column",
            message,
            "map its column in the profile",
        )
    })
}
