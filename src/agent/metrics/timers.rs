//! Timers for requests to Claude and tool calls: drop guards that record their metrics.

use std::{sync::Arc, time::Instant};

use http::StatusCode;

use super::Metrics;
use crate::telemetry::{Span, names};

impl Metrics {
    pub(crate) fn tool_call(self: &Arc<Self>, tool: &str) -> ToolTimer {
        ToolTimer {
            metrics: self.clone(),
            began: Instant::now(),
            tool: self.tool_label(tool),
            outcome: "cancelled",
        }
    }

    pub(crate) fn claude_request(self: &Arc<Self>, span: &Span) -> ClaudeTimer {
        ClaudeTimer {
            metrics: self.clone(),
            span: span.clone(),
            began: Instant::now(),
            awaits_token: true,
            status: "cancelled".to_owned(),
        }
    }
}

/// Times one request to Claude. Without a status it counts as cancelled.
pub struct ClaudeTimer {
    metrics: Arc<Metrics>,
    span: Span,
    began: Instant,
    awaits_token: bool,
    status: String,
}

impl ClaudeTimer {
    pub(crate) fn answered(&mut self, status: StatusCode) {
        status.as_str().clone_into(&mut self.status);
    }

    pub(crate) fn failed(&mut self, how: &'static str) {
        how.clone_into(&mut self.status);
    }

    pub(crate) fn first_chunk(&self) {
        let took = self.began.elapsed().as_secs_f64();
        self.span.set(names::RESPONSE_TIME_TO_FIRST_CHUNK, took);
    }

    pub(crate) fn first_token(&mut self) {
        if std::mem::take(&mut self.awaits_token) {
            self.metrics
                .claude_first_token
                .observe(self.began.elapsed().as_secs_f64());
        }
    }
}

impl Drop for ClaudeTimer {
    fn drop(&mut self) {
        let labels = [("status", std::mem::take(&mut self.status))];
        let took = self.began.elapsed().as_secs_f64();
        self.metrics.claude_requests.get_or_create(&labels).inc();
        self.metrics.claude_duration.observe(took);
    }
}

/// Times one tool call. Without an outcome it counts as cancelled.
pub(crate) struct ToolTimer {
    metrics: Arc<Metrics>,
    began: Instant,
    tool: String,
    outcome: &'static str,
}

impl ToolTimer {
    pub(crate) fn outcome(&mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for ToolTimer {
    fn drop(&mut self) {
        let metrics = &self.metrics;
        let by_tool = [("tool", std::mem::take(&mut self.tool))];
        let took = self.began.elapsed().as_secs_f64();
        metrics.tool_duration.get_or_create(&by_tool).observe(took);
        let [tool] = by_tool;
        let labels = [tool, ("outcome", self.outcome.to_owned())];
        metrics.tool_calls.get_or_create(&labels).inc();
    }
}
