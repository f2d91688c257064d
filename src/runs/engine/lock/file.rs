//! A lock on a file beside the database.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The lock is the operating system's: it ends with the process. The file itself stays.
#[derive(Debug)]
pub(in crate::runs::engine) struct FileLock {
    file: File,
    path: PathBuf,
}

impl FileLock {
    /// Locks `<database>.lock`; `None` if another process, or another engine of this one, holds it.
    pub(super) fn acquire(database: &Path) -> io::Result<Option<Self>> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(&path)?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Self { file, path };
                // It may have been replaced between opening and locking.
                Ok(lock.is_held().then_some(lock))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// False if the file was removed or replaced: then another process can lock the new one.
    pub(super) fn is_held(&self) -> bool {
        let id = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
        let (here, there) = (self.file.metadata(), fs::metadata(&self.path));
        matches!((here, there), (Ok(here), Ok(there)) if id(&here) == id(&there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_holds_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("runs.db");
        let held = FileLock::acquire(&database).unwrap().unwrap();
        assert!(held.is_held());
        assert!(FileLock::acquire(&database).unwrap().is_none());
        assert!(
            FileLock::acquire(&dir.path().join("other.db"))
                .unwrap()
                .is_some()
        );
        drop(held);
        assert!(FileLock::acquire(&database).unwrap().is_some());
    }

    #[test]
    fn a_lock_whose_file_was_removed_or_replaced_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("runs.db");
        let held = FileLock::acquire(&database).unwrap().unwrap();
        fs::remove_file(&held.path).unwrap();
        assert!(!held.is_held());
        let next = FileLock::acquire(&database).unwrap().unwrap();
        assert!(next.is_held() && !held.is_held());
    }
}
