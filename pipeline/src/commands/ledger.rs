//! The ledger of files, and what every ingested row carries: where it came from and which revision it is.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use super::lab::{Moment, OpenLab};
use crate::contract::{Cell, ContractError, Fingerprint, Rows};
use crate::error::Error;
use crate::lake::Revisions;
use crate::source::Profile;

/// The id under which findings and the ledger row of a reading are committed: another profile gives a
/// refused file another chance.
pub(super) fn reading_id(sha256: &str, profile: Option<&Profile>) -> String {
    format!(
        "{sha256}@{}",
        profile.map_or("none", |profile| profile.sha256.as_str())
    )
}

/// Files already dealt with.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Their outcomes: by content for those that went in, by content and profile for the rest.
    outcomes: BTreeMap<String, String>,
    /// Their sizes; a file of another size is a new one.
    sizes: BTreeSet<u64>,
}

impl Ledger {
    /// Whether this content went in.
    pub(super) fn ingested(&self, sha256: &str) -> bool {
        (self.outcomes.get(sha256)).is_some_and(|outcome| outcome == "ingested")
    }

    /// Whether there is this reading, see [`reading_id`].
    pub(super) fn knows(&self, reading: &str) -> bool {
        self.outcomes.contains_key(reading)
    }

    /// Whether a file of this size was seen before, in an earlier run or this one; it counts as seen now.
    pub(super) fn saw_size(&mut self, size: u64) -> bool {
        !self.sizes.insert(size)
    }
}

/// The ledger as the lake has it.
pub(super) fn ledger(lab: &OpenLab) -> Result<Ledger, Error> {
    let rows = lab.lake.newest().read("files")?;
    let (hashes, profiles, outcomes) = (
        rows.text("sha256")?,
        rows.text("profile_sha256")?,
        rows.text("outcome")?,
    );
    let sizes = rows.integer("size")?.iter().flatten();
    let sizes = sizes.filter_map(|&size| u64::try_from(size).ok());
    let mut known = Ledger {
        sizes: sizes.collect(),
        ..Ledger::default()
    };
    for ((hash, profile), outcome) in hashes.iter().zip(profiles.iter()).zip(outcomes.iter()) {
        let (Some(hash), Some(outcome)) = (hash, outcome) else {
            continue;
        };
        if outcome == "ingested" {
            (known.outcomes).insert(hash.to_owned(), outcome.to_owned());
        } else {
            known.outcomes.insert(
                format!("{hash}@{}", profile.unwrap_or("none")),
                outcome.to_owned(),
            );
        }
    }
    Ok(known)
}

/// What the ledger says of one file.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub sha256: &'a str,
    pub path: &'a str,
    pub size: u64,
    pub profile: Option<&'a Profile>,
    /// Rows that went in, and rows that went to findings.
    pub rows: (usize, usize),
    pub outcome: &'static str,
}

/// The ledger row of a file.
pub(super) fn ledger_row(
    entry: &Entry<'_>,
    now: Moment,
    run_id: &str,
) -> Vec<(&'static str, Cell)> {
    vec![
        ("sha256", Cell::Text(entry.sha256.to_owned())),
        ("path", Cell::Text(entry.path.to_owned())),
        (
            "size",
            Cell::Integer(i64::try_from(entry.size).unwrap_or(i64::MAX)),
        ),
        (
            "profile",
            Cell::text(entry.profile.map(|profile| profile.id.clone())),
        ),
        (
            "profile_sha256",
            Cell::text(entry.profile.map(|profile| profile.sha256.clone())),
        ),
        ("rows_ok", Cell::count(entry.rows.0)),
        ("rows_rejected", Cell::count(entry.rows.1)),
        ("outcome", Cell::Text(entry.outcome.to_owned())),
        ("ingested_at", Cell::Datetime(now.micros())),
        ("run_id", Cell::Text(run_id.to_owned())),
    ]
}

/// Writes on every row which file it came from, when, and in which run.
///
/// # Errors
/// When the contract lacks one of the columns.
pub(super) fn stamp(
    rows: &mut Rows,
    sha256: &str,
    now: Moment,
    run_id: &str,
) -> Result<(), ContractError> {
    stamps(sha256, now, run_id)
        .into_iter()
        .try_for_each(|(column, cell)| rows.fill(column, &cell))
}

/// What [`stamp`] writes, by column.
pub(super) fn stamps(sha256: &str, now: Moment, run_id: &str) -> [(&'static str, Cell); 3] {
    [
        ("source_sha256", Cell::Text(sha256.to_owned())),
        ("ingested_at", Cell::Datetime(now.micros())),
        ("run_id", Cell::Text(run_id.to_owned())),
    ]
}

/// Gives every row its revision, takes out those that say what the newest one says, and counts them.
///
/// # Errors
/// When the contract has no column for the revision.
pub(super) fn number_revisions(
    rows: &mut Rows,
    newest: &mut Revisions,
) -> Result<usize, ContractError> {
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
    Ok(known.iter().filter(|revision| revision.is_none()).count())
}

/// The newest revisions of the tables looked at so far.
pub(super) type Newest = BTreeMap<&'static str, Revisions>;

/// The revision under which a row goes in; `None` when the newest one already says the same.
fn next_revision(newest: &mut Revisions, print: Fingerprint) -> Option<i64> {
    match newest.entry(print.key) {
        btree_map::Entry::Vacant(entry) => {
            entry.insert((1, print.says));
            Some(1)
        }
        btree_map::Entry::Occupied(mut entry) => {
            let (revision, says) = *entry.get();
            if says == print.says {
                return None;
            }
            entry.insert((revision + 1, print.says));
            Some(revision + 1)
        }
    }
}
