//! What is said of a file that no profile fits.

use crate::domain::Finding;

/// The finding about a file that no profile fits, or that is empty and so fits none.
pub fn unmatched(path: &str, bytes: &[u8]) -> Finding {
    if bytes.is_empty() {
        return empty(path);
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
