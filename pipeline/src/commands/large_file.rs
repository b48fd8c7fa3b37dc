//! A large table: read, checked and written piece by piece, in one commit per table.

use std::fs::File;
use std::sync::mpsc::sync_channel;

use super::finding_rows::push_all;
use super::inbox::{FileState, InboxFile};
use super::ingest::{FindingSum, IngestResult, Stopped};
use super::lab::{Moment, OpenLab};
use super::ledger::{Entry, ledger_row, number_revisions, reading_id, stamps};
use crate::contract::{Cell, Rows};
use crate::domain::Finding;
use crate::error::Error;
use crate::lake::{Revisions, TableWriter};
use crate::source::{self, Piece, Profile, StreamEnd};

/// Pieces that wait for the writer: enough to keep it busy, few enough for memory.
const WAITING: usize = 4;

/// A file that is too large to be held as a whole, and everything its rows carry.
pub(super) struct LargeFile<'a> {
    pub lab: &'a OpenLab,
    pub file: &'a InboxFile<'a>,
    pub profile: &'a Profile,
    /// SHA-256 of its content, where that is known; else it is told while the file is read.
    pub sha256: Option<String>,
    pub state: FileState,
    pub now: Moment,
    pub run_id: &'a str,
}

/// What the writer does with the pieces.
struct Writing<'a> {
    sha256: String,
    /// See [`reading_id`].
    id: String,
    newest: Revisions,
    /// None where the table holds them already, from a run that was killed.
    rows_to: Option<TableWriter<'a>>,
    findings_to: Option<TableWriter<'a>>,
    rows: usize,
    rejected: usize,
    unchanged: usize,
    findings: FindingSum,
}

/// What became of a large file.
pub(super) enum LargeEnd {
    /// It is in the lake, or refused; its hash.
    Done(String),
    /// Nothing of it is in the lake: some of it is not UTF-8, so that it has to be read as a whole, as small
    /// ones are; its hash.
    NoUtf8(String),
}

impl<'a> LargeFile<'a> {
    /// Ingests the file.
    ///
    /// # Errors
    /// When the file has to wait for the next run, or a commit fails.
    pub(super) fn ingest(&self, result: &mut IngestResult) -> Result<LargeEnd, Stopped> {
        let unreadable = |source| Error::Unreadable {
            path: self.file.path.display().to_string(),
            source,
        };
        let input = File::open(&self.file.path).map_err(unreadable)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let (sender, receiver) = sync_channel::<Piece>(WAITING);
        let (ended, writing) = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut writing = self.begin()?;
                for piece in receiver {
                    self.write(piece, &mut writing)?;
                }
                Ok::<_, Stopped>(writing)
            });
            let name = self.file.name();
            // A writer that stopped drops its end; what it says is what counts.
            let ended = source::stream(
                self.lab.reading(),
                self.profile,
                (&self.file.shown, &name),
                input,
                threads,
                &mut |piece| sender.send(piece).map_err(|_| ()),
            );
            drop(sender);
            let written = writer
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (ended, written)
        });
        let mut writing = writing?;
        let mut outcome = "ingested";
        match ended {
            Ok(()) | Err(StreamEnd::Sink(())) => {
                // As for a small file: another profile gives it another chance.
                if writing.rows == 0 && writing.findings.any_error() {
                    outcome = "rejected";
                }
            }
            Err(StreamEnd::Refused(finding)) if finding.rule == "encoding" => {
                return Ok(LargeEnd::NoUtf8(writing.sha256));
            }
            Err(StreamEnd::Io(source)) => return Err(unreadable(source).into()),
            Err(StreamEnd::Refused(finding)) => {
                // What was written so far is never committed.
                outcome = "rejected";
                let findings_to = match writing.findings_to {
                    Some(_) => Some(self.lab.lake.writer("findings")?),
                    None => None,
                };
                writing = Writing {
                    rows_to: None,
                    findings_to,
                    ..Writing::nothing(writing.sha256, writing.id)
                };
                self.write_findings(std::slice::from_ref(&finding), &mut writing)?;
                writing.findings.add(vec![*finding]);
            }
        }
        (self.file.unchanged_since(self.state)).map_err(Stopped::InTheWay)?;
        let (sha256, id) = (writing.sha256, writing.id);
        if let Some(writer) = writing.rows_to {
            writer.commit(std::slice::from_ref(&sha256))?;
        }
        if let Some(writer) = writing.findings_to {
            writer.commit(std::slice::from_ref(&id))?;
        }
        let mut files = Rows::new(self.lab.contracts.table("files")?);
        let entry = Entry {
            sha256: &sha256,
            path: &self.file.shown,
            size: self.state.size,
            profile: Some(self.profile),
            rows: (writing.rows, writing.rejected),
            outcome,
        };
        files.push_named(ledger_row(&entry, self.now, self.run_id))?;
        self.lab.lake.append(&files, &[id])?;
        if outcome == "ingested" {
            self.file.archive(&sha256)?;
        }
        result.files += 1;
        result.rows_ok += writing.rows;
        result.rows_rejected += writing.rejected;
        result.rows_unchanged += writing.unchanged;
        result.files_refused += usize::from(outcome != "ingested");
        result.findings.merge(writing.findings);
        Ok(LargeEnd::Done(sha256))
    }

    /// What has to be known before the first piece is written; the first pieces are read meanwhile.
    fn begin(&self) -> Result<Writing<'a>, Stopped> {
        let (lake, table) = (&self.lab.lake, self.profile.table.as_str());
        let sha256 = match &self.sha256 {
            Some(sha256) => sha256.clone(),
            None => self.file.hash(self.state).map_err(Stopped::InTheWay)?,
        };
        let id = reading_id(&sha256, Some(self.profile));
        let mut writing = Writing::nothing(sha256, id);
        let ids = [writing.sha256.clone()];
        if !lake.held(table, &ids)?.contains(&writing.sha256) {
            writing.rows_to = Some(lake.writer(table)?);
            writing.newest = lake.newest_revisions(table)?;
        }
        let ids = [writing.id.clone()];
        if !lake.held("findings", &ids)?.contains(&writing.id) {
            writing.findings_to = Some(lake.writer("findings")?);
        }
        Ok(writing)
    }

    fn write(&self, piece: Piece, writing: &mut Writing<'_>) -> Result<(), Error> {
        let mut rows = piece.rows;
        writing.rows += rows.len();
        writing.rejected += piece.rows_rejected;
        if let Some(writer) = &mut writing.rows_to {
            for (column, text) in self.file.given() {
                if rows.is_missing(column) {
                    rows.fill(column, Cell::Text(text.to_owned()))?;
                }
            }
            for (column, cell) in stamps(&writing.sha256, self.now, self.run_id) {
                rows.fill(column, cell)?;
            }
            if writing.newest.is_empty() {
                // No key of this table is known yet, and keys are unique within the file.
                rows.fill("revision", Cell::Integer(1))?;
            } else {
                let mut all = rows.into_rows();
                writing.unchanged += number_revisions(&mut all, &mut writing.newest)?;
                rows = all.into();
            }
            writer.write(rows)?;
        }
        self.write_findings(&piece.findings, writing)?;
        writing.findings.add(piece.findings);
        Ok(())
    }

    fn write_findings(&self, findings: &[Finding], writing: &mut Writing<'_>) -> Result<(), Error> {
        let Some(writer) = &mut writing.findings_to else {
            return Ok(());
        };
        let mut rows = Rows::new(self.lab.contracts.table("findings")?);
        push_all(
            &mut rows,
            findings,
            Some(&writing.sha256),
            self.now,
            self.run_id,
        )?;
        Ok(writer.write(rows.into())?)
    }
}

impl Writing<'_> {
    /// Nothing written, and nowhere to write to.
    fn nothing(sha256: String, id: String) -> Self {
        Writing {
            sha256,
            id,
            newest: Revisions::new(),
            rows_to: None,
            findings_to: None,
            rows: 0,
            rejected: 0,
            unchanged: 0,
            findings: FindingSum::default(),
        }
    }
}
