//! `check`: a dry run over some files; writes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::inbox::unreadable;
use super::lab::no_profile;
use crate::console::{Console, Format};
use crate::contract::{Cell, Contracts, Rows, Schemas};
use crate::curve::ReductionSettings;
use crate::domain::{Finding, Severity};
use crate::error::{Error, Exit};
use crate::settings::Settings;
use crate::source::{self, Profiles, Reading};

/// What `check` found, with the keys that other programs rely on.
#[derive(Debug, Default, Serialize)]
struct Checked {
    files: usize,
    rows_ok: usize,
    rows_rejected: usize,
    findings: Vec<Finding>,
}

/// Profiles, contracts and reduction settings, without a lake.
pub(super) struct Readers {
    pub contracts: Contracts,
    pub profiles: Profiles,
    pub reduction: ReductionSettings,
}

impl Readers {
    /// The shipped ones, with those of the lab of `config` laid over them.
    pub(super) fn open(config: Option<&Path>) -> Result<Readers, Error> {
        let mut schemas = Schemas::embedded();
        if let Some(config) = config
            && let Some(folder) = Settings::load(config, None)?.schemas
        {
            schemas = schemas.with_folder(&folder)?;
        }
        let contracts = Contracts::load(&schemas)?;
        let profiles =
            Profiles::load(&schemas, &contracts).map_err(|problems| Error::Schemas { problems })?;
        let reduction = super::lab::reduction_of(&schemas).map_err(|problem| Error::Schemas {
            problems: vec![problem],
        })?;
        Ok(Readers {
            contracts,
            profiles,
            reduction,
        })
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading {
            contracts: &self.contracts,
            reduction: &self.reduction,
        }
    }

    /// A file's path as messages show it, its bare name and its bytes.
    pub(super) fn read_file(path: &Path) -> Result<(String, String, Vec<u8>), Error> {
        let shown = path.display().to_string();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match fs::read(path) {
            Ok(bytes) => Ok((shown, name, bytes)),
            Err(source) => Err(Error::Unreadable {
                path: shown,
                source,
            }),
        }
    }

    /// The profile asked for, or the one that fits the file.
    pub(super) fn profile(
        &self,
        asked: Option<&str>,
        name: &str,
        bytes: &[u8],
    ) -> Result<Option<&source::Profile>, Error> {
        match asked {
            Some(id) => match self.profiles.get(id) {
                Some(profile) => Ok(Some(profile)),
                None => Err(no_profile(id, &self.profiles)),
            },
            None => Ok(self.profiles.detect(name, bytes)),
        }
    }
}

/// Reads files as `ingest` would and prints what is wrong.
///
/// # Errors
/// When a file cannot be read at all or the profile does not exist.
pub fn check(
    console: &Console,
    files: &[PathBuf],
    profile: Option<&str>,
    config: Option<&Path>,
) -> Result<Exit, Error> {
    let readers = Readers::open(config)?;
    let mut checked = Checked::default();
    let (mut lines, mut previews) = (Vec::new(), Vec::new());
    for path in files {
        let (shown, name, bytes) = match Readers::read_file(path) {
            Ok(read) => read,
            // One of many is told among the others.
            Err(Error::Unreadable { path, source }) if files.len() > 1 => {
                checked.files += 1;
                checked.findings.push(unreadable(&path, &source));
                continue;
            }
            Err(error) => return Err(error),
        };
        checked.files += 1;
        let Some(profile) = readers.profile(profile, &name, &bytes)? else {
            checked
                .findings
                .push(source::unmatched(&readers.profiles, &shown, &bytes));
            continue;
        };
        let file = source::read(readers.reading(), profile, &shown, &name, &bytes);
        for (table, rows) in &file.rows {
            if !rows.is_empty() {
                previews.push(preview(console, &shown, table, rows));
            }
            lines.push(vec![
                shown.clone(),
                profile.id.clone(),
                table.clone(),
                rows.len().to_string(),
            ]);
        }
        checked.rows_ok += file.rows_ok;
        checked.rows_rejected += file.rows_rejected;
        checked.findings.extend(file.findings);
    }
    console.rows(&["file", "profile", "table", "rows"], &lines, &checked);
    if console.format() != Format::Json {
        previews.iter().for_each(|preview| console.say(preview));
        console.findings(
            &checked.findings,
            checked.findings.len(),
            "the JSON of --format json",
        );
        console.say(&format!(
            "{} files: {} rows would go in, {} would go to findings",
            checked.files, checked.rows_ok, checked.rows_rejected
        ));
    }
    let bad = checked
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    Ok(if bad {
        Exit::RowsQuarantined
    } else {
        Exit::Done
    })
}

/// Rows shown of each table.
const PREVIEW: usize = 5;

/// The first mapped rows, turned on their side: a column and its unit a line, a row a column.
fn preview(console: &Console, file: &str, table: &str, rows: &Rows) -> String {
    let shown = rows.len().min(PREVIEW);
    let mut lines = Vec::new();
    for (field, column) in rows.columns().filter(|(field, _)| !field.provenance) {
        let cells: Vec<String> = (0..shown).map(|row| short(&column.cell(row))).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let mut line = vec![field.name.clone(), field.unit.clone()];
            line.extend(cells);
            lines.push(line);
        }
    }
    let titles: Vec<String> = (1..=shown).map(|row| format!("row {row}")).collect();
    let mut columns = vec![table, "unit"];
    columns.extend(titles.iter().map(String::as_str));
    format!("\n{file}\n{}", console.aligned(&columns, &lines))
}

/// A cell as it is shown; a long list only by its length.
fn short(cell: &Cell) -> String {
    match cell {
        Cell::Numbers(numbers) => format!("{} numbers", numbers.len()),
        cell => cell.to_string(),
    }
}
