//! Takes queued runs while there is room for them, and watches over those in progress.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{Mutex, Notify, watch},
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    EngineSettings, Role,
    attempts::{Attempts, Room},
    lock::Lock,
};
use crate::runs::{
    model::Claimed,
    store::{Store, StoreError, Turn},
    work::Worker,
};

/// Between attempts to acquire the lock, and between looks for queued and cancelled runs.
pub(super) const POLL: Duration = Duration::from_secs(1);
/// Between checks that the lock is still held.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// Between looks for runs that have waited too long.
const EXPIRE_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Dispatcher {
    pub(super) store: Store,
    pub(super) worker: Arc<Worker>,
    pub(super) settings: EngineSettings,
    pub(super) attempts: Attempts,
    wake: Notify,
    /// Before it no run is taken.
    pub(super) paused_until: watch::Sender<Instant>,
    roles: watch::Sender<Role>,
    /// Cancelled when no more runs are to be taken.
    draining: CancellationToken,
    /// Cancelled when runs are to be handed back.
    pub(super) hand_back: CancellationToken,
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
            paused_until: watch::Sender::new(Instant::now()),
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
    async fn hold(self: &Arc<Self>, lock: Lock) {
        let lock = Mutex::new(lock);
        tracing::info!("this process works on the runs of the database");
        let abandon = CancellationToken::new();
        let lost = tokio::select! {
            () = lost(&lock) => true,
            () = self.dispatch(&lock, &abandon) => false,
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
        lock.into_inner().release().await;
    }

    async fn dispatch(self: &Arc<Self>, lock: &Mutex<Lock>, abandon: &CancellationToken) {
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
                        self.recover_unknown(lock).await;
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
                    self.all_ended(&ended);
                    return true;
                }
                Err(error) => warn(&error),
            }
            sleep(POLL).await;
        }
        false
    }

    async fn take_runs(self: &Arc<Self>, abandon: &CancellationToken) {
        while !self.draining.is_cancelled() && *self.paused_until.borrow() <= Instant::now() {
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
        let attempt = self.attempts.begin(&claimed.claim, is_last, room);
        let dispatcher = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = abandon.cancelled() => {}
                () = dispatcher.work(claimed, &attempt) => {}
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

pub(super) fn warn(error: &StoreError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "the dispatcher of the runs waits");
}
