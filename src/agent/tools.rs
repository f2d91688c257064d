//! The tool catalogue: converts MCP tools to schemas for Claude, and Claude's tool calls to MCP calls. Pure.
//!
//! Identity is enforced here. Claude never sees `user_id`; a `user_id` that it writes is stripped ([`StrippedInput`]),
//! and the verified subject is injected wherever the server's own schema declares it. Only this module makes a
//! [`ToolCall`].

#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod identity;
mod names;
mod schema;

use std::collections::HashMap;

use serde_json::{Map, Value};

use identity::{Injector, strip_schema};
use names::NameMap;

use crate::{
    agent::claude::{ToolSpec, Tools},
    auth::Caller,
};

pub use identity::{InvalidInput, StrippedInput, StrippedJson};
pub use names::sanitize_name;

const META_USER: &str = "fitness.progstrength/user_id";
const META_TOOL_USE: &str = "fitness.progstrength/tool_use_id";
const META_REQUEST: &str = "fitness.progstrength/request_id";
const META_TIME_ZONE: &str = "fitness.progstrength/client_timezone";

/// A tool as the MCP server lists it (`tools/list`).
#[derive(Debug, Clone, PartialEq)]
pub struct ListedTool {
    pub name: String,
    pub description: Option<String>,
    pub input_schema: Map<String, Value>,
    pub read_only: bool,
    pub idempotent: bool,
}

/// All tools of one session that Claude may use, sorted by their names on the server.
#[derive(Debug)]
pub struct Catalogue {
    specs: Vec<ToolSpec>,
    /// `specs`, serialized.
    serialized: Tools,
    tools: HashMap<String, Tool>,
    left_out: Vec<String>,
}

#[derive(Debug)]
struct Tool {
    name: String,
    injector: Injector,
    read_only: bool,
    repeatable: bool,
}

/// An MCP call. The only identity in its arguments is the caller's.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    name: String,
    arguments: Map<String, Value>,
    meta: Map<String, Value>,
    read_only: bool,
    repeatable: bool,
}

impl ToolCall {
    /// The tool's name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    pub fn meta(&self) -> &Map<String, Value> {
        &self.meta
    }

    /// The tool changes nothing (`readOnlyHint`): the call may start early and be cancelled.
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// A repeated call has no further effect (`readOnlyHint` or `idempotentHint`).
    pub fn repeatable(&self) -> bool {
        self.repeatable
    }
}

/// The caller, the request, and Claude's id for a call: sent in `_meta`.
#[derive(Debug, Clone, Copy)]
pub struct CallContext<'a> {
    pub caller: &'a Caller,
    pub request_id: &'a str,
    pub tool_use_id: &'a str,
    /// IANA name of the client's time zone.
    pub time_zone: Option<&'a str>,
}

impl Catalogue {
    /// `unreadable` are the names of tools that could not be parsed. They are left out, as is every tool that Claude's
    /// API would refuse: one such tool fails every request.
    pub fn new(mut listed: Vec<ListedTool>, unreadable: Vec<String>) -> Self {
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        let mut names = NameMap::new(listed.iter().map(|tool| tool.name.as_str()));
        let mut specs: Vec<ToolSpec> = Vec::new();
        let mut tools: HashMap<String, Tool> = HashMap::new();
        let mut left_out = unreadable;
        for tool in listed {
            let is_new = !tools.values().any(|known| known.name == tool.name);
            let schema = schema::normalize(tool.input_schema).filter(|_| is_new);
            let stripped = schema.as_ref().and_then(strip_schema);
            let (Some(schema), Some(stripped)) = (schema, stripped) else {
                left_out.push(tool.name);
                continue;
            };
            let name = names.assign(&tool.name);
            specs.push(ToolSpec {
                name: name.clone(),
                description: tool.description.filter(|text| !text.trim().is_empty()),
                input_schema: stripped,
            });
            let tool = Tool {
                name: tool.name,
                injector: Injector::new(schema),
                read_only: tool.read_only,
                repeatable: tool.read_only || tool.idempotent,
            };
            tools.insert(name, tool);
        }
        Self {
            serialized: Tools::new(&specs),
            specs,
            tools,
            left_out,
        }
    }

    /// The tools for Claude, in a fixed order.
    pub fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    /// [`Self::specs`], serialized for requests.
    pub fn tools(&self) -> &Tools {
        &self.serialized
    }

    /// The tools that are not offered to Claude, by their names on the server.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Converts a call by Claude to an MCP call; `None` if the tool is not in the catalogue.
    pub fn prepare_call(
        &self,
        context: CallContext<'_>,
        name: &str,
        input: &StrippedInput,
    ) -> Option<ToolCall> {
        let tool = self.tools.get(name)?;
        let user_id = context.caller.user_id();
        let meta = [
            (META_USER, Some(user_id)),
            (META_TOOL_USE, Some(context.tool_use_id)),
            (META_REQUEST, Some(context.request_id)),
            (META_TIME_ZONE, context.time_zone),
        ];
        let meta = meta.into_iter();
        let meta = meta.filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
        Some(ToolCall {
            name: tool.name.clone(),
            arguments: tool.injector.inject(input, user_id),
            meta: meta.collect(),
            read_only: tool.read_only,
            repeatable: tool.repeatable,
        })
    }
}

#[cfg(test)]
mod tests;
