//! Waits for the end of a run.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::app::App;
use crate::runs::{
    model::{RunId, UserId},
    store::StoreError,
};

/// How often the journals of other processes are looked at: their entries are not announced here.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The longest wait of a reader.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Why a wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    Ended,
    /// The deadline has passed.
    TimeOver,
    /// Active requests must end.
    Stopping,
    /// The run has been removed.
    Gone,
}

/// How long a reader waits who asks for this many seconds.
pub(super) fn bounded(secs: u64) -> Duration {
    Duration::from_secs(secs).min(MAX_WAIT)
}

/// Waits for the end of the run until `deadline`, or until the server stops.
pub(super) async fn for_end(
    app: &App,
    owner: &UserId,
    id: RunId,
    deadline: Instant,
) -> Result<Waited, StoreError> {
    let mut watcher = app.progress.watch(id);
    loop {
        let Some(progress) = app.store.progress(owner, id).await? else {
            return Ok(Waited::Gone);
        };
        if progress.status.is_final() {
            return Ok(Waited::Ended);
        }
        tokio::select! {
            () = watcher.beyond(progress.last_seq, POLL_INTERVAL) => {}
            () = sleep_until(deadline) => return Ok(Waited::TimeOver),
            () = app.lifecycle.stopping().cancelled() => return Ok(Waited::Stopping),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_above_60_seconds_is_60() {
        for (asked, waited) in [(1, 1), (60, 60), (61, 60), (u64::MAX, 60)] {
            assert_eq!(bounded(asked), Duration::from_secs(waited));
        }
    }
}
