//! Prometheus metrics of the agent, in one registry per `App`.
//!
//! `http::record` records chats, `claude` its requests, `mcp` its session and calls. Label values are bounded: enums,
//! statuses, and a limited number of tool names.

mod timers;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::Registry,
};
use tokio::runtime::Handle;

use crate::process::metrics::{self, Seconds};
pub use timers::ClaudeTimer;

/// Distinct tools in labels: a server may rename its tools again and again.
const MAX_TOOLS: usize = 256;

/// Names and values.
type Labels<const N: usize> = [(&'static str, String); N];

fn histogram() -> Histogram {
    Seconds.new_metric()
}

/// Declares [`Metrics`]: a field, its type and first value, and the metric's name and help. The encoder adds `_total` to
/// the names of counters.
macro_rules! metrics {
    ($($field:ident: $type:ty = $value:expr, $name:literal, $help:literal;)*) => {
        pub struct Metrics {
            registry: Registry,
            /// Tools that have a label of their own.
            tools: Mutex<HashSet<String>>,
            $(pub(super) $field: $type,)*
        }

        impl Metrics {
            pub fn new() -> Arc<Self> {
                let mut registry = Registry::default();
                $(
                    let $field: $type = $value;
                    registry.register($name, $help, $field.clone());
                )*
                Arc::new(Self { registry, tools: Mutex::default(), $($field,)* })
            }
        }
    };
}

metrics! {
    chats: Family<Labels<2>, Counter> = Family::default(),
        "chat_requests", "Requests to POST /chat, rejected ones included";
    chat_duration: Histogram = histogram(),
        "chat_duration_seconds", "Time from the request to the end of the response";
    chat_first_text: Histogram = histogram(),
        "chat_time_to_first_text_seconds", "Time from the request to the first text or tool call that Claude writes";
    in_flight: Gauge = Gauge::default(),
        "chat_in_flight", "Turns in progress";
    claude_requests: Family<Labels<1>, Counter> = Family::default(),
        "claude_requests", "Requests to the Messages API";
    claude_duration: Histogram = histogram(),
        "claude_request_duration_seconds", "Time from a request to Claude to the end of its response";
    claude_first_token: Histogram = histogram(),
        "claude_time_to_first_token_seconds", "Time from a request to Claude to its first text or tool call";
    claude_retries: Family<Labels<1>, Counter> = Family::default(),
        "claude_retries", "Requests to Claude that were retried";
    claude_fallbacks: Counter = Counter::default(),
        "claude_fallbacks", "Requests sent to the fallback model because the first one is overloaded";
    claude_tokens: Family<Labels<1>, Counter> = Family::default(),
        "claude_tokens", "Tokens used";
    approvals: Family<Labels<1>, Counter> = Family::default(),
        "approvals", "Calls that need the user's confirmation, by what becomes of them";
    session_up: Gauge = Gauge::default(),
        "mcp_session_up", "1 while there is an MCP session, else 0";
    reconnects: Counter = Counter::default(),
        "mcp_reconnects", "MCP sessions opened after the first";
    tool_calls: Family<Labels<2>, Counter> = Family::default(),
        "mcp_tool_calls", "Tool calls";
    tool_duration: Family<Labels<1>, Histogram, Seconds> = Family::new_with_constructor(Seconds),
        "mcp_tool_call_duration_seconds", "Duration of a tool call";
    tasks: Gauge = Gauge::default(),
        "runtime_tasks", "Live tasks, about one per connection";
}

impl Metrics {
    /// All metrics in the `OpenMetrics` text format ([`metrics::text`]). Must be called within a tokio runtime.
    pub fn encode(&self) -> String {
        let tasks = Handle::current().metrics().num_alive_tasks();
        self.tasks.set(i64::try_from(tasks).unwrap_or(i64::MAX));
        metrics::text(&self.registry)
    }

    /// Records a POST /chat at its end. `mode` is the face's name; `code` is `ok` or an error code.
    pub fn chat(&self, mode: &str, code: &str, took: Duration) {
        let labels = [("mode", mode.to_owned()), ("code", code.to_owned())];
        self.chats.get_or_create(&labels).inc();
        self.chat_duration.observe(took.as_secs_f64());
    }

    /// Records how long a chat took to its first text or tool call.
    pub fn first_text(&self, after: Duration) {
        self.chat_first_text.observe(after.as_secs_f64());
    }

    /// The label of a tool: its name, or `other` once there are too many.
    fn tool_label(&self, tool: &str) -> String {
        let mut tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        if !tools.contains(tool) && tools.len() >= MAX_TOOLS {
            return "other".to_owned();
        }
        tools.insert(tool.to_owned());
        tool.to_owned()
    }

    pub fn tokens(&self, kind: &str, count: u64) {
        let labels = [("kind", kind.to_owned())];
        self.claude_tokens.get_or_create(&labels).inc_by(count);
    }

    pub(super) fn approval(&self, outcome: &str) {
        let labels = [("outcome", outcome.to_owned())];
        self.approvals.get_or_create(&labels).inc();
    }

    pub(crate) fn claude_retry(&self, reason: String) {
        let labels = [("reason", reason)];
        self.claude_retries.get_or_create(&labels).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_after_the_first_256_share_a_label() {
        let metrics = Metrics::new();
        for n in 0..2 * MAX_TOOLS {
            let label = metrics.tool_label(&n.to_string());
            assert_eq!(label == "other", n >= MAX_TOOLS);
        }
        assert_eq!(metrics.tool_label("0"), "0");
    }
}
