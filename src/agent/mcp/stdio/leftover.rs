//! Ends what an earlier process of ours has left running.

use std::{fs, io, path::Path};

use rustix::process::Pid;

use super::{group, record::Recorded};

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
