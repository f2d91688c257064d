//! The files of a run so far: their names, and what the limits leave. Pure.

use std::collections::{HashMap, HashSet};

use super::workspace::Limits;
use crate::{
    agent::mcp::{Attachment, Attachments},
    runs::{
        files::{Names, Upload, blob_name, is_numbered},
        model::{Blob, RunFile},
    },
};

/// Numbers of keys for one claim: so that no attempt writes to another's.
const KEYS_PER_CLAIM: i64 = 1000;

pub(super) struct Listed {
    limits: Limits,
    names: Names,
    /// Those that could not be stored included.
    files: Vec<RunFile>,
    /// Positions in `files` of those that a file of the workspace was found to be.
    found: HashSet<usize>,
    /// What tools have returned that is not in `files` yet.
    pending: Vec<Blob>,
    /// The files, and those that are being stored, with the bytes that the store has of them.
    places: HashMap<String, u64>,
    next_key: i64,
}

impl Listed {
    /// `files` and `pending`: of earlier attempts. `claim`: its number.
    pub(super) fn new(claim: i64, limits: Limits, files: Vec<RunFile>, pending: Vec<Blob>) -> Self {
        let mut names = Names::new();
        let known = files.iter().map(|file| &file.name);
        for name in known.chain(pending.iter().map(|blob| &blob.name)) {
            names.unique(name);
        }
        Self {
            limits,
            names,
            found: HashSet::new(),
            places: files.iter().map(place).collect(),
            next_key: claim.saturating_mul(KEYS_PER_CLAIM),
            files,
            pending,
        }
    }

    /// Reserves a name.
    pub(super) fn unique(&mut self, name: &str) -> String {
        self.names.unique(name)
    }

    /// Names what a tool has returned besides its text.
    pub(super) fn name(&mut self, tool: &str, attachments: Attachments) -> Vec<Blob> {
        let name = |Attachment {
                        uri,
                        mime_type,
                        data,
                    }| {
            let mime_type = Some(&*mime_type).filter(|it| !it.is_empty());
            let name = blob_name(uri.as_deref(), tool, &data, mime_type);
            let name = self.names.unique(&name);
            Blob { name, data }
        };
        let blobs: Vec<Blob> = attachments.items.into_iter().map(name).collect();
        self.pending.extend(blobs.iter().cloned());
        blobs
    }

    pub(super) fn take_pending(&mut self) -> Vec<Blob> {
        std::mem::take(&mut self.pending)
    }

    /// True if an earlier attempt has stored the file before it could end the run.
    pub(super) fn is_stored(&mut self, upload: &Upload) -> bool {
        let is_same = |(at, file): &(usize, &RunFile)| {
            file.key.is_some()
                && file.sha256.as_ref() == Some(&upload.sha256)
                && is_numbered(&file.name, &upload.name)
                && !self.found.contains(at)
        };
        let same = self.files.iter().enumerate().find(is_same);
        let same = same.map(|(at, _)| at);
        same.is_some_and(|at| self.found.insert(at))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name == name)
    }

    /// Takes a place for a file of which the store has so many bytes, if the run may have one more.
    fn take_place(&mut self, name: &str, bytes: u64) -> bool {
        let is_new = !self.places.contains_key(name);
        let all: u64 = self.places.values().sum();
        if is_new
            && (self.places.len() >= self.limits.files
                || all.saturating_add(bytes) > self.limits.total_bytes)
        {
            return false;
        }
        self.places.entry(name.to_owned()).or_insert(bytes);
        true
    }

    /// Takes a place for a file that is not stored.
    pub(super) fn take_empty_place(&mut self, name: &str) -> bool {
        self.take_place(name, 0)
    }

    /// Takes a place for a file of this size, and gives the number of its key.
    pub(super) fn reserve(&mut self, name: &str, size: u64) -> Option<u32> {
        if !self.take_place(name, size) {
            return None;
        }
        self.next_key += 1;
        // Claims beyond that do not come.
        Some(u32::try_from(self.next_key).unwrap_or(u32::MAX))
    }

    /// Adds a file that is journalled.
    pub(super) fn add(&mut self, file: RunFile) {
        self.pending.retain(|blob| blob.name != file.name);
        self.files.push(file);
    }
}

fn place(file: &RunFile) -> (String, u64) {
    let bytes = if file.key.is_some() { file.size } else { 0 };
    (file.name.clone(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(files: usize, total_bytes: u64) -> Listed {
        let limits = Limits {
            file_bytes: 10,
            files,
            total_bytes,
        };
        Listed::new(2, limits, vec![], vec![])
    }

    #[test]
    fn files_that_are_being_stored_take_places_and_bytes_once() {
        let mut listed = listed(3, 15);
        assert_eq!(listed.reserve("a", 10), Some(2001));
        assert_eq!(listed.reserve("b", 6), None);
        // Once more, after it was cut off.
        assert_eq!(listed.reserve("a", 10), Some(2002));
        assert_eq!(listed.reserve("b", 5), Some(2003));
        assert!(listed.take_empty_place("c"));
        assert!(!listed.take_empty_place("d"));
        assert_eq!(listed.reserve("d", 0), None);
    }

    #[test]
    fn what_is_pending_keeps_its_name_until_it_is_a_file() {
        let attachment = |data: &'static [u8]| Attachment {
            uri: Some("x://y/a.txt".to_owned()),
            mime_type: String::new(),
            data: data.into(),
        };
        let mut listed = listed(9, 99);
        let items = vec![attachment(b"1"), attachment(b"2")];
        let named = listed.name("draw", Attachments { items, left_out: 0 });
        let names: Vec<_> = named.iter().map(|blob| &*blob.name).collect();
        assert_eq!(names, ["a.txt", "a-2.txt"]);
        listed.add(RunFile {
            name: "a.txt".to_owned(),
            size: 1,
            content_type: String::new(),
            sha256: None,
            error: None,
            key: None,
        });
        assert_eq!(listed.take_pending(), named[1..]);
        // In another attempt.
        let limits = listed.limits;
        let mut later = Listed::new(3, limits, listed.files, named[1..].to_vec());
        assert_eq!(later.unique("a.txt"), "a-3.txt");
        assert_eq!(later.take_pending(), named[1..]);
    }
}
