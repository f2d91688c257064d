//! All metrics, in one registry of this app's own.
//!
//! A turn's are observed from its event stream (see `observe`), refusals in one layer, Claude's attempts in `claude`,
//! the session's by its supervisor. Label values are enums, statuses, or names out of the catalogue: bounded.

pub(crate) mod text;
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
            "POST /chat, refused ones too",
            metrics.chats.clone(),
        );
        r.register(
            "chat_duration_seconds",
            "From request to last byte",
            metrics.chat_duration.clone(),
        );
        r.register(
            "chat_in_flight",
            "Turns running now",
            metrics.in_flight.clone(),
        );
        r.register(
            "claude_requests",
            "Calls of the Messages API",
            metrics.claude_requests.clone(),
        );
        r.register(
            "claude_request_duration_seconds",
            "One call, to its end",
            metrics.claude_duration.clone(),
        );
        r.register(
            "claude_time_to_first_token_seconds",
            "From a call to its first text or tool call",
            metrics.claude_first_token.clone(),
        );
        r.register(
            "claude_retries",
            "Calls repeated",
            metrics.claude_retries.clone(),
        );
        r.register(
            "claude_tokens",
            "Tokens used",
            metrics.claude_tokens.clone(),
        );
        r.register(
            "mcp_session_up",
            "1 while there is an MCP session",
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
            "One tool call",
            metrics.tool_duration.clone(),
        );
        r.register(
            "runtime_tasks",
            "Tasks alive: about one for each connection",
            metrics.tasks.clone(),
        );
        Arc::new(metrics)
    }

    /// The text of `GET /metrics`, as `OpenMetrics` or in the older format. Must be called within a tokio runtime.
    pub fn encode(&self, open: bool) -> String {
        let tasks = Handle::current().metrics().num_alive_tasks();
        self.tasks.set(i64::try_from(tasks).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        if open { text } else { text::plain(&text) }
    }

    pub fn chat_begins(&self) {
        self.in_flight.inc();
    }

    pub fn chat_ends(&self) {
        self.in_flight.dec();
    }

    /// A POST /chat is over. `mode` is `json` or `sse`; `code` is `ok` or an error code.
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
