//! The rulebook: settings and data files as they were when verdicts were judged, kept in the lake.

use std::collections::BTreeSet;

use super::OpenLab;
use crate::contract::{Cell, Rows, Schemas};
use crate::error::Error;
use crate::settings::Settings;

/// Records the settings and data files of this lab under their SHA-256; texts already on record are not
/// written again.
///
/// # Errors
/// When the table cannot be read or the commit fails.
pub(super) fn remember(lab: &OpenLab, run_id: &str) -> Result<(), Error> {
    let on_record = lab.lake.newest().read("rulebooks")?;
    let known: BTreeSet<&str> = on_record.text("sha256")?.iter().flatten().collect();
    let schemas = serde_json::to_string(&lab.schemas).map_err(|error| Error::Damaged {
        what: "data files".to_owned(),
        message: error.to_string(),
    })?;
    let mut rows = Rows::new(lab.contracts.table("rulebooks")?);
    for (kind, sha256, text) in [
        (
            "settings",
            lab.settings.sha256(),
            lab.settings.text.as_str(),
        ),
        ("schemas", lab.schemas.sha256(), schemas.as_str()),
    ] {
        if known.contains(sha256.as_str()) {
            continue;
        }
        rows.push_named(vec![
            ("sha256", Cell::Text(sha256)),
            ("kind", Cell::Text(kind.to_owned())),
            ("text", Cell::Text(text.to_owned())),
            (
                "program_version",
                Cell::Text(env!("CARGO_PKG_VERSION").to_owned()),
            ),
            ("run_id", Cell::Text(run_id.to_owned())),
        ])?;
    }
    if !rows.is_empty() {
        lab.lake.append(&rows, &[])?;
    }
    Ok(())
}

/// The lab with the settings and data files of back then, on the same lake.
///
/// The contracts of the tables stay those of the program: they say how it reads the lake, not what it
/// believes. The data files must give the SHA-256 they are recorded under.
///
/// # Errors
/// In words, when a text is not on record, is not what it was, or cannot be used any more.
pub(super) fn recall(
    lab: &OpenLab,
    settings_sha256: &str,
    schemas_sha256: &str,
) -> Result<OpenLab, String> {
    let rows = lab.lake.newest().read("rulebooks");
    let rows = rows.map_err(|error| error.to_string())?;
    let text_of = |sha256: &str, what: &str| -> Result<String, String> {
        let hashes = rows.text("sha256").map_err(|error| error.to_string())?;
        let texts = rows.text("text").map_err(|error| error.to_string())?;
        let row = hashes.iter().position(|hash| hash == Some(sha256));
        row.and_then(|row| texts.get(row))
            .map(str::to_owned)
            .ok_or_else(|| format!("{what} {sha256} are not on record in the lake"))
    };
    let schemas: Schemas = serde_json::from_str(&text_of(schemas_sha256, "data files")?)
        .map_err(|error| format!("data files {schemas_sha256}: {error}"))?;
    if schemas.sha256() != schemas_sha256 {
        return Err(format!(
            "data files {schemas_sha256} are not what they were"
        ));
    }
    // The text needs no hash of its own: the file it lies in is one of those that the manifest names.
    let text = text_of(settings_sha256, "settings")?;
    let settings = Settings::recalled(&text, &lab.settings.folder, &schemas)
        .map_err(|error| error.to_string())?;
    lab.believing(settings, schemas)
        .map_err(|error| error.to_string())
}
