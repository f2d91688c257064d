//! A call that is not sent before the user has confirmed it.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{ApprovalRequest, Approvals, Outcome, token::Claims};
use crate::agent::tools::{CallContext, CallInput, ToolCall};

/// How long a user has to answer.
pub(super) const TTL: Duration = Duration::from_secs(600);

/// A call of the current reply that waits for the user's confirmation.
#[derive(Debug)]
pub struct HeldCall {
    claims: Claims,
    title: String,
    destructive: bool,
    /// To show.
    input: CallInput,
    approvals: Arc<Approvals>,
}

impl HeldCall {
    pub fn new(
        approvals: Arc<Approvals>,
        call: &ToolCall,
        input: &CallInput,
        context: CallContext<'_>,
    ) -> Self {
        Self {
            claims: Claims::new(call, context),
            title: call.title().to_owned(),
            destructive: call.destructive(),
            input: input.clone(),
            approvals,
        }
    }

    /// Asks the user. The time for the answer begins now. `name` is the one in events and messages.
    pub fn request(self, name: &str) -> ApprovalRequest {
        let expires = Timestamp::now().as_second() + TTL.as_secs().cast_signed();
        let claims = Claims {
            exp: expires,
            ..self.claims
        };
        let expires = Timestamp::from_second(expires).unwrap_or(Timestamp::MAX);
        self.approvals.count(Outcome::Requested);
        ApprovalRequest {
            token: self.approvals.signer.sign(&claims),
            tool_use_id: claims.id,
            name: name.to_owned(),
            title: self.title,
            input: self.input,
            destructive: self.destructive,
            expires_at: expires.to_string(),
        }
    }
}
