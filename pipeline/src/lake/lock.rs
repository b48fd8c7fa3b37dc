//! One writer at a time: an advisory lock on a file in the lake, released by the system at a crash.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::LakeError;

/// Holds the lake until dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub struct LakeLock {
    _file: File,
}

impl LakeLock {
    /// Takes the lock in `folder`.
    ///
    /// # Errors
    /// [`LakeError::Locked`] while another process holds it; [`LakeError::Unwritable`] when the lock
    /// file cannot be made.
    pub(super) fn take(folder: &Path) -> Result<LakeLock, LakeError> {
        let path = folder.join(".regrade.lock");
        let unwritable = |source| LakeError::Unwritable {
            path: path.clone(),
            source,
        };
        #[expect(clippy::disallowed_methods, reason = "a lock file is not an output")]
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let known = file.read_to_string(&mut holder).is_ok() && !holder.is_empty();
                let holder = if known {
                    format!(" (process {})", holder.trim())
                } else {
                    holder
                };
                return Err(LakeError::Locked { path, holder });
            }
            Err(TryLockError::Error(source)) => return Err(unwritable(source)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .map_err(unwritable)?;
        write!(file, "{}", std::process::id()).map_err(unwritable)?;
        Ok(LakeLock { _file: file })
    }
}
