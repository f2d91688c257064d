//! rmcp's HTTP transport over two reqwest clients, with checks that rmcp does not make.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream, stream::BoxStream};
use http::{HeaderName, HeaderValue};
use rmcp::{
    model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage, RequestId},
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
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
/// In bytes; rmcp's own default.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// A server may close an idle connection just as it is used again, and then it is unknown whether it took the request. So
/// only requests that may be repeated use the pool, and their second attempt uses a new connection.
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

/// The transport of one session.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) clients: Clients,
    /// Notified when the server's own stream ends: often the first sign that the server is gone.
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
    ) -> Result<StreamableHttpPostResponse, Error> {
        self.post_message_with_max_sse_event_size(uri, message, session, token, headers, MAX_EVENT)
            .await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
        max: usize,
    ) -> Result<StreamableHttpPostResponse, Error> {
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
            .post_message_with_max_sse_event_size(uri, message, session, token, headers, max)
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
        self.get_stream_with_max_sse_event_size(
            uri,
            session,
            last_event_id,
            token,
            headers,
            MAX_EVENT,
        )
        .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event_id: Option<String>,
        token: Option<String>,
        headers: Headers,
        max: usize,
    ) -> Result<Events, Error> {
        let resumed = last_event_id.is_some();
        let events = self
            .clients
            .unpooled
            .get_stream_with_max_sse_event_size(uri, session, last_event_id, token, headers, max)
            .await
            .inspect_err(|error| {
                if resumed || matches!(error, Error::Client(_)) {
                    self.check.notify_one();
                }
            })?;
        let check = self.check.clone();
        let end = stream::once(async move {
            check.notify_one();
            None
        });
        Ok(events
            .map(Some)
            .chain(end)
            .filter_map(std::future::ready)
            .boxed())
    }
}

/// Fails on an answer without an id or to another request, and on a 202: rmcp would wait for ever.
fn answer_to(
    id: &RequestId,
    answer: StreamableHttpPostResponse,
) -> Result<StreamableHttpPostResponse, Error> {
    match answer {
        StreamableHttpPostResponse::Accepted => Err(Error::UnexpectedServerResponse(
            "no answer to a request".into(),
        )),
        // Servers that fail before they have read the request give the error no id, or one of their own.
        StreamableHttpPostResponse::Json(JsonRpcMessage::Error(mut error), session) => {
            error.id = Some(id.clone());
            Ok(StreamableHttpPostResponse::Json(
                JsonRpcMessage::Error(error),
                session,
            ))
        }
        StreamableHttpPostResponse::Json(JsonRpcMessage::Response(response), _)
            if response.id != *id =>
        {
            Err(Error::UnexpectedServerResponse(
                "an answer to another request".into(),
            ))
        }
        answer => Ok(answer),
    }
}
