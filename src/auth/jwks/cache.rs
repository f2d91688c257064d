//! The issuer's keys in memory. A token whose key is known never waits; one whose key is unknown waits for at most one
//! fetch, and however many come, the issuer is asked once per while.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jsonwebtoken::Algorithm;
use tokio::time::{Instant, timeout};

use super::{
    discovery::{FetchError, Source},
    keys::{Found, Key, Keys},
};

/// Documents and keys together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the issuer is asked.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Older keys are still good, but the next use has them fetched again.
    pub max_age: Duration,
    /// No two fetches within this time.
    pub between_fetches: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(600),
            between_fetches: Duration::from_secs(10),
        }
    }
}

pub(super) struct Cache(Arc<Inner>);

struct Inner {
    source: Source,
    pace: Pace,
    known: Mutex<Known>,
    /// When the last fetch began. Held during a fetch, so that there is one at a time.
    fetching: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Known {
    keys: Arc<Keys>,
    since: Option<Instant>,
}

impl Cache {
    pub(super) fn new(source: Source, pace: Pace) -> Self {
        Self(Arc::new(Inner {
            source,
            pace,
            known: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }))
    }

    pub(super) async fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Option<Arc<Key>> {
        match self.0.keys().find(algorithm, id) {
            Found::Several => return None,
            Found::One(key) => {
                if self.0.is_old() {
                    drop(self.refresh());
                }
                return Some(key);
            }
            Found::None => {}
        }
        let _ = self.refresh().await;
        match self.0.keys().find(algorithm, id) {
            Found::One(key) => Some(key),
            Found::None | Found::Several => None,
        }
    }

    /// In a task of its own: a client that hangs up does not keep others from their keys.
    fn refresh(&self) -> tokio::task::JoinHandle<()> {
        let inner = self.0.clone();
        tokio::spawn(async move { inner.refresh().await })
    }
}

impl Inner {
    fn keys(&self) -> Arc<Keys> {
        self.known().keys.clone()
    }

    /// Old, and nobody is at it already.
    fn is_old(&self) -> bool {
        let old = |since: Instant| since.elapsed() >= self.pace.max_age;
        self.known().since.is_some_and(old)
            && self
                .fetching
                .try_lock()
                .is_ok_and(|last| self.is_due(*last))
    }

    fn is_due(&self, last: Option<Instant>) -> bool {
        last.is_none_or(|last| last.elapsed() >= self.pace.between_fetches)
    }

    async fn refresh(&self) {
        let mut last = self.fetching.lock().await;
        if !self.is_due(*last) {
            return;
        }
        *last = Some(Instant::now());
        let fetched = timeout(FETCH_TIMEOUT, self.source.keys()).await;
        match fetched.unwrap_or(Err(FetchError::TooSlow)) {
            Ok(keys) => {
                *self.known() = Known {
                    keys: Arc::new(keys),
                    since: Some(Instant::now()),
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "cannot fetch the keys of OAUTH_ISSUER; old ones stay good");
            }
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
