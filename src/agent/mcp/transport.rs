//! HTTP transport for rmcp: a pooled and an unpooled reqwest client, and checks that rmcp does not make.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream, stream::BoxStream};
use http::{HeaderName, HeaderValue};
use rmcp::{
    model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage, RequestId},
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse as Response,
    },
};
use sse_stream::Sse;
use tokio::sync::Notify;
use url::Url;

use super::send_state::SendState;
use crate::upstream::client::builder_for;

type Error = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Shorter than servers keep an idle connection.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// A server may close an idle connection just as it is used again; whether it took the request is then unknown. So only
/// requests that may be repeated use the pool, and their second attempt uses a new connection.
#[derive(Clone)]
pub(super) struct Clients {
    /// A new connection for each request.
    unpooled: reqwest::Client,
    pooled: reqwest::Client,
}

impl Clients {
    pub(super) fn new(url: &Url) -> reqwest::Result<Self> {
        let builder = || builder_for(url).connect_timeout(CONNECT_TIMEOUT);
        Ok(Self {
            unpooled: builder().pool_max_idle_per_host(0).build()?,
            pooled: builder().pool_idle_timeout(POOL_IDLE_TIMEOUT).build()?,
        })
    }
}

/// The transport of one session. Responses and events have at most 16 MiB, rmcp's default.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) clients: Clients,
    /// Notified when the server's event stream ends: often the first sign that the server is gone.
    pub(super) check: Arc<Notify>,
}

impl StreamableHttpClient for Transport {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<Response, Error> {
        let (mut id, mut http) = (None, &self.clients.unpooled);
        if let JsonRpcMessage::Request(message) = &message {
            id = Some(message.id.clone());
            if let Some(state) = message.request.extensions().get::<SendState>() {
                if !state.begin() {
                    return Err(Error::UnexpectedServerResponse("abandoned".into()));
                }
                if state.may_reuse_connection {
                    http = &self.clients.pooled;
                }
            }
        }
        let answer = http
            .post_message(uri, message, session, token, headers)
            .await?;
        match id {
            Some(id) => answer_to(&id, answer),
            None => Ok(answer),
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
        token: Option<String>,
        headers: Headers,
    ) -> Result<Events, Error> {
        let resumed = last_event_id.is_some();
        let events = self
            .clients
            .unpooled
            .get_stream(uri, session, last_event_id, token, headers)
            .await
            .inspect_err(|error| {
                if resumed || matches!(error, Error::Client(_)) {
                    self.check.notify_one();
                }
            })?;
        let check = self.check.clone();
        let end = stream::once(async move { check.notify_one() });
        let end = end.filter_map(|()| std::future::ready(None));
        Ok(events.chain(end).boxed())
    }
}

/// Fails on an answer to another request and on a 202, for which rmcp would wait forever.
fn answer_to(id: &RequestId, mut answer: Response) -> Result<Response, Error> {
    let fault = match &mut answer {
        Response::Accepted => "no answer to a request",
        Response::Json(JsonRpcMessage::Response(it), _) if it.id != *id => {
            "an answer to another request"
        }
        // Servers that fail before they have read the request give the error no id, or an id of their own.
        Response::Json(JsonRpcMessage::Error(error), _) => {
            error.id = Some(id.clone());
            return Ok(answer);
        }
        _ => return Ok(answer),
    };
    Err(Error::UnexpectedServerResponse(fault.into()))
}
