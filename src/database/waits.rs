//! The metric of the time that transactions wait before they begin: one histogram for reads and one for writes.

use std::time::Duration;

use prometheus_client::{
    metrics::{family::Family, histogram::Histogram},
    registry::Registry,
};

/// Upper bounds in seconds: a wait takes microseconds, or up to the sum of its deadlines.
const BUCKETS: [f64; 11] = [
    0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 20.0,
];

type Labels = [(&'static str, &'static str); 1];

#[derive(Clone)]
pub(super) struct Waits(Family<Labels, Histogram, fn() -> Histogram>);

impl Waits {
    pub(super) fn new() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(BUCKETS)))
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let help =
            "Time from a transaction's request to its begin: the user's turn, then a connection";
        registry.register("database_wait_seconds", help, self.0.clone());
    }

    /// Records the wait of a transaction that has begun, or has been given up. `access` is `read` or `write`.
    pub(super) fn record(&self, access: &'static str, waited: Duration) {
        let histogram = self.0.get_or_create(&[("access", access)]);
        histogram.observe(waited.as_secs_f64());
    }
}
