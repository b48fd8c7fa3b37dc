//! A large table: read, checked and written piece by piece, in one commit per table.

use std::fs::File;
use std::sync::mpsc::sync_channel;

use super::finding_rows::push_all;
use super::inbox::InboxFile;
use super::ingest::{FindingSum, IngestResult};
use super::lab::{Moment, OpenLab};
use super::ledger::{Entry, ledger_row, number_revisions, reading_id, stamps};
use crate::contract::{Cell, Rows};
use crate::domain::Finding;
use crate::error::Error;
use crate::lake::{Revisions, TableWriter};
use crate::source::{self, Piece, Profile, StreamEnd};

/// Pieces that wait for the writer: enough to keep it busy, few enough for memory.
const WAITING: usize = 2;

/// A file that is too large to be held as a whole, and everything its rows carry.
pub(super) struct LargeFile<'a> {
    pub lab: &'a OpenLab,
    pub file: &'a InboxFile<'a>,
    pub profile: &'a Profile,
    pub sha256: &'a str,
    pub size: u64,
    pub now: Moment,
    pub run_id: &'a str,
}

/// What the writer has counted.
#[derive(Default)]
struct Written {
    rows: usize,
    rejected: usize,
    unchanged: usize,
    findings: FindingSum,
}

impl LargeFile<'_> {
    /// Ingests the file; a finding when it has to wait for the next run.
    ///
    /// # Errors
    /// When a commit fails.
    pub(super) fn ingest(&self, result: &mut IngestResult) -> Result<Option<Finding>, Error> {
        let (table, id) = (
            self.profile.table.as_str(),
            reading_id(self.sha256, Some(self.profile)),
        );
        let ids = [self.sha256.to_owned()];
        let has_rows = self.lab.lake.held(table, &ids)?.contains(self.sha256);
        let has_findings = self
            .lab
            .lake
            .held("findings", std::slice::from_ref(&id))?
            .contains(&id);
        let mut rows_to = if has_rows {
            None
        } else {
            Some(self.lab.lake.writer(table)?)
        };
        let mut findings_to = if has_findings {
            None
        } else {
            Some(self.lab.lake.writer("findings")?)
        };
        let newest = if has_rows {
            Revisions::new()
        } else {
            self.lab.lake.newest_revisions(table)?
        };
        let input = match File::open(&self.file.path) {
            Ok(input) => input,
            Err(source) => {
                return Err(Error::Unreadable {
                    path: self.file.path.display().to_string(),
                    source,
                });
            }
        };
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .saturating_sub(1)
            .max(1);
        let (sender, receiver) = sync_channel::<Piece>(WAITING);
        let (ended, written) = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut newest = newest;
                let mut written = Written::default();
                for piece in receiver {
                    self.write(
                        piece,
                        &mut newest,
                        &mut rows_to,
                        &mut findings_to,
                        &mut written,
                    )?;
                }
                Ok::<_, Error>(written)
            });
            let place = (self.file.shown.as_str(), self.file.name());
            let place = (place.0, place.1.as_str());
            // A writer that failed drops its end; its error is the one to tell.
            let ended = source::stream(
                self.lab.reading(),
                self.profile,
                place,
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
        let mut written = written?;
        let mut outcome = "ingested";
        match ended {
            Ok(()) | Err(StreamEnd::Sink(())) => {}
            Err(StreamEnd::Io(source)) => {
                return Err(Error::Unreadable {
                    path: self.file.path.display().to_string(),
                    source,
                });
            }
            Err(StreamEnd::Refused(finding)) => {
                // What was written so far is never committed.
                (outcome, rows_to) = ("rejected", None);
                written = Written::default();
                findings_to = if has_findings {
                    None
                } else {
                    Some(self.lab.lake.writer("findings")?)
                };
                self.write_findings(&[(*finding).clone()], &mut findings_to)?;
                written.findings.add(vec![*finding]);
            }
        }
        if let Err(finding) = self.file.unchanged_since(self.size) {
            return Ok(Some(*finding));
        }
        if let Some(writer) = rows_to {
            writer.commit(&ids)?;
        }
        if let Some(writer) = findings_to {
            writer.commit(std::slice::from_ref(&id))?;
        }
        let mut files = Rows::new(self.lab.contracts.table("files")?);
        let entry = Entry {
            sha256: self.sha256,
            path: &self.file.shown,
            size: self.size,
            profile: Some(self.profile),
            rows: (written.rows, written.rejected),
            outcome,
        };
        files.push_named(ledger_row(&entry, self.now, self.run_id))?;
        self.lab.lake.append(&files, &[id])?;
        if outcome == "ingested" {
            self.file.archive(self.sha256)?;
        }
        result.files += 1;
        result.rows_ok += written.rows;
        result.rows_rejected += written.rejected;
        result.rows_unchanged += written.unchanged;
        result.files_refused += usize::from(outcome != "ingested");
        result.findings.merge(written.findings);
        Ok(None)
    }

    fn write(
        &self,
        piece: Piece,
        newest: &mut Revisions,
        rows_to: &mut Option<TableWriter<'_>>,
        findings_to: &mut Option<TableWriter<'_>>,
        written: &mut Written,
    ) -> Result<(), Error> {
        let mut rows = piece.rows;
        written.rows += rows.len();
        written.rejected += piece.rows_rejected;
        if let Some(writer) = rows_to {
            for (column, text) in self.file.given() {
                if rows.is_missing(column) {
                    rows.fill(column, Cell::Text(text.to_owned()))?;
                }
            }
            for (column, cell) in stamps(self.sha256, self.now, self.run_id) {
                rows.fill(column, cell)?;
            }
            if newest.is_empty() {
                // No key of this table is known yet, and keys are unique within the file.
                rows.fill("revision", Cell::Integer(1))?;
            } else {
                let mut all = rows.into_rows();
                written.unchanged += number_revisions(&mut all, newest)?;
                rows = all.into();
            }
            writer.write(rows)?;
        }
        self.write_findings(&piece.findings, findings_to)?;
        written.findings.add(piece.findings);
        Ok(())
    }

    fn write_findings(
        &self,
        findings: &[Finding],
        to: &mut Option<TableWriter<'_>>,
    ) -> Result<(), Error> {
        let Some(writer) = to else { return Ok(()) };
        let mut rows = Rows::new(self.lab.contracts.table("findings")?);
        push_all(
            &mut rows,
            findings,
            Some(self.sha256),
            self.now,
            self.run_id,
        )?;
        Ok(writer.write(rows.into())?)
    }
}
