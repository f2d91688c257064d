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

use crate::runs::model::{Claim, RunId};

type Cancels = HashMap<RunId, Running>;

struct Running {
    /// Of the claim.
    number: i64,
    cancel: CancellationToken,
    is_last: bool,
}

pub(super) struct Attempts {
    cancels: Arc<Mutex<Cancels>>,
    tasks: TaskTracker,
    room: Arc<Semaphore>,
    ended: Arc<Notify>,
}

/// Room for one attempt.
pub(super) type Room = OwnedSemaphorePermit;

/// An attempt in progress. Dropping it makes room for another.
pub(super) struct Attempt {
    run: RunId,
    number: i64,
    /// Cancelled when the run is to be cancelled.
    pub(super) cancel: CancellationToken,
    cancels: Arc<Mutex<Cancels>>,
    room: Option<Room>,
    ended: Arc<Notify>,
    _counted: TaskTrackerToken,
}

impl Attempts {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            cancels: Arc::default(),
            tasks: TaskTracker::new(),
            room: Arc::new(Semaphore::new(concurrency)),
            ended: Arc::default(),
        }
    }

    /// `None`: as many are in progress as may be.
    pub(super) fn room(&self) -> Option<Room> {
        self.room.clone().try_acquire_owned().ok()
    }

    /// `is_last`: the run may have no further attempt.
    pub(super) fn begin(&self, claim: &Claim, is_last: bool, room: Room) -> Attempt {
        let (run, number) = (claim.run, claim.number);
        let cancel = CancellationToken::new();
        let running = Running {
            number,
            cancel: cancel.clone(),
            is_last,
        };
        lock(&self.cancels).insert(run, running);
        Attempt {
            run,
            number,
            cancel,
            cancels: self.cancels.clone(),
            room: Some(room),
            ended: self.ended.clone(),
            _counted: self.tasks.token(),
        }
    }

    pub(super) fn cancel(&self, run: RunId) {
        if let Some(running) = lock(&self.cancels).get(&run) {
            running.cancel.cancel();
        }
    }

    /// True while the last attempt of a run is in progress.
    pub(super) fn any_last(&self) -> bool {
        lock(&self.cancels).values().any(|running| running.is_last)
    }

    /// The runs in progress.
    pub(super) fn runs(&self) -> Vec<RunId> {
        lock(&self.cancels).keys().copied().collect()
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
        let mut cancels = lock(&self.cancels);
        // A later attempt at the run may have begun here.
        if cancels
            .get(&self.run)
            .is_some_and(|it| it.number == self.number)
        {
            cancels.remove(&self.run);
        }
        drop(cancels);
        // Room first: who is woken looks for it.
        self.room = None;
        self.ended.notify_one();
    }
}

fn lock(cancels: &Mutex<Cancels>) -> MutexGuard<'_, Cancels> {
    cancels.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::model::UserId;

    fn claim(run: RunId, number: i64) -> Claim {
        let owner = UserId::parse("sam").unwrap();
        Claim { run, owner, number }
    }

    #[test]
    fn an_attempt_that_ends_late_leaves_the_entry_of_the_next() {
        let attempts = Attempts::new(2);
        let run = RunId::new();
        let [first, second] =
            [1, 2].map(|n| attempts.begin(&claim(run, n), false, attempts.room().unwrap()));
        drop(first);
        assert_eq!(attempts.runs(), [run]);
        attempts.cancel(run);
        assert!(second.cancel.is_cancelled());
    }

    #[tokio::test]
    async fn an_ended_attempt_makes_room_and_wakes() {
        let attempts = Attempts::new(1);
        let run = RunId::new();
        let attempt = attempts.begin(&claim(run, 1), false, attempts.room().unwrap());
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
            .map(|run| attempts.begin(&claim(run, 1), false, attempts.room().unwrap()));
        attempts.cancel(first.run);
        attempts.cancel(RunId::new());
        assert!(first.cancel.is_cancelled() && !second.cancel.is_cancelled());
    }
}
