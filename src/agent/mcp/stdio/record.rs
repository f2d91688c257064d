//! Records of process groups that were started, so that a later process of ours can end what an earlier one left running.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    Place,
    proc::{self, Stat},
};

/// The file of one group.
pub(super) struct Record(PathBuf);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) group: i32,
    /// Of its leader: a process id may be used again.
    started: u64,
    boot: String,
    home: PathBuf,
}

impl Record {
    pub(super) fn write(pid: u32, place: &Place) -> io::Result<Self> {
        let group = i32::try_from(pid).map_err(io::Error::other)?;
        let recorded = Recorded {
            group,
            started: Stat::of(group).map_or(0, |stat| stat.started),
            boot: proc::boot_id(),
            home: place.folder.clone(),
        };
        fs::create_dir_all(&place.records)?;
        let path = place.records.join(format!("{group}.json"));
        fs::write(&path, serde_json::to_vec(&recorded)?)?;
        Ok(Self(path))
    }

    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, "the record of a process group could not be removed");
        }
    }
}

impl Recorded {
    /// True if the group that was recorded, and no later one, has a process that runs.
    pub(super) fn still_runs(&self) -> bool {
        if self.boot != proc::boot_id() {
            return false;
        }
        match Stat::of(self.group) {
            Some(leader) => leader.started == self.started && leader.group == self.group,
            // The others of the group keep its id from being used again; it may have been used again after them.
            None => proc::members(self.group).any(|(pid, stat)| {
                stat.started >= self.started && stat.is_alive() && proc::is_at_home(pid, &self.home)
            }),
        }
    }
}
