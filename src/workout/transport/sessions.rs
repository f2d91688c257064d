//! Whose a session is, and how many there are.
//!
//! A session's id is a secret by luck alone (it stands in logs and proxies); that it is used by who opened it is checked
//! here. Kept beside rmcp's own table, which knows ids but nobody's name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::Tuning;
use crate::workout::identity::Identity;

pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    tuning: Tuning,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    owners: HashMap<String, Identity>,
    /// Those being opened, which have no id so far.
    opening: HashMap<u64, Identity>,
    next: u64,
}

/// There are as many sessions as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Everybody,
    User,
}

impl Sessions {
    pub(super) fn new(manager: Arc<LocalSessionManager>, tuning: Tuning) -> Arc<Self> {
        Arc::new(Self {
            manager,
            tuning,
            state: Mutex::default(),
        })
    }

    /// Whether this identity opened this session.
    pub(super) fn owns(&self, identity: &Identity, id: &str) -> bool {
        self.state().owners.get(id) == Some(identity)
    }

    /// A place for a session that is about to be.
    pub(super) async fn open(self: &Arc<Self>, identity: &Identity) -> Result<Opening, Full> {
        let live = self.manager.sessions.read().await;
        let mut state = self.state();
        state.owners.retain(|id, _| live.contains_key(id.as_str()));
        if live.len() + state.opening.len() >= self.tuning.sessions {
            return Err(Full::Everybody);
        }
        let owners = state.owners.values().chain(state.opening.values());
        let own = owners.filter(|owner| *owner == identity).count();
        if matches!(identity, Identity::User(_)) && own >= self.tuning.sessions_per_user {
            return Err(Full::User);
        }
        let number = state.next;
        state.next += 1;
        state.opening.insert(number, identity.clone());
        Ok(Opening {
            sessions: self.clone(),
            number,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that is held; given back unless a session comes of it.
pub(super) struct Opening {
    sessions: Arc<Sessions>,
    number: u64,
}

impl Opening {
    /// The session is there.
    pub(super) fn bind(self, id: &str) {
        let mut state = self.sessions.state();
        if let Some(identity) = state.opening.remove(&self.number) {
            state.owners.insert(id.to_owned(), identity);
        }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.sessions.state().opening.remove(&self.number);
    }
}
