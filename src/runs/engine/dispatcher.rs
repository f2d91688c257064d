//! Takes queued runs while there is room for them, and watches over those in progress.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Role,
    attempts::Room,
    base::{Base, EXPIRE_EVERY},
    lock::Lock,
    supervise::{POLL, supervise, warn},
};
use crate::runs::model::{Claimed, Run};

/// Of the embedded engine.
pub(super) struct Dispatcher {
    base: Arc<Base>,
}

impl Dispatcher {
    pub(super) fn start(base: Arc<Base>) {
        let tasks = base.tasks.clone();
        tasks.spawn(async move { Self { base }.compete().await });
    }

    async fn compete(self) {
        while !self.base.draining.is_cancelled() {
            match Lock::acquire(self.base.store.database()).await {
                Ok(Some(lock)) => self.hold(lock).await,
                Ok(None) => {}
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, cause, "the lock of the runs cannot be acquired");
                }
            }
            tokio::select! {
                () = self.base.draining.cancelled() => {}
                () = sleep(POLL) => {}
            }
        }
    }

    /// Works until the lock is lost or everything is drained.
    async fn hold(&self, mut lock: Lock) {
        tracing::info!("this process works on the runs of the database");
        let abandon = CancellationToken::new();
        let lost = tokio::select! {
            () = lock.lost() => true,
            () = self.dispatch(&abandon) => false,
        };
        self.base.roles.send_replace(Role::Standby);
        if lost {
            let running = self.base.attempts.len();
            tracing::error!(
                running,
                "the lock of the runs is lost: all work on them stops"
            );
        }
        abandon.cancel();
        self.base.attempts.all_ended().await;
        lock.release().await;
    }

    async fn dispatch(&self, abandon: &CancellationToken) {
        if !self.recover().await {
            return;
        }
        self.base.roles.send_replace(Role::Active);
        let mut tick = interval(POLL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expire_at = Instant::now();
        while !self.is_drained() {
            self.take_runs(abandon).await;
            tokio::select! {
                () = self.base.wake.notified() => {}
                () = self.base.attempts.next_end() => {}
                () = self.base.draining.cancelled(), if !self.base.draining.is_cancelled() => {}
                _ = tick.tick() => {
                    self.base.cancel_flagged().await;
                    if expire_at <= Instant::now() {
                        expire_at = Instant::now() + EXPIRE_EVERY;
                        self.expire().await;
                    }
                }
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.base.draining.is_cancelled() && self.base.attempts.len() == 0
    }

    /// Queues what the last holder of the lock was working on. False if the process is to stop before that succeeds.
    async fn recover(&self) -> bool {
        while !self.base.draining.is_cancelled() {
            let max_attempts = self.base.settings.max_attempts;
            match self
                .base
                .store
                .recover(max_attempts, Timestamp::now())
                .await
            {
                Ok(ended) => {
                    self.base.worker.sweep().await;
                    self.all_ended(&ended);
                    return true;
                }
                Err(error) => warn(&error),
            }
            sleep(POLL).await;
        }
        false
    }

    async fn take_runs(&self, abandon: &CancellationToken) {
        while !self.base.draining.is_cancelled() {
            let Some(room) = self.base.attempts.room() else {
                return;
            };
            let per_user = self.base.settings.per_user;
            let attempts = self.base.attempts_below(self.base.attempts.any_last());
            let now = Timestamp::now();
            match self
                .base
                .store
                .claim_next_below(attempts, per_user, now)
                .await
            {
                Ok(Some(claimed)) => self.begin(claimed, room, abandon.clone()),
                Ok(None) => return,
                Err(error) => return warn(&error),
            }
        }
    }

    fn begin(&self, claimed: Claimed, room: Room, abandon: CancellationToken) {
        let is_last = claimed.run.attempt >= self.base.settings.max_attempts;
        let attempt = self.base.attempts.begin(claimed.claim.run, is_last, room);
        let base = self.base.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = abandon.cancelled() => {}
                () = supervise(&base.store, &base.worker, claimed, &attempt.stops) => {}
            }
        });
    }

    async fn expire(&self) {
        let Some(counts) = self.base.expire().await else {
            return;
        };
        let here = u64::try_from(self.base.attempts.len()).unwrap_or(u64::MAX);
        if counts.running > here {
            self.recover_others().await;
        }
    }

    /// Queues runs that were claimed without the answer having arrived.
    async fn recover_others(&self) {
        let (here, max) = (self.base.attempts.runs(), self.base.settings.max_attempts);
        match self
            .base
            .store
            .recover_others(&here, max, Timestamp::now())
            .await
        {
            Ok(ended) => self.all_ended(&ended),
            Err(error) => warn(&error),
        }
    }

    /// Reports runs that have ended without an attempt.
    fn all_ended(&self, runs: &[Run]) {
        for run in runs {
            self.base.worker.ended(run, None);
        }
    }
}
