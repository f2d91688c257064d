//! Whether a call has left, as whoever waits for it and whoever posts it agree.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

/// How far a request has come: waiting for a free place, begun to be posted, or given up before that.
#[derive(Clone)]
pub(super) struct Posting {
    state: Arc<AtomicU8>,
    pub(super) over_kept: bool,
}

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const ABANDONED: u8 = 2;

impl Posting {
    /// `over_kept`: over a connection that is kept, if the server suits that. Only for what may be sent again.
    pub(super) fn of(over_kept: bool) -> Self {
        Self {
            state: Arc::default(),
            over_kept,
        }
    }

    /// From now on it will not be posted, unless that has begun already: then `true`, and the server may have it.
    pub(super) fn abandon(&self) -> bool {
        self.become_state(ABANDONED) == BEGUN
    }

    /// From now on the server may have it; unless it was given up before: then `false`, and it must not be posted.
    pub(super) fn begin(&self) -> bool {
        self.become_state(BEGUN) != ABANDONED
    }

    /// The state after the attempt: only the first change counts.
    fn become_state(&self, state: u8) -> u8 {
        match self
            .state
            .compare_exchange(WAITING, state, Ordering::SeqCst, Ordering::SeqCst)
        {
            Ok(_) => state,
            Err(present) => present,
        }
    }
}
