//! Tracks whether a tool call may have been sent: decides between sending it and giving up.

use std::sync::{Arc, OnceLock};

/// Shared by the caller, which may give up, and the transport, which sends. The first decision counts.
#[derive(Clone)]
pub(super) struct SendState {
    decision: Arc<OnceLock<Decision>>,
    pub(super) may_reuse_connection: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Decision {
    Sent,
    Abandoned,
}

impl SendState {
    /// `may_reuse_connection`: only for a request that may be repeated.
    pub(super) fn new(may_reuse_connection: bool) -> Self {
        Self {
            decision: Arc::default(),
            may_reuse_connection,
        }
    }

    /// Called before sending. `false`: the caller has given up, and the request must not be sent.
    pub(super) fn begin(&self) -> bool {
        self.decide(Decision::Sent) == Decision::Sent
    }

    /// Gives up. `true`: sending has begun, so the server may have the request; else it is never sent.
    pub(super) fn abandon(&self) -> bool {
        self.decide(Decision::Abandoned) == Decision::Sent
    }

    fn decide(&self, decision: Decision) -> Decision {
        *self.decision.get_or_init(|| decision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_decision_counts() {
        let sent = SendState::new(false);
        assert!(sent.begin() && sent.abandon());
        let abandoned = SendState::new(false);
        assert!(!abandoned.abandon() && !abandoned.begin());
    }
}
