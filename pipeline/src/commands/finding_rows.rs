//! Findings as rows of their table.

use std::collections::BTreeSet;

use super::{Moment, OpenLab};
use crate::contract::{Cell, Rows};
use crate::domain::Finding;
use crate::error::Error;

/// A finding as a row of its table.
fn finding_row(
    finding: &Finding,
    sha256: Option<&str>,
    now: Moment,
    run_id: &str,
) -> Vec<(&'static str, Cell)> {
    let number = |number: u64| Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    vec![
        ("file", Cell::Text(finding.file.clone())),
        ("line", number(finding.line)),
        ("column", number(finding.column)),
        ("field", Cell::Text(finding.field.clone())),
        ("value", Cell::Text(finding.value.clone())),
        ("rule", Cell::Text(finding.rule.clone())),
        ("severity", Cell::Text(finding.severity.as_str().to_owned())),
        ("message", Cell::Text(finding.message.clone())),
        ("hint", Cell::Text(finding.hint.clone())),
        ("raw_row", Cell::Text(finding.raw_row.clone())),
        ("source_sha256", Cell::text(sha256)),
        ("found_at", Cell::Datetime(now.micros())),
        ("run_id", Cell::Text(run_id.to_owned())),
    ]
}

/// Appends findings to rows of their table; the columns are looked up once.
///
/// # Errors
/// When the contract lacks a column.
pub(super) fn push_all(
    rows: &mut Rows,
    findings: &[Finding],
    sha256: Option<&str>,
    now: Moment,
    run_id: &str,
) -> Result<(), Error> {
    let contract = rows.contract().clone();
    let mut positions: Vec<Option<usize>> = Vec::new();
    for finding in findings {
        let named = finding_row(finding, sha256, now, run_id);
        if positions.is_empty() {
            positions = named
                .iter()
                .map(|(name, _)| contract.position(name))
                .collect();
            if positions.contains(&None) {
                // The contract lacks one: let the slow way say which.
                return Ok(rows.push_named(named)?);
            }
        }
        let mut row = vec![Cell::Null; contract.fields.len()];
        for (position, (_, cell)) in positions.iter().zip(named) {
            if let Some(position) = position {
                row[*position] = cell;
            }
        }
        rows.push(row);
    }
    Ok(())
}

/// Writes findings that belong to no reading of a file, such as a heat that is left out of fits.
///
/// They come up again every night and are one finding, not one a night: those on record are passed over.
/// Gives those that are new.
///
/// # Errors
/// When the table cannot be read or the commit fails.
pub(super) fn write_new(
    lab: &OpenLab,
    findings: &[Finding],
    now: Moment,
    run_id: &str,
) -> Result<Vec<Finding>, Error> {
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let known: BTreeSet<Vec<String>> = lab
        .lake
        .newest()
        .read("findings")?
        .keys()
        .into_iter()
        .collect();
    let mut rows = Rows::new(lab.contracts.table("findings")?);
    push_all(&mut rows, findings, None, now, run_id)?;
    let keys = rows.keys();
    let is_new = |row: usize| !known.contains(&keys[row]);
    let new = (findings.iter().enumerate())
        .filter(|(row, _)| is_new(*row))
        .map(|(_, finding)| finding.clone())
        .collect();
    rows.retain(is_new);
    if !rows.is_empty() {
        lab.lake.append(&rows, &[])?;
    }
    Ok(new)
}
