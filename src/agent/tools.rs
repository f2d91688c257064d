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

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
};

use serde_json::{Map, Value};

use identity::{Injector, descendants, strip_schema};
use names::NameMap;

use crate::{
    agent::claude::{ToolSpec, Tools},
    auth::Caller,
};

pub use identity::{InvalidInput, StrippedInput, StrippedJson};
pub use names::sanitize_name;

const META_USER: &str = "fitness.progstrength/user_id";
const META_TOOL_USE: &str = "fitness.progstrength/tool_use_id";
const META_TURN: &str = "fitness.progstrength/turn_id";
const META_REQUEST: &str = "fitness.progstrength/request_id";
const META_TIME_ZONE: &str = "fitness.progstrength/client_timezone";

/// JSON values in the schemas of all tools together: a reference that is inlined multiplies them.
const MAX_VALUES: usize = 50_000;
/// The name of a tool that has none, for the log.
pub const UNNAMED: &str = "(without a name)";

/// A tool as the MCP server lists it (`tools/list`).
#[derive(Debug, Clone, PartialEq)]
pub struct ListedTool {
    pub name: String,
    pub description: Option<String>,
    pub input_schema: Map<String, Value>,
    pub read_only: bool,
    pub idempotent: bool,
}

/// A tool that Claude does not get, for the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Its name on the server.
    pub name: String,
    reason: Cow<'static, str>,
}

impl LeftOut {
    pub fn new(name: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}

/// All tools of one session that Claude may use, sorted by their names on the server.
#[derive(Debug)]
pub struct Catalogue {
    specs: Vec<ToolSpec>,
    /// `specs`, serialized.
    serialized: Tools,
    tools: HashMap<String, Tool>,
    left_out: Vec<LeftOut>,
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

/// The caller, the request, the turn, and Claude's id for a call: sent in `_meta`.
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

impl Catalogue {
    /// `left_out` are tools that could not be parsed. Every tool that Claude's API would refuse is added to them: one such
    /// tool fails every request. Of several definitions of a name the first usable one counts.
    pub fn new(mut listed: Vec<ListedTool>, mut left_out: Vec<LeftOut>) -> Self {
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        let mut names = NameMap::new(listed.iter().map(|tool| tool.name.as_str()));
        let mut specs: Vec<ToolSpec> = Vec::new();
        let mut tools: HashMap<String, Tool> = HashMap::new();
        let (mut known, mut values) = (HashSet::new(), 0);
        for tool in listed {
            if known.contains(&tool.name) {
                continue;
            }
            let (schema, stripped) = match prepare_schema(tool.input_schema) {
                Ok((_, stripped)) if values + descendants(&stripped).count() > MAX_VALUES => {
                    left_out.push(LeftOut::new(tool.name, "too large"));
                    continue;
                }
                Ok(schemas) => schemas,
                Err(reason) => {
                    left_out.push(LeftOut::new(tool.name, reason));
                    continue;
                }
            };
            known.insert(tool.name.clone());
            values += descendants(&stripped).count();
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
        left_out.retain(|it| it.name == UNNAMED || known.insert(it.name.clone()));
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

    /// The tools that are not offered to Claude.
    pub fn left_out(&self) -> &[LeftOut] {
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
            (META_TURN, Some(context.turn_id)),
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

/// The schema of a tool, for injection and for Claude, or the reason why Claude cannot have it.
fn prepare_schema(schema: Map<String, Value>) -> Result<(Value, Value), Cow<'static, str>> {
    let schema = schema::normalize(schema)?;
    let stripped = strip_schema(&schema).ok_or("$ref")?;
    Ok((schema, stripped))
}

#[cfg(test)]
mod tests;
