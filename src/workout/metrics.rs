//! Prometheus metrics of the workout server: its calls, its sessions, and the waits for its database.

use std::time::Instant;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::{db::Database, error::ToolError};
use crate::process::metrics::{self, Seconds};

type Labels<const N: usize> = [(&'static str, &'static str); N];

pub struct Metrics {
    registry: Registry,
    calls: Family<Labels<2>, Counter>,
    duration: Family<Labels<1>, Histogram, Seconds>,
    sessions: Family<Labels<1>, Gauge>,
}

impl Metrics {
    /// With the waits for a database. The encoder adds `_total` to the names of counters.
    pub fn new(db: Option<&Database>) -> Self {
        let mut registry = Registry::default();
        let calls = Family::default();
        let help = "Tool calls, reads of resources, and prompts";
        registry.register("workout_calls", help, calls.clone());
        let duration = Family::new_with_constructor(Seconds);
        let help = "Duration of a call";
        registry.register("workout_call_duration_seconds", help, duration.clone());
        let sessions = Family::default();
        let help = "Open MCP sessions, of the agent and of users";
        registry.register("workout_sessions", help, sessions.clone());
        if let Some(db) = db {
            db.register_metrics(&mut registry);
        }
        Self {
            registry,
            calls,
            duration,
            sessions,
        }
    }

    /// Times a call, until the timer is dropped. `call` is the name of a tool or a method.
    pub fn call(&self, call: &'static str) -> CallTimer<'_> {
        CallTimer {
            metrics: self,
            began: Instant::now(),
            call,
            outcome: "cancelled",
        }
    }

    /// All metrics as text, with these numbers of sessions.
    pub fn text(&self, agent_sessions: usize, user_sessions: usize) -> String {
        for (owner, count) in [("agent", agent_sessions), ("user", user_sessions)] {
            let sessions = self.sessions.get_or_create(&[("owner", owner)]);
            sessions.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        metrics::text(&self.registry)
    }
}

/// Times one call. Without an outcome it counts as cancelled.
pub struct CallTimer<'m> {
    metrics: &'m Metrics,
    began: Instant,
    call: &'static str,
    outcome: &'static str,
}

impl CallTimer<'_> {
    pub fn ended(&mut self, error: Option<&ToolError>) {
        self.outcome = match error {
            None => "ok",
            Some(ToolError::Input(_)) => "invalid_input",
            Some(ToolError::Limit(_)) => "rate_limited",
            Some(ToolError::Database(_)) => "database",
            Some(ToolError::Timeout) => "timeout",
            Some(ToolError::Internal) => "internal",
            Some(ToolError::Commit(_)) => "outcome_unknown",
        };
    }

    /// Milliseconds since the call began.
    pub fn ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for CallTimer<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed().as_secs_f64();
        let by_call = ("call", self.call);
        self.metrics
            .duration
            .get_or_create(&[by_call])
            .observe(took);
        let labels = [by_call, ("outcome", self.outcome)];
        self.metrics.calls.get_or_create(&labels).inc();
    }
}
