//! The OTLP exporter: sends batches of spans over HTTP as protobuf, each once, and says in the log that spans are lost.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use http::{HeaderValue, StatusCode, header};
use opentelemetry_proto::{
    tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    transform::{
        common::tonic::ResourceAttributesWithSchema,
        trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use prost::Message;
use reqwest::RequestBuilder;
use tokio::runtime::Handle;

use super::TracesConfig;
use crate::upstream::client;

/// Between log lines about lost spans.
const WARN_EVERY: Duration = Duration::from_secs(60);
/// No more is read of a response.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Runs in the SDK's thread, and sends in the runtime in which it was made.
#[derive(Debug)]
pub(super) struct Exporter {
    http: reqwest::Client,
    config: TracesConfig,
    resource: ResourceAttributesWithSchema,
    runtime: Handle,
    health: Arc<Health>,
}

/// Why spans are lost. Nothing that the collector has written.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("it did not answer in time")]
    TimedOut,
    #[error("it cannot be reached")]
    Unreachable,
    #[error("the connection broke")]
    Broken,
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("it rejected some")]
    Rejected(usize),
}

impl From<reqwest::Error> for ExportError {
    fn from(error: reqwest::Error) -> Self {
        match error {
            error if error.is_timeout() => Self::TimedOut,
            error if error.is_connect() => Self::Unreachable,
            _ => Self::Broken,
        }
    }
}

impl Exporter {
    /// Must be called within a tokio runtime.
    pub(super) fn new(config: &TracesConfig, health: Arc<Health>) -> reqwest::Result<Self> {
        let http = client::builder_for(&config.endpoint)
            .timeout(config.timeout)
            .build()?;
        Ok(Self {
            http,
            config: config.clone(),
            resource: ResourceAttributesWithSchema::default(),
            runtime: Handle::current(),
            health,
        })
    }

    fn request(&self, batch: Vec<SpanData>) -> RequestBuilder {
        let message = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, &self.resource),
        };
        let mut headers = self.config.headers.clone();
        let protobuf = HeaderValue::from_static("application/x-protobuf");
        headers.insert(header::CONTENT_TYPE, protobuf);
        self.http
            .post(self.config.endpoint.clone())
            .headers(headers)
            .body(message.encode_to_vec())
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.runtime.spawn(send(self.request(batch))).await;
        match sent.unwrap_or(Err(ExportError::Broken)) {
            Ok(()) => self.health.exported(),
            Err(ExportError::Rejected(spans)) => {
                self.health.exported();
                self.health.lost(&ExportError::Rejected(spans), spans);
            }
            Err(error) => self.health.failed(&error, spans),
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

async fn send(request: RequestBuilder) -> Result<(), ExportError> {
    let response = request.send().await?;
    let status = response.status();
    let (mut pieces, mut body) = (response.bytes_stream(), Vec::new());
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece?);
        if body.len() > MAX_RESPONSE_BYTES {
            break;
        }
    }
    if !status.is_success() {
        return Err(ExportError::Status(status));
    }
    let answer = ExportTraceServiceResponse::decode(&*body).unwrap_or_default();
    let rejected = answer.partial_success.map_or(0, |it| it.rejected_spans);
    match usize::try_from(rejected) {
        Ok(rejected) if rejected > 0 => Err(ExportError::Rejected(rejected)),
        _ => Ok(()),
    }
}

/// Whether the collector takes spans, and how many are lost.
#[derive(Debug, Default)]
pub(super) struct Health {
    failing: AtomicBool,
    /// Since the last log line.
    lost: AtomicUsize,
    warned: Mutex<Option<Instant>>,
}

impl Health {
    /// The last request has failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    fn exported(&self) {
        self.failing.store(false, Ordering::Relaxed);
    }

    fn failed(&self, error: &ExportError, spans: usize) {
        self.failing.store(true, Ordering::Relaxed);
        self.lost(error, spans);
    }

    fn lost(&self, error: &ExportError, spans: usize) {
        self.lost.fetch_add(spans, Ordering::Relaxed);
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            *warned = Some(Instant::now());
            let lost = self.lost.swap(0, Ordering::Relaxed);
            tracing::warn!(%error, lost, "spans are lost: the collector of traces did not take them");
        }
    }
}
