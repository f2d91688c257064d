//! The part of a session that a chat has and a run does not: metrics, and the names of the tools that need approval.

use std::sync::Arc;

use crate::agent::{metrics::Metrics, tools::Catalogue};

pub(in crate::agent::mcp) struct Chat {
    pub(in crate::agent::mcp) metrics: Arc<Metrics>,
    /// The tools that need approval by their names.
    pub(in crate::agent::mcp) named: Vec<String>,
}

impl Chat {
    /// Warns about names that no tool has: calls of a tool that is meant would run without approval.
    pub(super) fn check(&self, catalogue: &Catalogue) {
        let lacking = catalogue.lacking(&self.named);
        if !lacking.is_empty() {
            tracing::warn!(tools = ?lacking, "AGENT_APPROVALS names tools that the MCP server does not offer");
        }
    }
}
