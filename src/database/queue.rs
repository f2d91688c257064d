//! Queues for the database, one for each user: a user's burst of calls makes other users wait for few of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::UserId;

/// The queues with calls in them. A user's transactions begin in the order of their calls, `width` at once.
pub(super) struct Queues {
    width: usize,
    queues: Mutex<HashMap<UserId, Arc<Semaphore>>>,
}

/// A place in a user's queue; once it has a permit, at its head.
pub(super) struct Place {
    queues: Arc<Queues>,
    user: UserId,
    queue: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Queues {
    pub(super) fn new(width: usize) -> Arc<Self> {
        Arc::new(Self {
            width,
            queues: Mutex::default(),
        })
    }

    /// Waits for the user's turn.
    pub(super) async fn enter(self: &Arc<Self>, user: &UserId) -> Result<Place, AcquireError> {
        let mut place = self.place(user);
        place.permit = Some(place.queue.clone().acquire_owned().await?);
        Ok(place)
    }

    fn place(self: &Arc<Self>, user: &UserId) -> Place {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.entry(user.clone());
        let queue = queue.or_insert_with(|| Arc::new(Semaphore::new(self.width)));
        Place {
            queues: self.clone(),
            user: user.clone(),
            queue: queue.clone(),
            permit: None,
        }
    }
}

impl Drop for Place {
    /// Removes the queue with its last place.
    fn drop(&mut self) {
        self.permit = None;
        let queues = &self.queues.queues;
        let mut queues = queues.lock().unwrap_or_else(PoisonError::into_inner);
        // One in the map, one here.
        if Arc::strong_count(&self.queue) == 2 {
            queues.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_queue_exists_while_it_has_places() {
        let queues = Queues::new(1);
        let ann = UserId::parse("ann").expect("a user id");
        let first = queues.enter(&ann).await.expect("the first");
        let mut second = Box::pin(queues.enter(&ann));
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        // Abandoned with a permit that was not taken.
        drop(second);
        assert!(queues.queues.lock().expect("sound").is_empty());
        let third = queues.enter(&ann).now_or_never().expect("no wait");
        drop(third);
        assert!(queues.queues.lock().expect("sound").is_empty());
    }
}
