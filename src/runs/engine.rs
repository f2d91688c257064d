//! The embedded engine: of the processes that share a database, the one that holds a lock works on the runs.
//!
//! `lock` decides which process that is, `dispatcher` takes runs while there is room for them, and `attempts` holds what is
//! being worked on. The other processes serve HTTP and stand by. What an engine knows can be lost: the truth is in the
//! database.

mod attempts;
mod dispatcher;
mod lock;
mod upkeep;
mod working;

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

use super::{model::RunId, store::Store, work::Worker};
use crate::config::RunLimits;
use dispatcher::Dispatcher;

/// How long the last steps of a drain may take, beside writes in flight.
const HAND_BACK_TIMEOUT: Duration = Duration::from_secs(10);

/// What this process does for the runs of its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It works on them.
    Active,
    /// Another process does; this one takes over when that one ends.
    Standby,
}

#[derive(Clone, Copy, Debug)]
pub struct EngineSettings {
    /// Runs worked on at once.
    pub concurrency: usize,
    /// Runs of one owner worked on at once.
    pub per_user: u32,
    /// Attempts of a run.
    pub max_attempts: u32,
    /// How long a run may wait to be begun.
    pub queue_ttl: Duration,
}

impl From<&RunLimits> for EngineSettings {
    fn from(limits: &RunLimits) -> Self {
        Self {
            concurrency: limits.concurrency,
            per_user: u32::try_from(limits.per_user).unwrap_or(u32::MAX),
            max_attempts: limits.max_attempts,
            queue_ttl: limits.queue_ttl,
        }
    }
}

/// Cheap to clone; clones share one engine.
#[derive(Clone)]
pub struct Engine(Arc<Dispatcher>);

impl Engine {
    /// Begins to compete for the lock and, with it, to work. Must be called within a tokio runtime.
    pub fn start(store: Store, worker: Arc<Worker>, settings: EngineSettings) -> Self {
        let dispatcher = Arc::new(Dispatcher::new(store, worker, settings));
        dispatcher.clone().start();
        Self(dispatcher)
    }

    /// Looks for queued runs now. To be called after a run was created.
    pub fn wake(&self) {
        self.0.wake();
    }

    /// Stops a run that is worked on here. To be called after its cancel was recorded, by which all processes learn of it
    /// within a second.
    pub fn cancel(&self, run: RunId) {
        self.0.attempts.cancel(run);
    }

    pub fn role(&self) -> Role {
        *self.0.roles().borrow()
    }

    /// The role and its changes, for what only the active process does.
    pub fn roles(&self) -> watch::Receiver<Role> {
        self.0.roles()
    }

    /// Takes no more runs, gives those in progress `grace` to end, and hands the others back, which spends no attempt. Writes
    /// in flight have the timeout of a call. The lock is released at the end.
    pub async fn drain(&self, grace: Duration) {
        self.0.drain();
        if timeout(grace, self.0.attempts.all_ended()).await.is_err() {
            let running = self.0.attempts.len();
            tracing::warn!(running, "the grace period is over: runs are handed back");
        }
        self.0.hand_back();
        let bound = self.0.worker.call_timeout() + HAND_BACK_TIMEOUT;
        if timeout(bound, self.0.stopped()).await.is_err() {
            let running = self.0.attempts.len();
            tracing::warn!(running, "runs are cut off by the shutdown");
        }
    }
}
