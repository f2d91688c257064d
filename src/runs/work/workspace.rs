//! Workspace: the folder of one run, and the tools by which Claude reads and writes files in it.
//!
//! Every access goes through a capability for the folder (`cap-std`): no path and no link leads out of it. Calls are
//! synchronous and exclude each other. The folder is made anew for each attempt: repeating the inputs of the calls that
//! changed files, in their order, gives the same files.

mod calls;
mod folder;
mod input;
mod listing;
mod name;
mod tool;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use cap_std::{ambient_authority, fs::Dir};

use input::Input;

pub(super) use folder::remove as remove_folder;
pub use listing::{Listing, WorkspaceFile};
pub use tool::{WorkspaceTool, specs};

/// The most files that a run may have.
const MAX_FILES: usize = 100;
/// The size of all files of a run, as a multiple of the greatest size of one.
const TOTAL_FACTOR: u64 = 10;

/// What a workspace may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one file.
    pub file_bytes: u64,
    pub files: usize,
    /// The most bytes of all files.
    pub total_bytes: u64,
}

impl Limits {
    /// The limits that follow from the greatest size of one file, in bytes.
    pub fn of_file_size(bytes: u64) -> Self {
        Self {
            file_bytes: bytes,
            files: MAX_FILES,
            total_bytes: bytes.saturating_mul(TOTAL_FACTOR),
        }
    }
}

/// The folder of one run. It stays on the disk when this is dropped.
#[derive(Debug)]
pub struct Workspace {
    path: PathBuf,
    dir: Dir,
    limits: Limits,
    /// Held during each call: limits are checked before files are written.
    calls: Mutex<()>,
}

impl Workspace {
    /// Makes an empty folder at `path`, for this user alone. What is there, from an earlier attempt, is removed.
    pub fn create(path: &Path, limits: Limits) -> io::Result<Self> {
        folder::recreate(path)?;
        Ok(Self {
            dir: Dir::open_ambient_dir(path, ambient_authority())?,
            path: path.to_owned(),
            limits,
            calls: Mutex::default(),
        })
    }

    /// Where the folder is, for servers that work in it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a call. `input` is the JSON that Claude wrote. The result and the error are texts for Claude.
    pub fn run(&self, tool: WorkspaceTool, input: &str) -> Result<String, String> {
        let _one = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        Input::parse(tool, input).and_then(|input| self.call(input))
    }

    /// The regular files, sorted by name. Hidden ones and those in hidden folders are left out, links too.
    pub fn files(&self) -> io::Result<Listing> {
        listing::list(&self.dir, self.limits)
    }

    /// Opens a file of [`files`](Self::files) for reading. Fails if something else has taken its place.
    pub fn open(&self, file: &WorkspaceFile) -> io::Result<std::fs::File> {
        folder::open(&self.dir, file.path()).map(cap_std::fs::File::into_std)
    }
}

#[cfg(test)]
mod tests;
