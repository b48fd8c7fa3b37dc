//! `check --suggest`: a profile for a file that none fits; writes nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::check::Readers;
use crate::console::{Console, Format};
use crate::error::{Error, Exit};
use crate::source::{self, Suggestion};

/// A proposal with the keys that other programs rely on.
#[derive(Debug, Serialize)]
struct Proposed<'a> {
    file: &'a str,
    id: &'a str,
    table: &'a str,
    rows_ok: usize,
    rows_rejected: usize,
    missing: &'a [String],
    notes: &'a [String],
    toml: &'a str,
}

/// Prints a proposed profile on standard output, and what to look at on standard error.
///
/// # Errors
/// When more than one file is named, the file cannot be read, or nothing can be proposed for it.
pub fn suggest(console: &Console, files: &[PathBuf], config: Option<&Path>) -> Result<Exit, Error> {
    let [path] = files else {
        return Err(Error::Usage {
            message: format!(
                "--suggest takes one file, {} are named: a profile describes one kind of export",
                files.len()
            ),
            hint: "name the fullest one; try the others with the profile once it is saved"
                .to_owned(),
        });
    };
    let readers = Readers::open(config)?;
    let (shown, name, bytes) = Readers::read_file(path)?;
    let found =
        source::suggest(readers.reading(), &readers.profiles, &name, &bytes).map_err(|error| {
            Error::Usage {
                message: format!("{shown}: {error}"),
                hint: error.hint().to_owned(),
            }
        })?;
    print(console, &shown, &found);
    Ok(Exit::Done)
}

fn print(console: &Console, file: &str, found: &Suggestion) {
    if console.format() == Format::Json {
        let proposed = Proposed {
            file,
            id: &found.id,
            table: &found.table,
            rows_ok: found.rows_ok,
            rows_rejected: found.rows_rejected,
            missing: &found.missing,
            notes: &found.notes,
            toml: &found.toml,
        };
        console.rows(&[], &[], &proposed);
    } else {
        // The profile itself, so that `> schemas/sources/x.toml` is all it takes.
        console.data(&found.toml);
    }
    console.say(&format!(
        "{file}: {}, {} names recognised, {} not; as it stands {} rows would go in, {} would go to findings",
        found.table,
        found.matched.len(),
        found.unmatched.len(),
        found.rows_ok,
        found.rows_rejected
    ));
    for note in &found.notes {
        console.say(note);
    }
    console.say("look at every line with CHECK or ASSUMED before the profile is used");
}
