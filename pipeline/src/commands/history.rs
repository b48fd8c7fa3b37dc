//! `history`: past runs, newest first.

use serde::Serialize;

use super::OpenLab;
use crate::cli;
use crate::console::Console;
use crate::error::{Error, Exit};

#[derive(Serialize)]
struct PastRun {
    run_id: String,
    started_at: String,
    version: String,
    files_new: i64,
    rows_ok: i64,
    rows_rejected: i64,
    verdicts: i64,
    exit_code: Option<i64>,
    table_versions: serde_json::Value,
}

/// Prints the runs of a lab with what they did and the versions they left the tables at.
///
/// # Errors
/// When the settings or the lake cannot be read.
pub fn history(console: &Console, lab: &cli::Lab) -> Result<Exit, Error> {
    let lab = OpenLab::open(lab)?;
    let rows = lab.lake.newest().read("runs")?;
    let count = |name: &str, row: usize| -> Result<i64, Error> {
        Ok(rows.integer(name)?[row].unwrap_or(0))
    };
    let mut runs = Vec::new();
    for row in (0..rows.len()).rev() {
        let cell =
            |name: &str| -> Result<String, Error> { Ok(rows.column(name)?.cell(row).to_string()) };
        runs.push(PastRun {
            run_id: cell("run_id")?,
            started_at: cell("started_at")?,
            version: cell("version")?,
            files_new: count("files_new", row)?,
            rows_ok: count("rows_ok", row)?,
            rows_rejected: count("rows_rejected", row)?,
            verdicts: count("verdicts", row)?,
            exit_code: rows.integer("exit_code")?[row],
            table_versions: serde_json::from_str(&cell("table_versions")?).unwrap_or_default(),
        });
    }
    let table: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            vec![
                run.run_id.clone(),
                run.started_at.clone(),
                run.version.clone(),
                run.files_new.to_string(),
                run.rows_ok.to_string(),
                run.rows_rejected.to_string(),
                run.verdicts.to_string(),
                run.exit_code
                    .map_or_else(String::new, |code| code.to_string()),
                run.table_versions.to_string(),
            ]
        })
        .collect();
    let columns = [
        "run",
        "started",
        "version",
        "new files",
        "rows in",
        "rows out",
        "verdicts",
        "exit",
        "table versions",
    ];
    console.rows(&columns, &table, &runs);
    Ok(Exit::Done)
}
