//! The memory budget: one count of bytes for all requests, with a share for each user.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The bounds of a budget. Those of one user are below those of all.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes held at once.
    pub bytes: usize,
    pub bytes_per_user: usize,
    /// Requests at once.
    pub requests: usize,
    pub requests_per_user: usize,
}

/// The bound that a request would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// One that all users share: requests at once.
    Requests,
    RequestsOfUser,
    /// One that all users share: bytes.
    Bytes,
    BytesOfUser,
}

/// Counts the requests and bytes of every user who has any.
pub struct Budget<U> {
    bounds: Bounds,
    usage: Mutex<Usage<U>>,
}

struct Usage<U> {
    all: Held,
    users: HashMap<U, Held>,
}

#[derive(Clone, Copy, Default)]
struct Held {
    requests: usize,
    bytes: usize,
}

impl<U: Clone + Eq + Hash> Budget<U> {
    pub fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            usage: Mutex::new(Usage {
                all: Held::default(),
                users: HashMap::new(),
            }),
        })
    }

    /// Counts a request of the user; it holds no bytes yet.
    ///
    /// # Errors
    /// There are as many requests as may be.
    pub fn begin(self: &Arc<Self>, user: U) -> Result<Share<U>, Exceeded> {
        let mut usage = self.usage();
        let own = usage.users.get(&user).copied().unwrap_or_default();
        if own.requests >= self.bounds.requests_per_user {
            return Err(Exceeded::RequestsOfUser);
        }
        if usage.all.requests >= self.bounds.requests {
            return Err(Exceeded::Requests);
        }
        usage.all.requests += 1;
        usage.users.entry(user.clone()).or_default().requests += 1;
        Ok(Share {
            budget: self.clone(),
            user,
            held: AtomicUsize::new(0),
        })
    }

    /// The bytes held at present.
    pub fn bytes(&self) -> usize {
        self.usage().all.bytes
    }

    fn usage(&self) -> MutexGuard<'_, Usage<U>> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one request holds of a budget; given back when dropped.
pub struct Share<U: Clone + Eq + Hash> {
    budget: Arc<Budget<U>>,
    user: U,
    held: AtomicUsize,
}

impl<U: Clone + Eq + Hash> Share<U> {
    /// Takes bytes, before they are allocated.
    ///
    /// # Errors
    /// They are more than is left. Nothing is taken then.
    pub fn take(&self, bytes: usize) -> Result<(), Exceeded> {
        let Budget { bounds, .. } = *self.budget;
        let mut usage = self.budget.usage();
        let own = usage.users.get(&self.user).map_or(0, |own| own.bytes);
        if own.saturating_add(bytes) > bounds.bytes_per_user {
            return Err(Exceeded::BytesOfUser);
        }
        if usage.all.bytes.saturating_add(bytes) > bounds.bytes {
            return Err(Exceeded::Bytes);
        }
        usage.all.bytes += bytes;
        if let Some(own) = usage.users.get_mut(&self.user) {
            own.bytes += bytes;
        }
        self.held.fetch_add(bytes, Relaxed);
        Ok(())
    }

    /// Gives back bytes that were taken, at most all.
    pub fn give_back(&self, bytes: usize) {
        let usage = self.budget.usage();
        let bytes = bytes.min(self.held.load(Relaxed));
        self.give_back_held(usage, bytes);
    }

    /// Gives back what is more than `bytes`.
    pub fn shrink_to(&self, bytes: usize) {
        let usage = self.budget.usage();
        let bytes = self.held.load(Relaxed).saturating_sub(bytes);
        self.give_back_held(usage, bytes);
    }

    fn give_back_held(&self, mut usage: MutexGuard<'_, Usage<U>>, bytes: usize) {
        self.held.fetch_sub(bytes, Relaxed);
        usage.all.bytes -= bytes;
        if let Some(own) = usage.users.get_mut(&self.user) {
            own.bytes -= bytes;
        }
    }
}

impl<U: Clone + Eq + Hash> Drop for Share<U> {
    fn drop(&mut self) {
        self.give_back(usize::MAX);
        let mut usage = self.budget.usage();
        usage.all.requests -= 1;
        if let Some(own) = usage.users.get_mut(&self.user) {
            own.requests -= 1;
            if own.requests == 0 {
                usage.users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        bytes: 100,
        bytes_per_user: 50,
        requests: 4,
        requests_per_user: 2,
    };

    #[test]
    fn one_user_exceeds_the_own_bound_and_all_together_exceed_the_shared_one() {
        let budget = Budget::new(BOUNDS);
        let ann = budget.begin("ann").unwrap();
        let ann_too = budget.begin("ann").unwrap();
        assert_eq!(budget.begin("ann").err(), Some(Exceeded::RequestsOfUser));
        assert_eq!(ann.take(30), Ok(()));
        assert_eq!(ann_too.take(21), Err(Exceeded::BytesOfUser));
        assert_eq!(ann_too.take(20), Ok(()));
        let (bob, eve) = (budget.begin("bob").unwrap(), budget.begin("eve").unwrap());
        assert_eq!(budget.begin("joe").err(), Some(Exceeded::Requests));
        assert_eq!(bob.take(50), Ok(()));
        assert_eq!(eve.take(1), Err(Exceeded::Bytes));
        assert_eq!(eve.take(usize::MAX), Err(Exceeded::BytesOfUser));
        assert_eq!(budget.bytes(), 100);
    }

    #[test]
    fn what_is_given_back_or_dropped_can_be_taken_again() {
        let budget = Budget::new(BOUNDS);
        let (first, second) = (budget.begin("ann").unwrap(), budget.begin("ann").unwrap());
        first.take(50).unwrap();
        first.give_back(20);
        second.take(20).unwrap();
        // At most what this request has taken.
        second.give_back(50);
        assert_eq!(budget.bytes(), 30);
        drop(first);
        assert_eq!((budget.bytes(), second.take(50)), (0, Ok(())));
        second.shrink_to(60);
        assert_eq!(budget.bytes(), 50);
        second.shrink_to(10);
        assert_eq!(budget.bytes(), 10);
        drop(second);
        assert_eq!(budget.bytes(), 0);
        assert!(budget.usage().users.is_empty());
    }
}
