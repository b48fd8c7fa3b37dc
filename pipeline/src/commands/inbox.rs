//! The files of the inboxes: found, read whole, and moved away after their commit where told to.
//!
//! Whatever cannot be read is a finding with its name, and the rest goes on: a link that leads out of
//! the inbox, a pipe, a file without permission, a file that is still being written.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use regex::Regex;

use crate::contract::{Cell, Rows};
use crate::domain::{Finding, Severity, sha256, sha256_of};
use crate::error::Error;
use crate::output::{self, OutputError};
use crate::settings::Inbox;
use crate::source::Profile;

use super::OpenLab;

/// Bytes that profiles look at.
const HEAD: u64 = 64 << 10;

/// The content of a file.
pub(super) enum Content {
    /// All of it.
    Small { sha256: String, bytes: Vec<u8> },
    /// Its beginning, and what it was when that was read.
    Large { head: Vec<u8>, state: FileState },
}

/// What tells that a file has changed: another size, or another time of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileState {
    /// Bytes.
    pub size: u64,
    modified: SystemTime,
}

/// One file of an inbox.
#[derive(Debug)]
pub(super) struct InboxFile<'a> {
    /// The inbox it lies in.
    pub inbox: &'a Inbox,
    /// Where it is.
    pub path: PathBuf,
    /// Its path below the inbox, as messages and the ledger name it.
    pub shown: String,
}

impl InboxFile<'_> {
    /// The bare file name, which the patterns of profiles see.
    pub(super) fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// Reads the whole file.
    ///
    /// # Errors
    /// A finding when the system refuses, or when the file changed while it was read: an instrument is
    /// still writing it, and the next run will find it whole.
    pub(super) fn read(&self) -> Result<Vec<u8>, Box<Finding>> {
        let before = self.state()?;
        let bytes = fs::read(&self.path).map_err(|error| unreadable(&self.shown, &error))?;
        self.unchanged_since(before)?;
        if before.size != bytes.len() as u64 {
            return Err(Box::new(being_written(&self.shown)));
        }
        Ok(bytes)
    }

    /// Looks at the content: small files are read, of those from `large` bytes on the beginning.
    ///
    /// # Errors
    /// As [`InboxFile::read`].
    pub(super) fn look(&self, large: u64) -> Result<Content, Box<Finding>> {
        let state = self.state()?;
        if state.size < large {
            let bytes = self.read()?;
            return Ok(Content::Small {
                sha256: sha256(&bytes),
                bytes,
            });
        }
        let mut head = Vec::new();
        fs::File::open(&self.path)
            .and_then(|file| file.take(HEAD).read_to_end(&mut head))
            .map_err(|error| unreadable(&self.shown, &error))?;
        Ok(Content::Large { head, state })
    }

    /// SHA-256 of a file that has not changed since `state`.
    ///
    /// # Errors
    /// As [`InboxFile::read`].
    pub(super) fn hash(&self, state: FileState) -> Result<String, Box<Finding>> {
        let hash = fs::File::open(&self.path)
            .and_then(sha256_of)
            .map_err(|error| unreadable(&self.shown, &error))?;
        self.unchanged_since(state)?;
        Ok(hash)
    }

    fn state(&self) -> Result<FileState, Box<Finding>> {
        let state = fs::metadata(&self.path).and_then(|data| {
            Ok(FileState {
                size: data.len(),
                modified: data.modified()?,
            })
        });
        state.map_err(|error| Box::new(unreadable(&self.shown, &error)))
    }

    /// Makes sure that the file still is what it was.
    ///
    /// # Errors
    /// A finding that it is being written.
    pub(super) fn unchanged_since(&self, before: FileState) -> Result<(), Box<Finding>> {
        if self.state()? == before {
            return Ok(());
        }
        Err(Box::new(being_written(&self.shown)))
    }

    /// The profile that the inbox names, or the one that fits the file.
    pub(super) fn profile<'l>(&self, lab: &'l OpenLab, head: &[u8]) -> Option<&'l Profile> {
        match &self.inbox.profile {
            Some(id) => lab.profiles.get(id),
            None => {
                let folder = self.shown.rsplit_once('/').map_or("", |(folder, _)| folder);
                lab.profiles.detect_in(folder, &self.name(), head)
            }
        }
    }

    /// Writes the inbox's lab and supplier on rows that name none.
    pub(super) fn fill_in(&self, rows: &mut Rows) {
        for (column, text) in self.given() {
            let is_empty = rows
                .text(column)
                .is_ok_and(|cells| cells.iter().all(|cell| cell.is_none()));
            if is_empty {
                // The column is there: it was just looked at.
                let _ = rows.fill(column, &Cell::Text(text.to_owned()));
            }
        }
    }

    /// The columns that the inbox itself fills, on rows that name none.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("lab", &self.inbox.lab), ("supplier", &self.inbox.supplier)]
            .into_iter()
            .filter_map(|(column, text)| Some((column, text.as_deref()?)))
    }

    /// Moves the file to its inbox's archive, if it has one; a name that is taken gets `sha256` in front.
    ///
    /// # Errors
    /// When the system refuses; the file then stays where it is.
    pub(super) fn archive(&self, sha256: &str) -> Result<(), OutputError> {
        let Some(archive) = &self.inbox.archive else {
            return Ok(());
        };
        let mut target = archive.join(
            self.path
                .strip_prefix(&self.inbox.folder)
                .unwrap_or(&self.path),
        );
        if target.exists() {
            target.set_file_name(format!(
                "{}-{}",
                &sha256[..sha256.len().min(12)],
                self.name()
            ));
        }
        output::move_file(&self.path, &target)
    }
}

/// Every file that the `include` of its inbox takes, in name order, and what stands in the way of others.
///
/// Hidden files and folders are left alone.
///
/// # Errors
/// When an inbox itself cannot be listed.
pub(super) fn files(inboxes: &[Inbox]) -> Result<(Vec<InboxFile<'_>>, Vec<Finding>), Error> {
    let (mut files, mut findings) = (Vec::new(), Vec::new());
    for inbox in inboxes {
        let found = list(inbox, &mut findings)?;
        files.extend(found.into_iter().map(|path| InboxFile {
            inbox,
            shown: shown(inbox, &path),
            path,
        }));
    }
    Ok((files, findings))
}

fn list(inbox: &Inbox, findings: &mut Vec<Finding>) -> Result<Vec<PathBuf>, Error> {
    let patterns: Vec<Regex> = inbox
        .include
        .iter()
        .filter_map(|pattern| wildcard(pattern))
        .collect();
    let of_inbox = |source| Error::Unreadable {
        path: inbox.folder.display().to_string(),
        source,
    };
    let home = inbox.folder.canonicalize().map_err(of_inbox)?;
    fs::read_dir(&inbox.folder).map_err(of_inbox)?;
    let mut files = Vec::new();
    let mut pending = vec![inbox.folder.clone()];
    while let Some(folder) = pending.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                findings.push(unreadable(&shown(inbox, &folder), &error));
                continue;
            }
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let wanted = patterns.iter().any(|pattern| pattern.is_match(&name));
            if name.starts_with('.') {
                continue;
            }
            let about = |rule: &str, message: &str, hint: &str| {
                Finding::of_file(&shown(inbox, &path), rule, message.to_owned(), hint)
            };
            match path
                .canonicalize()
                .and_then(|real| Ok((fs::metadata(&real)?, real)))
            {
                Ok((data, _)) if data.is_dir() && !path.is_symlink() => pending.push(path),
                // A linked folder could lead in circles; a file that nobody asked for is nobody's business.
                Ok((data, _)) if data.is_dir() || !wanted => {}
                Ok((_, real)) if !real.starts_with(&home) => findings.push(about(
                    "outside_inbox",
                    "the link leads out of the inbox, so it is not followed",
                    "make the folder it leads to an [[inbox]] of its own",
                )),
                Ok((data, _)) if data.is_file() => files.push(path),
                Ok(_) => {
                    findings.push(about("not_a_file", "it is neither a file nor a folder", ""))
                }
                Err(error) if wanted => findings.push(unreadable(&shown(inbox, &path), &error)),
                Err(_) => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The path below the inbox; control characters (a name may hold a line break) are written as escapes.
fn shown(inbox: &Inbox, path: &Path) -> String {
    let below = path
        .strip_prefix(&inbox.folder)
        .unwrap_or(path)
        .to_string_lossy();
    let mut shown = String::new();
    for c in below.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn being_written(shown: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..Finding::of_file(
            shown,
            "being_written",
            "the file changed while it was read, so it is left for the next run".to_owned(),
            "",
        )
    }
}

pub(super) fn unreadable(shown: &str, error: &std::io::Error) -> Finding {
    Finding::of_file(
        shown,
        "unreadable",
        format!("cannot be read: {error}"),
        "is it there, is it a file, and may it be read?",
    )
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
