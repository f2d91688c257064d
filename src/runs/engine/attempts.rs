//! The attempts in progress in this process: their tasks and what stops them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use crate::runs::{model::RunId, work::Stops};

type Running = HashMap<RunId, InProgress>;

struct InProgress {
    stops: Stops,
    is_last: bool,
}

pub(super) struct Attempts {
    running: Arc<Mutex<Running>>,
    tasks: TaskTracker,
    room: Arc<Semaphore>,
    ended: Arc<Notify>,
    /// Cancelled when all are to be handed back.
    hand_back: CancellationToken,
}

/// Room for one attempt.
pub(super) type Room = OwnedSemaphorePermit;

/// An attempt in progress. Dropping it makes room for another.
pub(super) struct Attempt {
    run: RunId,
    pub(super) stops: Stops,
    running: Arc<Mutex<Running>>,
    room: Option<Room>,
    ended: Arc<Notify>,
    _counted: TaskTrackerToken,
}

impl Attempts {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            running: Arc::default(),
            tasks: TaskTracker::new(),
            room: Arc::new(Semaphore::new(concurrency)),
            ended: Arc::default(),
            hand_back: CancellationToken::new(),
        }
    }

    /// `None`: as many are in progress as may be.
    pub(super) fn room(&self) -> Option<Room> {
        self.room.clone().try_acquire_owned().ok()
    }

    /// `is_last`: the run may have no further attempt.
    pub(super) fn begin(&self, run: RunId, is_last: bool, room: Room) -> Attempt {
        let stops = Stops {
            cancel: CancellationToken::new(),
            hand_back: self.hand_back.child_token(),
        };
        let in_progress = InProgress {
            stops: stops.clone(),
            is_last,
        };
        lock(&self.running).insert(run, in_progress);
        Attempt {
            run,
            stops,
            running: self.running.clone(),
            room: Some(room),
            ended: self.ended.clone(),
            _counted: self.tasks.token(),
        }
    }

    pub(super) fn cancel(&self, run: RunId) {
        if let Some(running) = lock(&self.running).get(&run) {
            running.stops.cancel.cancel();
        }
    }

    /// Hands a run back that is in progress.
    #[cfg(feature = "temporal")]
    pub(super) fn stop(&self, run: RunId) {
        if let Some(running) = lock(&self.running).get(&run) {
            running.stops.hand_back.cancel();
        }
    }

    #[cfg(feature = "temporal")]
    pub(super) fn has(&self, run: RunId) -> bool {
        lock(&self.running).contains_key(&run)
    }

    /// Hands back what is in progress, and what will be.
    pub(super) fn hand_back(&self) {
        self.hand_back.cancel();
    }

    /// True while the last attempt of a run is in progress.
    pub(super) fn any_last(&self) -> bool {
        lock(&self.running).values().any(|running| running.is_last)
    }

    /// The runs in progress.
    pub(super) fn runs(&self) -> Vec<RunId> {
        lock(&self.running).keys().copied().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Completes after an attempt has ended, once for all that have since the last time.
    pub(super) async fn next_end(&self) {
        self.ended.notified().await;
    }

    /// Completes when no attempt is in progress.
    pub(super) async fn all_ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        lock(&self.running).remove(&self.run);
        // Room first: who is woken looks for it.
        self.room = None;
        self.ended.notify_one();
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_ended_attempt_makes_room_and_wakes() {
        let attempts = Attempts::new(1);
        let run = RunId::new();
        let attempt = attempts.begin(run, false, attempts.room().unwrap());
        assert!(attempts.room().is_none());
        assert_eq!(attempts.runs(), [run]);
        drop(attempt);
        attempts.next_end().await;
        attempts.all_ended().await;
        assert!(attempts.room().is_some() && attempts.runs().is_empty());
    }

    #[test]
    fn only_the_named_run_is_cancelled() {
        let attempts = Attempts::new(2);
        let [first, second] = [RunId::new(), RunId::new()]
            .map(|run| attempts.begin(run, false, attempts.room().unwrap()));
        attempts.cancel(first.run);
        attempts.cancel(RunId::new());
        assert!(first.stops.cancel.is_cancelled() && !second.stops.cancel.is_cancelled());
    }
}
