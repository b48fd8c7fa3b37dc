//! `ingest`: new files of the inboxes → rows, findings and the ledger, exactly once per file.
//!
//! Data tables are committed first, findings next, the ledger (`files`) last; every commit carries the
//! ids of the files in it. A run that is killed anywhere leaves files without a ledger row: the next run
//! reads those again and leaves out the tables that already hold them.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use serde::Serialize;

use super::finding_rows;
use super::inbox::{self, Content, InboxFile};
use super::lab::{Moment, OpenLab};
use super::large_file::{LargeEnd, LargeFile};
use super::ledger::{Entry, Newest, ledger, ledger_row, number_revisions, reading_id, stamp};
use crate::console::Console;
use crate::contract::Rows;
use crate::domain::{Finding, Severity, sha256};
use crate::error::Error;
use crate::source::{self, Profile, SourceFile};

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
    /// Whether something that cannot be read was met for the first time.
    #[serde(skip)]
    pub new_trouble: bool,
    /// What is wrong with them: how many things, and the first ones.
    #[serde(flatten)]
    pub findings: FindingSum,
}

impl IngestResult {
    /// Whether something was kept out.
    pub fn quarantined(&self) -> bool {
        self.rows_rejected > 0 || self.findings.any_error
    }
}

/// Findings kept in memory: more than anybody reads, less than a bad file has.
const FINDINGS_KEPT: usize = 1000;

/// Findings counted, and the first ones kept; all of them are in the table `findings`.
#[derive(Debug, Default, Serialize)]
pub struct FindingSum {
    /// How many there are, notes included.
    #[serde(rename = "findings_total")]
    pub total: usize,
    /// The first of them.
    #[serde(rename = "findings")]
    pub first: Vec<Finding>,
    /// Whether one of them is an error.
    #[serde(skip)]
    any_error: bool,
}

impl FindingSum {
    /// Counts findings and keeps the first ones.
    pub fn add(&mut self, findings: Vec<Finding>) {
        self.total += findings.len();
        self.any_error |= findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        let room = FINDINGS_KEPT.saturating_sub(self.first.len());
        self.first.extend(findings.into_iter().take(room));
    }

    /// Whether one of them is an error.
    pub(super) fn any_error(&self) -> bool {
        self.any_error
    }

    /// Adds those of somebody else.
    pub(super) fn merge(&mut self, other: FindingSum) {
        let kept = other.first.len();
        self.any_error |= other.any_error;
        self.add(other.first);
        self.total += other.total - kept;
    }
}

/// A file that is read but not yet committed.
struct Pending<'a> {
    file: &'a InboxFile<'a>,
    sha256: String,
    profile: Option<&'a Profile>,
    size: u64,
    outcome: &'static str,
    source: SourceFile,
}

impl Pending<'_> {
    /// The id under which findings and the ledger row of this reading are committed: another profile
    /// gives a refused file another chance.
    fn reading_id(&self) -> String {
        reading_id(&self.sha256, self.profile)
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
    let mut known = ledger(lab)?;
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
        let content = match file.look() {
            Ok(content) => content,
            Err(finding) => {
                in_the_way.push(*finding);
                continue;
            }
        };
        // A large file of a size that was never seen is a new one: it is hashed while it is read.
        let hash = match &content {
            Content::Small { sha256, bytes } => {
                known.saw_size(bytes.len() as u64);
                Ok(Some(sha256.clone()))
            }
            Content::Large { state, .. } if known.saw_size(state.size) => {
                file.hash(*state).map(Some)
            }
            Content::Large { .. } => Ok(None),
        };
        let hash = match hash {
            Ok(hash) => hash,
            Err(finding) => {
                in_the_way.push(*finding);
                continue;
            }
        };
        if let Some(hash) = &hash
            && (!seen.insert(hash.clone()) || known.ingested(hash))
        {
            if known.ingested(hash) {
                // A copy, or one that an earlier run could not move away.
                file.archive(hash)?;
            }
            continue;
        }
        let mut hash = hash;
        let (hash, bytes) = match content {
            Content::Small { sha256, bytes } => (sha256, bytes),
            Content::Large { head, state } => {
                let profile = file
                    .profile(lab, &head)
                    .filter(|profile| source::can_stream(profile, &head, state.size));
                if let Some(profile) = profile {
                    let is_known = |hash: &String| known.knows(&reading_id(hash, Some(profile)));
                    if hash.as_ref().is_some_and(is_known) {
                        continue;
                    }
                    commit(
                        lab,
                        now,
                        run_id,
                        std::mem::take(&mut pending),
                        &mut revisions,
                        &mut result,
                    )?;
                    gathered = 0;
                    // The newest revisions change behind the back of what was gathered.
                    revisions.clear();
                    let large = LargeFile {
                        lab,
                        file,
                        profile,
                        sha256: hash.clone(),
                        state,
                        now,
                        run_id,
                    };
                    match large.ingest(&mut result)? {
                        LargeEnd::Done(hash) => {
                            seen.insert(hash);
                            continue;
                        }
                        LargeEnd::InTheWay(finding) => {
                            in_the_way.push(*finding);
                            continue;
                        }
                        LargeEnd::NoUtf8(sha256) => hash = Some(sha256),
                    }
                }
                match file.read() {
                    Ok(bytes) => {
                        let hash = hash.unwrap_or_else(|| sha256(&bytes));
                        seen.insert(hash.clone());
                        (hash, bytes)
                    }
                    Err(finding) => {
                        in_the_way.push(*finding);
                        continue;
                    }
                }
            }
        };
        let reading = read_one(lab, file, hash, &bytes);
        if known.knows(&reading.reading_id()) {
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
    let new = finding_rows::write_new(lab, &in_the_way, now, run_id)?;
    result.new_trouble = new
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    result.findings.add(in_the_way);
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

fn read_one<'a>(
    lab: &'a OpenLab,
    file: &'a InboxFile<'a>,
    sha256: String,
    bytes: &[u8],
) -> Pending<'a> {
    let (name, size) = (file.name(), bytes.len() as u64);
    let Some(profile) = file.profile(lab, bytes) else {
        let findings = vec![source::unmatched(&lab.profiles, &file.shown, bytes)];
        let source = SourceFile {
            findings,
            ..SourceFile::default()
        };
        return Pending {
            file,
            sha256,
            profile: None,
            size,
            outcome: "unmatched",
            source,
        };
    };
    let mut source = source::read(lab.reading(), profile, &file.shown, &name, bytes);
    for rows in source.rows.values_mut() {
        file.fill_in(rows);
    }
    let outcome = if source.is_refused() {
        "rejected"
    } else {
        "ingested"
    };
    if outcome == "rejected" {
        source.rows.clear();
    }
    Pending {
        file,
        sha256,
        profile: Some(profile),
        size,
        outcome,
        source,
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
            finding_rows::push_all(
                &mut findings,
                &file.source.findings,
                Some(&file.sha256),
                now,
                run_id,
            )?;
        }
        files.push_named(ledger_row(
            &Entry {
                sha256: &file.sha256,
                path: &file.file.shown,
                size: file.size,
                profile: file.profile,
                rows: (file.source.rows_ok, file.source.rows_rejected),
                outcome: file.outcome,
            },
            now,
            run_id,
        ))?;
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
        result.findings.add(file.source.findings);
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
        if let btree_map::Entry::Vacant(entry) = revisions.entry(table) {
            entry.insert(lab.lake.newest_revisions(table)?);
        }
        let mut rows = file.source.rows[table].clone();
        stamp(&mut rows, &file.sha256, now, run_id)?;
        if let Some(newest) = revisions.get_mut(table) {
            unchanged += number_revisions(&mut rows, newest)?;
        }
        all.append(rows);
        new_ids.push(file.sha256.clone());
    }
    if !all.is_empty() {
        lab.lake.append(&all, &new_ids)?;
    }
    Ok(unchanged)
}
