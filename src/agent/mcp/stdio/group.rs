//! Process groups: a child process and all that it has started.

use std::{io, time::Duration};

use rustix::process::{
    Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpgid,
};
use tokio::{
    process::Child,
    time::{sleep, timeout},
};

use super::{Place, proc, record::Record};

/// From SIGTERM to SIGKILL.
const GRACE: Duration = Duration::from_secs(2);
/// From SIGKILL to the end.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_EVERY: Duration = Duration::from_millis(10);

/// The group of a child process. Killed if it is dropped before it has ended.
pub(super) struct Group {
    id: Pid,
    record: Option<Record>,
    has_ended: bool,
}

impl Group {
    /// The group that the child process leads. It is killed if it cannot be recorded.
    pub(super) fn record(pid: u32, place: &Place) -> io::Result<Self> {
        let id = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let mut group = Self {
            id: id.ok_or(io::ErrorKind::InvalidInput)?,
            record: None,
            has_ended: false,
        };
        group.record = Some(Record::write(pid, place)?);
        Ok(group)
    }

    /// Ends what still runs of the group: SIGTERM, and SIGKILL after a while.
    pub(super) async fn end(mut self, leader: &mut Child) {
        for (signal, wait) in [(Signal::TERM, GRACE), (Signal::KILL, KILL_TIMEOUT)] {
            if self.has_ended(leader) {
                break;
            }
            // Fails if the group has just ended.
            let _ = kill_process_group(self.id, signal);
            let ended = timeout(wait, async {
                while !self.has_ended(leader) {
                    sleep(POLL_EVERY).await;
                }
            });
            let _ = ended.await;
        }
        self.has_ended = self.has_ended(leader);
    }

    /// Reaps what has ended: the leader, and orphans of the group if this process is their parent.
    fn has_ended(&self, leader: &mut Child) -> bool {
        if !matches!(leader.try_wait(), Ok(Some(_))) {
            return false;
        }
        while let Ok(Some(_)) = waitpgid(self.id, WaitOptions::NOHANG) {}
        !is_running(self.id)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It could not be recorded, or the runtime ends.
        if !self.has_ended {
            let _ = kill_process_group(self.id, Signal::KILL);
        }
        if let Some(record) = self.record.take() {
            record.remove();
        }
    }
}

/// True if a process of the group runs: one that has ended and is not reaped does not count.
pub(super) fn is_running(group: Pid) -> bool {
    test_kill_process_group(group).is_ok() && proc::is_group_alive(group.as_raw_nonzero().get())
}

/// Kills a group and waits until it has ended.
pub(super) async fn kill(group: Pid) {
    let _ = kill_process_group(group, Signal::KILL);
    let ended = timeout(KILL_TIMEOUT, async {
        while is_running(group) {
            sleep(POLL_EVERY).await;
        }
    });
    let _ = ended.await;
}
