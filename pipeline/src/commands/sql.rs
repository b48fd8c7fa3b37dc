//! `sql`: a researcher's query over the lake, now or as it was.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::OpenLab;
use crate::cli;
use crate::console::Console;
use crate::error::{Error, Exit};
use crate::features;

/// Runs `query` over the tables as of now, of a version, or of a moment.
///
/// # Errors
/// When the query is not SQL that polars accepts, a table has no such version, or the lake cannot be read.
pub fn sql(
    console: &Console,
    lab: &cli::Lab,
    query: &str,
    as_of: Option<&str>,
    all_revisions: bool,
) -> Result<Exit, Error> {
    let lab = OpenLab::open(lab)?;
    let versions = as_of.map(|as_of| versions_as_of(&lab, as_of)).transpose()?;
    let lake = match &versions {
        None => lab.lake.newest(),
        Some(versions) => lab.lake.at(versions),
    };
    let answer = features::query(lake, query, all_revisions)?;
    let columns: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = answer
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| cell.clone().unwrap_or_default())
                .collect()
        })
        .collect();
    let json: Vec<serde_json::Map<String, serde_json::Value>> = answer
        .rows
        .iter()
        .map(|row| {
            let cell = |cell: &Option<String>| serde_json::to_value(cell).unwrap_or_default();
            answer
                .columns
                .iter()
                .cloned()
                .zip(row.iter().map(cell))
                .collect()
        })
        .collect();
    console.rows(&columns, &rows, &json);
    Ok(Exit::Done)
}

fn versions_as_of(lab: &OpenLab, as_of: &str) -> Result<BTreeMap<String, i64>, Error> {
    let newest = lab.lake.versions()?;
    if let Ok(version) = as_of.parse::<i64>() {
        return Ok(newest
            .into_iter()
            .map(|(table, newest)| (table, newest.min(version)))
            .collect());
    }
    let moment = DateTime::parse_from_rfc3339(as_of).map_err(|_| Error::Usage {
        message: format!("--as-of: \"{as_of}\" is neither a version nor a moment"),
        hint: "write a version such as 3, or a moment such as 2026-03-05T21:40:00Z".to_owned(),
    })?;
    newest
        .keys()
        .map(|table| {
            Ok((
                table.clone(),
                lab.lake.version_at(table, moment.timestamp_millis())?,
            ))
        })
        .collect()
}
