//! The `table` layout: a header and rows of one table.

use std::collections::BTreeMap;

use super::cell::{self, Parsed};
use super::header::{self, MappedColumn};
use super::{Profile, Reading, SourceFile, row_rules};
use crate::contract::{Cell, CellFault, Contract, Rows};
use crate::domain::{Finding, Severity};

/// One record of the file: its line, its fields, its text as it stood.
pub(super) struct Record<'a> {
    pub line: u64,
    pub fields: Vec<String>,
    pub raw: &'a str,
}

impl Record<'_> {
    /// A finding about one cell of the record: number of the field from 1, its name, its text.
    pub(super) fn finding(
        &self,
        path: &str,
        (column, field, value): (u64, &str, &str),
        fault: CellFault,
    ) -> Finding {
        Finding {
            file: path.to_owned(),
            line: self.line,
            column,
            field: field.to_owned(),
            value: value.to_owned(),
            rule: fault.rule.to_owned(),
            severity: Severity::Error,
            message: fault.message,
            hint: fault.hint,
            raw_row: self.raw.to_owned(),
        }
    }
}

/// Splits a text into records, keeping the line on which each begins.
///
/// The csv reader's own position of a record that follows blank lines points at those; the line is
/// counted from the byte the record really begins at.
pub(super) fn records<'a>(
    text: &'a str,
    delimiter: char,
) -> impl Iterator<Item = Result<Record<'a>, csv::Error>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let (mut counted_to, mut line) = (0, 1);
    std::iter::from_fn(move || {
        let before = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        match reader.read_record(&mut record) {
            Ok(false) => None,
            Err(error) => Some(Err(error)),
            Ok(true) => {
                let after = usize::try_from(reader.position().byte())
                    .unwrap_or(usize::MAX)
                    .min(text.len());
                let raw = &text[before.min(after)..after];
                let start = after - raw.trim_start_matches(['\r', '\n']).len();
                line += text[counted_to..start]
                    .bytes()
                    .filter(|&byte| byte == b'\n')
                    .count() as u64;
                counted_to = start;
                let fields = record.iter().map(str::to_owned).collect();
                Some(Ok(Record {
                    line,
                    fields,
                    raw: text[start..after].trim_end_matches(['\r', '\n']),
                }))
            }
        }
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
    let contract = reading.contracts.table(&profile.table).map_err(|error| {
        Box::new(Finding::of_file(
            path,
            "profile",
            error.to_string(),
            "correct the profile's `table`",
        ))
    })?;
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
    let given = given_fields(profile, name);
    let columns = header::map_columns(
        profile,
        contract,
        path,
        head.line,
        &head.fields,
        &mut file.findings,
    )?;
    header::require_columns(
        profile,
        contract,
        path,
        (head.line, &head.fields),
        &columns,
        &given,
    )?;
    let constants = constant_cells(profile, contract, path, &given)?;
    let mut rows = Rows::new(contract);
    let mut keys = KeyCheck::new(contract);
    for record in records {
        let record = record.map_err(broken)?;
        let about = |column: u64, field: &str, value: &str, fault: CellFault| {
            record.finding(path, (column, field, value), fault)
        };
        let mut faults = Vec::new();
        if record.fields.len() != head.fields.len() {
            faults.push(about(
                0,
                "",
                "",
                CellFault {
                    rule: "ragged",
                    message: format!(
                        "the row has {} fields, the header {}",
                        record.fields.len(),
                        head.fields.len()
                    ),
                    hint: "a stray delimiter, a missing quote, or a line cut short?".to_owned(),
                },
            ));
        }
        let mut cells = constants.clone();
        if faults.is_empty() {
            for column in &columns {
                let text = record
                    .fields
                    .get(column.position)
                    .map_or("", String::as_str);
                if let Err(fault) = fill(profile, contract, column, text, &mut cells) {
                    let field = &contract.fields[column.field].name;
                    faults.push(about(column.position as u64 + 1, field, text, fault));
                }
            }
        }
        let column_of = |field: usize| {
            columns
                .iter()
                .find(|column| column.field == field)
                .map_or(0, |c| c.position as u64 + 1)
        };
        if faults.is_empty()
            && let Some((field, fault)) = row_rules::check(contract, &cells)
                .or_else(|| keys.check(contract, &cells, record.line))
        {
            let text = column_of(field)
                .checked_sub(1)
                .and_then(|at| record.fields.get(at as usize));
            faults.push(about(
                column_of(field),
                &contract.fields[field].name,
                text.map_or("", String::as_str),
                fault,
            ));
        }
        if faults.is_empty() {
            if let Some(position) = contract.position("source_line") {
                cells[position] = Cell::Integer(i64::try_from(record.line).unwrap_or(i64::MAX));
            }
            rows.push(cells);
            file.rows_ok += 1;
        } else {
            file.findings.extend(faults);
            file.rows_rejected += 1;
        }
    }
    if file.rows_ok + file.rows_rejected == 0 {
        file.findings.push(Finding {
            severity: Severity::Warning,
            ..Finding::of_file(
                path,
                "no_rows",
                "the file has a header but no rows".to_owned(),
                "",
            )
        });
    }
    file.rows.insert(contract.name.clone(), rows);
    Ok(())
}

/// Fields that the profile or the file's name gives, as text; the name wins.
pub(super) fn given_fields(profile: &Profile, name: &str) -> BTreeMap<String, String> {
    let mut given = profile.constants.clone();
    given.extend(profile.fields_of_name(name));
    given
}

/// A row that holds only what the profile or the file's name gives.
pub(super) fn constant_cells(
    profile: &Profile,
    contract: &Contract,
    path: &str,
    given: &BTreeMap<String, String>,
) -> Result<Vec<Cell>, Box<Finding>> {
    let mut cells = vec![Cell::Null; contract.fields.len()];
    for (name, text) in given {
        let Some(position) = contract.position(name) else {
            continue;
        };
        let field = &contract.fields[position];
        let text = translated(profile, name, text);
        match cell::parse(field, None, &profile.format, text) {
            Ok(Parsed::Value(cell)) => cells[position] = cell,
            Ok(Parsed::Censored(_)) => {}
            Err(fault) => {
                return Err(Box::new(Finding {
                    field: name.clone(),
                    value: text.to_owned(),
                    ..Finding::of_file(
                        path,
                        fault.rule,
                        format!("from the profile or the file's name: {}", fault.message),
                        &fault.hint,
                    )
                }));
            }
        }
    }
    Ok(cells)
}

fn translated<'a>(profile: &'a Profile, field: &str, text: &'a str) -> &'a str {
    profile
        .values
        .get(field)
        .and_then(|words| words.get(text.trim()))
        .map_or(text, String::as_str)
}

fn fill(
    profile: &Profile,
    contract: &Contract,
    column: &MappedColumn,
    text: &str,
    cells: &mut [Cell],
) -> Result<(), CellFault> {
    let field = &contract.fields[column.field];
    match cell::parse(
        field,
        column.units,
        &profile.format,
        translated(profile, &field.name, text),
    )? {
        // An empty cell does not undo what the profile or the file's name gives.
        Parsed::Value(Cell::Null) => {}
        Parsed::Value(cell) => cells[column.field] = cell,
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
    Ok(())
}

/// Finds a key that stands twice in one file.
struct KeyCheck {
    positions: Vec<usize>,
    seen: BTreeMap<Vec<String>, u64>,
}

impl KeyCheck {
    fn new(contract: &Contract) -> KeyCheck {
        let positions = contract
            .primary_key
            .iter()
            .filter_map(|key| contract.position(key))
            .collect();
        KeyCheck {
            positions,
            seen: BTreeMap::new(),
        }
    }

    fn check(
        &mut self,
        contract: &Contract,
        cells: &[Cell],
        line: u64,
    ) -> Option<(usize, CellFault)> {
        let key: Vec<String> = self
            .positions
            .iter()
            .map(|&position| format!("{:?}", cells[position]))
            .collect();
        let first = *self.positions.first()?;
        match self.seen.get(&key) {
            None => {
                self.seen.insert(key, line);
                None
            }
            Some(earlier) => {
                let key = contract.primary_key.join(", ");
                Some((first, CellFault {
                    rule: "unique",
                    message: format!("the key ({key}) stands already in line {earlier} of this file"),
                    hint: "a retest needs an id of its own; a corrected result comes in a later file".to_owned(),
                }))
            }
        }
    }
}
