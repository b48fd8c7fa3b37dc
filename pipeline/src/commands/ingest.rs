//! `ingest`: new files of the inboxes → rows, findings and the ledger, exactly once per file.
//!
//! Data tables are committed first, findings next, the ledger (`files`) last; every commit carries the
//! ids of the files in it. A run that is killed anywhere leaves files without a ledger row: the next run
//! reads those again and leaves out the tables that already hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde::Serialize;

use super::lab::{Moment, OpenLab};
use crate::console::Console;
use crate::contract::{Cell, Rows};
use crate::domain::{Finding, Severity, sha256};
use crate::error::Error;
use crate::settings::Inbox;
use crate::source::{self, SourceFile};

/// Rows gathered before a commit: many small files share one.
const ROWS_PER_COMMIT: usize = 500_000;

/// Tables in the order in which they are committed.
const DATA_TABLES: [&str; 5] = [
    "charge_lines",
    "oes_burns",
    "tensile_curves",
    "tensile_tests",
    "evidence",
];

/// What an ingest did.
#[derive(Debug, Default, Serialize)]
pub struct IngestResult {
    /// Files seen for the first time (or again under a changed profile).
    pub files: usize,
    /// Files of the inboxes in all.
    pub files_seen: usize,
    /// Data rows that went in.
    pub rows_ok: usize,
    /// Data rows that went to findings.
    pub rows_rejected: usize,
    /// Files refused as a whole.
    pub files_refused: usize,
    /// Everything that is wrong with them.
    pub findings: Vec<Finding>,
}

impl IngestResult {
    /// Whether something was kept out.
    pub fn quarantined(&self) -> bool {
        self.rows_rejected > 0
            || self
                .findings
                .iter()
                .any(|finding| finding.severity == Severity::Error)
    }
}

/// A file that is read but not yet committed.
struct Pending {
    sha256: String,
    profile: Option<(String, String)>,
    path: String,
    size: usize,
    outcome: &'static str,
    source: SourceFile,
}

impl Pending {
    /// The id under which findings and the ledger row of this reading are committed: another profile
    /// gives a refused file another chance.
    fn reading_id(&self) -> String {
        let profile = self
            .profile
            .as_ref()
            .map_or("none", |(_, sha256)| sha256.as_str());
        format!("{}@{profile}", self.sha256)
    }
}

/// Takes every new file of the inboxes into the lake. The caller holds the lake's lock.
///
/// # Errors
/// When an inbox cannot be listed, a file cannot be read, or a commit fails.
pub fn ingest(
    lab: &OpenLab,
    console: &Console,
    now: Moment,
    run_id: &str,
) -> Result<IngestResult, Error> {
    let mut files = Vec::new();
    for inbox in &lab.settings.inboxes {
        for file in files_of(inbox)? {
            files.push((inbox, file));
        }
    }
    let known = ledger(lab)?;
    let stage = console.stage("ingest", files.len());
    let mut result = IngestResult {
        files_seen: files.len(),
        ..IngestResult::default()
    };
    let mut seen = BTreeSet::new();
    let mut pending: Vec<Pending> = Vec::new();
    let mut gathered = 0;
    let mut revisions = BTreeMap::new();
    for (inbox, path) in files {
        stage.step(&path.file_name().unwrap_or_default().to_string_lossy());
        let shown = path
            .strip_prefix(&inbox.folder)
            .unwrap_or(&path)
            .display()
            .to_string();
        let bytes = fs::read(&path).map_err(|source| Error::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        let hash = sha256(&bytes);
        if !seen.insert(hash.clone())
            || known
                .get(&hash)
                .is_some_and(|outcome| outcome == "ingested")
        {
            continue;
        }
        let file = read_one(lab, inbox, shown, hash, &bytes);
        if known.contains_key(&file.reading_id()) {
            continue;
        }
        gathered += file.source.rows_ok;
        pending.push(file);
        if gathered >= ROWS_PER_COMMIT {
            commit(
                lab,
                now,
                run_id,
                std::mem::take(&mut pending),
                &mut revisions,
                &mut result,
            )?;
            gathered = 0;
        }
    }
    commit(lab, now, run_id, pending, &mut revisions, &mut result)?;
    stage.done(&match result.files {
        0 => format!("nothing new in {} files", result.files_seen),
        new => format!(
            "{new} new of {} files: {} rows in, {} rows to findings",
            result.files_seen, result.rows_ok, result.rows_rejected
        ),
    });
    Ok(result)
}

/// Files already dealt with: by content for those that went in, by content and profile for the rest.
fn ledger(lab: &OpenLab) -> Result<BTreeMap<String, String>, Error> {
    let rows = lab.lake.read("files", None)?;
    let (hashes, profiles, outcomes) = (
        rows.text("sha256")?,
        rows.text("profile_sha256")?,
        rows.text("outcome")?,
    );
    let mut known = BTreeMap::new();
    for ((hash, profile), outcome) in hashes.iter().zip(profiles).zip(outcomes) {
        let (Some(hash), Some(outcome)) = (hash, outcome) else {
            continue;
        };
        if outcome == "ingested" {
            known.insert(hash.clone(), outcome.clone());
        } else {
            known.insert(
                format!("{hash}@{}", profile.as_deref().unwrap_or("none")),
                outcome.clone(),
            );
        }
    }
    Ok(known)
}

/// The files of an inbox that its `include` takes, in name order; hidden files are left alone.
///
/// # Errors
/// When the folder cannot be listed.
pub(super) fn files_of(inbox: &Inbox) -> Result<Vec<PathBuf>, Error> {
    let patterns: Vec<Regex> = inbox
        .include
        .iter()
        .filter_map(|pattern| wildcard(pattern))
        .collect();
    let mut files = Vec::new();
    let mut pending = vec![inbox.folder.clone()];
    while let Some(folder) = pending.pop() {
        let unreadable = |source| Error::Unreadable {
            path: folder.display().to_string(),
            source,
        };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
            } else if patterns.iter().any(|pattern| pattern.is_match(&name)) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A shell pattern of `*` and `?` as a regular expression over the whole name.
fn wildcard(pattern: &str) -> Option<Regex> {
    let mut expression = String::from("^(?is)");
    for c in pattern.chars() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            c => expression.push_str(&regex::escape(&c.to_string())),
        }
    }
    expression.push('$');
    Regex::new(&expression).ok()
}

fn read_one(lab: &OpenLab, inbox: &Inbox, path: String, sha256: String, bytes: &[u8]) -> Pending {
    let name = Path::new(&path)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let profile = match &inbox.profile {
        Some(id) => lab.profiles.get(id),
        None => lab.profiles.detect(&name, bytes),
    };
    let Some(profile) = profile else {
        let finding = Finding::of_file(
            &path,
            "no_profile",
            "no profile fits the file's name and header".to_owned(),
            "name one with `profile` in lab.toml's [[inbox]], or write one into schemas/sources",
        );
        let source = SourceFile {
            findings: vec![finding],
            ..SourceFile::default()
        };
        return Pending {
            sha256,
            profile: None,
            path,
            size: bytes.len(),
            outcome: "unmatched",
            source,
        };
    };
    let mut source = source::read(lab.reading(), profile, &path, &name, bytes);
    for rows in source.rows.values_mut() {
        fill_missing(rows, "lab", inbox.lab.as_deref());
        fill_missing(rows, "supplier", inbox.supplier.as_deref());
    }
    let outcome = if source.is_refused() {
        "rejected"
    } else {
        "ingested"
    };
    if outcome == "rejected" {
        source.rows.clear();
    }
    let profile = Some((profile.id.clone(), profile.sha256.clone()));
    Pending {
        sha256,
        profile,
        path,
        size: bytes.len(),
        outcome,
        source,
    }
}

/// Writes `text` into a column that is empty in every row.
fn fill_missing(rows: &mut Rows, column: &str, text: Option<&str>) {
    let is_empty = rows
        .text(column)
        .is_ok_and(|cells| cells.iter().all(Option::is_none));
    if let Some(text) = text.filter(|_| is_empty) {
        // The column is there: it was just looked at.
        let _ = rows.fill(column, &Cell::Text(text.to_owned()));
    }
}

type Revisions = BTreeMap<&'static str, BTreeMap<Vec<String>, i64>>;

fn commit(
    lab: &OpenLab,
    now: Moment,
    run_id: &str,
    pending: Vec<Pending>,
    revisions: &mut Revisions,
    result: &mut IngestResult,
) -> Result<(), Error> {
    if pending.is_empty() {
        return Ok(());
    }
    for table in DATA_TABLES {
        commit_data(lab, now, run_id, &pending, table, revisions)?;
    }
    let ids: Vec<String> = pending.iter().map(Pending::reading_id).collect();
    let mut findings = Rows::new(lab.contracts.table("findings")?);
    let mut files = Rows::new(lab.contracts.table("files")?);
    let done = lab.lake.held("findings", &ids)?;
    for (file, id) in pending.iter().zip(&ids) {
        if !done.contains(id) {
            for finding in &file.source.findings {
                findings.push_named(finding_row(finding, Some(&file.sha256), now, run_id))?;
            }
        }
        files.push_named(vec![
            ("sha256", Cell::Text(file.sha256.clone())),
            ("path", Cell::Text(file.path.clone())),
            ("size", Cell::count(file.size)),
            (
                "profile",
                Cell::text(file.profile.as_ref().map(|(id, _)| id.clone())),
            ),
            (
                "profile_sha256",
                Cell::text(file.profile.as_ref().map(|(_, sha256)| sha256.clone())),
            ),
            ("rows_ok", Cell::count(file.source.rows_ok)),
            ("rows_rejected", Cell::count(file.source.rows_rejected)),
            ("outcome", Cell::Text(file.outcome.to_owned())),
            ("ingested_at", Cell::Datetime(now.micros())),
            ("run_id", Cell::Text(run_id.to_owned())),
        ])?;
    }
    if !findings.is_empty() {
        lab.lake.append(&findings, &ids)?;
    }
    lab.lake.append(&files, &ids)?;
    for file in pending {
        result.files += 1;
        result.rows_ok += file.source.rows_ok;
        result.rows_rejected += file.source.rows_rejected;
        result.files_refused += usize::from(file.outcome != "ingested");
        result.findings.extend(file.source.findings);
    }
    Ok(())
}

fn commit_data(
    lab: &OpenLab,
    now: Moment,
    run_id: &str,
    pending: &[Pending],
    table: &'static str,
    revisions: &mut Revisions,
) -> Result<(), Error> {
    let with_rows: Vec<&Pending> = pending
        .iter()
        .filter(|file| {
            file.source
                .rows
                .get(table)
                .is_some_and(|rows| !rows.is_empty())
        })
        .collect();
    let ids: Vec<String> = with_rows.iter().map(|file| file.sha256.clone()).collect();
    let done = lab.lake.held(table, &ids)?;
    let mut all = Rows::new(lab.contracts.table(table)?);
    let mut new_ids = Vec::new();
    for file in with_rows {
        if done.contains(&file.sha256) {
            continue;
        }
        if let std::collections::btree_map::Entry::Vacant(entry) = revisions.entry(table) {
            entry.insert(lab.lake.newest_revisions(table)?);
        }
        let mut rows = file.source.rows[table].clone();
        rows.fill("source_sha256", &Cell::Text(file.sha256.clone()))?;
        rows.fill("ingested_at", &Cell::Datetime(now.micros()))?;
        rows.fill("run_id", &Cell::Text(run_id.to_owned()))?;
        if let Some(newest) = revisions.get_mut(table) {
            let numbers = rows
                .keys()
                .into_iter()
                .map(|key| {
                    let revision = newest.entry(key).or_insert(0);
                    *revision += 1;
                    Cell::Integer(*revision)
                })
                .collect();
            rows.replace("revision", numbers)?;
        }
        all.append(rows);
        new_ids.push(file.sha256.clone());
    }
    if !all.is_empty() {
        lab.lake.append(&all, &new_ids)?;
    }
    Ok(())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn include_patterns_are_shell_patterns() {
        let takes =
            |pattern: &str, name: &str| wildcard(pattern).is_some_and(|regex| regex.is_match(name));
        assert!(
            takes("T_*.csv", "T_020_A.csv") && takes("*.csv", "A.CSV") && takes("a?.csv", "ab.csv")
        );
        assert!(
            !takes("T_*.csv", "P_020_A.csv")
                && !takes("*.csv", "a.csv.bak")
                && !takes("a.csv", "abcsv")
        );
    }
}
