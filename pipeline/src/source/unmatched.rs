//! What is said of a file that no profile fits.

use super::{Profiles, spreadsheet};
use crate::domain::Finding;

/// The finding about a file that no profile fits: because it is empty, because it is a workbook that
/// cannot be opened, or because none of `profiles` knows such a file.
pub fn unmatched(profiles: &Profiles, path: &str, bytes: &[u8]) -> Finding {
    if bytes.is_empty() {
        return empty(path);
    }
    if spreadsheet::is_workbook(bytes)
        && let Err(fault) = spreadsheet::heads_of(bytes, &profiles.settings().spreadsheet, 1)
    {
        return fault.into_finding(path);
    }
    Finding::of_file(
        path,
        "no_profile",
        "no profile fits the file's name and header".to_owned(),
        "name one (`profile` of the [[inbox]], or --profile), or let `regrade check --suggest FILE` write one",
    )
}

/// The finding about an empty file.
pub(super) fn empty(path: &str) -> Finding {
    Finding::of_file(
        path,
        "empty",
        "the file is empty".to_owned(),
        "an export that was cut short? export it again",
    )
}
