//! Limits of the transport: messages and bytes at once, event streams, and messages per hour. Users and the agent have budgets
//! of their own, so that users cannot keep the agent out.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use crate::{
    auth::{Subject, jwks::RefreshPolicy},
    http::{
        problem::{Code, Problem},
        rate_limit::RateLimiter,
    },
    process::memory::{Bounds, Budget, Exceeded, Share},
    workout::identity::Identity,
};

const HOUR: Duration = Duration::from_secs(3600);
/// Requests of a user per hour, as a multiple of `MCP_RATE_LIMIT_PER_HOUR`.
const REQUESTS_PER_CALL: usize = 10;
/// Event streams per session: a client that reconnects has two for a while.
const STREAMS_PER_SESSION: usize = 2;

/// Limits that are not configurable; tests change them.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub jwks_refresh: RefreshPolicy,
    /// Of the messages of users that are being answered.
    pub users: Bounds,
    /// The same for the agent.
    pub agent: Bounds,
    /// Maximum of live sessions of all users together. A session takes about 120 kB.
    pub sessions: usize,
    pub sessions_per_user: usize,
    pub agent_sessions: usize,
    /// Requests of a user per hour, of any kind: at least this many.
    pub min_requests_per_hour: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            jwks_refresh: RefreshPolicy::default(),
            users: Bounds {
                bytes: 48 << 20,
                bytes_per_user: 24 << 20,
                requests: 256,
                requests_per_user: 16,
            },
            agent: Bounds {
                bytes: 64 << 20,
                bytes_per_user: 64 << 20,
                requests: 512,
                requests_per_user: 512,
            },
            sessions: 250,
            sessions_per_user: 10,
            agent_sessions: 50,
            min_requests_per_hour: 5_000,
        }
    }
}

/// What the requests of users, or of the agent, count against.
struct Budgets {
    messages: Arc<Budget<Identity>>,
    streams: Arc<Budget<Identity>>,
}

impl Budgets {
    fn new(messages: Bounds, sessions: usize, sessions_per_user: usize) -> Self {
        Self {
            messages: Budget::new(messages),
            streams: Budget::new(Bounds {
                bytes: 0,
                bytes_per_user: 0,
                requests: sessions * STREAMS_PER_SESSION,
                requests_per_user: sessions_per_user * STREAMS_PER_SESSION,
            }),
        }
    }
}

pub(super) struct Limits {
    users: Budgets,
    agent: Budgets,
    /// `None` is no limit.
    per_hour: Option<RateLimiter<Subject>>,
}

impl Limits {
    /// `calls_per_hour` is the limit of tool calls; 0 is no limit.
    pub(super) fn new(tuning: &Tuning, calls_per_hour: usize) -> Self {
        let agent_sessions = tuning.agent_sessions;
        let per_hour = (calls_per_hour * REQUESTS_PER_CALL).max(tuning.min_requests_per_hour);
        let per_hour = NonZeroU32::new(u32::try_from(per_hour).unwrap_or(u32::MAX));
        let per_hour = per_hour.filter(|_| calls_per_hour > 0);
        Self {
            users: Budgets::new(tuning.users, tuning.sessions, tuning.sessions_per_user),
            agent: Budgets::new(tuning.agent, agent_sessions, agent_sessions),
            per_hour: per_hour.map(|max| RateLimiter::new(max, HOUR)),
        }
    }

    /// Counts a request of a user, whatever it is. Tool calls have a lower limit of their own.
    pub(super) fn count(&self, identity: &Identity) -> Result<(), Problem> {
        let (Some(limiter), Identity::User(user)) = (&self.per_hour, identity) else {
            return Ok(());
        };
        let counted = limiter.check(user).map(drop);
        counted.map_err(|refused| {
            let detail = "Too many requests of this user in this hour; wait before the next one.";
            Problem::new(Code::RateLimited, detail).with_retry_after(refused.reset)
        })
    }

    /// Counts a message that is being answered.
    pub(super) fn message(&self, identity: &Identity) -> Result<Share<Identity>, Exceeded> {
        self.budgets(identity).messages.begin(identity.clone())
    }

    /// Counts an event stream.
    pub(super) fn stream(&self, identity: &Identity) -> Result<Share<Identity>, Exceeded> {
        self.budgets(identity).streams.begin(identity.clone())
    }

    fn budgets(&self, identity: &Identity) -> &Budgets {
        match identity {
            Identity::Agent => &self.agent,
            Identity::User(_) => &self.users,
        }
    }
}
