//! Takes queued runs while there is room for them, and watches over those in progress.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    EngineSettings, Role,
    attempts::{Attempt, Attempts, Room},
    lock::Lock,
};
use crate::runs::{
    model::{Claim, Claimed},
    store::{Store, StoreError, Turn, WriteError},
    work::{Stops, Worked, Worker},
};

/// Between attempts to acquire the lock, and between looks for queued runs and for cancels.
const POLL: Duration = Duration::from_secs(1);
/// Between looks for runs that have waited too long.
const EXPIRE_EVERY: Duration = Duration::from_secs(2);
const EXPIRED_AT_ONCE: u32 = 200;

pub(super) struct Dispatcher {
    store: Store,
    worker: Arc<Worker>,
    settings: EngineSettings,
    pub(super) attempts: Attempts,
    wake: Notify,
    roles: watch::Sender<Role>,
    /// Cancelled when no more runs are to be taken.
    draining: CancellationToken,
    /// Cancelled when runs are to be handed back.
    hand_back: CancellationToken,
    /// The task of the dispatcher.
    task: TaskTracker,
}

impl Dispatcher {
    pub(super) fn new(store: Store, worker: Arc<Worker>, settings: EngineSettings) -> Self {
        Self {
            store,
            worker,
            settings,
            attempts: Attempts::new(settings.concurrency),
            wake: Notify::new(),
            roles: watch::Sender::new(Role::Standby),
            draining: CancellationToken::new(),
            hand_back: CancellationToken::new(),
            task: TaskTracker::new(),
        }
    }

    pub(super) fn start(self: Arc<Self>) {
        let task = self.task.clone();
        task.spawn(async move { self.compete().await });
        task.close();
    }

    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) fn roles(&self) -> watch::Receiver<Role> {
        self.roles.subscribe()
    }

    pub(super) fn drain(&self) {
        self.draining.cancel();
    }

    pub(super) fn hand_back(&self) {
        self.hand_back.cancel();
    }

    pub(super) fn call_timeout(&self) -> Duration {
        self.worker.call_timeout()
    }

    /// Completes when nothing is in progress and the lock is released.
    pub(super) async fn stopped(&self) {
        self.task.wait().await;
    }

    async fn compete(self: Arc<Self>) {
        while !self.draining.is_cancelled() {
            match Lock::acquire(self.store.database()).await {
                Ok(Some(lock)) => self.hold(lock).await,
                Ok(None) => {}
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, cause, "the lock of the runs cannot be acquired");
                }
            }
            tokio::select! {
                () = self.draining.cancelled() => {}
                () = sleep(POLL) => {}
            }
        }
    }

    /// Works until the lock is lost or everything is drained.
    async fn hold(self: &Arc<Self>, mut lock: Lock) {
        tracing::info!("this process works on the runs of the database");
        let abandon = CancellationToken::new();
        let lost = tokio::select! {
            () = lock.lost() => true,
            () = self.dispatch(&abandon) => false,
        };
        self.roles.send_replace(Role::Standby);
        if lost {
            let running = self.attempts.len();
            tracing::error!(
                running,
                "the lock of the runs is lost: all work on them stops"
            );
        }
        abandon.cancel();
        self.attempts.all_ended().await;
        lock.release().await;
    }

    async fn dispatch(self: &Arc<Self>, abandon: &CancellationToken) {
        if !self.recover().await {
            return;
        }
        self.expire().await;
        self.roles.send_replace(Role::Active);
        let mut tick = interval(POLL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expire_at = Instant::now();
        while !self.is_drained() {
            self.take_runs(abandon).await;
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.attempts.next_end() => {}
                () = self.draining.cancelled(), if !self.draining.is_cancelled() => {}
                _ = tick.tick() => {
                    self.cancel_flagged().await;
                    if expire_at <= Instant::now() {
                        expire_at = Instant::now() + EXPIRE_EVERY;
                        self.expire().await;
                    }
                }
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.draining.is_cancelled() && self.attempts.len() == 0
    }

    /// Queues what the last holder of the lock was working on. False if the process is to stop before that succeeds.
    async fn recover(&self) -> bool {
        while !self.draining.is_cancelled() {
            let max_attempts = self.settings.max_attempts;
            match self.store.recover(max_attempts, Timestamp::now()).await {
                Ok(ended) => {
                    self.worker.sweep().await;
                    ended.iter().for_each(|run| self.worker.ended(run, None));
                    return true;
                }
                Err(error) => warn(&error),
            }
            sleep(POLL).await;
        }
        false
    }

    async fn take_runs(self: &Arc<Self>, abandon: &CancellationToken) {
        while !self.draining.is_cancelled() {
            let Some(room) = self.attempts.room() else {
                return;
            };
            let turn = Turn {
                per_user: self.settings.per_user,
                attempts_below: self.attempts_below(),
                queue_ttl: self.settings.queue_ttl,
            };
            match self.store.claim_in_turn(&turn, Timestamp::now()).await {
                Ok(Some(claimed)) => self.begin(claimed, room, abandon.clone()),
                Ok(None) => return,
                Err(error) => return warn(&error),
            }
        }
    }

    /// What ends this process interrupts all its runs. So that a run which does that each time does not use up the attempts of
    /// others, last attempts are made one at a time.
    fn attempts_below(&self) -> u32 {
        match self.settings.max_attempts {
            0 | 1 => u32::MAX,
            max if self.attempts.any_last() => max - 1,
            _ => u32::MAX,
        }
    }

    fn begin(self: &Arc<Self>, claimed: Claimed, room: Room, abandon: CancellationToken) {
        let is_last = claimed.run.attempt >= self.settings.max_attempts;
        let attempt = self.attempts.begin(claimed.claim.run, is_last, room);
        let dispatcher = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = abandon.cancelled() => {}
                () = dispatcher.work(claimed, &attempt) => {}
            }
        });
    }

    async fn work(&self, claimed: Claimed, attempt: &Attempt) {
        let claim = claimed.claim.clone();
        let stops = Stops {
            cancel: attempt.cancel.clone(),
            hand_back: self.hand_back.clone(),
        };
        let work = AssertUnwindSafe(self.worker.work(claimed, stops)).catch_unwind();
        match work.await {
            Ok(Worked::Ended | Worked::HandedBack) => {}
            Ok(Worked::Lost) => {
                tracing::warn!(run = %claim.run, "another process works on the run");
            }
            Ok(Worked::Unwritten) => self.release(&claim).await,
            Err(_) => self.fail(&claim).await,
        }
    }

    /// Hands a run back whose attempt could not write to the database, when it can be written to again.
    async fn release(&self, claim: &Claim) {
        while let Err(WriteError::Store(error)) = self.worker.hand_back(claim).await {
            warn(&error);
            sleep(POLL).await;
        }
    }

    /// Ends a run whose attempt has panicked: it would again.
    async fn fail(&self, claim: &Claim) {
        tracing::error!(run = %claim.run, "an attempt has panicked");
        while let Err(WriteError::Store(error)) = self.worker.fail(claim).await {
            warn(&error);
            sleep(POLL).await;
        }
    }

    async fn cancel_flagged(&self) {
        let runs = self.attempts.runs();
        if runs.is_empty() {
            return;
        }
        match self.store.cancelled_among(&runs).await {
            Ok(runs) => runs.into_iter().for_each(|run| self.attempts.cancel(run)),
            Err(error) => warn(&error),
        }
    }

    async fn expire(&self) {
        let ttl = self.settings.queue_ttl;
        loop {
            let expired = self.store.expire(ttl, EXPIRED_AT_ONCE, Timestamp::now());
            let expired = expired.await.unwrap_or_else(|error| {
                warn(&error);
                Vec::new()
            });
            for run in &expired {
                self.worker.ended(run, None);
            }
            if expired.len() < EXPIRED_AT_ONCE as usize {
                break;
            }
        }
        match self.store.counts().await {
            Ok(counts) => {
                self.worker.count(counts.queued, counts.running);
                let here = u64::try_from(self.attempts.len()).unwrap_or(u64::MAX);
                if counts.running > here {
                    self.recover_others().await;
                }
            }
            Err(error) => warn(&error),
        }
    }

    /// Queues runs that were claimed without the answer having arrived.
    async fn recover_others(&self) {
        let (here, max) = (self.attempts.runs(), self.settings.max_attempts);
        match self
            .store
            .recover_others(&here, max, Timestamp::now())
            .await
        {
            Ok(ended) => ended.iter().for_each(|run| self.worker.ended(run, None)),
            Err(error) => warn(&error),
        }
    }
}

fn warn(error: &StoreError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "the dispatcher of the runs waits");
}
