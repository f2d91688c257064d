//! Changes of a turn before a failed request is sent again.

use std::sync::Arc;

use super::Turn;
use crate::agent::Failure;

impl Turn {
    /// True if the request should be sent again, now without the thinking of earlier rounds and turns. Claude refuses
    /// thinking blocks when what precedes them has changed.
    pub(super) fn forget_thinking(&mut self, failure: &Failure) -> bool {
        let is_refused = matches!(failure, Failure::Model(error) if error.names_thinking());
        if !is_refused || !self.setup.conversation.remove_thinking() {
            return false;
        }
        tracing::warn!("asking the model again without earlier thinking");
        self.claude.count_unbound_thinking();
        self.ledger.repeat_round();
        true
    }

    /// True if the request should be sent again, now to the fallback model, which this turn keeps.
    pub(super) fn fall_back(&mut self, failure: &Failure) -> bool {
        let fallback = self.setup.models.fallback.clone();
        let fallback = fallback.filter(|it| !Arc::ptr_eq(it, &self.asked));
        let (Failure::Overloaded(_), Some(fallback)) = (failure, fallback) else {
            return false;
        };
        tracing::warn!(model = fallback.name, "asking the fallback model");
        self.claude.count_fallback();
        self.model.clone_from(&fallback.name);
        self.asked = fallback;
        self.ledger.repeat_round();
        true
    }
}
