//! Measurements of an overload, and their checks.

use std::io;

use super::{ASKERS, LAST};
use crate::stats::{float, percentile};

const LIMIT_MS: f64 = 50.0;
/// Bounds, relative to the latency at full use of the core.
const TOO_SLOW: f64 = 10.0;

/// The outcome of a request, with its latency in milliseconds.
pub enum End {
    Done(f64),
    /// With 503 and `Retry-After`.
    Shed(f64),
    Other(String),
}

impl End {
    fn done(&self) -> Option<f64> {
        if let Self::Done(after) = self {
            Some(*after)
        } else {
            None
        }
    }

    fn shed(&self) -> Option<f64> {
        if let Self::Shed(after) = self {
            Some(*after)
        } else {
            None
        }
    }
}

/// The measurements of an overload; times in milliseconds.
pub struct Seen {
    pub carried: f64,
    /// CPU utilisation of the generator, in percent.
    pub busy: f64,
    pub ends: Vec<End>,
    /// Latencies of the probes' rejections.
    pub probed: io::Result<Vec<f64>>,
    /// From the last request to the last answer.
    pub drained: f64,
    /// Latencies of requests one second after the last one.
    pub later: Vec<End>,
}

impl Seen {
    pub fn said(&self) -> String {
        let shed: Vec<f64> = self.ends.iter().filter_map(End::shed).collect();
        let probed = self.probed.as_deref().unwrap_or_default();
        let times = |times: &[f64]| {
            let at = |percent| percentile(times.iter().copied(), percent);
            let (count, [p50, p90, p99, most]) = (times.len(), [50, 90, 99, 100].map(at));
            format!(
                "{count} (p50 {p50:.1} ms, p90 {p90:.1} ms, p99 {p99:.1} ms, at most {most:.1} ms)"
            )
        };
        format!(
            "carries {:.0}/s; of twice that for {} s, the generator {:.0}% busy, finished {} and shed {}; of the probes' shed {}; \
             the last was done after {:.0} ms; {} a second later took {:.0} ms",
            self.carried,
            LAST.as_secs(),
            self.busy,
            self.ends.iter().filter_map(End::done).count(),
            times(&shed),
            times(probed),
            self.drained,
            self.later.len(),
            self.slowest_later(),
        )
    }

    fn slowest_later(&self) -> f64 {
        percentile(self.later.iter().filter_map(End::done), 100)
    }

    pub fn faults(self) -> Vec<String> {
        let (slowest, mut faults) = (self.slowest_later(), Vec::new());
        let well = self.later.iter().filter_map(End::done).count();
        if well < self.later.len() || slowest > TOO_SLOW * 1000.0 * float(ASKERS) / self.carried {
            let of = self.later.len();
            faults.push(format!(
                "a second later {well} of {of} were done, the last after {slowest:.0} ms"
            ));
        }
        let shed = self
            .ends
            .iter()
            .filter(|end| matches!(end, End::Shed(_)))
            .count();
        match self.probed {
            Err(error) => faults.push(format!("a probe: {error}")),
            // Enough for a percentile of the probes, and most of the excess shed.
            Ok(probed) if probed.len() < 50 || shed < 5000 => {
                faults.push("that was no overload".into());
            }
            Ok(probed) => {
                let p99 = percentile(probed, 99);
                if p99 > LIMIT_MS {
                    faults.push(format!("shed after {p99:.0} ms"));
                }
            }
        }
        let others = self.ends.into_iter().filter_map(|end| match end {
            End::Other(what) => Some(what),
            _ => None,
        });
        faults.extend(others);
        faults
    }
}
