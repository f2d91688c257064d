//! The attempts in progress in this process: their tasks and what stops them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use crate::runs::{model::RunId, work::Stops};

/// By numbers of their own: one that has lost its claim may end after the next attempt at its run has begun.
type Running = BTreeMap<u64, InProgress>;

struct InProgress {
    run: RunId,
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
    number: u64,
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

    pub(super) fn begin(&self, run: RunId, room: Room) -> Attempt {
        let stops = Stops {
            cancel: CancellationToken::new(),
            hand_back: self.hand_back.child_token(),
        };
        let in_progress = InProgress {
            run,
            stops: stops.clone(),
            is_last: false,
        };
        let mut running = lock(&self.running);
        let number = running.last_key_value().map_or(0, |(last, _)| last + 1);
        running.insert(number, in_progress);
        drop(running);
        Attempt {
            number,
            stops,
            running: self.running.clone(),
            room: Some(room),
            ended: self.ended.clone(),
            _counted: self.tasks.token(),
        }
    }

    pub(super) fn cancel(&self, run: RunId) {
        for attempt in lock(&self.running).values().filter(|it| it.run == run) {
            attempt.stops.cancel.cancel();
        }
    }

    /// Hands a run back that is in progress.
    #[cfg(feature = "temporal")]
    pub(super) fn stop(&self, run: RunId) {
        for attempt in lock(&self.running).values().filter(|it| it.run == run) {
            attempt.stops.hand_back.cancel();
        }
    }

    #[cfg(feature = "temporal")]
    pub(super) fn has(&self, run: RunId) -> bool {
        lock(&self.running).values().any(|it| it.run == run)
    }

    /// Hands back what is in progress, and what will be.
    pub(super) fn hand_back(&self) {
        self.hand_back.cancel();
    }

    /// True while the last attempt of a run is in progress.
    pub(super) fn any_last(&self) -> bool {
        lock(&self.running).values().any(|it| it.is_last)
    }

    /// The runs in progress.
    pub(super) fn runs(&self) -> Vec<RunId> {
        lock(&self.running).values().map(|it| it.run).collect()
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

impl Attempt {
    /// `is_last`: the run may have no further attempt.
    pub(super) fn set_last(&self, is_last: bool) {
        if let Some(attempt) = lock(&self.running).get_mut(&self.number) {
            attempt.is_last = is_last;
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        lock(&self.running).remove(&self.number);
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

    fn begin(attempts: &Attempts, run: RunId) -> Attempt {
        attempts.begin(run, attempts.room().unwrap())
    }

    #[test]
    fn an_attempt_that_ends_late_leaves_the_entry_of_the_next() {
        let (attempts, run) = (Attempts::new(2), RunId::new());
        let [first, second] = [(); 2].map(|()| begin(&attempts, run));
        second.set_last(true);
        drop(first);
        assert_eq!(attempts.runs(), [run]);
        assert!(attempts.any_last());
        attempts.cancel(run);
        assert!(second.stops.cancel.is_cancelled());
    }

    #[tokio::test]
    async fn an_ended_attempt_makes_room_and_wakes() {
        let (attempts, run) = (Attempts::new(1), RunId::new());
        let attempt = begin(&attempts, run);
        assert!(attempts.room().is_none());
        assert_eq!(attempts.runs(), [run]);
        drop(attempt);
        attempts.next_end().await;
        attempts.all_ended().await;
        assert!(attempts.room().is_some() && attempts.runs().is_empty());
    }

    #[test]
    fn only_the_named_run_is_cancelled() {
        let (attempts, run) = (Attempts::new(2), RunId::new());
        let (first, second) = (begin(&attempts, run), begin(&attempts, RunId::new()));
        attempts.cancel(run);
        attempts.cancel(RunId::new());
        assert!(first.stops.cancel.is_cancelled() && !second.stops.cancel.is_cancelled());
    }

    #[test]
    fn what_begins_after_the_hand_back_is_handed_back_too() {
        let attempts = Attempts::new(2);
        let first = begin(&attempts, RunId::new());
        attempts.hand_back();
        let second = begin(&attempts, RunId::new());
        assert!(first.stops.hand_back.is_cancelled() && second.stops.hand_back.is_cancelled());
    }
}
