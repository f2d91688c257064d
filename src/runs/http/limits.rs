//! The limits of users: requests in a time, requests at once, and the memory that they hold.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{
    config::HttpConfig,
    http::rate_limit::{Allowance, RateLimiter},
    process::memory::{Bounds, Budget},
    runs::model::UserId,
};

/// Event streams and other reading requests at once, of all users and of one.
const READERS: usize = 2048;
const READERS_OF_A_USER: usize = 64;
/// Bytes of answers that are held for slow readers, of all users.
const READER_BYTES: usize = 64 << 20;
/// Hooks that are received at once, of all users and of one: who sends them is not known before their body is.
const HOOKS: usize = 256;
const HOOKS_OF_A_USER: usize = 8;
const HOOK_BYTES: usize = 32 << 20;

pub(super) struct Limits {
    /// `None`: there is no limit.
    requests: Option<RateLimiter<UserId>>,
    /// The bodies that are being received and parsed.
    pub(super) bodies: Arc<Budget<UserId>>,
    /// The callers who wait for the answer to a prompt.
    pub(super) waiting: Arc<Budget<UserId>>,
    /// The readers, and the answers that are held for them.
    pub(super) readers: Arc<Budget<UserId>>,
    /// The hooks for the skills of a user.
    pub(super) hooks: Arc<Budget<UserId>>,
    /// One permit, for the large body that is being parsed.
    pub(super) large_bodies: Arc<Semaphore>,
}

impl Limits {
    pub(super) fn new(config: &HttpConfig) -> Self {
        let (all, per_user) = (config.max_concurrent_chats, config.max_chats_per_user);
        let budget = |bytes, requests, requests_per_user| {
            Budget::new(Bounds {
                bytes,
                bytes_per_user: bytes / 2,
                requests,
                requests_per_user,
            })
        };
        Self {
            requests: config
                .rate_limit
                .map(|limit| RateLimiter::new(limit.max, limit.window)),
            // A body is there for milliseconds, an answer may take minutes.
            bodies: budget(config.memory_budget, all, all.div_ceil(2)),
            waiting: budget(READER_BYTES, all, per_user),
            readers: budget(READER_BYTES, READERS, READERS_OF_A_USER),
            hooks: budget(HOOK_BYTES, HOOKS, HOOKS_OF_A_USER),
            large_bodies: Arc::new(Semaphore::new(1)),
        }
    }

    /// Counts a request of the user if the rate limit lets it through.
    pub(super) fn check_rate(&self, user: &UserId) -> Result<Option<Allowance>, Allowance> {
        let limiter = self.requests.as_ref();
        limiter.map(|limiter| limiter.check(user)).transpose()
    }
}
