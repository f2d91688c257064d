//! HTTP transport for rmcp: a pooled and an unpooled reqwest client, and limits and checks that rmcp does not have.

mod callers;
mod event_stream;
pub(super) mod fault;
mod post;
mod reading;

use std::{borrow::Cow, collections::HashMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream, stream::BoxStream};
use http::{HeaderName, HeaderValue};
use reqwest::{
    ClientBuilder,
    redirect::{Attempt, Policy},
};
use rmcp::{
    model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage},
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse as Response,
    },
};
use sse_stream::Sse;
use tokio::sync::Notify;

use super::{
    answer::{AnswerSlot, Limits, plain_message},
    answer_memory::AnswerMemory,
    send_state::SendState,
};
use callers::{Callers, NOBODYS, number, stream_of};
use fault::LastFault;
use post::{Target, post};
use reading::Reading;

use crate::{
    auth::CallerToken,
    telemetry::{Span, names},
};

type Error = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

/// Shorter than servers keep an idle connection.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(2);

const MAX_REDIRECTS: usize = 3;

/// A server may close an idle connection just as it is used again; whether it took the request is then unknown. So only
/// requests that may be repeated use the pool, and their second attempt uses a new connection.
#[derive(Clone)]
pub(super) struct Clients {
    /// A new connection for each request.
    unpooled: reqwest::Client,
    pooled: reqwest::Client,
}

impl Clients {
    /// From the builder of each. A redirect is followed only within the origin, and only if `follows`.
    pub(super) fn new(
        builder: impl Fn() -> anyhow::Result<ClientBuilder>,
        follows: bool,
    ) -> anyhow::Result<Self> {
        let redirect = |it: Attempt<'_>| {
            if fault::is_followed(it.status(), it.url(), it.previous()) {
                it.follow()
            } else {
                it.stop()
            }
        };
        let builder = || {
            let builder = builder()?;
            anyhow::Ok(if follows {
                builder.redirect(Policy::custom(redirect))
            } else {
                builder
            })
        };
        Ok(Self {
            unpooled: builder()?.pool_max_idle_per_host(0).build()?,
            pooled: builder()?.pool_idle_timeout(POOL_IDLE_TIMEOUT).build()?,
        })
    }
}

/// The transport of one session.
#[derive(Clone)]
pub(super) struct Transport {
    clients: Clients,
    /// Shared by all sessions.
    memory: AnswerMemory,
    /// Notified when the server's event stream ends: often the first sign that the server is gone.
    check: Arc<Notify>,
    fault: LastFault,
    callers: Callers,
}

impl Transport {
    pub(super) fn new(
        clients: Clients,
        memory: AnswerMemory,
        check: Arc<Notify>,
        fault: LastFault,
    ) -> Self {
        Self {
            clients,
            memory,
            check,
            fault,
            callers: Callers::default(),
        }
    }
}

impl StreamableHttpClient for Transport {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        mut token: Option<String>,
        mut headers: Headers,
    ) -> Result<Response, Error> {
        let (mut reading, mut http) = (None, &self.clients.unpooled);
        let mut stream = NOBODYS;
        if let JsonRpcMessage::Request(message) = &message {
            let extensions = message.request.extensions();
            if let Some(caller) = extensions.get::<Arc<CallerToken>>() {
                token = Some(caller.expose().to_owned());
                stream = self.callers.add(caller);
            }
            if let Some(span) = extensions.get::<Span>() {
                headers.extend(trace(span, session.as_deref()));
            }
            let slot = extensions.get::<AnswerSlot>().cloned();
            let (memory, fault) = (self.memory.clone(), self.fault.clone());
            reading = Some(Reading::new(message.id.clone(), slot, memory, fault));
            if let Some(state) = extensions.get::<SendState>() {
                if !state.begin() {
                    return Err(unexpected("abandoned"));
                }
                if state.may_reuse_connection {
                    http = &self.clients.pooled;
                }
            }
        }
        let target = Target {
            uri,
            session,
            token,
            headers,
        };
        self.fault.note(None);
        let posted = post(http, &message, target, reading).await;
        match posted {
            Ok(Response::Sse(events, session)) => {
                let events = events.map(move |event| Ok(number(event?, stream)));
                Ok(Response::Sse(events.boxed(), session))
            }
            posted => posted.inspect_err(|error| self.fault.note(fault::name(error))),
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<(), Error> {
        let http = &self.clients.unpooled;
        http.delete_session(uri, session, token, headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event_id: Option<String>,
        mut token: Option<String>,
        headers: Headers,
    ) -> Result<Events, Error> {
        let resumed = last_event_id.is_some();
        let (stream, last_event_id) = match last_event_id.as_deref().map(stream_of) {
            Some((stream, id)) => (stream, Some(id.to_owned())),
            None => (NOBODYS, None),
        };
        if stream != NOBODYS {
            let caller = self.callers.token(stream);
            let caller = caller.ok_or_else(|| unexpected("the call is over"))?;
            token = Some(caller.expose().to_owned());
        }
        let limits = if resumed { Limits::CALL } else { Limits::OTHER };
        let target = Target {
            uri,
            session,
            token,
            headers,
        };
        let events = event_stream::get(&self.clients.unpooled, target, last_event_id, limits.bytes)
            .await
            .inspect_err(|error| {
                if resumed || matches!(error, Error::Client(_)) {
                    self.check.notify_one();
                }
            })?;
        let events = events.map(move |event| {
            let mut event = event?;
            let data = event.data.map(plain_message);
            event.data = data.filter(|data| limits.allow(data));
            Ok(number(event, stream))
        });
        let check = self.check.clone();
        let end = stream::once(async move { check.notify_one() });
        let end = end.filter_map(|()| std::future::ready(None));
        Ok(events.chain(end).boxed())
    }
}

/// Notes the session in the span of a call. The headers that make the span the parent of the request.
fn trace(span: &Span, session: Option<&str>) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    if let Some(session) = session {
        span.set(names::MCP_SESSION_ID, session.to_owned());
    }
    let headers = span.headers().into_iter();
    headers.filter_map(|(name, value)| Some((name?, value)))
}

fn unexpected(what: impl Into<Cow<'static, str>>) -> Error {
    Error::UnexpectedServerResponse(what.into())
}
