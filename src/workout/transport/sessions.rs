//! MCP session table: the owner of each session, and the limits on their number: per user, of all users, and of the agent.
//!
//! A session id is no secret: logs and proxies have it. This table, beside rmcp's own, restricts it to its owner.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::Tuning;
use crate::workout::identity::Identity;

/// The session table.
pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    tuning: Tuning,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    owners: HashMap<String, Identity>,
    /// Sessions being opened, which have no id yet.
    opening: HashMap<u64, Identity>,
    next: u64,
}

/// The limit that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitReached {
    Server,
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

    /// True if this identity opened this session.
    pub(super) fn owns(&self, identity: &Identity, id: &str) -> bool {
        self.state().owners.get(id) == Some(identity)
    }

    /// Reserves a session.
    pub(super) async fn open(
        self: &Arc<Self>,
        identity: &Identity,
    ) -> Result<Reservation, LimitReached> {
        let live = self.manager.sessions.read().await;
        let mut state = self.state();
        state.owners.retain(|id, _| live.contains_key(id.as_str()));
        let owners = state.owners.values().chain(state.opening.values());
        let (mut own, mut all) = (0, 0);
        for owner in owners {
            own += usize::from(owner == identity);
            all += usize::from(matches!(owner, Identity::User(_)));
        }
        match identity {
            Identity::Agent if own >= self.tuning.agent_sessions => {
                return Err(LimitReached::Server);
            }
            Identity::User(_) if own >= self.tuning.sessions_per_user => {
                return Err(LimitReached::User);
            }
            Identity::User(_) if all >= self.tuning.sessions => return Err(LimitReached::Server),
            _ => {}
        }
        let number = state.next;
        state.next += 1;
        state.opening.insert(number, identity.clone());
        Ok(Reservation {
            sessions: self.clone(),
            number,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reserved session; released on drop unless it was bound to an id.
pub(super) struct Reservation {
    sessions: Arc<Sessions>,
    number: u64,
}

impl Reservation {
    /// Records the id of the opened session.
    pub(super) fn bind(self, id: &str) {
        let mut state = self.sessions.state();
        if let Some(identity) = state.opening.remove(&self.number) {
            state.owners.insert(id.to_owned(), identity);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.sessions.state().opening.remove(&self.number);
    }
}
