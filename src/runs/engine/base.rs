//! What both engines share: the runs in progress here, and what is done now and then for all runs of the database.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{EngineSettings, Role, attempts::Attempts, supervise::warn};
use crate::runs::{
    store::{Counts, Store},
    work::Worker,
};

/// How long the last steps of a drain may take, beside writes in flight.
const HAND_BACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Between looks for runs that have waited too long.
pub(super) const EXPIRE_EVERY: Duration = Duration::from_secs(2);
const EXPIRED_AT_ONCE: u32 = 200;

pub(super) struct Base {
    pub(super) store: Store,
    pub(super) worker: Arc<Worker>,
    pub(super) settings: EngineSettings,
    pub(super) attempts: Attempts,
    /// There may be queued runs.
    pub(super) wake: Notify,
    pub(super) roles: watch::Sender<Role>,
    /// Cancelled when no more runs are to be taken.
    pub(super) draining: CancellationToken,
    /// The tasks of the engine, beside those of attempts.
    pub(super) tasks: TaskTracker,
}

impl Base {
    pub(super) fn new(
        store: Store,
        worker: Arc<Worker>,
        settings: EngineSettings,
        role: Role,
    ) -> Self {
        Self {
            store,
            worker,
            attempts: Attempts::new(settings.concurrency),
            settings,
            wake: Notify::new(),
            roles: watch::Sender::new(role),
            draining: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Takes no more runs, gives those in progress `grace` to end, and hands the others back.
    pub(super) async fn drain(&self, grace: Duration) {
        self.draining.cancel();
        if timeout(grace, self.attempts.all_ended()).await.is_err() {
            let running = self.attempts.len();
            tracing::warn!(running, "the grace period is over: runs are handed back");
        }
        self.attempts.hand_back();
        self.tasks.close();
        let bound = self.worker.call_timeout() + HAND_BACK_TIMEOUT;
        if timeout(bound, self.tasks.wait()).await.is_err() {
            let running = self.attempts.len();
            tracing::warn!(running, "runs are cut off by the shutdown");
        }
    }

    /// What ends this process interrupts all its runs. So that a run which does that each time does not use up the attempts of
    /// others, last attempts are made one at a time: while one is in progress, only runs that have had fewer attempts than
    /// this are taken.
    pub(super) fn attempts_below(&self, any_last: bool) -> u32 {
        match self.settings.max_attempts {
            0 | 1 => u32::MAX,
            max if any_last => max - 1,
            _ => u32::MAX,
        }
    }

    /// Stops the runs in progress here that are to be cancelled.
    pub(super) async fn cancel_flagged(&self) {
        let runs = self.attempts.runs();
        if runs.is_empty() {
            return;
        }
        match self.store.cancelled_among(&runs).await {
            Ok(runs) => runs.into_iter().for_each(|run| self.attempts.cancel(run)),
            Err(error) => warn(&error),
        }
    }

    /// Ends the runs that have waited too long, and counts the others.
    pub(super) async fn expire(&self) -> Option<Counts> {
        let (ttl, now) = (self.settings.queue_ttl, Timestamp::now());
        match self.store.expire(ttl, EXPIRED_AT_ONCE, now).await {
            Ok(expired) => expired.iter().for_each(|run| self.worker.ended(run, None)),
            Err(error) => warn(&error),
        }
        match self.store.counts().await {
            Ok(counts) => {
                self.worker.count(counts.queued, counts.running);
                Some(counts)
            }
            Err(error) => {
                warn(&error);
                None
            }
        }
    }
}
