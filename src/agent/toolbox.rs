//! The tools of a turn and how their calls are made.
//!
//! A chat calls the tools of the session that all chats share ([`SessionTools`]). A run has servers of its own and a workspace,
//! and keeps every reply and result before what follows from it.

mod session;

use futures_util::future::BoxFuture;

use super::{
    approvals::HeldCall,
    claude::{Block, Reply, Tools, Usage},
    mcp::CallOutcome,
    tools::{
        CallContext, CallInput, Catalogue, InvalidInput, ToolCall, WrittenInput, sanitize_name,
    },
};

pub use session::SessionTools;

/// The tools of one turn.
pub trait Toolbox: Send + Sync {
    /// The tools that Claude sees.
    fn tools(&self) -> &Tools;

    /// The input of a call is complete. `name` is as Claude wrote it; `tool_use_id` is the id in events and messages. Called
    /// while the reply streams, and anew for a reply that is requested again: it must have no effect.
    fn prepare(&self, tool_use_id: &str, name: &str, input_json: &str) -> Prepared;

    /// Begins a call. Every call of a complete reply comes here, those that are refused too, in the order of the reply. `name`
    /// is the one in events and messages. The future is dropped when the turn is cut off.
    fn begin(
        &self,
        tool_use_id: &str,
        name: &str,
        call: PreparedCall,
    ) -> BoxFuture<'static, Result<CallOutcome, Halt>>;

    /// A reply is requested, for the first time or again: what was shown of an earlier request of the round is void.
    fn on_request(&self) {}

    /// A reply is complete. Awaited before its calls run, and before the event that ends the turn. `None`: nothing to do.
    fn on_reply<'a>(
        &'a self,
        _reply: &'a ReplyView<'a>,
    ) -> Option<BoxFuture<'a, Result<(), Halt>>> {
        None
    }
}

/// Ends a turn at once. The toolbox knows why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halt;

/// A call whose input is complete.
#[derive(Debug)]
pub struct Prepared {
    /// To show, and to keep in the conversation.
    pub input: CallInput,
    pub call: PreparedCall,
    /// May begin before the reply is complete.
    pub early: bool,
}

#[derive(Debug)]
pub enum PreparedCall {
    /// Of an MCP server's tool.
    Server(Box<ToolCall>),
    /// Of a tool that the toolbox itself runs.
    Local { name: String, input: WrittenInput },
    /// Never sent: this is its result.
    Refused(CallOutcome),
    /// Never begun: the user is asked when the reply is complete, and the turn ends.
    Held(Box<HeldCall>),
    /// Needs the user's confirmation, and there is nobody to ask.
    Unconfirmed,
}

impl Prepared {
    /// A call of a tool of a catalogue. Reads may begin early.
    pub fn from_catalogue(
        catalogue: &Catalogue,
        context: CallContext<'_>,
        name: &str,
        input_json: &str,
    ) -> Self {
        match catalogue.prepare(context, name, input_json) {
            Ok((input, Some(call))) => Self {
                input,
                early: call.read_only(),
                call: PreparedCall::Server(Box::new(call)),
            },
            Ok((input, None)) => {
                let name = sanitize_name(name);
                let why = format!("There is no tool named {name}. Nothing was run.");
                Self::refused(input, &why)
            }
            Err(error) => Self::invalid(error),
        }
    }

    /// The call, or what `guard` puts in its place if it is one of a server's tool.
    #[must_use]
    pub fn guarded(
        self,
        guard: impl FnOnce(&ToolCall, &CallInput) -> Option<PreparedCall>,
    ) -> Self {
        let guarded = match &self.call {
            PreparedCall::Server(call) => guard(call, &self.input),
            _ => None,
        };
        match guarded {
            Some(call) => Self {
                call,
                early: false,
                ..self
            },
            None => self,
        }
    }

    /// A call of a tool that the toolbox itself runs.
    pub fn local(name: &str, input_json: &str) -> Self {
        match WrittenInput::parse(input_json) {
            Ok(input) => Self {
                input: CallInput::Written(input.clone()),
                call: PreparedCall::Local {
                    name: name.to_owned(),
                    input,
                },
                early: false,
            },
            Err(error) => Self::invalid(error),
        }
    }

    /// `why` is the result of the call.
    pub fn refused(input: CallInput, why: &str) -> Self {
        Self {
            input,
            call: PreparedCall::Refused(CallOutcome::invalid(why)),
            early: false,
        }
    }

    fn invalid(error: InvalidInput) -> Self {
        let why = match error {
            InvalidInput::NotAnObject => {
                "The input of this call is not a JSON object. Nothing was run; call again."
                    .to_owned()
            }
            error => {
                format!("The input of this call {error}. Nothing was run; call again with less.")
            }
        };
        Self::refused(CallInput::default(), &why)
    }
}

/// What follows a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Its calls run, and Claude is asked again with their results.
    Calls,
    /// Claude has paused, and is asked again with this reply.
    Continue,
    /// Nothing: it is the last reply of the turn.
    End,
}

/// A complete reply.
#[derive(Debug, Clone, Copy)]
pub struct ReplyView<'a> {
    pub(super) reply: &'a Reply,
    pub next: Next,
    /// The tokens of this round, those of failed and repeated requests included.
    pub usage: Usage,
}

impl<'a> ReplyView<'a> {
    /// The blocks as they are kept in the conversation: with the ids, names and inputs of the calls, if these run, and without
    /// the calls if not. May be empty.
    pub fn blocks(&self) -> impl Iterator<Item = &'a Block> + use<'a> {
        self.reply.blocks.iter().map(|(_, block)| block)
    }

    /// As [`Done`](super::Done) has it, where this is the last reply.
    pub fn stop_reason(&self) -> &'a str {
        &self.reply.stop_reason
    }
}
