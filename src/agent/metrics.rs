//! All metrics of the agent, in a registry that each `App` has for itself.
//!
//! `http::record` records chats, `claude` its requests, `mcp` its session and calls. Label values are bounded: enums,
//! statuses, and tool names of the catalogue.

mod timers;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::Registry,
};
use tokio::runtime::Handle;

pub use timers::ClaudeTimer;

const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ChatLabels {
    mode: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StatusLabel {
    status: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabel {
    reason: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ToolLabel {
    tool: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ToolOutcomeLabels {
    tool: String,
    outcome: &'static str,
}

#[derive(Clone)]
struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

pub struct Metrics {
    registry: Registry,
    chats: Family<ChatLabels, Counter>,
    chat_duration: Histogram,
    in_flight: Gauge,
    claude_requests: Family<StatusLabel, Counter>,
    claude_duration: Histogram,
    claude_first_token: Histogram,
    claude_retries: Family<ReasonLabel, Counter>,
    claude_tokens: Family<KindLabel, Counter<u64, AtomicU64>>,
    session_up: Gauge,
    reconnects: Counter,
    tool_calls: Family<ToolOutcomeLabels, Counter>,
    tool_duration: Family<ToolLabel, Histogram, Seconds>,
    tasks: Gauge,
}

impl Metrics {
    pub fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::default(),
            chats: Family::default(),
            chat_duration: Histogram::new(SECONDS),
            in_flight: Gauge::default(),
            claude_requests: Family::default(),
            claude_duration: Histogram::new(SECONDS),
            claude_first_token: Histogram::new(SECONDS),
            claude_retries: Family::default(),
            claude_tokens: Family::default(),
            session_up: Gauge::default(),
            reconnects: Counter::default(),
            tool_calls: Family::default(),
            tool_duration: Family::new_with_constructor(Seconds),
            tasks: Gauge::default(),
        };
        let r = &mut metrics.registry;
        r.register(
            "chat_requests",
            "Requests to POST /chat, rejected ones included",
            metrics.chats.clone(),
        );
        r.register(
            "chat_duration_seconds",
            "Time from the request to the end of the response",
            metrics.chat_duration.clone(),
        );
        r.register(
            "chat_in_flight",
            "Turns that are running",
            metrics.in_flight.clone(),
        );
        r.register(
            "claude_requests",
            "Requests to the Messages API",
            metrics.claude_requests.clone(),
        );
        r.register(
            "claude_request_duration_seconds",
            "Time from a request to Claude to the end of its response",
            metrics.claude_duration.clone(),
        );
        r.register(
            "claude_time_to_first_token_seconds",
            "Time from a request to Claude to its first text or tool call",
            metrics.claude_first_token.clone(),
        );
        r.register(
            "claude_retries",
            "Requests to Claude that were retried",
            metrics.claude_retries.clone(),
        );
        r.register(
            "claude_tokens",
            "Tokens used",
            metrics.claude_tokens.clone(),
        );
        r.register(
            "mcp_session_up",
            "1 while there is an MCP session, else 0",
            metrics.session_up.clone(),
        );
        r.register(
            "mcp_reconnects",
            "MCP sessions opened after the first",
            metrics.reconnects.clone(),
        );
        r.register("mcp_tool_calls", "Tool calls", metrics.tool_calls.clone());
        r.register(
            "mcp_tool_call_duration_seconds",
            "Time of a tool call",
            metrics.tool_duration.clone(),
        );
        r.register(
            "runtime_tasks",
            "Tasks that are alive, about one for each connection",
            metrics.tasks.clone(),
        );
        Arc::new(metrics)
    }

    /// The media type of [`Metrics::encode`].
    pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// All metrics in the `OpenMetrics` text format. Must be called within a tokio runtime.
    pub fn encode(&self) -> String {
        let tasks = Handle::current().metrics().num_alive_tasks();
        self.tasks.set(i64::try_from(tasks).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    pub fn chat_begins(&self) {
        self.in_flight.inc();
    }

    pub fn chat_ends(&self) {
        self.in_flight.dec();
    }

    /// A POST /chat has ended. `mode` is `json` or `sse`; `code` is `ok` or an error code.
    pub fn chat_over(&self, mode: &'static str, code: &'static str, took: Duration) {
        self.chats.get_or_create(&ChatLabels { mode, code }).inc();
        self.chat_duration.observe(took.as_secs_f64());
    }

    pub fn tokens(&self, kind: &'static str, count: u64) {
        self.claude_tokens
            .get_or_create(&KindLabel { kind })
            .inc_by(count);
    }

    pub fn session(&self, up: bool) {
        self.session_up.set(i64::from(up));
    }

    pub fn reconnected(&self) {
        self.reconnects.inc();
    }

    pub(crate) fn claude_retry(&self, reason: String) {
        self.claude_retries
            .get_or_create(&ReasonLabel { reason })
            .inc();
    }
}
