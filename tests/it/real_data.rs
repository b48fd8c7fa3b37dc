//! Where the real files of other people are; tests that need them say so and pass where they are not.

use std::path::{Path, PathBuf};

/// The folder of real data: `REGRADE_REAL_DATA`, by default `../shared/data` beside the project.
///
/// `None`, after saying that the test is skipped, when there is no such folder.
pub fn folder() -> Option<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = match std::env::var_os("REGRADE_REAL_DATA") {
        Some(folder) => project.join(folder),
        None => project.join("../shared/data"),
    };
    let folder = folder
        .canonicalize()
        .ok()
        .filter(|folder| folder.join("README.md").is_file());
    if folder.is_none() {
        eprintln!("skipped: no real data (set REGRADE_REAL_DATA)");
    }
    folder
}
