//! Per-user rate limit, the limit on concurrent chats, and the line in which they wait to begin. In memory, bounded.

mod line;

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::{
    auth::Caller,
    config::{HttpConfig, RateLimit},
};
use line::Line;

/// Users remembered at once; past that the longest silent are forgotten first.
const MAX_USERS: usize = 50_000;

/// Counts events per key in a sliding window.
pub struct SlidingWindow<K> {
    limit: Option<RateLimit>,
    events: Mutex<HashMap<K, VecDeque<Instant>>>,
}

impl<K: Clone + Eq + Hash> SlidingWindow<K> {
    /// `None` is no limit.
    pub fn new(limit: Option<RateLimit>) -> Self {
        Self {
            limit,
            events: Mutex::default(),
        }
    }

    /// Counts an event of the key's and says how many are in the window; `Err` is the time after which the next one is
    /// let through. A refused event does not count, so that a client which asks again too early is not locked out for
    /// ever. Without a limit nothing is counted.
    pub fn count(&self, key: &K) -> Result<usize, Duration> {
        self.count_at(key, Instant::now())
    }

    fn count_at(&self, key: &K, now: Instant) -> Result<usize, Duration> {
        let Some(RateLimit { max, window }) = self.limit else {
            return Ok(0);
        };
        let mut keys = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MAX_USERS && !keys.contains_key(key) {
            forget_silent(&mut keys, now, window);
        }
        let events = keys.entry(key.clone()).or_default();
        while events
            .front()
            .is_some_and(|at| now.duration_since(*at) >= window)
        {
            events.pop_front();
        }
        match events.front() {
            Some(oldest) if events.len() >= max => {
                Err(window.saturating_sub(now.duration_since(*oldest)))
            }
            _ => {
                events.push_back(now);
                Ok(events.len())
            }
        }
    }
}

pub struct Limits {
    requests: SlidingWindow<Caller>,
    chats: Arc<Semaphore>,
    line: Line,
}

impl Limits {
    pub fn new(config: &HttpConfig) -> Self {
        Self {
            requests: SlidingWindow::new(config.rate_limit),
            chats: Arc::new(Semaphore::new(config.max_concurrent_chats)),
            line: Line::new(),
        }
    }

    /// Counts a request of the caller's; `Err` is the time after which the next one is let through.
    pub fn count(&self, caller: &Caller) -> Result<(), Duration> {
        self.requests.count(caller).map(drop)
    }

    /// A place among the running chats, if one is free.
    pub fn enter(&self) -> Option<OwnedSemaphorePermit> {
        self.chats.clone().try_acquire_owned().ok()
    }

    /// Waits until there is time for another chat; `None` if too many wait already.
    pub async fn begin(&self) -> Option<()> {
        self.line.wait().await
    }
}

/// Makes room: whoever has no request in the window goes; if that frees too little, the half silent for longest.
fn forget_silent<K: Eq + Hash>(
    users: &mut HashMap<K, VecDeque<Instant>>,
    now: Instant,
    window: Duration,
) {
    users.retain(|_, requests| {
        requests
            .back()
            .is_some_and(|at| now.duration_since(*at) < window)
    });
    if users.len() >= MAX_USERS / 2 {
        let mut last: Vec<Instant> = users
            .values()
            .filter_map(|requests| requests.back().copied())
            .collect();
        let middle = last.len() / 2;
        let (_, median, _) = last.select_nth_unstable(middle);
        let median = *median;
        users.retain(|_, requests| requests.back().is_some_and(|at| *at > median));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max: usize, secs: u64) -> Limits {
        let window = Duration::from_secs(secs);
        Limits {
            requests: SlidingWindow::new(Some(RateLimit { max, window })),
            chats: Arc::new(Semaphore::new(1)),
            line: Line::new(),
        }
    }

    #[test]
    fn the_window_slides_per_user_and_the_wait_it_names_is_enough() {
        let (limits, start) = (limits(2, 10), Instant::now());
        let (ann, bob) = (Caller::fake("ann"), Caller::fake("bob"));
        let at = |secs: u64, who: &Caller| {
            limits
                .requests
                .count_at(who, start + Duration::from_secs(secs))
                .map(drop)
        };
        assert_eq!(at(0, &ann), Ok(()));
        assert_eq!(at(4, &ann), Ok(()));
        assert_eq!(at(5, &ann), Err(Duration::from_secs(5)));
        assert_eq!(at(5, &bob), Ok(()));
        assert_eq!(at(10, &ann), Ok(()));
        assert_eq!(at(11, &ann), Err(Duration::from_secs(3)));
        assert_eq!(at(14, &ann), Ok(()));
    }

    #[test]
    fn the_counters_are_bounded_however_many_users_come() {
        let (limits, now) = (limits(1, 1000), Instant::now());
        for n in 0..MAX_USERS + 5000 {
            let at = now + Duration::from_millis(u64::try_from(n).unwrap());
            assert_eq!(
                limits.requests.count_at(&Caller::fake(&n.to_string()), at),
                Ok(1)
            );
        }
        assert!(limits.requests.events.lock().unwrap().len() <= MAX_USERS);
        let newest = Caller::fake(&(MAX_USERS + 4999).to_string());
        assert!(
            limits
                .requests
                .count_at(&newest, now + Duration::from_secs(56))
                .is_err(),
            "the newest is still remembered"
        );
    }

    #[test]
    fn a_place_is_free_again_once_it_is_given_back() {
        let limits = limits(1, 1);
        let place = limits.enter();
        assert!(place.is_some() && limits.enter().is_none());
        drop(place);
        assert!(limits.enter().is_some());
    }
}
