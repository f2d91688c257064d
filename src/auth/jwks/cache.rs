//! In-memory cache of an issuer's keys. A token with a cached key never waits. A token with an unknown key waits for at
//! most one fetch; fetches are rate limited, however many such tokens arrive.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jsonwebtoken::Algorithm;
use tokio::time::{Instant, timeout};

use super::{
    discovery::{FetchError, KeySource},
    keys::{Key, KeySet, Lookup},
};

/// Deadline of one fetch: the discovery documents and the keys.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// How often keys are fetched.
#[derive(Clone, Copy, Debug)]
pub struct RefreshPolicy {
    /// Older keys stay valid, but their next use starts a fetch.
    pub max_age: Duration,
    /// Shortest time from the start of one fetch to the next.
    pub min_interval: Duration,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(600),
            min_interval: Duration::from_secs(10),
        }
    }
}

pub(super) struct KeyCache(Arc<Inner>);

struct Inner {
    source: KeySource,
    policy: RefreshPolicy,
    cached: Mutex<Cached>,
    /// Start of the last fetch. Locked during a fetch, so that one runs at a time.
    fetching: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Cached {
    keys: Arc<KeySet>,
    fetched: Option<Instant>,
}

impl KeyCache {
    pub(super) fn new(source: KeySource, policy: RefreshPolicy) -> Self {
        Self(Arc::new(Inner {
            source,
            policy,
            cached: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }))
    }

    pub(super) async fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Option<Arc<Key>> {
        match self.0.keys().find(algorithm, id) {
            Lookup::Ambiguous => return None,
            Lookup::Found(key) => {
                if self.0.is_stale() {
                    drop(self.refresh());
                }
                return Some(key);
            }
            Lookup::Missing => {}
        }
        let _ = self.refresh().await;
        match self.0.keys().find(algorithm, id) {
            Lookup::Found(key) => Some(key),
            Lookup::Missing | Lookup::Ambiguous => None,
        }
    }

    /// Runs in a task of its own, so that a client that disconnects does not cancel the fetch for others.
    fn refresh(&self) -> tokio::task::JoinHandle<()> {
        let inner = self.0.clone();
        tokio::spawn(async move { inner.refresh().await })
    }
}

impl Inner {
    fn keys(&self) -> Arc<KeySet> {
        self.cached().keys.clone()
    }

    /// True if the keys are too old and no fetch is running.
    fn is_stale(&self) -> bool {
        let old = |fetched: Instant| fetched.elapsed() >= self.policy.max_age;
        self.cached().fetched.is_some_and(old)
            && self
                .fetching
                .try_lock()
                .is_ok_and(|last| self.is_due(*last))
    }

    fn is_due(&self, last: Option<Instant>) -> bool {
        last.is_none_or(|last| last.elapsed() >= self.policy.min_interval)
    }

    async fn refresh(&self) {
        let mut last = self.fetching.lock().await;
        if !self.is_due(*last) {
            return;
        }
        *last = Some(Instant::now());
        let fetched = timeout(FETCH_TIMEOUT, self.source.keys()).await;
        match fetched.unwrap_or(Err(FetchError::Timeout)) {
            Ok(keys) => {
                *self.cached() = Cached {
                    keys: Arc::new(keys),
                    fetched: Some(Instant::now()),
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "cannot fetch the keys of OAUTH_ISSUER; cached keys stay valid");
            }
        }
    }

    fn cached(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
