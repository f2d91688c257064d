//! The tools of a chat.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use super::{Halt, Prepared, PreparedCall, Toolbox};
use crate::{
    agent::{
        approvals::{Approvals, HeldCall, Outcome},
        claude::Tools,
        mcp::{CallOutcome, Mcp},
        tools::{CallContext, Catalogue},
    },
    auth::{Caller, CallerToken},
};

/// The tools of a chat: those of the session that all chats share, on behalf of the caller.
pub struct SessionTools {
    pub mcp: Arc<Mcp>,
    /// The session's at the begin of the turn.
    pub catalogue: Arc<Catalogue>,
    pub caller: Caller,
    pub caller_token: CallerToken,
    pub request_id: Arc<str>,
    /// A `UUIDv7` of the agent's own: a client may reuse its request id.
    pub turn_id: String,
    /// See [`time_zone_name()`](crate::agent::time_zone_name).
    pub time_zone: Option<Arc<str>>,
    pub approvals: Arc<Approvals>,
    /// The client can ask the user.
    pub can_ask: bool,
}

impl Toolbox for SessionTools {
    fn tools(&self) -> &Tools {
        self.catalogue.tools()
    }

    fn prepare(&self, tool_use_id: &str, name: &str, input_json: &str) -> Prepared {
        let context = CallContext {
            caller: &self.caller,
            request_id: &self.request_id,
            turn_id: &self.turn_id,
            tool_use_id,
            time_zone: self.time_zone.as_deref(),
        };
        let prepared = Prepared::from_catalogue(&self.catalogue, context, name, input_json);
        prepared.guarded(|call, input| {
            if !self.approvals.needs_confirmation(call) {
                return None;
            }
            if !self.can_ask {
                return Some(PreparedCall::Unconfirmed);
            }
            let held = HeldCall::new(self.approvals.clone(), call, input, context);
            Some(PreparedCall::Held(Box::new(held)))
        })
    }

    fn begin(
        &self,
        _tool_use_id: &str,
        _name: &str,
        call: PreparedCall,
    ) -> BoxFuture<'static, Result<CallOutcome, Halt>> {
        let outcome = match call {
            PreparedCall::Server(call) => {
                let outcome = self.mcp.begin(*call, Some(&self.caller_token));
                return outcome.map(Ok).boxed();
            }
            PreparedCall::Refused(outcome) => outcome,
            PreparedCall::Held(_) | PreparedCall::Unconfirmed => {
                self.approvals.count(Outcome::Unavailable);
                CallOutcome::unconfirmed()
            }
            // No tool of a session is local.
            PreparedCall::Local { .. } => CallOutcome::not_run("there is no such tool"),
        };
        std::future::ready(Ok(outcome)).boxed()
    }
}
