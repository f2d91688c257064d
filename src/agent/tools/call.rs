//! A call of an MCP tool as it is sent, and the only place that makes one.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Digest, ListedTool, StrippedInput, ToolServer, WrittenInput, identity::Injector};
use crate::auth::Caller;

const META_USER: &str = "fitness.progstrength/user_id";
const META_TOOL_USE: &str = "fitness.progstrength/tool_use_id";
const META_TURN: &str = "fitness.progstrength/turn_id";
const META_REQUEST: &str = "fitness.progstrength/request_id";
const META_TIME_ZONE: &str = "fitness.progstrength/client_timezone";

/// An MCP call. The only identity in its arguments is the caller's; a foreign server's has none but what Claude wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    pub(super) tool: Arc<About>,
    pub(super) arguments: Map<String, Value>,
    pub(super) meta: Map<String, Value>,
}

/// What a server says about a tool.
#[derive(Debug, PartialEq)]
pub(super) struct About {
    pub(super) server: Arc<str>,
    /// On the server.
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) read_only: bool,
    pub(super) destructive: bool,
    pub(super) repeatable: bool,
    pub(super) definition: Digest,
}

impl ToolCall {
    /// The name of the server; empty in a chat.
    pub fn server(&self) -> &str {
        &self.tool.server
    }

    /// The tool's name on the server.
    pub fn name(&self) -> &str {
        &self.tool.name
    }

    /// The tool's title, for people; its name if it has none.
    pub fn title(&self) -> &str {
        self.tool.title.as_deref().unwrap_or(self.name())
    }

    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    pub fn meta(&self) -> &Map<String, Value> {
        &self.meta
    }

    /// The tool changes nothing (`readOnlyHint`): the call may start early and be cancelled.
    pub fn read_only(&self) -> bool {
        self.tool.read_only
    }

    /// The tool may overwrite or remove something (no `readOnlyHint`, and `destructiveHint` is true or absent).
    pub fn destructive(&self) -> bool {
        self.tool.destructive
    }

    /// A repeated call has no further effect (`readOnlyHint` or `idempotentHint`).
    pub fn repeatable(&self) -> bool {
        self.tool.repeatable
    }

    /// The tool as it is listed.
    pub fn definition(&self) -> Digest {
        self.tool.definition
    }

    /// A call without a tool.
    #[cfg(any(test, fuzzing))]
    pub(super) fn nothing() -> Self {
        let listed = ListedTool::default();
        let definition = listed.definition();
        let tool = Tool::new(&ToolServer::only(), listed, definition, Identity::None);
        tool.call(Map::new(), [])
    }
}

/// The caller, the request, the turn, and Claude's id for a call: sent in `_meta`. A foreign server gets the last two alone.
#[derive(Debug, Clone, Copy)]
pub struct CallContext<'a> {
    pub caller: &'a Caller,
    /// The client's, so not necessarily unique.
    pub request_id: &'a str,
    /// Made by the agent: together with `tool_use_id` it identifies a call.
    pub turn_id: &'a str,
    pub tool_use_id: &'a str,
    /// IANA name of the client's time zone.
    pub time_zone: Option<&'a str>,
}

/// A tool of a catalogue.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) about: Arc<About>,
    pub(super) identity: Identity,
}

/// Whether calls of a tool carry the caller's id.
#[derive(Debug)]
pub(super) enum Identity {
    Injected(Injector),
    None,
}

impl Tool {
    pub(super) fn new(
        server: &ToolServer,
        listed: ListedTool,
        definition: Digest,
        identity: Identity,
    ) -> Self {
        let about = About {
            server: server.name.clone(),
            name: listed.name,
            title: listed.title,
            read_only: listed.read_only,
            destructive: !listed.read_only && listed.destructive.unwrap_or(true),
            repeatable: listed.read_only || listed.idempotent,
            definition,
        };
        Self {
            about: Arc::new(about),
            identity,
        }
    }

    pub(super) fn own_call(
        &self,
        injector: &Injector,
        context: CallContext<'_>,
        input: &StrippedInput,
    ) -> ToolCall {
        let user_id = context.caller.user_id();
        let meta = [
            (META_USER, Some(user_id)),
            (META_TOOL_USE, Some(context.tool_use_id)),
            (META_TURN, Some(context.turn_id)),
            (META_REQUEST, Some(context.request_id)),
            (META_TIME_ZONE, context.time_zone),
        ];
        self.call(injector.inject(input, user_id), meta)
    }

    pub(super) fn foreign_call(&self, context: CallContext<'_>, input: &WrittenInput) -> ToolCall {
        let meta = [
            (META_TOOL_USE, Some(context.tool_use_id)),
            (META_TURN, Some(context.turn_id)),
        ];
        self.call(input.as_map().clone(), meta)
    }

    fn call<'a>(
        &self,
        arguments: Map<String, Value>,
        meta: impl IntoIterator<Item = (&'static str, Option<&'a str>)>,
    ) -> ToolCall {
        let meta = meta.into_iter();
        let meta = meta.filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
        ToolCall {
            tool: self.about.clone(),
            arguments,
            meta: meta.collect(),
        }
    }
}
