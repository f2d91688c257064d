//! The input of a run: its steps, prompts, model and connections.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a run is asked to do, as it is stored. A run of the API has one step, a run of a skill has the skill's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunInput {
    /// Taken in order, in one conversation and one workspace. Not empty.
    pub steps: Vec<Step>,
    pub system_prompt: Option<String>,
    /// By name. Stored beside the rest, and removed when the run ends.
    #[serde(skip)]
    pub inline_connections: BTreeMap<String, InlineConnection>,
    /// `None`: `AGENT_MODEL`.
    pub model: Option<String>,
    /// For each of Claude's replies.
    pub max_tokens: Option<u32>,
    /// The input of a skill's run, shown to its first step.
    pub input: Option<Value>,
    /// The span of the request that began the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// A prompt of a run or skill, and the tools for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    pub prompt: String,
    /// Names of connections. `None`: all of `MCP_CONNECTIONS` and the agent's own MCP server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Vec<String>>,
    /// Exact names of tools; those of the workspace need not be named. `None`: all tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_tools: Option<Vec<String>>,
}

/// A connection that a request has brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlineConnection {
    pub url: String,
    /// By name; the values are sealed for table `run`, the run's id, field `inline.<connection>.<header>`, and the owner.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}
