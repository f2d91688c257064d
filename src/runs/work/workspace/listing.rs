//! The files of a workspace: those that the run gives to its user.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use cap_std::fs::Dir;

use super::Limits;

/// Folders deeper than this, which only servers can make, are passed over.
const MAX_DEPTH: usize = 16;
/// No more entries of folders are looked at.
const MAX_ENTRIES: usize = 10_000;

/// A regular file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceFile {
    /// Its relative path, with `/`.
    pub name: String,
    /// Its length in bytes when it was listed.
    pub size: u64,
    /// Why it cannot be given to the user, in words for the user.
    pub problem: Option<String>,
    path: PathBuf,
}

impl WorkspaceFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The files of a workspace, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub files: Vec<WorkspaceFile>,
    /// Files that there are besides, over the limit of a run.
    pub left_out: usize,
}

/// Lists the files, those over the limits with a problem or not at all.
pub(super) fn list(dir: &Dir, limits: Limits) -> io::Result<Listing> {
    let mut files = walk(dir)?;
    let left_out = files.len().saturating_sub(limits.files);
    files.truncate(limits.files);
    let mut total = 0_u64;
    for file in &mut files {
        total = total.saturating_add(file.size);
        if file.size > limits.file_bytes {
            file.problem = Some(format!("larger than {} bytes", limits.file_bytes));
            total -= file.size;
        } else if total > limits.total_bytes {
            let limit = limits.total_bytes;
            file.problem = Some(format!(
                "the files of the run are larger than {limit} bytes"
            ));
            total -= file.size;
        }
    }
    Ok(Listing { files, left_out })
}

/// All visible regular files, sorted by name. What vanishes meanwhile is not there.
pub(super) fn walk(dir: &Dir) -> io::Result<Vec<WorkspaceFile>> {
    let mut files = Vec::new();
    let mut entries_left = MAX_ENTRIES;
    let mut folders = vec![(dir.try_clone()?, PathBuf::new())];
    while let Some((folder, at)) = folders.pop() {
        for entry in folder.entries()?.flatten().take(entries_left) {
            entries_left -= 1;
            let (Ok(kind), name) = (entry.file_type(), entry.file_name()) else {
                continue;
            };
            let path = at.join(&name);
            if is_hidden(&name) {
                continue;
            }
            if kind.is_dir() && path.components().count() < MAX_DEPTH {
                folders.extend(entry.open_dir().ok().map(|dir| (dir, path)));
            } else if kind.is_file() {
                files.extend(entry.metadata().ok().map(|found| file(path, found.len())));
            }
        }
    }
    files.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    Ok(files)
}

/// Caches and settings of servers, whose home the folder is.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn file(path: PathBuf, size: u64) -> WorkspaceFile {
    let name = path.to_string_lossy().replace(char::is_control, "_");
    WorkspaceFile {
        name,
        size,
        problem: None,
        path,
    }
}
