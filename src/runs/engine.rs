//! Engines: where and when the runs of a database are worked on.
//!
//! The embedded one: of the processes that share a database, the one that holds a `lock` works on the runs; its `dispatcher`
//! takes them while there is room. The others serve HTTP and stand by. With `temporal`, all of them work, and a Temporal
//! server says who works on which run. In both, `attempts` holds what is being worked on here. What an engine knows can be
//! lost: the truth is in the database.

mod attempts;
mod base;
mod dispatcher;
mod lock;
mod supervise;
#[cfg(feature = "temporal")]
mod temporal;

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{model::RunId, store::Store, work::Worker};
use crate::config::{RunsConfig, TemporalConfig};
use base::Base;
use dispatcher::Dispatcher;
#[cfg(feature = "temporal")]
use temporal::Temporal;

/// What this process does for the runs of its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It works on them.
    Active,
    /// Another process does; this one takes over when that one ends.
    Standby,
}

#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Runs worked on at once.
    pub concurrency: usize,
    /// Runs of one owner worked on at once.
    pub per_user: u32,
    /// Attempts of a run.
    pub max_attempts: u32,
    /// How long a run may wait to be begun.
    pub queue_ttl: Duration,
    /// `None`: the embedded engine.
    pub temporal: Option<TemporalConfig>,
}

impl From<&RunsConfig> for EngineSettings {
    fn from(config: &RunsConfig) -> Self {
        let limits = &config.limits;
        Self {
            concurrency: limits.concurrency,
            per_user: u32::try_from(limits.per_user).unwrap_or(u32::MAX),
            max_attempts: limits.max_attempts,
            queue_ttl: limits.queue_ttl,
            temporal: config.temporal.clone(),
        }
    }
}

/// Cheap to clone; clones share one engine.
#[derive(Clone)]
pub struct Engine {
    base: Arc<Base>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Embedded,
    #[cfg(feature = "temporal")]
    Temporal(Arc<Temporal>),
}

impl Engine {
    /// Begins to work, or to compete for the right to. Must be called within a tokio runtime.
    pub fn start(store: Store, worker: Arc<Worker>, settings: EngineSettings) -> Self {
        #[cfg(feature = "temporal")]
        if let Some(config) = settings.temporal.clone() {
            // All processes work, whether or not the server can be reached at the moment.
            let base = Arc::new(Base::new(store, worker, settings, Role::Active));
            let kind = Kind::Temporal(Temporal::start(base.clone(), config));
            return Self { base, kind };
        }
        let base = Arc::new(Base::new(store, worker, settings, Role::Standby));
        Dispatcher::start(base.clone());
        Self {
            base,
            kind: Kind::Embedded,
        }
    }

    /// `embedded` or `temporal`.
    pub fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Embedded => "embedded",
            #[cfg(feature = "temporal")]
            Kind::Temporal(_) => "temporal",
        }
    }

    /// Whether what dispatches the runs, beside the database, can be used. Takes at most 3 s.
    #[cfg_attr(
        not(feature = "temporal"),
        expect(clippy::unused_async, reason = "there is nothing to be asked")
    )]
    pub async fn is_reachable(&self) -> bool {
        match &self.kind {
            Kind::Embedded => true,
            #[cfg(feature = "temporal")]
            Kind::Temporal(temporal) => temporal.is_reachable().await,
        }
    }

    /// Looks for queued runs now. To be called after a run was created.
    pub fn wake(&self) {
        self.base.wake.notify_one();
    }

    /// Stops a run that is worked on. To be called after its cancel was recorded, by which all processes learn of it within a
    /// second.
    pub fn cancel(&self, run: RunId) {
        self.base.attempts.cancel(run);
        #[cfg(feature = "temporal")]
        if let Kind::Temporal(temporal) = &self.kind {
            temporal.cancel(run);
        }
    }

    pub fn role(&self) -> Role {
        *self.roles().borrow()
    }

    /// The role and its changes, for what only active processes do.
    pub fn roles(&self) -> watch::Receiver<Role> {
        self.base.roles.subscribe()
    }

    /// Takes no more runs, gives those in progress `grace` to end, and hands the others back, which spends no attempt. Writes
    /// in flight have the timeout of a call. Afterwards another process can work on all runs.
    pub async fn drain(&self, grace: Duration) {
        self.base.drain(grace).await;
    }
}
