//! `ingest`: new files of the inboxes → rows, findings and the ledger, exactly once per file.
//!
//! Data tables are committed first, findings next, the ledger (`files`) last; every commit carries the
//! ids of the files in it. A run that is killed anywhere leaves files without a ledger row: the next run
//! reads those again and leaves out the tables that already hold them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::finding_rows;
use super::inbox::{self, InboxFile};
use super::lab::{Moment, OpenLab};
use crate::console::Console;
use crate::contract::{Cell, Fingerprint, Rows};
use crate::domain::{Finding, Severity, sha256};
use crate::error::Error;
use crate::lake::Revisions;
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
    /// Rows that say what the newest revision says; counted, not stored again.
    pub rows_unchanged: usize,
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
struct Pending<'a> {
    file: &'a InboxFile<'a>,
    sha256: String,
    profile: Option<(String, String)>,
    path: String,
    size: usize,
    outcome: &'static str,
    source: SourceFile,
}

impl Pending<'_> {
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
    let (files, mut in_the_way) = inbox::files(&lab.settings.inboxes)?;
    let known = ledger(lab)?;
    let stage = console.stage("ingest", files.len());
    let mut result = IngestResult {
        files_seen: files.len(),
        ..IngestResult::default()
    };
    let mut seen = BTreeSet::new();
    let mut pending: Vec<Pending<'_>> = Vec::new();
    let mut gathered = 0;
    let mut revisions = BTreeMap::new();
    for file in &files {
        stage.step(&file.name());
        let bytes = match file.read() {
            Ok(bytes) => bytes,
            Err(finding) => {
                in_the_way.push(*finding);
                continue;
            }
        };
        let hash = sha256(&bytes);
        if !seen.insert(hash.clone())
            || known
                .get(&hash)
                .is_some_and(|outcome| outcome == "ingested")
        {
            continue;
        }
        let reading = read_one(lab, file, hash, &bytes);
        if known.contains_key(&reading.reading_id()) {
            continue;
        }
        gathered += reading.source.rows_ok;
        pending.push(reading);
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
    finding_rows::write_new(lab, &in_the_way, now, run_id)?;
    result.findings.extend(in_the_way);
    stage.done(&match result.files {
        0 => format!("nothing new in {} files", result.files_seen),
        new => format!(
            "{new} new of {} files: {} rows in, {} rows to findings{}",
            result.files_seen,
            result.rows_ok,
            result.rows_rejected,
            match result.rows_unchanged {
                0 => String::new(),
                same => format!(", {same} of them known already"),
            }
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
    for ((hash, profile), outcome) in hashes.iter().zip(profiles.iter()).zip(outcomes.iter()) {
        let (Some(hash), Some(outcome)) = (hash, outcome) else {
            continue;
        };
        if outcome == "ingested" {
            known.insert(hash.to_owned(), outcome.to_owned());
        } else {
            known.insert(
                format!("{hash}@{}", profile.unwrap_or("none")),
                outcome.to_owned(),
            );
        }
    }
    Ok(known)
}

fn read_one<'a>(
    lab: &OpenLab,
    file: &'a InboxFile<'a>,
    sha256: String,
    bytes: &[u8],
) -> Pending<'a> {
    let (path, name, inbox) = (file.shown.clone(), file.name(), file.inbox);
    let profile = match &inbox.profile {
        Some(id) => lab.profiles.get(id),
        None => lab.profiles.detect(&name, bytes),
    };
    let Some(profile) = profile else {
        let finding = source::unmatched(&path, bytes);
        let source = SourceFile {
            findings: vec![finding],
            ..SourceFile::default()
        };
        return Pending {
            file,
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
        file,
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
        .is_ok_and(|cells| cells.iter().all(|cell| cell.is_none()));
    if let Some(text) = text.filter(|_| is_empty) {
        // The column is there: it was just looked at.
        let _ = rows.fill(column, &Cell::Text(text.to_owned()));
    }
}

/// The newest revisions of the tables looked at so far.
type Newest = BTreeMap<&'static str, Revisions>;

/// The revision under which a row goes in; `None` when the newest one already says the same.
fn next_revision(newest: &mut Revisions, print: Fingerprint) -> Option<i64> {
    match newest.entry(print.key) {
        Entry::Vacant(entry) => {
            entry.insert((1, print.says));
            Some(1)
        }
        Entry::Occupied(mut entry) => {
            let (revision, says) = *entry.get();
            if says == print.says {
                return None;
            }
            entry.insert((revision + 1, print.says));
            Some(revision + 1)
        }
    }
}

fn commit(
    lab: &OpenLab,
    now: Moment,
    run_id: &str,
    pending: Vec<Pending<'_>>,
    revisions: &mut Newest,
    result: &mut IngestResult,
) -> Result<(), Error> {
    if pending.is_empty() {
        return Ok(());
    }
    for table in DATA_TABLES {
        result.rows_unchanged += commit_data(lab, now, run_id, &pending, table, revisions)?;
    }
    let ids: Vec<String> = pending.iter().map(Pending::reading_id).collect();
    let mut findings = Rows::new(lab.contracts.table("findings")?);
    let mut files = Rows::new(lab.contracts.table("files")?);
    let done = lab.lake.held("findings", &ids)?;
    for (file, id) in pending.iter().zip(&ids) {
        if !done.contains(id) {
            for finding in &file.source.findings {
                findings.push_named(finding_rows::finding_row(
                    finding,
                    Some(&file.sha256),
                    now,
                    run_id,
                ))?;
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
        if file.outcome == "ingested" {
            // The ledger holds it: only now may it leave the inbox.
            file.file.archive(&file.sha256)?;
        }
        result.files += 1;
        result.rows_ok += file.source.rows_ok;
        result.rows_rejected += file.source.rows_rejected;
        result.files_refused += usize::from(file.outcome != "ingested");
        result.findings.extend(file.source.findings);
    }
    Ok(())
}

/// Commits the rows of one table and returns how many were left out because nothing has changed.
fn commit_data(
    lab: &OpenLab,
    now: Moment,
    run_id: &str,
    pending: &[Pending<'_>],
    table: &'static str,
    revisions: &mut Newest,
) -> Result<usize, Error> {
    let with_rows: Vec<&Pending<'_>> = pending
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
    let mut unchanged = 0;
    for file in with_rows {
        if done.contains(&file.sha256) {
            continue;
        }
        if let Entry::Vacant(entry) = revisions.entry(table) {
            entry.insert(lab.lake.newest_revisions(table)?);
        }
        let mut rows = file.source.rows[table].clone();
        rows.fill("source_sha256", &Cell::Text(file.sha256.clone()))?;
        rows.fill("ingested_at", &Cell::Datetime(now.micros()))?;
        rows.fill("run_id", &Cell::Text(run_id.to_owned()))?;
        if let Some(newest) = revisions.get_mut(table) {
            let known: Vec<Option<i64>> = rows
                .fingerprints()
                .into_iter()
                .map(|print| next_revision(newest, print))
                .collect();
            let numbers = known
                .iter()
                .map(|revision| revision.map_or(Cell::Null, Cell::Integer));
            rows.replace("revision", numbers.collect())?;
            rows.retain(|row| known[row].is_some());
            unchanged += known.iter().filter(|revision| revision.is_none()).count();
        }
        all.append(rows);
        new_ids.push(file.sha256.clone());
    }
    if !all.is_empty() {
        lab.lake.append(&all, &new_ids)?;
    }
    Ok(unchanged)
}
