//! Approvals: calls of tools that wait for the user's confirmation, without any state.
//!
//! A call that the setting names is held: it is not sent, and gets a waiting result. The turn ends with an [`ApprovalRequest`] for
//! each, whose token binds the call. The client sends the history back with an [`ApprovalAnswer`] for each of them, and the
//! approved calls run. Nothing is kept in between: a token says all that is needed, and only this service can make one.

mod answer;
mod held;
mod outcome;
mod request;
mod token;
mod verification;
mod waiting;

use std::{fmt, sync::Arc};

use secrecy::SecretString;

use super::{metrics::Metrics, tools::ToolCall};
use crate::config::ApprovalPolicy;
use token::Signer;

pub use answer::{ApprovalAnswer, ApprovalAnswers, MAX_REASON_CHARS, parse_answers};
pub use held::HeldCall;
pub use outcome::Outcome;
pub use request::ApprovalRequest;
pub use verification::{AnsweredCall, Context, OpenAnswer};
pub use waiting::{LastCalls, WAITING, WaitingCall, waiting_result};

/// The policy, and the key of the tokens. All instances with one `JWT_SIGNING_KEY` accept each other's tokens.
pub struct Approvals {
    policy: ApprovalPolicy,
    signer: Signer,
    metrics: Arc<Metrics>,
}

impl Approvals {
    pub fn new(policy: ApprovalPolicy, secret: &SecretString, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            policy,
            signer: Signer::new(secret),
            metrics,
        })
    }

    /// True if the call needs the user's confirmation.
    pub fn needs_confirmation(&self, call: &ToolCall) -> bool {
        let policy = &self.policy;
        policy.holds(call.name(), call.read_only(), call.destructive())
    }

    pub fn count(&self, outcome: Outcome) {
        self.metrics.approval(outcome.as_str());
    }
}

impl fmt::Debug for Approvals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Approvals({:?})", self.policy)
    }
}

#[cfg(test)]
mod tests;
