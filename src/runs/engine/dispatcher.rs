//! The embedded engine: takes queued runs while there is room for them, and watches over those in progress.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::Mutex,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    Role,
    attempts::Room,
    base::{Base, EXPIRE_EVERY, POLL, warn},
    lock::Lock,
};
use crate::runs::{model::Claimed, store::StoreError};

/// Between checks that the lock is still held.
const CHECK_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Dispatcher {
    base: Arc<Base>,
}

impl Dispatcher {
    pub(super) fn start(base: Arc<Base>) {
        let tasks = base.tasks.clone();
        tasks.spawn(async move { Self { base }.compete().await });
    }

    async fn compete(self) {
        let draining = &self.base.draining;
        while !draining.is_cancelled() {
            match Lock::acquire(self.base.store.database()).await {
                Ok(Some(lock)) => self.hold(lock).await,
                Ok(None) => {}
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, cause, "the lock of the runs cannot be acquired");
                }
            }
            draining.run_until_cancelled(sleep(POLL)).await;
        }
    }

    /// Works until the lock is lost or everything is drained.
    async fn hold(&self, lock: Lock) {
        let lock = Mutex::new(lock);
        tracing::info!("this process works on the runs of the database");
        let abandon = CancellationToken::new();
        let lost = tokio::select! {
            () = lost(&lock) => true,
            () = self.dispatch(&lock, &abandon) => false,
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
        lock.into_inner().release().await;
    }

    async fn dispatch(&self, lock: &Mutex<Lock>, abandon: &CancellationToken) {
        if !self.recover().await {
            return;
        }
        let base = &self.base;
        base.expire().await;
        base.roles.send_replace(Role::Active);
        let mut tick = interval(POLL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expire_at = Instant::now();
        while !base.is_drained() {
            self.take_runs(abandon).await;
            tokio::select! {
                () = base.wake.notified() => {}
                () = base.attempts.next_end() => {}
                () = base.draining.cancelled(), if !base.draining.is_cancelled() => {}
                _ = tick.tick() => {
                    base.cancel_flagged().await;
                    if expire_at <= Instant::now() {
                        expire_at = Instant::now() + EXPIRE_EVERY;
                        base.expire().await;
                        self.recover_unknown(lock).await.unwrap_or_else(|error| warn(&error));
                    }
                }
            }
        }
    }

    /// Queues what the last holder of the lock was working on. False if the process is to stop before that succeeds.
    async fn recover(&self) -> bool {
        let base = &self.base;
        while !base.draining.is_cancelled() {
            let max = base.settings.max_attempts;
            match base.store.recover(max, Timestamp::now()).await {
                Ok(ended) => {
                    base.worker.sweep().await;
                    base.all_ended(&ended);
                    return true;
                }
                Err(error) => warn(&error),
            }
            sleep(POLL).await;
        }
        false
    }

    /// Counts the runs, and queues those that were claimed without the answer having arrived.
    async fn recover_unknown(&self, lock: &Mutex<Lock>) -> Result<(), StoreError> {
        let base = &self.base;
        let counts = base.count().await?;
        let here = u64::try_from(base.attempts.len()).unwrap_or(u64::MAX);
        if counts.running <= here {
            return Ok(());
        }
        let found = base.store.running_besides(&base.attempts.runs()).await?;
        // Asked now: while it was held, no other process can have made these claims.
        if !lock.lock().await.is_held().await {
            return Ok(());
        }
        let (max, now) = (base.settings.max_attempts, Timestamp::now());
        let ended = base.store.interrupt(&found, max, now).await?;
        base.all_ended(&ended);
        Ok(())
    }

    async fn take_runs(&self, abandon: &CancellationToken) {
        let base = &self.base;
        while base.takes_runs() {
            let Some(room) = base.attempts.room() else {
                return;
            };
            let turn = base.turn();
            match base.store.claim_in_turn(&turn, Timestamp::now()).await {
                Ok(Some(claimed)) => self.begin(claimed, room, abandon.clone()),
                Ok(None) => return,
                Err(error) => return warn(&error),
            }
        }
    }

    fn begin(&self, claimed: Claimed, room: Room, abandon: CancellationToken) {
        let base = self.base.clone();
        let attempt = base.attempts.begin(claimed.claim.run, room);
        attempt.set_last(base.is_last(&claimed));
        tokio::spawn(async move {
            tokio::select! {
                () = abandon.cancelled() => {}
                () = base.work(claimed, &attempt.stops) => {}
            }
        });
    }
}

/// Completes when the lock is found to be lost.
async fn lost(lock: &Mutex<Lock>) {
    loop {
        sleep(CHECK_EVERY).await;
        if !lock.lock().await.is_held().await {
            return;
        }
    }
}
