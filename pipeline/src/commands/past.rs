//! Runs of the past: their verdicts, and what these were judged on.

use std::collections::{BTreeMap, BTreeSet};

use super::OpenLab;
use crate::contract::Rows;
use crate::error::Error;
use crate::qualify::Verdict;

/// When, on what and by what the verdicts of a run were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    /// RFC 3339.
    pub judged_at: String,
    /// Version of every lake table.
    pub versions: BTreeMap<String, i64>,
    /// SHA-256 of the settings.
    pub settings_sha256: String,
    /// SHA-256 of the data files.
    pub schemas_sha256: String,
    /// Version of the program.
    pub program_version: String,
}

/// The verdicts of one run.
#[derive(Clone, Debug)]
pub(super) struct PastRun {
    /// Its id.
    pub run_id: String,
    /// Its verdicts.
    pub verdicts: Vec<Verdict>,
    /// What they were judged on.
    pub terms: Terms,
}

/// The run with this id; `None` when it has no verdicts.
///
/// # Errors
/// When the table cannot be read or holds something else than verdicts.
pub(super) fn run(lab: &OpenLab, run_id: &str) -> Result<Option<PastRun>, Error> {
    run_of(
        &lab.lake.newest().read_where("verdicts", "run_id", run_id)?,
        run_id,
    )
}

/// The newest run with verdicts; `None` when there is none.
///
/// # Errors
/// When the table cannot be read or holds something else than verdicts.
pub(super) fn newest(lab: &OpenLab) -> Result<Option<PastRun>, Error> {
    let rows = lab.lake.newest().read_columns("verdicts", &["run_id"])?;
    let newest = rows.text("run_id")?.iter().flatten().max();
    newest.map_or(Ok(None), |run_id| run(lab, run_id))
}

/// The newest run with verdicts before `run_id` that came to its end; `None` when there is none.
///
/// A run that was killed has no row in `runs` and nobody has read its report.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn completed_before(lab: &OpenLab, run_id: &str) -> Result<Option<PastRun>, Error> {
    let verdicts = lab.lake.newest().read_columns("verdicts", &["run_id"])?;
    let judged: BTreeSet<&str> = verdicts.text("run_id")?.iter().flatten().collect();
    let rows = lab.lake.newest().read("runs")?;
    let completed = rows
        .text("run_id")?
        .iter()
        .flatten()
        .filter(|&run| run < run_id)
        .filter(|&run| judged.contains(run));
    completed.max().map_or(Ok(None), |run_id| run(lab, run_id))
}

fn run_of(rows: &Rows, run_id: &str) -> Result<Option<PastRun>, Error> {
    let damaged = |error: serde_json::Error| Error::Damaged {
        what: format!("verdicts of run {run_id}"),
        message: error.to_string(),
    };
    let runs = rows.text("run_id")?;
    let of_run: Vec<usize> = (0..rows.len())
        .filter(|&row| runs.get(row) == Some(run_id))
        .collect();
    let Some(&first) = of_run.first() else {
        return Ok(None);
    };
    let text = |name: &str, row: usize| -> Result<&str, Error> {
        Ok(rows.text(name)?.get(row).unwrap_or_default())
    };
    let mut verdicts = Vec::new();
    for row in of_run {
        verdicts.push(serde_json::from_str(text("verdict", row)?).map_err(damaged)?);
    }
    let terms = Terms {
        judged_at: rows.column("judged_at")?.cell(first).to_string(),
        versions: serde_json::from_str(text("table_versions", first)?).map_err(damaged)?,
        settings_sha256: text("settings_sha256", first)?.to_owned(),
        schemas_sha256: text("schemas_sha256", first)?.to_owned(),
        program_version: text("program_version", first)?.to_owned(),
    };
    Ok(Some(PastRun {
        run_id: run_id.to_owned(),
        verdicts,
        terms,
    }))
}
