//! In-memory cache of an issuer's keys. A token with a cached key never waits; a token with an unknown key waits for at
//! most one fetch, which it shares with all others that wait. Fetches are rate limited.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jsonwebtoken::Algorithm;
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{
    discovery::{FetchError, IssuerClient},
    keys::{Key, KeySet, Lookup},
};

/// Deadline of one fetch: the discovery documents and the keys.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// How often keys are fetched.
#[derive(Clone, Copy, Debug)]
pub struct RefreshPolicy {
    /// Older keys stay valid, but their next use starts a fetch.
    pub max_age: Duration,
    /// Shortest time from the end of one fetch, whatever its result, to the next.
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

pub(super) struct KeyCache {
    source: IssuerClient,
    policy: RefreshPolicy,
    cached: Mutex<Cached>,
    /// End of the last fetch. Locked during a fetch, so that one runs at a time.
    last_fetch: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Cached {
    keys: Arc<KeySet>,
    since: Option<Instant>,
}

impl KeyCache {
    pub(super) fn new(source: IssuerClient, policy: RefreshPolicy) -> Arc<Self> {
        Arc::new(Self {
            source,
            policy,
            cached: Mutex::default(),
            last_fetch: tokio::sync::Mutex::default(),
        })
    }

    pub(super) async fn find(
        self: &Arc<Self>,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Option<Arc<Key>> {
        let find = || self.cached().keys.find(algorithm, id);
        let mut lookup = find();
        match lookup {
            Lookup::Missing => {
                let _ = self.spawn_refresh().await;
                lookup = find();
            }
            Lookup::Found(_) if self.is_stale() => drop(self.spawn_refresh()),
            _ => {}
        }
        match lookup {
            Lookup::Found(key) => Some(key),
            Lookup::Missing | Lookup::Ambiguous => None,
        }
    }

    /// Fetches in a task of its own, so that a client that disconnects does not cancel the fetch for others.
    fn spawn_refresh(self: &Arc<Self>) -> JoinHandle<()> {
        let cache = self.clone();
        tokio::spawn(async move { cache.refresh().await })
    }

    async fn refresh(&self) {
        let asked = Instant::now();
        let mut last = self.last_fetch.lock().await;
        // A caller that waited for a fetch uses its result, also if it failed.
        let shared = last.is_some_and(|ended| ended >= asked);
        if shared || !self.is_due(*last) {
            return;
        }
        let fetched = timeout(FETCH_TIMEOUT, self.source.keys()).await;
        match fetched.unwrap_or(Err(FetchError::Timeout)) {
            Ok(keys) => {
                *self.cached() = Cached {
                    keys: Arc::new(keys),
                    since: Some(Instant::now()),
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "cannot fetch the keys of OAUTH_ISSUER; cached keys stay valid");
            }
        }
        *last = Some(Instant::now());
    }

    /// True if the keys are too old and a fetch may start now.
    fn is_stale(&self) -> bool {
        let old = |since: Instant| since.elapsed() >= self.policy.max_age;
        let last_fetch = self.last_fetch.try_lock();
        self.cached().since.is_some_and(old) && last_fetch.is_ok_and(|last| self.is_due(*last))
    }

    fn is_due(&self, last: Option<Instant>) -> bool {
        last.is_none_or(|last| last.elapsed() >= self.policy.min_interval)
    }

    fn cached(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
