//! `ingest`: new files of the inboxes → rows, findings and the ledger, exactly once per file.
//!
//! Data tables are committed first, findings next, the ledger (`files`) last; every commit carries the
//! ids of the files in it. A run that is killed anywhere leaves files without a ledger row: the next run
//! reads those again and leaves out the tables that already hold them.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use serde::Serialize;

use super::finding_rows;
use super::inbox::{self, Content, FileState, InboxFile};
use super::lab::{Moment, OpenLab};
use super::large_file::{LargeEnd, LargeFile};
use super::ledger::{
    Entry, Ledger, Newest, ledger, ledger_row, number_revisions, reading_id, stamp,
};
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

/// Why a file did not go in.
pub(super) enum Stopped {
    /// It cannot be read now, and waits for the next run.
    InTheWay(Box<Finding>),
    /// The run ends.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stopped {
    fn from(error: E) -> Stopped {
        Stopped::Failed(error.into())
    }
}

/// An ingest at work.
struct Night<'a> {
    lab: &'a OpenLab,
    now: Moment,
    run_id: &'a str,
    /// From how many bytes on a file is large.
    large: u64,
    known: Ledger,
    /// What lay in the inboxes so far, by content.
    seen: BTreeSet<String>,
    /// Files that are read but not yet committed, and how many good rows they have.
    pending: Vec<Pending<'a>>,
    gathered: usize,
    revisions: Newest,
    result: IngestResult,
}

impl<'a> Night<'a> {
    /// Takes a file in, unless it is known.
    fn take(&mut self, file: &'a InboxFile<'a>) -> Result<(), Stopped> {
        match file.look(self.large).map_err(Stopped::InTheWay)? {
            Content::Small { sha256, bytes } => {
                if self.is_new(file, &sha256)? {
                    self.read(file, sha256, &bytes)?;
                }
                Ok(())
            }
            Content::Large { head, state } => self.take_large(file, &head, state),
        }
    }

    /// Takes a large file in: piece by piece where it can be read so, else as a whole.
    fn take_large(
        &mut self,
        file: &'a InboxFile<'a>,
        head: &[u8],
        state: FileState,
    ) -> Result<(), Stopped> {
        // One of a size that was never seen is a new one: it is hashed while it is read.
        let mut hash = None;
        if self.known.saw_size(state.size) {
            let sha256 = file.hash(state).map_err(Stopped::InTheWay)?;
            if !self.is_new(file, &sha256)? {
                return Ok(());
            }
            hash = Some(sha256);
        }
        let profile = file
            .profile(self.lab, head)
            .filter(|profile| source::can_stream(profile, head, state.size));
        if let Some(profile) = profile {
            let is_known = |hash: &String| self.known.knows(&reading_id(hash, Some(profile)));
            if hash.as_ref().is_some_and(is_known) {
                return Ok(());
            }
            self.commit()?;
            // The newest revisions change behind the back of what was gathered.
            self.revisions.clear();
            let large = LargeFile {
                lab: self.lab,
                file,
                profile,
                sha256: hash,
                state,
                now: self.now,
                run_id: self.run_id,
            };
            match large.ingest(&mut self.result)? {
                LargeEnd::Done(sha256) => {
                    self.seen.insert(sha256);
                    return Ok(());
                }
                LargeEnd::NoUtf8(sha256) => hash = Some(sha256),
            }
        }
        let bytes = file.read().map_err(Stopped::InTheWay)?;
        file.unchanged_since(state).map_err(Stopped::InTheWay)?;
        let sha256 = hash.unwrap_or_else(|| sha256(&bytes));
        self.seen.insert(sha256.clone());
        self.read(file, sha256, &bytes)
    }

    /// Whether a content was not seen before in this run and did not go in in an earlier one. One that did
    /// goes to the archive: it is a copy, or one that an earlier run could not move away.
    fn is_new(&mut self, file: &InboxFile<'_>, sha256: &str) -> Result<bool, Error> {
        let went_in = self.known.ingested(sha256);
        if went_in {
            file.archive(sha256)?;
        }
        Ok(self.seen.insert(sha256.to_owned()) && !went_in)
    }

    /// Reads a file as a whole, to be committed with others.
    fn read(
        &mut self,
        file: &'a InboxFile<'a>,
        sha256: String,
        bytes: &[u8],
    ) -> Result<(), Stopped> {
        let reading = read_one(self.lab, file, sha256, bytes);
        if self.known.knows(&reading.reading_id()) {
            return Ok(());
        }
        self.gathered += reading.source.rows_ok;
        self.pending.push(reading);
        if self.gathered >= ROWS_PER_COMMIT {
            self.commit()?;
        }
        Ok(())
    }

    /// Commits what is gathered.
    fn commit(&mut self) -> Result<(), Error> {
        self.gathered = 0;
        commit(
            self.lab,
            self.now,
            self.run_id,
            std::mem::take(&mut self.pending),
            &mut self.revisions,
            &mut self.result,
        )
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
    let stage = console.stage("ingest", files.len());
    let mut night = Night {
        lab,
        now,
        run_id,
        large: lab.profiles.settings().streamed_from_bytes(),
        known: ledger(lab)?,
        seen: BTreeSet::new(),
        pending: Vec::new(),
        gathered: 0,
        revisions: BTreeMap::new(),
        result: IngestResult {
            files_seen: files.len(),
            ..IngestResult::default()
        },
    };
    for file in &files {
        stage.step(&file.name());
        match night.take(file) {
            Ok(()) => {}
            Err(Stopped::InTheWay(finding)) => in_the_way.push(*finding),
            Err(Stopped::Failed(error)) => return Err(error),
        }
    }
    night.commit()?;
    let mut result = night.result;
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
