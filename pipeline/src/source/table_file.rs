//! The `table` layout: a header and rows of one table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cell::{self, Parsed};
use super::header::{self, MappedColumn};
use super::plain_rows::PlainReader;
use super::{Profile, Reading, SourceFile, row_rules};
use crate::contract::{Cell, CellFault, CellRef, Contract, Rows};
use crate::domain::{Finding, Severity};

/// One record of the file: its line, its fields, its text as it stood.
#[derive(Debug)]
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

/// How the rows of one file are read, once its header is understood.
#[derive(Debug)]
pub(super) struct TableReader<'a> {
    pub contract: &'a Arc<Contract>,
    profile: &'a Profile,
    path: &'a str,
    columns: Vec<MappedColumn>,
    constants: Vec<Cell>,
    fields: usize,
}

impl<'a> TableReader<'a> {
    /// Understands a header.
    ///
    /// # Errors
    /// A finding about the file as a whole.
    pub(super) fn new(
        reading: Reading<'a>,
        profile: &'a Profile,
        (path, name): (&'a str, &str),
        head: Option<Result<Record<'_>, csv::Error>>,
        findings: &mut Vec<Finding>,
    ) -> Result<TableReader<'a>, Box<Finding>> {
        let contract = reading.contracts.table(&profile.table).map_err(|error| {
            Box::new(Finding::of_file(
                path,
                "profile",
                error.to_string(),
                "correct the profile's `table`",
            ))
        })?;
        let head = head
            .transpose()
            .map_err(|error| broken(path, &error))?
            .ok_or_else(|| {
                Box::new(Finding::of_file(
                    path,
                    "empty",
                    "the file has no header row".to_owned(),
                    "",
                ))
            })?;
        let given = given_fields(profile, name);
        let place = (head.line, head.fields.as_slice());
        let columns =
            header::map_columns(profile, contract, path, head.line, &head.fields, findings)?;
        header::require_columns(profile, contract, path, place, &columns, &given)?;
        let constants = constant_cells(profile, contract, path, &given)?;
        Ok(TableReader {
            contract,
            profile,
            path,
            columns,
            constants,
            fields: head.fields.len(),
        })
    }

    /// The short way for plain rows; `None` where this file has none.
    pub(super) fn plain(&'a self) -> Option<PlainReader<'a>> {
        if !self.profile.values.is_empty() {
            return None;
        }
        let borrowed = |cell: &'a Cell| match cell {
            Cell::Null => Some(CellRef::Null),
            Cell::Text(text) => Some(CellRef::Text(text)),
            Cell::Number(number) => Some(CellRef::Number(*number)),
            Cell::Integer(number) | Cell::Datetime(number) => Some(CellRef::Integer(*number)),
            Cell::Boolean(truth) => Some(CellRef::Boolean(*truth)),
            Cell::Date(days) => Some(CellRef::Date(*days)),
            Cell::Numbers(_) => None,
        };
        let start = self
            .constants
            .iter()
            .map(borrowed)
            .collect::<Option<Vec<_>>>()?;
        let ordered = row_rules::ordered(self.contract);
        PlainReader::new(
            self.contract,
            &self.profile.format,
            &self.columns,
            start,
            self.fields,
            ordered,
        )
    }

    /// Reads the text of one record; `None` when there is nothing in it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read_text(
        &self,
        text: &str,
        line: u64,
    ) -> Result<Option<Vec<Cell>>, Vec<Finding>> {
        match records(text, self.profile.format.delimiter).next() {
            None => Ok(None),
            Some(Err(error)) => Err(vec![*broken(self.path, &error)]),
            Some(Ok(record)) => self.read_record(&Record { line, ..record }).map(Some),
        }
    }

    /// Reads one record, keys aside.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read_record(&self, record: &Record<'_>) -> Result<Vec<Cell>, Vec<Finding>> {
        if record.fields.len() != self.fields {
            let fault = CellFault {
                rule: "ragged",
                message: format!(
                    "the row has {} fields, the header {}",
                    record.fields.len(),
                    self.fields
                ),
                hint: "a stray delimiter, a missing quote, or a line cut short?".to_owned(),
            };
            return Err(vec![record.finding(self.path, (0, "", ""), fault)]);
        }
        let mut cells = self.constants.clone();
        let mut faults = Vec::new();
        for column in &self.columns {
            let text = record.fields[column.position].as_str();
            if let Err(fault) = fill(self.profile, self.contract, column, text, &mut cells) {
                faults.push(self.about(record, column.field, fault));
            }
        }
        if faults.is_empty()
            && let Some((field, fault)) = row_rules::check(self.contract, &cells)
        {
            faults.push(self.about(record, field, fault));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if let Some(position) = self.contract.position("source_line") {
            cells[position] = Cell::Integer(i64::try_from(record.line).unwrap_or(i64::MAX));
        }
        Ok(cells)
    }

    /// A finding about a field of a record.
    fn about(&self, record: &Record<'_>, field: usize, fault: CellFault) -> Finding {
        let column = self.columns.iter().find(|column| column.field == field);
        let text = column.and_then(|column| record.fields.get(column.position));
        let place = (
            column.map_or(0, |column| column.position as u64 + 1),
            self.contract.fields[field].name.as_str(),
            text.map_or("", String::as_str),
        );
        record.finding(self.path, place, fault)
    }

    /// The finding about a record whose key stood already in an earlier line.
    pub(super) fn repeated_key(&self, text: &str, line: u64, earlier: u64) -> Finding {
        let fields = match records(text, self.profile.format.delimiter).next() {
            Some(Ok(record)) => record.fields,
            _ => Vec::new(),
        };
        let record = Record {
            line,
            fields,
            raw: text,
        };
        let field = self
            .contract
            .primary_key
            .first()
            .and_then(|key| self.contract.position(key));
        let key = self.contract.primary_key.join(", ");
        self.about(
            &record,
            field.unwrap_or(0),
            CellFault {
                rule: "unique",
                message: format!("the key ({key}) stands already in line {earlier} of this file"),
                hint: "a retest needs an id of its own; a corrected result comes in a later file"
                    .to_owned(),
            },
        )
    }
}

fn broken(path: &str, error: &csv::Error) -> Box<Finding> {
    Box::new(Finding::of_file(
        path,
        "csv",
        format!("the rows cannot be told apart: {error}"),
        "",
    ))
}

pub(super) fn read(
    reading: Reading<'_>,
    profile: &Profile,
    path: &str,
    name: &str,
    text: &str,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    let mut records = records(text, profile.format.delimiter);
    let table = TableReader::new(
        reading,
        profile,
        (path, name),
        records.next(),
        &mut file.findings,
    )?;
    let mut rows = Rows::new(table.contract);
    let mut lines_of: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for record in records {
        let record = record.map_err(|error| broken(path, &error))?;
        let read = table.read_record(&record).and_then(|cells| {
            let key = table
                .contract
                .primary_key
                .iter()
                .filter_map(|key| table.contract.position(key));
            let key = key.map(|position| cells[position].to_string()).collect();
            match lines_of.insert(key, record.line) {
                None => Ok(cells),
                Some(earlier) => Err(vec![table.repeated_key(record.raw, record.line, earlier)]),
            }
        });
        match read {
            Ok(cells) => {
                rows.push(cells);
                file.rows_ok += 1;
            }
            Err(findings) => {
                file.findings.extend(findings);
                file.rows_rejected += 1;
            }
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
    file.rows.insert(table.contract.name.clone(), rows);
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
