//! The `wide_chemistry` layout: one burn (or one mean) a row, elements as columns.

use std::collections::BTreeMap;

use super::readings::{Readings, RowReadings, element_of_column};
use super::table::no_rows;
use crate::contract::{Cell, CellFault};
use crate::domain::{Finding, Severity, Unit};
use crate::source::cell::Parsed;
use crate::source::cells::{TypedIds, fill_row, parse_cell};
use crate::source::elements::ElementNames;
use crate::source::fold::fold_loosely;
use crate::source::grid::{GridCell, GridRow};
use crate::source::head::given_fields;
use crate::source::header::{self, Header};
use crate::source::job::Job;
use crate::source::read::SourceFile;
use crate::source::stream::RowStream;

/// A column that holds an element.
pub(super) struct ElementColumn {
    pub position: usize,
    pub element: String,
    pub units: Option<(Unit, Unit)>,
}

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
    let elements = element_columns(job, &readings, &names, &header)?;
    let burn_names: Vec<String> = job
        .profile
        .elements
        .burn
        .iter()
        .map(|name| fold_loosely(name))
        .collect();
    let burn_column = header
        .columns
        .iter()
        .position(|column| burn_names.contains(&fold_loosely(&column.text())));
    let is_other = |position: usize| {
        Some(position) == burn_column || elements.iter().any(|column| column.position == position)
    };
    let (columns, constants) = readings.beside(&header, &given, &is_other, &mut file.findings)?;
    let burn_no = readings.burn_no();
    let burn_is_mapped = columns.iter().any(|column| column.field == burn_no);
    let sample = contract.position("sample_id");
    let mut burns: BTreeMap<String, i64> = BTreeMap::new();
    let mut group = Group::new(elements.len());
    let mut typed_ids = TypedIds::default();
    let mut seen = 0;
    while let Some(row) = rows.next_row() {
        if row.is_blank() && row.fault.is_none() {
            continue;
        }
        if let Some(rule) = job.skips(row, burn_column) {
            if rule.checked {
                group.check(job, row, &elements, file);
            }
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
        let sample_id = sample.map_or_else(String::new, |at| base[at].to_string());
        if group.sample != sample_id {
            group = Group::new(elements.len());
            group.sample.clone_from(&sample_id);
        }
        if let Some(at) = burn_column {
            match burn_number(row.cell(at)) {
                Some(number) => base[burn_no] = Cell::Integer(number),
                None => {
                    let text = row.cell(at).text();
                    found.found.push(
                        job.finding(
                            row,
                            (Some(at), "burn_no", &text),
                            CellFault {
                                rule: "integer",
                                message: format!("\"{text}\" is not the number of a burn"),
                                hint: "is this row a mean? name it in the profile's `skip_rows`"
                                    .to_owned(),
                            },
                        ),
                    );
                }
            }
        } else if !burn_is_mapped && base[burn_no] == Cell::Null {
            let burn = burns.entry(sample_id).or_insert(0);
            *burn += 1;
            base[burn_no] = Cell::Integer(*burn);
        }
        let mut values = vec![None; elements.len()];
        if !found.found.refused() {
            for (column, value) in elements.iter().zip(&mut values) {
                let cell = row.cell(column.position);
                let place = (column.position, column.element.as_str());
                *value = readings.add(row, &mut found, &base, place, column.units, cell);
            }
        }
        if !found.found.refused() {
            group.add(&values);
            typed_ids.look(contract, &columns, row);
        } else {
            group.is_incomplete = true;
        }
        readings.commit(row, found, file);
    }
    if seen == 0 {
        file.findings.push(no_rows(job.path));
    }
    file.findings.extend(typed_ids.findings(job));
    readings.finish_counted(file);
    Ok(())
}

/// The columns of elements, with their units.
pub(super) fn element_columns(
    job: &Job<'_>,
    readings: &Readings<'_>,
    names: &ElementNames,
    header: &Header,
) -> Result<Vec<ElementColumn>, Box<Finding>> {
    let mut columns: Vec<ElementColumn> = Vec::new();
    for (position, column) in header.columns.iter().enumerate() {
        let Some((element, stated)) = element_of_column(names, column) else {
            continue;
        };
        let text = column.text();
        let about = |rule: &str, message: String, hint: String| {
            Box::new(Finding {
                column: job.column(position),
                field: "value_wt_pct".to_owned(),
                value: text.clone(),
                raw_row: header.raw.clone(),
                hint,
                ..Finding::of_file(
                    job.path,
                    rule,
                    format!("header line {}: {message}", header.line),
                    "",
                )
            })
        };
        if let Some(twin) = columns.iter().find(|column| column.element == element) {
            let same = header.columns[twin.position].text() == text;
            return Err(about(
                if same {
                    "duplicate_column"
                } else {
                    "two_columns"
                },
                format!(
                    "columns {} and {} (`{}` and `{text}`) both hold {element}",
                    twin.position + 1,
                    position + 1,
                    header.columns[twin.position].text(),
                ),
                "remove one of them".to_owned(),
            ));
        }
        let stated = stated.map_err(|message| {
            about(
                "unit_conflict",
                format!("`{text}`: {message}"),
                "one of them is wrong: ask who exported the file".to_owned(),
            )
        })?;
        let units = readings
            .units(&element, stated)
            .map_err(|(message, hint)| about("unit", format!("`{text}`: {message}"), hint))?;
        columns.push(ElementColumn {
            position,
            element,
            units,
        });
    }
    if columns.is_empty() {
        return Err(Box::new(Finding {
            field: "value_wt_pct".to_owned(),
            raw_row: header.raw.clone(),
            ..Finding::of_file(
                job.path,
                "missing_column",
                format!(
                    "header line {} names no element; it reads: {}",
                    header.line,
                    header.reads()
                ),
                "is this the header? correct `header` in the profile, or name the elements in `elements.names`",
            )
        }));
    }
    Ok(columns)
}

/// `2`, `Burn 2`, `#2`: the one whole number in a cell.
fn burn_number(cell: &GridCell) -> Option<i64> {
    let text = cell.text();
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty());
    let number = numbers.next()?.parse().ok()?;
    numbers.next().is_none().then_some(number)
}

/// The burns of one sample since its last mean row.
struct Group {
    sample: String,
    sums: Vec<(f64, usize)>,
    burns: usize,
    /// A burn of the sample was refused, so the mean stated is of more than what was read.
    is_incomplete: bool,
}

impl Group {
    fn new(elements: usize) -> Group {
        Group {
            sample: String::new(),
            sums: vec![(0.0, 0); elements],
            burns: 0,
            is_incomplete: false,
        }
    }

    fn add(&mut self, values: &[Option<f64>]) {
        self.burns += 1;
        for ((sum, count), value) in self.sums.iter_mut().zip(values) {
            if let Some(value) = value {
                *sum += value;
                *count += 1;
            }
        }
    }

    /// Compares a row of means with the burns, and begins a new group. An element that was below its
    /// limit in a burn has no mean to compare.
    fn check(
        &mut self,
        job: &Job<'_>,
        row: &GridRow,
        elements: &[ElementColumn],
        file: &mut SourceFile,
    ) {
        let Ok(contract) = job.contract(&job.profile.table) else {
            return;
        };
        let Some(field) = contract.field("value_wt_pct") else {
            return;
        };
        let tolerances = &job.profile.settings.checked_rows;
        for (column, &(sum, count)) in elements.iter().zip(&self.sums) {
            let cell = row.cell(column.position);
            if count == 0 || count < self.burns || self.is_incomplete {
                continue;
            }
            let Ok((Parsed::Value(Cell::Number(stated)), _)) =
                parse_cell(field, column.units, job.format, cell)
            else {
                continue;
            };
            #[allow(clippy::cast_precision_loss, reason = "a handful of burns")]
            let mean = sum / count as f64;
            let last_place = match cell {
                GridCell::Text(text) => {
                    let places = text
                        .rsplit_once(job.format.decimal)
                        .map_or(0, |(_, places)| {
                            places.chars().take_while(char::is_ascii_digit).count()
                        });
                    let unit = 10f64.powi(-i32::try_from(places).unwrap_or(0));
                    let unit = column
                        .units
                        .and_then(|(from, to)| from.convert(unit, to))
                        .unwrap_or(unit);
                    tolerances.units_of_last_place * unit
                }
                _ => 0.0,
            };
            if (mean - stated).abs() > last_place + tolerances.relative * mean.abs() {
                file.findings.push(Finding {
                    severity: Severity::Warning,
                    ..job.finding(row, (Some(column.position), &field.name, &cell.text()), CellFault {
                        rule: "mean",
                        message: format!(
                            "{}: the mean stated is {stated}, that of the {count} burns read is {mean}",
                            column.element
                        ),
                        hint: "a burn left out by the laboratory, or a wrong column?".to_owned(),
                    })
                });
            }
        }
        let sample = std::mem::take(&mut self.sample);
        *self = Group::new(elements.len());
        self.sample = sample;
    }
}
