//! Settings of the export of traces: the collector, the sampling, the bounds.

use std::time::Duration;

use http::HeaderMap;
use opentelemetry_sdk::trace::Sampler;
use url::Url;

/// Each span may hold captured contents: fewer wait then.
const MAX_QUEUE_WITH_CONTENTS: usize = 256;

/// The settings of the export of traces.
#[derive(Debug, Clone)]
pub struct TracesConfig {
    /// Where requests with spans are sent, its path included.
    pub endpoint: Url,
    /// Sent with each. The values are marked as sensitive.
    pub headers: HeaderMap,
    /// For one request.
    pub timeout: Duration,
    pub service_name: String,
    /// Of the resource, besides the service's name.
    pub attributes: Vec<(String, String)>,
    pub sampling: Sampling,
    /// Spans that wait for their export; further ones are dropped.
    pub max_queue: usize,
    /// Spans of one request.
    pub max_batch: usize,
    /// Between requests, while fewer spans than that wait.
    pub delay: Duration,
    /// Messages, tool inputs and results are recorded.
    pub contents: bool,
}

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// The caller's decision, if there is one, comes first.
    pub parent_based: bool,
    /// From 0 to 1.
    pub ratio: f64,
}

impl Sampling {
    pub(super) fn sampler(self) -> Sampler {
        let root = match self.ratio {
            ratio if ratio >= 1.0 => Sampler::AlwaysOn,
            ratio if ratio <= 0.0 => Sampler::AlwaysOff,
            ratio => Sampler::TraceIdRatioBased(ratio),
        };
        if self.parent_based {
            Sampler::ParentBased(Box::new(root))
        } else {
            root
        }
    }
}

impl TracesConfig {
    pub(super) fn queue(&self) -> usize {
        if self.contents {
            self.max_queue.min(MAX_QUEUE_WITH_CONTENTS)
        } else {
            self.max_queue
        }
    }
}

#[cfg(test)]
impl TracesConfig {
    /// Of a collector that is not there.
    pub(crate) fn fake(ratio: f64, contents: bool) -> Self {
        let endpoint = Url::parse("http://127.0.0.1:9/v1/traces");
        Self {
            endpoint: endpoint.expect("a URL"),
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(1),
            service_name: "test".to_owned(),
            attributes: vec![],
            sampling: Sampling {
                parent_based: false,
                ratio,
            },
            max_queue: 1,
            max_batch: 1,
            delay: Duration::from_secs(1),
            contents,
        }
    }
}
