//! The common base of both engines: the runs in progress here, and periodic work for all runs of the database.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{EngineSettings, Role, attempts::Attempts};
use crate::runs::{
    model::{Claimed, Run},
    store::{Counts, Store, StoreError, Turn},
    work::Worker,
};

/// Between attempts to acquire the right to work, between looks for queued runs and for cancels, and between writes that fail.
pub(super) const POLL: Duration = Duration::from_secs(1);
/// Between looks for runs that have waited too long.
pub(super) const EXPIRE_EVERY: Duration = Duration::from_secs(2);
/// How long the last steps of a drain may take, beside writes in flight.
const HAND_BACK_TIMEOUT: Duration = Duration::from_secs(10);
/// For which no run is taken after this machine could not begin one.
const UNABLE_PAUSE: Duration = Duration::from_secs(10);
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
    /// Before it no run is taken.
    paused_until: watch::Sender<Instant>,
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
            paused_until: watch::Sender::new(Instant::now()),
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

    pub(super) fn is_drained(&self) -> bool {
        self.draining.is_cancelled() && self.attempts.len() == 0
    }

    /// True if runs can be taken.
    pub(super) fn takes_runs(&self) -> bool {
        !self.draining.is_cancelled() && *self.paused_until.borrow() <= Instant::now()
    }

    /// To be called when this machine could not begin a run.
    pub(super) fn pause(&self) {
        self.paused_until
            .send_replace(Instant::now() + UNABLE_PAUSE);
    }

    /// The runs that this process may take now.
    ///
    /// What ends a process interrupts all its runs. So that a run which does that each time does not use up the attempts of
    /// others, last attempts are made one at a time.
    pub(super) fn turn(&self) -> Turn {
        let attempts_below = match self.settings.max_attempts {
            0 | 1 => u32::MAX,
            max if self.attempts.any_last() => max - 1,
            _ => u32::MAX,
        };
        Turn {
            per_user: self.settings.per_user,
            attempts_below,
            queue_ttl: self.settings.queue_ttl,
        }
    }

    /// True if the run may have no further attempt.
    pub(super) fn is_last(&self, claimed: &Claimed) -> bool {
        claimed.run.attempt >= self.settings.max_attempts
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

    /// Ends the runs that have waited too long.
    pub(super) async fn expire(&self) {
        let ttl = self.settings.queue_ttl;
        loop {
            let expired = self.store.expire(ttl, EXPIRED_AT_ONCE, Timestamp::now());
            let expired = expired.await.unwrap_or_else(|error| {
                warn(&error);
                Vec::new()
            });
            self.all_ended(&expired);
            if expired.len() < EXPIRED_AT_ONCE as usize {
                break;
            }
        }
    }

    /// Counts the runs, for the metrics too.
    pub(super) async fn count(&self) -> Result<Counts, StoreError> {
        let counts = self.store.counts().await?;
        self.worker.count(counts.queued, counts.running);
        Ok(counts)
    }

    /// Reports runs that have ended without an attempt.
    pub(super) fn all_ended(&self, runs: &[Run]) {
        for run in runs {
            self.worker.ended(run);
        }
    }
}

pub(super) fn warn(error: &StoreError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "the dispatcher of the runs waits");
}
