//! The manifest of a report: the files it consists of and the lake files it rests on, by SHA-256.
//!
//! Parquet files have random names, so that the manifest, which is part of the report and the same for the
//! same inputs, has one figure per table. The lake itself keeps the hash of every file by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::OpenLab;
use crate::contract::{Cell, Rows};
use crate::domain::{sha256, sha256_of};
use crate::error::Error;

/// Path of the manifest, relative to the report.
pub(super) const MANIFEST: &str = "manifest.json";

/// What a report is, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Run whose verdicts it shows.
    pub run_id: String,
    /// When they were judged, RFC 3339.
    pub judged_at: String,
    /// Version of the program that judged.
    pub program_version: String,
    /// Settings that were judged by; see the table `rulebooks`.
    pub settings_sha256: String,
    /// Data files that were judged by.
    pub schemas_sha256: String,
    /// Version of every lake table that was judged.
    pub table_versions: BTreeMap<String, i64>,
    /// Files of the report by path, without the manifest itself.
    pub report_files: BTreeMap<String, String>,
    /// One figure per table over the Parquet files of its version, whatever their names.
    pub lake_sha256: BTreeMap<String, String>,
}

/// Parquet files by path below the lake, with their SHA-256.
pub(super) type LakeFiles = BTreeMap<String, String>;

impl Manifest {
    /// As the bytes of its file.
    ///
    /// # Errors
    /// Never for a manifest made here.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| Error::Damaged {
            what: MANIFEST.to_owned(),
            message: error.to_string(),
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Every Parquet file of some table versions by path below the lake.
///
/// # Errors
/// When a table's log cannot be read or it has no such version.
pub(super) fn files_of(
    lab: &OpenLab,
    versions: &BTreeMap<String, i64>,
) -> Result<BTreeSet<String>, Error> {
    let lake = lab.lake.at(versions);
    let mut files = BTreeSet::new();
    for table in versions.keys() {
        for file in lake.files(table)? {
            let inside = file.strip_prefix(lab.lake.root()).unwrap_or(&file);
            files.insert(inside.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(files)
}

/// The hashes of all lake files that some report has rested on. A file never changes, so that it keeps the
/// hash it was first recorded with.
///
/// # Errors
/// When the table cannot be read or holds something else than files.
pub(super) fn recorded(lab: &OpenLab) -> Result<LakeFiles, Error> {
    let rows = lab
        .lake
        .newest()
        .read_columns("reports", &["run_id", "lake_files"])?;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let (runs, texts) = (rows.text("run_id")?, rows.text("lake_files")?);
    order.sort_by_key(|&row| runs.get(row));
    let mut known = LakeFiles::new();
    for row in order {
        let files: LakeFiles =
            serde_json::from_str(texts.get(row).unwrap_or("{}")).map_err(|error| {
                Error::Damaged {
                    what: "reports".to_owned(),
                    message: error.to_string(),
                }
            })?;
        for (file, hash) in files {
            known.entry(file).or_insert(hash);
        }
    }
    Ok(known)
}

/// The hashes of some lake files: all of them, and those of them that no report has rested on yet, which are
/// read now.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn hashes_of(
    lab: &OpenLab,
    files: BTreeSet<String>,
) -> Result<(LakeFiles, LakeFiles), Error> {
    let known = recorded(lab)?;
    let (mut all, mut new) = (LakeFiles::new(), LakeFiles::new());
    for file in files {
        let hash = match known.get(&file) {
            Some(hash) => hash.clone(),
            None => {
                let read = hash_of(&lab.lake.root().join(&file));
                let hash = read.map_err(|error| Error::Damaged {
                    what: file.clone(),
                    message: error.to_string(),
                })?;
                new.insert(file.clone(), hash.clone());
                hash
            }
        };
        all.insert(file, hash);
    }
    Ok((all, new))
}

/// One figure per table over the hashes of its files, in the order of the hashes.
pub(super) fn digests(files: &LakeFiles) -> BTreeMap<String, String> {
    let mut hashes_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (file, hash) in files {
        let table = file.split('/').next().unwrap_or_default();
        hashes_of.entry(table).or_default().push(hash);
    }
    hashes_of
        .into_iter()
        .map(|(table, mut hashes)| {
            hashes.sort_unstable();
            (table.to_owned(), sha256(hashes.join("\n").as_bytes()))
        })
        .collect()
}

/// SHA-256 of a file.
///
/// # Errors
/// When it cannot be read.
pub(super) fn hash_of(path: &Path) -> std::io::Result<String> {
    sha256_of(File::open(path)?)
}

/// Puts a manifest on record in the lake, once, with the `new` lake files that no earlier one rested on.
///
/// # Errors
/// When the table cannot be read or the commit fails.
pub(super) fn record(
    lab: &OpenLab,
    manifest: &Manifest,
    bytes: &[u8],
    new: &LakeFiles,
) -> Result<(), Error> {
    let hash = sha256(bytes);
    if is_on_record(lab, &hash)? {
        return Ok(());
    }
    let new = serde_json::to_string(new).map_err(|error| Error::Damaged {
        what: MANIFEST.to_owned(),
        message: error.to_string(),
    })?;
    let mut rows = Rows::new(lab.contracts.table("reports")?);
    rows.push_named(vec![
        ("sha256", Cell::Text(hash)),
        (
            "manifest",
            Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
        ),
        ("lake_files", Cell::Text(new)),
        ("run_id", Cell::Text(manifest.run_id.clone())),
    ])?;
    lab.lake.append(&rows, &[])?;
    Ok(())
}

/// Whether a manifest with this hash is on record.
///
/// # Errors
/// When the table cannot be read.
pub(super) fn is_on_record(lab: &OpenLab, hash: &str) -> Result<bool, Error> {
    let rows = lab.lake.newest().read_columns("reports", &["sha256"])?;
    Ok(rows.text("sha256")?.iter().any(|known| known == Some(hash)))
}
