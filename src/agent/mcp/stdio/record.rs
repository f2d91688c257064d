//! Records of process groups that were started, so that a later process of ours can end what an earlier one left running.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

use super::{
    Place, group,
    proc::{self, Stat},
};

/// The file of one group.
pub(super) struct Record(PathBuf);

#[derive(Debug, Serialize, Deserialize)]
struct Recorded {
    group: i32,
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

/// Kills the process groups that are recorded in `records` and still run, and removes the records. Returns how many it has
/// killed. A folder that does not exist has none.
///
/// Only for groups that were started by a process of ours which has ended. A process with the id, but not the start time, of a
/// recorded one is left alone.
pub async fn end_recorded_groups(records: &Path) -> io::Result<usize> {
    let mut killed = 0;
    let entries = match fs::read_dir(records) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        // One that was not written completely is of a process that was not given anything to do yet.
        let recorded = fs::read(&path).ok();
        let recorded = recorded.and_then(|text| serde_json::from_slice::<Recorded>(&text).ok());
        if let Some(recorded) = recorded
            && let Some(group) = Pid::from_raw(recorded.group).filter(|_| recorded.still_runs())
        {
            tracing::info!(
                group = recorded.group,
                "ending the processes of an earlier attempt"
            );
            group::kill(group).await;
            killed += 1;
        }
        fs::remove_file(&path)?;
    }
    Ok(killed)
}

impl Recorded {
    fn still_runs(&self) -> bool {
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
