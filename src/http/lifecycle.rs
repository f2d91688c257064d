//! The lifecycle of a server: counts active requests, and drains them at shutdown.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::timeout;
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// How long stopped requests may take to send their final event.
const FINAL_EVENT_TIMEOUT: Duration = Duration::from_secs(2);

/// Cheap to clone; clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    active: TaskTracker,
    begun: Arc<AtomicU64>,
    draining: CancellationToken,
    stopping: CancellationToken,
}

impl Lifecycle {
    /// Counts a request as active until the token is dropped.
    pub fn begin(&self) -> TaskTrackerToken {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.active.token()
    }

    /// The number of requests begun so far, or `None` while one is active.
    pub fn begun_if_idle(&self) -> Option<u64> {
        let begun = self.begun.load(Ordering::Relaxed);
        self.active.is_empty().then_some(begun)
    }

    /// True once no new request may begin.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Cancelled once no new request may begin.
    pub fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Cancelled once active requests must end.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Refuses new requests, waits up to `grace` for the active ones, then stops the rest.
    pub async fn drain(&self, grace: Duration) {
        tracing::info!(active = self.active.len(), "shutting down");
        self.draining.cancel();
        self.active.close();
        let drained = timeout(grace, self.active.wait()).await;
        let active = self.active.len();
        self.stopping.cancel();
        if drained.is_err() {
            tracing::warn!(active, "the grace period is over");
            let _ = timeout(FINAL_EVENT_TIMEOUT, self.active.wait()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn drain_waits_for_active_requests_and_stops_them_after_the_grace_period() {
        let lifecycle = Lifecycle::default();
        assert_eq!(lifecycle.begun_if_idle(), Some(0));
        let request = lifecycle.begin();
        assert_eq!(lifecycle.begun_if_idle(), None);
        let ended = tokio::spawn({
            let lifecycle = lifecycle.clone();
            async move {
                lifecycle.stopping().cancelled().await;
                drop(request);
            }
        });
        let began = tokio::time::Instant::now();
        lifecycle.drain(Duration::from_secs(30)).await;
        assert_eq!(began.elapsed().as_secs(), 30);
        assert!(lifecycle.is_draining() && ended.await.is_ok());
        assert_eq!(lifecycle.begun_if_idle(), Some(1));
    }
}
