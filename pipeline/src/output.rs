//! The one door through which files are written: under a temporary name beside the target, then renamed.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Why an output was not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The system refused.
    #[error("{}: cannot write: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder that is to be replaced holds something else.
    #[error("{}: is not empty and holds no `{mark}`, so it is not replaced", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// The file that would show that an earlier run made it.
        mark: &'static str,
    },
}

fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> OutputError {
    let path = path.to_path_buf();
    move |source| OutputError::Unwritable {
        path: path.clone(),
        source,
    }
}

/// Writes one file so that nobody ever sees half of it; its folder is made when missing.
///
/// # Errors
/// When the system refuses; the old file stays then.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let temporary = sibling(path, "part");
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    let written = fs::File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(unwritable(path))
        .inspect_err(|_| {
            // The message is about the file; what is left of the attempt is only tidied up.
            let _ = fs::remove_file(&temporary);
        })
}

/// Proves, before long work, that `folder` can be replaced later on.
///
/// # Errors
/// As [`replace_folder`], without replacing anything.
pub fn check_replaceable(folder: &Path, mark: &'static str) -> Result<(), OutputError> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(unwritable(parent))?;
    if folder.exists() {
        let mut entries = fs::read_dir(folder).map_err(unwritable(folder))?;
        if entries.next().is_some() && !folder.join(mark).exists() {
            return Err(OutputError::NotOurs {
                path: folder.to_path_buf(),
                mark,
            });
        }
    }
    let probe = sibling(folder, "probe");
    fs::create_dir_all(&probe)
        .and_then(|()| fs::remove_dir(&probe))
        .map_err(unwritable(folder))
}

/// Replaces a whole folder by `files` (path below it, bytes), which must include `mark`.
///
/// The new folder is complete before the old one goes away; a kill in between leaves one or the other.
///
/// # Errors
/// When the system refuses, or the folder holds something that no earlier run has made.
pub fn replace_folder(
    folder: &Path,
    mark: &'static str,
    files: &[(String, Vec<u8>)],
) -> Result<(), OutputError> {
    check_replaceable(folder, mark)?;
    let (fresh, old) = (sibling(folder, "part"), sibling(folder, "old"));
    for leftover in [&fresh, &old] {
        if leftover.exists() {
            fs::remove_dir_all(leftover).map_err(unwritable(leftover))?;
        }
    }
    for (path, bytes) in files {
        write_file(&fresh.join(path), bytes)?;
    }
    if folder.exists() {
        fs::rename(folder, &old).map_err(unwritable(folder))?;
    }
    fs::rename(&fresh, folder).map_err(unwritable(folder))?;
    if old.exists() {
        fs::remove_dir_all(&old).map_err(unwritable(&old))?;
    }
    Ok(())
}

/// Moves a file; across file systems it is copied, and only a complete copy lets the original go.
///
/// # Errors
/// When the system refuses; the original stays then.
pub fn move_file(from: &Path, to: &Path) -> Result<(), OutputError> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    if fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let bytes = fs::read(from).map_err(unwritable(from))?;
    write_file(to, &bytes)?;
    fs::remove_file(from).map_err(unwritable(from))
}

/// `.NAME.SUFFIX` beside `path`.
fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    path.with_file_name(format!(".{name}.{suffix}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_replaced_as_a_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("report");
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        replace_folder(&folder, "mark", &[file("mark", ""), file("a/b.txt", "1")]).unwrap();
        replace_folder(&folder, "mark", &[file("mark", "2")]).unwrap();
        assert_eq!(fs::read_to_string(folder.join("mark")).unwrap(), "2");
        assert!(!folder.join("a").exists());
        assert_eq!(
            fs::read_dir(root.path()).unwrap().count(),
            1,
            "no leftovers"
        );

        let foreign = root.path().join("thesis");
        write_file(&foreign.join("chapter1.txt"), b"years of work").unwrap();
        let refused = replace_folder(&foreign, "mark", &[file("mark", "")]);
        assert!(matches!(refused, Err(OutputError::NotOurs { .. })));
        assert!(foreign.join("chapter1.txt").exists());
    }
}
