//! OpenTelemetry traces: spans of requests, turns, calls to Claude and tool calls, exported over OTLP.
//!
//! Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set. There is no global tracer: a [`Telemetry`] is made at the start, and each
//! [`Span`] is handed on to what is a part of it. The export runs in the background, with a bounded queue: a collector that is
//! away costs spans and nothing else.

mod context;
mod exporter;
pub(crate) mod names;
mod settings;
mod span;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use http::HeaderMap;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_sdk::{
    Resource,
    resource::TelemetryResourceDetector,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider, SpanLimits},
};
use tokio::{task::spawn_blocking, time::timeout};

pub(crate) use context::{TRACEPARENT, TRACESTATE};
use exporter::{Exporter, Health};
// What a span is described with.
pub(crate) use opentelemetry::{Array, KeyValue as Attribute, StringValue, Value, trace::SpanKind};
pub use settings::{Sampling, TracesConfig};
pub use span::Span;
pub(crate) use span::{Begin, int};

/// The name and version of what makes the spans.
const SCOPE: &str = env!("CARGO_PKG_NAME");
/// How long the last export may take.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes spans, if traces are on. Clones share one export.
#[derive(Clone, Default)]
pub struct Telemetry(Option<Arc<Tracing>>);

struct Tracing {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    /// Messages, inputs and results are recorded.
    contents: bool,
    health: Arc<Health>,
}

impl Telemetry {
    /// Starts the export, if there are settings for it. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// No HTTP client can be built.
    pub fn start(config: Option<&TracesConfig>) -> anyhow::Result<Self> {
        let Some(config) = config else {
            return Ok(Self::default());
        };
        let health = Arc::<Health>::default();
        let exporter = Exporter::new(config, health.clone());
        let exporter = exporter.context("cannot set up the HTTP client for traces")?;
        // Each setting is given: the SDK would take it from the environment.
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(config.queue())
            .with_max_export_batch_size(config.max_batch)
            .with_scheduled_delay(config.delay)
            .build();
        let processor = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(config.sampling.sampler())
            .with_span_limits(SpanLimits::default())
            .with_resource(resource(config))
            .with_span_processor(processor)
            .build();
        Ok(Self(Some(Arc::new(Tracing {
            tracer: provider.tracer(SCOPE),
            provider,
            contents: config.contents,
            health,
        }))))
    }

    /// The span of a request, within the one that its headers name.
    pub(crate) fn of_request(&self, headers: &HeaderMap, begin: impl FnOnce() -> Begin) -> Span {
        match &self.0 {
            Some(tracing) => Span::begin(tracing, begin(), context::from_headers(headers), None),
            None => Span::default(),
        }
    }

    /// A span that begins a trace, with a link to the span by which it was caused.
    pub(crate) fn root(&self, cause: Option<&str>, begin: impl FnOnce() -> Begin) -> Span {
        let Some(tracing) = &self.0 else {
            return Span::default();
        };
        let cause = cause.and_then(|cause| context::parse(cause, ""));
        Span::begin(tracing, begin(), None, cause)
    }

    /// Exports what waits, for up to `grace` and a few seconds at most; what a collector that is away would not take is
    /// dropped at once. No span is made afterwards.
    pub(crate) async fn close(&self, grace: Duration) {
        let Some(tracing) = &self.0 else { return };
        let (limit, provider) = (grace.min(FLUSH_TIMEOUT), tracing.provider.clone());
        if tracing.health.is_failing() {
            let _ = provider.shutdown_with_timeout(Duration::ZERO);
            return;
        }
        let flushed = spawn_blocking(move || provider.shutdown_with_timeout(limit));
        if !matches!(timeout(limit, flushed).await, Ok(Ok(Ok(())))) {
            tracing::warn!(
                "the last spans may be lost: the collector of traces did not take them in time"
            );
        }
    }
}

/// Without waiting, unlike the provider's own.
impl Drop for Tracing {
    fn drop(&mut self) {
        let _ = self.provider.shutdown_with_timeout(Duration::ZERO);
    }
}

fn resource(config: &TracesConfig) -> Resource {
    let given = config.attributes.iter();
    let given = given.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let service = [
        KeyValue::new(names::SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
        KeyValue::new(names::SERVICE_NAME, config.service_name.clone()),
    ];
    let [version, name] = service;
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes([version].into_iter().chain(given).chain([name]))
        .build()
}

#[cfg(test)]
mod tests;
