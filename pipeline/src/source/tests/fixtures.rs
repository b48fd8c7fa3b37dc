//! Every shipped profile reads its fixtures under `tests/fixtures/good` as `expected.json` there says:
//! it is found by the file alone, gives these rows, cells and points, these findings and no others.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::contract::{Cell, Contracts, Rows, Schemas};
use crate::curve::ReductionSettings;
use crate::domain::Severity;
use crate::source::{Profiles, Reading, SourceFile, read};

fn good() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/good")
}

/// Expected and read numbers are the same, up to the tolerance stated, or the last bits of a conversion.
fn is_number(expected: f64, tolerance: Option<f64>, read: f64) -> bool {
    (read - expected).abs() <= tolerance.unwrap_or(1e-12 * expected.abs().max(1.0))
}

fn is_cell(expected: &Value, read: &Cell) -> bool {
    match (expected, read) {
        (Value::Null, Cell::Null) => true,
        (Value::Bool(expected), Cell::Boolean(read)) => expected == read,
        (Value::String(expected), read) => *expected == read.to_string(),
        (Value::Number(expected), Cell::Number(read)) => {
            is_number(expected.as_f64().unwrap(), None, *read)
        }
        (Value::Number(expected), Cell::Integer(read)) => expected.as_i64() == Some(*read),
        (Value::Object(expected), Cell::Number(read)) => {
            let tolerance = expected["tolerance"].as_f64();
            is_number(expected["value"].as_f64().unwrap(), tolerance, *read)
        }
        (Value::Object(expected), Cell::Numbers(read)) => {
            let points = expected["points"].as_object().unwrap();
            expected["count"].as_u64() == Some(read.len() as u64)
                && points.iter().all(|(at, point)| {
                    let number = read[at.parse::<usize>().unwrap()];
                    let cell = if number.is_nan() {
                        Cell::Null
                    } else {
                        Cell::Number(number)
                    };
                    is_cell(point, &cell)
                })
        }
        _ => false,
    }
}

/// The row of a table that a check is about.
fn row_of(rows: &Rows, place: &Value) -> Result<usize, String> {
    let matches: Vec<usize> =
        (0..rows.len())
            .filter(|&row| {
                place.as_object().unwrap().iter().all(|(field, expected)| {
                    is_cell(expected, &rows.column(field).unwrap().cell(row))
                })
            })
            .collect();
    match matches.as_slice() {
        [row] => Ok(*row),
        rows => Err(format!("{place}: {} rows", rows.len())),
    }
}

fn differences(expected: &Value, read: &SourceFile) -> Vec<String> {
    let mut found = Vec::new();
    for (table, count) in expected["rows"].as_object().unwrap() {
        let rows = read.rows.get(table).map_or(0, Rows::len) as u64;
        if count.as_u64() != Some(rows) {
            found.push(format!("{table}: {rows} rows, not {count}"));
        }
    }
    for (key, count) in [
        ("rows_ok", read.rows_ok),
        ("rows_rejected", read.rows_rejected),
    ] {
        if !expected[key].is_null() && expected[key].as_u64() != Some(count as u64) {
            found.push(format!("{key}: {count}, not {}", expected[key]));
        }
    }
    for check in expected["checks"].as_array().unwrap() {
        let table = check["table"].as_str().unwrap();
        let Some(rows) = read.rows.get(table) else {
            continue; // counted above
        };
        match row_of(rows, &check["where"]) {
            Err(difference) => found.push(format!("{table}: {difference}")),
            Ok(row) => {
                for (field, expected) in check["cells"].as_object().unwrap() {
                    let cell = rows.column(field).unwrap().cell(row);
                    if !is_cell(expected, &cell) {
                        found.push(format!(
                            "{table} {} {field}: {cell:.60}, not {expected}",
                            check["where"]
                        ));
                    }
                }
            }
        }
    }
    let mut left: Vec<Value> = read
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Note)
        .map(|finding| serde_json::to_value(finding).unwrap())
        .collect();
    for wanted in expected["findings"].as_array().unwrap() {
        let wanted = wanted.as_object().unwrap();
        match left
            .iter()
            .position(|finding| wanted.iter().all(|(key, value)| finding[key] == *value))
        {
            Some(at) => drop(left.remove(at)),
            None => found.push(format!("no such finding: {wanted:?}")),
        }
    }
    found.extend(
        left.iter()
            .map(|finding| format!("unexpected finding: {finding}")),
    );
    for name in expected["notes"].as_array().into_iter().flatten() {
        if !read
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Note && finding.value == *name)
        {
            found.push(format!("no note about {name}"));
        }
    }
    found
}

#[test]
fn every_shipped_profile_reads_its_fixtures() {
    let schemas = Schemas::embedded();
    let contracts = Contracts::load(&schemas).unwrap();
    let profiles = Profiles::load(&schemas, &contracts).unwrap();
    let reduction: ReductionSettings =
        toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap();
    let reading = Reading {
        contracts: &contracts,
        reduction: &reduction,
    };
    let mut problems = Vec::new();
    for id in profiles.ids() {
        let folder = good().join(id);
        let Ok(text) = fs::read_to_string(folder.join("expected.json")) else {
            problems.push(format!("{id}: no fixture"));
            continue;
        };
        let expected: Value = serde_json::from_str(&text).unwrap();
        let mut profile = profiles.get(id).unwrap().clone();
        // What a laboratory's own copy of the profile would add.
        for (field, value) in expected["constants"].as_object().into_iter().flatten() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            profile.constants.insert(field.clone(), text);
        }
        let files: BTreeMap<&String, &Value> =
            expected["files"].as_object().unwrap().iter().collect();
        for (name, expected) in files {
            let bytes = fs::read(folder.join(name)).unwrap();
            let detected = profiles
                .detect(name, &bytes)
                .map(|profile| profile.id.as_str());
            if detected != Some(id) {
                problems.push(format!("{id}/{name}: taken for {detected:?}"));
            }
            let file = read(reading, &profile, name, name, &bytes);
            let differences = differences(expected, &file);
            problems.extend(
                differences
                    .into_iter()
                    .map(|difference| format!("{id}/{name}: {difference}")),
            );
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
