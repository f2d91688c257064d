//! A collector of traces: takes OTLP over HTTP, or fails as a test demands.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    trace::v1::{Span as Proto, span::SpanKind, status::StatusCode as Code},
};
use prost::Message;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, spawn},
};

use super::wait::until;

type Attributes = BTreeMap<String, Value>;

/// A span as it was received.
#[derive(Clone, Debug)]
pub struct Span {
    pub name: String,
    pub kind: SpanKind,
    pub trace: String,
    pub id: String,
    /// Empty: it begins a trace.
    pub parent: String,
    pub attributes: Attributes,
    pub events: Vec<(String, Attributes)>,
    /// The linked spans.
    pub links: Vec<String>,
    pub is_error: bool,
    pub nanos: u64,
    pub resource: Attributes,
}

impl Span {
    /// The value of an attribute; `null` if there is none.
    pub fn get(&self, name: &str) -> Value {
        self.attributes.get(name).cloned().unwrap_or_default()
    }

    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.id)
    }
}

#[derive(Clone, Copy)]
pub enum Conduct {
    Takes,
    Answers(u16),
    /// Reads a request and never answers.
    Hangs,
    /// Answers the first request so, and no other.
    AnswersOnce(u16),
}

#[derive(Default)]
pub struct Received {
    pub spans: Vec<Span>,
    /// Each request's.
    pub bodies: Vec<Bytes>,
    pub headers: Vec<HeaderMap>,
}

pub struct Collector {
    pub url: String,
    received: Arc<watch::Sender<Received>>,
    serving: AbortHandle,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Collector {
    pub async fn start() -> Self {
        Self::that(Conduct::Takes).await
    }

    pub async fn that(conduct: Conduct) -> Self {
        let received = Arc::<watch::Sender<Received>>::default();
        let router = Router::new()
            .route("/v1/traces", post(receive))
            .with_state((conduct, received.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let serving = spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            received,
            serving: serving.abort_handle(),
        }
    }

    /// The settings that export to it without delay.
    pub fn settings(&self) -> [(&'static str, &str); 2] {
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &self.url),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ]
    }

    /// Waits until there are `n` spans of this name, and returns all spans so far.
    pub async fn spans(&self, name: &str, n: usize) -> Vec<Span> {
        let what = format!("{n} spans {name}");
        let enough = |received: &Received| {
            let named = received.spans.iter().filter(|span| span.name == name);
            (named.count() >= n).then(|| received.spans.clone())
        };
        until(&what, &self.received, enough).await
    }

    /// Waits for the span with this id.
    pub async fn span(&self, id: &str) -> Span {
        let named = |received: &Received| {
            let span = received.spans.iter().find(|span| span.id == id);
            span.cloned()
        };
        until("the span", &self.received, named).await
    }

    /// Waits for the n-th request.
    pub async fn requests(&self, n: usize) {
        let what = format!("{n} requests to the collector");
        let enough = |received: &Received| (received.bodies.len() >= n).then_some(());
        until(&what, &self.received, enough).await;
    }

    pub fn received<T>(&self, look: impl FnOnce(&Received) -> T) -> T {
        look(&self.received.borrow())
    }

    /// True if a text is in any request's body.
    pub fn holds(&self, text: &str) -> bool {
        let holds = |body: &Bytes| memchr::memmem::find(body, text.as_bytes()).is_some();
        self.received(|received| received.bodies.iter().any(holds))
    }
}

/// The only span of this name.
pub fn only<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let named: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    match named[..] {
        [span] => span,
        _ => panic!("not one span {name}: {spans:#?}"),
    }
}

async fn receive(
    State((conduct, received)): State<(Conduct, Arc<watch::Sender<Received>>)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let message = ExportTraceServiceRequest::decode(body.clone()).expect("protobuf");
    let mut number = 0;
    received.send_modify(|received| {
        received.spans.extend(spans(message));
        received.bodies.push(body);
        received.headers.push(headers);
        number = received.bodies.len();
    });
    let answer = |status| {
        let status = StatusCode::from_u16(status);
        status.expect("a status").into_response()
    };
    match conduct {
        Conduct::Takes => StatusCode::OK.into_response(),
        Conduct::Answers(status) => answer(status),
        Conduct::AnswersOnce(status) if number == 1 => answer(status),
        Conduct::Hangs | Conduct::AnswersOnce(_) => std::future::pending().await,
    }
}

fn spans(message: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for of_resource in message.resource_spans {
        let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
        for scope in of_resource.scope_spans {
            let of_scope = scope.spans.into_iter();
            spans.extend(of_scope.map(|proto| span(proto, &resource)));
        }
    }
    spans
}

fn span(proto: Proto, resource: &Attributes) -> Span {
    let events = proto.events.into_iter();
    let count = proto.attributes.len();
    let attributes_of = attributes(proto.attributes);
    assert_eq!(attributes_of.len(), count, "an attribute twice");
    Span {
        kind: SpanKind::try_from(proto.kind).expect("a kind"),
        name: proto.name,
        trace: hex(&proto.trace_id),
        id: hex(&proto.span_id),
        parent: hex(&proto.parent_span_id),
        attributes: attributes_of,
        events: events
            .map(|it| (it.name, attributes(it.attributes)))
            .collect(),
        links: proto.links.iter().map(|it| hex(&it.span_id)).collect(),
        is_error: proto.status.is_some_and(|it| it.code() == Code::Error),
        nanos: proto.end_time_unix_nano - proto.start_time_unix_nano,
        resource: resource.clone(),
    }
}

fn attributes(list: Vec<KeyValue>) -> Attributes {
    let value = |value: Option<AnyValue>| json_of(value.and_then(|it| it.value));
    list.into_iter()
        .map(|it| (it.key, value(it.value)))
        .collect()
}

fn json_of(value: Option<Any>) -> Value {
    match value {
        Some(Any::StringValue(text)) => text.into(),
        Some(Any::BoolValue(it)) => it.into(),
        Some(Any::IntValue(it)) => it.into(),
        Some(Any::DoubleValue(it)) => it.into(),
        Some(Any::ArrayValue(list)) => {
            let values = list.values.into_iter().map(|it| json_of(it.value));
            values.collect::<Vec<_>>().into()
        }
        other => json!(format!("{other:?}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    let text = bytes.iter().map(|byte| format!("{byte:02x}"));
    text.collect::<Vec<_>>().concat()
}
