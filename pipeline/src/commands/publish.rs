//! `publish`: a plain-Parquet snapshot for researchers, with a data package that describes it.

use std::collections::BTreeMap;

use serde_json::json;

use super::OpenLab;
use crate::console::Console;
use crate::domain::sha256;
use crate::error::Error;
use crate::lake::to_parquet;
use crate::output;

/// The file by which a snapshot of ours is known.
pub const MARK: &str = "datapackage.json";

/// The tables that are published.
const TABLES: [&str; 5] = ["heats", "tensile_tests", "oes_burns", "fits", "verdicts"];

/// Replaces the published folder by the newest revision of every row.
///
/// # Errors
/// When a table cannot be read or the folder cannot be replaced.
pub fn publish(
    lab: &OpenLab,
    console: &Console,
    run_id: &str,
    generated_at: &str,
) -> Result<(), Error> {
    let stage = console.stage("publish", TABLES.len());
    let damaged = |error: serde_json::Error| Error::Damaged {
        what: "data package".to_owned(),
        message: error.to_string(),
    };
    let mut files = Vec::new();
    let mut resources = Vec::new();
    for table in TABLES {
        stage.step(table);
        let rows = lab.lake.newest().read_newest(table)?;
        let bytes = to_parquet(&rows)?;
        let path = format!("{table}.parquet");
        let contract = lab.contracts.table(table)?;
        let mut schema = serde_json::to_value(contract.as_ref()).map_err(damaged)?;
        if let Some(schema) = schema.as_object_mut() {
            // Links lead to tables that stay in the lake; name, title and description stand outside.
            for key in ["foreignKeys", "name", "title", "description"] {
                schema.remove(key);
            }
            // A missing value is a null. frictionless reads Parquet through pandas, which turns nulls
            // of numbers and moments into these two texts.
            schema.insert("missingValues".to_owned(), json!(["", "nan", "NaT"]));
        }
        resources.push(json!({
            "name": table,
            "type": "table",
            "title": contract.title,
            "description": contract.description,
            "path": path,
            "scheme": "file",
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
            // No `bytes`: frictionless counts none when it reads Parquet and calls that a fault.
            "hash": format!("sha256:{}", sha256(&bytes)),
            "schema": schema,
        }));
        files.push((path, bytes));
    }
    let package = json!({
        "name": "regrade-snapshot",
        "title": format!("{}: heats, specimens, fits and verdicts", lab.settings.name),
        "description": "A plain-Parquet snapshot of the lake, replaced as a whole by every run.",
        "created": generated_at,
        "resources": resources,
    });
    let versions: BTreeMap<String, i64> = lab.lake.versions()?;
    let manifest = json!({
        "generated_at": generated_at,
        "program_version": env!("CARGO_PKG_VERSION"),
        "run_id": run_id,
        "schemas_sha256": lab.schemas.sha256(),
        "settings": lab.settings,
        "settings_sha256": lab.settings.sha256(),
        "table_versions": versions,
    });
    for (path, value) in [(MARK, package), ("manifest.json", manifest)] {
        let mut text = serde_json::to_string_pretty(&value).map_err(damaged)?;
        text.push('\n');
        files.push((path.to_owned(), text.into_bytes()));
    }
    let notebook = include_str!("../../../notebooks-data/regrade.ipynb");
    files.push(("regrade.ipynb".to_owned(), notebook.as_bytes().to_vec()));
    output::replace_folder(&lab.settings.published, MARK, &files)?;
    stage.done(&format!("{} tables of plain Parquet", TABLES.len()));
    Ok(())
}
