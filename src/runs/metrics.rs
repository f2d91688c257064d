//! Metrics of runs, in the registry of their application.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::model::{Status, Trigger};

/// Upper bounds in seconds: runs take from moments to hours.
const BUCKETS: [f64; 14] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14400.0,
];

type Labels<const N: usize> = [(&'static str, &'static str); N];

pub struct RunMetrics {
    ended: Family<Labels<2>, Counter>,
    queued: Gauge,
    running: Gauge,
    duration: Histogram,
    wait: Histogram,
    attempts: Counter,
    callbacks: Family<Labels<1>, Counter>,
    files: Family<Labels<1>, Counter>,
}

impl RunMetrics {
    /// The encoder adds `_total` to the names of counters.
    pub fn register(registry: &mut Registry) -> Arc<Self> {
        let metrics = Self {
            ended: Family::default(),
            queued: Gauge::default(),
            running: Gauge::default(),
            duration: Histogram::new(BUCKETS),
            wait: Histogram::new(BUCKETS),
            attempts: Counter::default(),
            callbacks: Family::default(),
            files: Family::default(),
        };
        registry.register("runs", "Ended runs", metrics.ended.clone());
        registry.register("runs_queued", "Runs that wait", metrics.queued.clone());
        let help = "Runs that are worked on, by all processes";
        registry.register("runs_running", help, metrics.running.clone());
        let help = "Time from a run's first attempt to its end";
        registry.register("run_duration_seconds", help, metrics.duration.clone());
        let help = "Time from a run's creation to its first attempt";
        registry.register("run_wait_seconds", help, metrics.wait.clone());
        registry.register("run_attempts", "Attempts begun", metrics.attempts.clone());
        let help = "Deliveries of callbacks";
        registry.register("run_callbacks", help, metrics.callbacks.clone());
        let help = "Files uploaded at the end of runs";
        registry.register("run_files", help, metrics.files.clone());
        Arc::new(metrics)
    }

    /// Counts an end. `took`: since the first attempt, if there was one.
    pub fn ended(&self, trigger: Trigger, status: Status, took: Option<Duration>) {
        let labels = [("trigger", trigger.as_str()), ("status", status.as_str())];
        self.ended.get_or_create(&labels).inc();
        if let Some(took) = took {
            self.duration.observe(took.as_secs_f64());
        }
    }

    /// Sets the numbers of runs in the database.
    pub fn set_counts(&self, queued: u64, running: u64) {
        self.queued.set(queued.cast_signed());
        self.running.set(running.cast_signed());
    }

    /// Counts an attempt. `waited`: since the run's creation, if it is the first attempt.
    pub fn attempt(&self, waited: Option<Duration>) {
        self.attempts.inc();
        if let Some(waited) = waited {
            self.wait.observe(waited.as_secs_f64());
        }
    }

    /// Counts a delivery of a callback.
    pub fn callback(&self, outcome: &'static str) {
        self.callbacks.get_or_create(&[("outcome", outcome)]).inc();
    }

    pub(super) fn file(&self, uploaded: bool) {
        let outcome = if uploaded { "uploaded" } else { "failed" };
        self.files.get_or_create(&[("outcome", outcome)]).inc();
    }
}
