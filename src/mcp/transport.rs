//! rmcp's HTTP client with three things added: whether a call has left, answers nobody asked for, and lost streams.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{StreamExt, stream::BoxStream};
use http::{HeaderName, HeaderValue};
use rmcp::{
    model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage, RequestId},
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use sse_stream::Sse;
use tokio::sync::Notify;

type Error = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

/// rmcp's own default.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// Set once a request's POST has begun: until then the server cannot have seen it.
#[derive(Clone, Default)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
pub(super) struct Client {
    pub(super) http: reqwest::Client,
    /// Told when the server's own stream ends: often the first sign that the server is gone.
    pub(super) check: Arc<Notify>,
}

impl StreamableHttpClient for Client {
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
        let mut request = None;
        if let JsonRpcMessage::Request(message) = &message {
            request = Some(message.id.clone());
            if let Some(sent) = message.request.extensions().get::<Sent>() {
                sent.0.store(true, Ordering::SeqCst);
            }
        }
        let answer = self
            .http
            .post_message_with_max_sse_event_size(uri, message, session, token, headers, max)
            .await?;
        match request {
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
        self.http.delete_session(uri, session, token, headers).await
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
            .http
            .get_stream_with_max_sse_event_size(uri, session, last_event_id, token, headers, max)
            .await
            .inspect_err(|error| {
                if resumed || matches!(error, Error::Client(_)) {
                    self.check.notify_one();
                }
            })?;
        let check = self.check.clone();
        let end = futures_util::stream::once(async move {
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

/// rmcp would wait for ever for an answer that names no request or another one, or for none after a 202.
fn answer_to(
    id: &RequestId,
    answer: StreamableHttpPostResponse,
) -> Result<StreamableHttpPostResponse, Error> {
    match answer {
        StreamableHttpPostResponse::Accepted => Err(Error::UnexpectedServerResponse(
            "no answer to a request".into(),
        )),
        StreamableHttpPostResponse::Json(JsonRpcMessage::Error(mut error), session)
            if error.id.is_none() =>
        {
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
