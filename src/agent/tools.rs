//! The catalogue: MCP tools -> schemas for Claude, and a tool call of Claude's + [`Caller`] -> a call for MCP. Pure.
//!
//! This is where identity is kept. Claude never sees `user_id`, whatever it writes under that name is removed, and the
//! verified subject is put in wherever the server's own schema asks for it. Nothing else makes a [`ToolCall`].

#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod identity;
mod names;
mod schema;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{
    agent::claude::{ToolSpec, Tools},
    auth::Caller,
};

pub use identity::{may_name_user, without_identity};
pub use names::accepted as accepted_name;

const META_USER: &str = "fitness.progstrength/user_id";
const META_TOOL_USE: &str = "fitness.progstrength/tool_use_id";
const META_REQUEST: &str = "fitness.progstrength/request_id";
const META_TIME_ZONE: &str = "fitness.progstrength/client_timezone";

/// A tool as the MCP server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub name: String,
    pub description: Option<String>,
    pub input_schema: Map<String, Value>,
    pub read_only: bool,
    pub idempotent: bool,
}

/// All tools of one session, as Claude may use them, sorted by their names on the server.
#[derive(Debug)]
pub struct Catalogue {
    specs: Vec<ToolSpec>,
    /// The same as a request holds them.
    written: Tools,
    tools: HashMap<String, Tool>,
    left_out: Vec<String>,
}

#[derive(Debug)]
struct Tool {
    name: String,
    identity: identity::Places,
    read_only: bool,
    repeatable: bool,
}

/// A call that is ready for MCP. Its arguments carry the caller's identity and no other.
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

    /// The tool changes nothing (`readOnlyHint`): it may start early, and be cancelled.
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// Calling twice does no more than calling once (`readOnlyHint` or `idempotentHint`).
    pub fn repeatable(&self) -> bool {
        self.repeatable
    }
}

/// On whose behalf, and for which of Claude's calls in which request.
#[derive(Debug, Clone, Copy)]
pub struct CallContext<'a> {
    pub caller: &'a Caller,
    pub request_id: &'a str,
    pub tool_use_id: &'a str,
    /// The IANA name of the zone that the client is in, if it named one.
    pub time_zone: Option<&'a str>,
}

impl Catalogue {
    /// `broken` names tools that could not even be read. What Claude's API would refuse is left out with them: one
    /// such tool would spoil every chat.
    pub fn new(mut listed: Vec<Listed>, broken: Vec<String>) -> Self {
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        let mut catalogue = Self {
            specs: vec![],
            written: Tools::of(&[]),
            tools: HashMap::new(),
            left_out: broken,
        };
        let mut names = names::Names::new(listed.iter().map(|tool| tool.name.as_str()));
        for tool in listed {
            let mended =
                schema::mended(tool.input_schema).filter(|_| !catalogue.offers(&tool.name));
            let both = mended.and_then(|schema| Some((identity::hidden(&schema)?, schema)));
            let Some((shown, mended)) = both else {
                catalogue.left_out.push(tool.name);
                continue;
            };
            let name = names.accepted(&tool.name);
            catalogue.specs.push(ToolSpec {
                name: name.clone(),
                description: tool.description.filter(|text| !text.trim().is_empty()),
                input_schema: shown,
            });
            let known = Tool {
                name: tool.name,
                identity: identity::Places::new(mended),
                read_only: tool.read_only,
                repeatable: tool.read_only || tool.idempotent,
            };
            catalogue.tools.insert(name, known);
        }
        catalogue.written = Tools::of(&catalogue.specs);
        catalogue
    }

    fn offers(&self, server_name: &str) -> bool {
        self.tools.values().any(|tool| tool.name == server_name)
    }

    /// What Claude is told, in a fixed order.
    pub fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    /// The same, for a request.
    pub fn tools(&self) -> &Tools {
        &self.written
    }

    /// The server's names of the tools that Claude is not offered.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// A call of Claude's made into one for MCP; `None` for a tool that is not in the catalogue.
    pub fn bind(
        &self,
        context: CallContext<'_>,
        name: &str,
        mut input: Map<String, Value>,
    ) -> Option<ToolCall> {
        let tool = self.tools.get(name)?;
        let user_id = context.caller.user_id();
        without_identity(&mut input);
        let arguments = tool.identity.filled(input, user_id);
        let meta = [
            (META_USER, Some(user_id)),
            (META_TOOL_USE, Some(context.tool_use_id)),
            (META_REQUEST, Some(context.request_id)),
            (META_TIME_ZONE, context.time_zone),
        ];
        Some(ToolCall {
            name: tool.name.clone(),
            arguments,
            meta: meta
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?.into())))
                .collect(),
            read_only: tool.read_only,
            repeatable: tool.repeatable,
        })
    }
}

#[cfg(test)]
mod tests;
