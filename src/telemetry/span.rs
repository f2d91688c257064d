//! A span: a piece of work in a trace. It is nothing while traces are off, and costs nothing then.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, HeaderValue};
use opentelemetry::{
    Context, KeyValue, Value,
    trace::{
        Link, Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt,
        Tracer,
    },
};
use opentelemetry_sdk::trace::Span as SdkSpan;

use super::{
    Tracing,
    context::{self, TRACEPARENT_HEADER},
    names,
};

/// Clones are one span. It ends with `end` or `fail`; when all clones are dropped before, as cancelled.
#[derive(Clone, Default)]
pub struct Span(Option<Arc<Recording>>);

struct Recording {
    tracing: Arc<Tracing>,
    context: SpanContext,
    open: Mutex<Open>,
}

struct Open {
    span: SdkSpan,
    /// Given to the span at its end, since it would keep both of two values for one key.
    attributes: Vec<KeyValue>,
}

/// What a span is begun with.
pub(crate) struct Begin {
    pub(crate) kind: SpanKind,
    pub(crate) name: Cow<'static, str>,
    pub(crate) attributes: Vec<KeyValue>,
}

impl Begin {
    pub(crate) fn new(
        kind: SpanKind,
        name: impl Into<Cow<'static, str>>,
        attributes: Vec<KeyValue>,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            attributes,
        }
    }
}

impl Span {
    pub(super) fn begin(
        tracing: &Arc<Tracing>,
        begin: Begin,
        parent: Option<SpanContext>,
        link: Option<SpanContext>,
    ) -> Self {
        let parent = match parent {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        };
        let links = link.map(Link::with_context).into_iter().collect();
        let builder = SpanBuilder::from_name(begin.name)
            .with_kind(begin.kind)
            .with_attributes(begin.attributes)
            .with_links(links);
        let span = tracing.tracer.build_with_context(builder, &parent);
        Self(Some(Arc::new(Recording {
            tracing: tracing.clone(),
            context: span.span_context().clone(),
            open: Mutex::new(Open {
                span,
                attributes: Vec::new(),
            }),
        })))
    }

    /// True while traces are on.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// True if messages, inputs and results are to be recorded.
    pub(crate) fn wants_contents(&self) -> bool {
        let recording = self.0.as_ref();
        recording.is_some_and(|it| it.tracing.contents && it.open().span.is_recording())
    }

    /// A span within this one. `begin` is not called while traces are off.
    pub(crate) fn child(&self, begin: impl FnOnce() -> Begin) -> Self {
        let Some(recording) = &self.0 else {
            return Self::default();
        };
        // Not remote, unlike what comes in a request.
        let context = &recording.context;
        let parent = SpanContext::new(
            context.trace_id(),
            context.span_id(),
            context.trace_flags(),
            false,
            context.trace_state().clone(),
        );
        Self::begin(&recording.tracing, begin(), Some(parent), None)
    }

    /// A span within the one that a message names, with a link to this one, in which the message has come; or within this
    /// one, if the message names none.
    pub(crate) fn joined(
        &self,
        traceparent: Option<&str>,
        tracestate: Option<&str>,
        begin: impl FnOnce() -> Begin,
    ) -> Self {
        let Some(recording) = &self.0 else {
            return Self::default();
        };
        let parent =
            traceparent.and_then(|parent| context::parse(parent, tracestate.unwrap_or_default()));
        match parent {
            None => self.child(begin),
            parent => {
                let link = Some(recording.context.clone());
                Self::begin(&recording.tracing, begin(), parent, link)
            }
        }
    }

    /// Sets an attribute, or replaces it.
    pub(crate) fn set(&self, key: &'static str, value: impl Into<Value>) {
        let Some(recording) = &self.0 else { return };
        recording.open().set(key, value.into());
    }

    pub(crate) fn event(&self, name: &'static str, attributes: Vec<KeyValue>) {
        if let Some(recording) = &self.0 {
            recording.open().span.add_event(name, attributes);
        }
    }

    /// Ends the span. What comes after its end changes nothing.
    pub(crate) fn end(&self) {
        if let Some(recording) = &self.0 {
            recording.open().end();
        }
    }

    /// Ends the span as failed. `error_type` is one of few.
    pub(crate) fn fail(&self, error_type: impl Into<Cow<'static, str>>) {
        if let Some(recording) = &self.0 {
            recording.open().fail(error_type.into());
        }
    }

    /// The id of its trace, for the log.
    pub(crate) fn trace_id(&self) -> Option<String> {
        let recording = self.0.as_ref()?;
        Some(recording.context.trace_id().to_string())
    }

    /// The span as a parent of another process's.
    pub(crate) fn traceparent(&self) -> Option<String> {
        let recording = self.0.as_ref()?;
        Some(context::traceparent(&recording.context))
    }

    /// What the caller's tracing system has added to its id of the trace.
    pub(crate) fn tracestate(&self) -> Option<String> {
        let state = self.0.as_ref()?.context.trace_state().header();
        (!state.is_empty()).then_some(state)
    }

    /// The header that makes the span the parent of a request.
    pub(crate) fn headers(&self) -> HeaderMap {
        let parent = self.traceparent();
        let parent = parent.and_then(|parent| HeaderValue::try_from(parent).ok());
        let parent = parent.map(|parent| (TRACEPARENT_HEADER, parent));
        parent.into_iter().collect()
    }

    fn id(&self) -> Option<SpanId> {
        self.0.as_ref().map(|it| it.context.span_id())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.id()).finish()
    }
}

/// The same span, or none both.
impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Recording {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.open().fail(names::CANCELLED.into());
    }
}

impl Open {
    fn set(&mut self, key: &'static str, value: Value) {
        match self.attributes.iter_mut().find(|it| it.key.as_str() == key) {
            Some(attribute) => attribute.value = value,
            None if self.span.is_recording() => self.attributes.push(KeyValue::new(key, value)),
            None => {}
        }
    }

    fn end(&mut self) {
        let attributes = std::mem::take(&mut self.attributes);
        self.span.set_attributes(attributes);
        self.span.end();
    }

    fn fail(&mut self, error_type: Cow<'static, str>) {
        self.set(names::ERROR_TYPE, error_type.into());
        self.span.set_status(Status::error(""));
        self.end();
    }
}

/// A count as the value of an attribute.
pub(crate) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
