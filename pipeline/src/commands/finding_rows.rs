//! Findings as rows of their table.

use std::collections::BTreeSet;

use super::{Moment, OpenLab};
use crate::contract::{Cell, Rows};
use crate::domain::Finding;
use crate::error::Error;

/// A finding as a row of its table.
pub(super) fn finding_row(
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

/// Writes findings that belong to no reading of a file, such as a heat that is left out of fits.
///
/// They come up again every night and are one finding, not one a night: those on record are passed over.
///
/// # Errors
/// When the table cannot be read or the commit fails.
pub(super) fn write_new(
    lab: &OpenLab,
    findings: &[Finding],
    now: Moment,
    run_id: &str,
) -> Result<(), Error> {
    if findings.is_empty() {
        return Ok(());
    }
    let known: BTreeSet<Vec<String>> = lab
        .lake
        .read("findings", None)?
        .keys()
        .into_iter()
        .collect();
    let mut rows = Rows::new(lab.contracts.table("findings")?);
    for finding in findings {
        rows.push_named(finding_row(finding, None, now, run_id))?;
    }
    let keys = rows.keys();
    rows.retain(|row| !known.contains(&keys[row]));
    if !rows.is_empty() {
        lab.lake.append(&rows, &[])?;
    }
    Ok(())
}
