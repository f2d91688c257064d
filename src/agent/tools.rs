//! The tool catalogue: converts MCP tools to schemas for Claude, and Claude's tool calls to MCP calls. Pure.
//!
//! Identity is enforced here. Claude never sees `user_id`; a `user_id` that it writes is stripped ([`StrippedInput`]),
//! and the verified subject is injected wherever the server's own schema declares it. A foreign server ([`Profile`]) gets
//! neither. Only this module makes a [`ToolCall`].

mod call;
mod digest;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod identity;
mod input;
mod listed;
mod names;
mod policy;
mod schema;
mod server;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Map, Value};

use call::{Identity, Tool};
use identity::{Injector, descendants, strip_schema};
use names::NameMap;

use crate::agent::claude::{ToolSpec, Tools};

pub use call::{CallContext, ToolCall};
pub use digest::Digest;
pub use identity::{InvalidInput, StrippedInput, StrippedJson};
pub use input::{CallInput, WrittenInput};
pub use listed::{LeftOut, ListedTool, UNNAMED};
pub use names::sanitize_name;
pub use server::{Profile, ToolServer};

/// JSON values in the schemas of all tools together: a reference that is inlined multiplies them.
const MAX_VALUES: usize = 50_000;

/// The tools of one or more servers that Claude may use; those of one server are sorted by their names on it.
#[derive(Debug)]
pub struct Catalogue {
    specs: Vec<ToolSpec>,
    /// `specs`, serialized.
    serialized: Tools,
    tools: HashMap<String, Arc<Tool>>,
    left_out: Vec<LeftOut>,
}

impl Catalogue {
    /// The tools of the only server of a chat. `left_out` are tools that could not be parsed.
    pub fn new(listed: Vec<ListedTool>, left_out: Vec<LeftOut>) -> Self {
        Self::of_server(&ToolServer::only(), listed, left_out)
    }

    /// `left_out` are tools that could not be parsed. Every tool that Claude's API would refuse is added to them: one such
    /// tool fails every request. Of several definitions of a name the first usable one counts.
    pub fn of_server(
        server: &ToolServer,
        mut listed: Vec<ListedTool>,
        mut left_out: Vec<LeftOut>,
    ) -> Self {
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        let mut names = NameMap::new(listed.iter().map(|tool| server.offered(&tool.name)));
        let mut entries = Entries::default();
        let mut known = HashSet::new();
        for mut tool in listed {
            if known.contains(&tool.name) {
                continue;
            }
            let definition = tool.definition();
            let schema = std::mem::take(&mut tool.input_schema);
            let (input_schema, identity) = match prepare_schema(schema, server.profile) {
                Ok((schema, _)) if !entries.fits(&schema) => {
                    left_out.push(LeftOut::new(tool.name, "too large"));
                    continue;
                }
                Ok(prepared) => prepared,
                Err(reason) => {
                    left_out.push(LeftOut::new(tool.name, reason));
                    continue;
                }
            };
            known.insert(tool.name.clone());
            let spec = ToolSpec {
                name: names.assign(&server.offered(&tool.name)),
                description: tool
                    .description
                    .take()
                    .filter(|text| !text.trim().is_empty()),
                input_schema,
            };
            entries.add(
                spec,
                Arc::new(Tool::new(server, tool, definition, identity)),
            );
        }
        left_out.retain(|it| it.name == UNNAMED || known.insert(it.name.clone()));
        entries.into_catalogue(left_out)
    }

    /// The tools of several servers, in this order. A name that an earlier server's tool has, or that is `reserved`, is changed;
    /// then the tools whose names are not `offered` go.
    pub fn combined<'a>(
        catalogues: impl IntoIterator<Item = &'a Self>,
        reserved: &[&str],
        offered: impl Fn(&str) -> bool,
    ) -> Self {
        let mut names = NameMap::new(reserved.iter().map(|name| Cow::from(*name)));
        let (mut entries, mut left_out) = (Entries::default(), Vec::new());
        for catalogue in catalogues {
            left_out.extend_from_slice(&catalogue.left_out);
            for spec in &catalogue.specs {
                let Some(tool) = catalogue.tools.get(&spec.name) else {
                    continue;
                };
                let name = names.free(spec.name.clone());
                if !offered(&name) {
                    continue;
                }
                if !entries.fits(&spec.input_schema) {
                    left_out.push(LeftOut::new(name, "too large"));
                    continue;
                }
                let spec = ToolSpec {
                    name,
                    ..spec.clone()
                };
                entries.add(spec, tool.clone());
            }
        }
        entries.into_catalogue(left_out)
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

    /// Converts a call by Claude to an MCP call, with the input to show and to keep. No call: the tool is not in the catalogue.
    ///
    /// # Errors
    /// The input is not an object, or beyond a limit.
    pub fn prepare(
        &self,
        context: CallContext<'_>,
        name: &str,
        input_json: &str,
    ) -> Result<(CallInput, Option<ToolCall>), InvalidInput> {
        if let Some(tool) = self.tools.get(name)
            && matches!(tool.identity, Identity::None)
        {
            let input = WrittenInput::parse(input_json)?;
            let call = tool.foreign_call(context, &input);
            return Ok((CallInput::Written(input), Some(call)));
        }
        let input = StrippedInput::parse(input_json)?;
        let call = self.prepare_call(context, name, &input);
        Ok((CallInput::Stripped(input), call))
    }

    /// Converts a call by Claude to an MCP call with the caller's id; `None` if no such tool is in the catalogue.
    pub fn prepare_call(
        &self,
        context: CallContext<'_>,
        name: &str,
        input: &StrippedInput,
    ) -> Option<ToolCall> {
        let tool = self.tools.get(name)?;
        match &tool.identity {
            Identity::Injected(injector) => Some(tool.own_call(injector, context, input)),
            Identity::None => None,
        }
    }
}

/// The tools of a catalogue that is being built.
#[derive(Default)]
struct Entries {
    specs: Vec<ToolSpec>,
    tools: HashMap<String, Arc<Tool>>,
    /// JSON values in the schemas of `specs`.
    values: usize,
}

impl Entries {
    fn fits(&self, schema: &Value) -> bool {
        self.values + descendants(schema).count() <= MAX_VALUES
    }

    fn add(&mut self, spec: ToolSpec, tool: Arc<Tool>) {
        self.values += descendants(&spec.input_schema).count();
        self.tools.insert(spec.name.clone(), tool);
        self.specs.push(spec);
    }

    fn into_catalogue(self, left_out: Vec<LeftOut>) -> Catalogue {
        Catalogue {
            serialized: Tools::new(&self.specs),
            specs: self.specs,
            tools: self.tools,
            left_out,
        }
    }
}

/// The schema of a tool for Claude, and what its calls carry; or the reason why Claude cannot have it.
fn prepare_schema(
    schema: Map<String, Value>,
    profile: Profile,
) -> Result<(Value, Identity), Cow<'static, str>> {
    let schema = schema::normalize(schema)?;
    if profile == Profile::Foreign {
        return Ok((schema, Identity::None));
    }
    let stripped = strip_schema(&schema).ok_or("$ref")?;
    Ok((stripped, Identity::Injected(Injector::new(schema))))
}

#[cfg(test)]
mod tests;
