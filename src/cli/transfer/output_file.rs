//! The file of an export: replaced when all of it is written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

/// Where an export is written.
pub(super) enum OutputFile {
    /// A pipe or a device.
    Direct(File),
    Replacing {
        part: NamedTempFile,
        target: PathBuf,
        /// Bytes of the target so far.
        length: u64,
    },
}

impl OutputFile {
    /// A file keeps its permissions; a new one is the user's alone.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let existing = match fs::metadata(path) {
            Ok(existing) => Some(existing),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing.as_ref().is_some_and(|it| !it.is_file()) {
            let file = OpenOptions::new().write(true).open(path)?;
            return Ok(Self::Direct(file));
        }
        // Behind a link is the file that is meant.
        let target = match existing {
            Some(_) => fs::canonicalize(path)?,
            None => path.to_owned(),
        };
        let folder = target.parent().filter(|it| !it.as_os_str().is_empty());
        let part = Builder::new()
            .prefix(".export-")
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        if let Some(existing) = &existing {
            part.as_file().set_permissions(existing.permissions())?;
        }
        let length = existing.map_or(0, |existing| existing.len());
        Ok(Self::Replacing {
            part,
            target,
            length,
        })
    }

    /// True if a file that holds something would be replaced.
    pub(super) fn replaces(&self) -> bool {
        matches!(self, Self::Replacing { length, .. } if *length > 0)
    }

    /// Puts the complete file in its place.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Direct(_) => Ok(()),
            Self::Replacing { part, target, .. } => {
                part.as_file().sync_all()?;
                part.persist(target).map(drop).map_err(|error| error.error)
            }
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(file) => file.write(bytes),
            Self::Replacing { part, .. } => part.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
