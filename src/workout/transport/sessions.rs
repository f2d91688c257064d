//! MCP session table: the owner of each session, and the limits on their number: per user, of all users, and of the agent.
//!
//! A session id is no secret: logs and proxies have it. This table, beside rmcp's own, restricts it to its owner.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::HeaderMap;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::Tuning;
use crate::{
    http::problem::{Code, Problem},
    workout::identity::Identity,
};

const SESSION_ID: &str = "mcp-session-id";

/// The session id of the headers, if any. An id that is not text is refused: rmcp would ignore it.
pub(super) fn session_id(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(SESSION_ID).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(id), None) => id.to_str().map(Some).map_err(|_| no_session()),
        _ => Err(no_session()),
    }
}

/// The same for a session that never existed, has ended, or belongs to another user.
pub(super) fn no_session() -> Problem {
    let detail = "There is no such session; begin one with `initialize`.";
    Problem::new(Code::SessionNotFound, detail)
}

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
        let mut state = self.live().await;
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

    /// The numbers of the agent's sessions and of users'.
    pub(super) async fn count(&self) -> (usize, usize) {
        let state = self.live().await;
        let is_agent = |owner: &&Identity| matches!(owner, Identity::Agent);
        let agent = state.owners.values().filter(is_agent).count();
        (agent, state.owners.len() - agent)
    }

    /// The table without the sessions that have ended.
    async fn live(&self) -> MutexGuard<'_, State> {
        let live = self.manager.sessions.read().await;
        let mut state = self.state();
        state.owners.retain(|id, _| live.contains_key(id.as_str()));
        state
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
