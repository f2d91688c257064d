//! rmcp's HTTP client with four things added: whether a call has left ([`Posting`]), which connection it may use, answers
//! nobody asked for, and lost streams.

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

use super::{kept, posting::Posting};
use crate::upstream::wire::Server;

pub(super) type Error = StreamableHttpError<reqwest::Error>;
pub(super) type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

/// rmcp's own default.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// A connection that is used again may be one that the server is closing: then nobody knows whether it took the request.
/// So only what may be sent again goes over one, and the second time over a new one.
#[derive(Clone)]
pub(super) struct Connections {
    /// A new one for each request.
    fresh: reqwest::Client,
    kept: Arc<Server>,
    /// The server answers in JSON. An event stream is written in two pieces or more, of which a server that leaves
    /// Nagle's algorithm on holds back all but the first for 40 ms; but not on a new connection.
    in_one_piece: Arc<AtomicBool>,
}

impl Connections {
    pub(super) fn new(fresh: reqwest::Client, kept: Server) -> Self {
        Self {
            fresh,
            kept: Arc::new(kept),
            in_one_piece: Arc::default(),
        }
    }

    /// Those that are kept, if a request of that kind may go over one.
    fn kept(&self, over_kept: bool) -> Option<&Arc<Server>> {
        (over_kept && self.in_one_piece.load(Ordering::Relaxed)).then_some(&self.kept)
    }

    /// Those that nobody has used for a while are closed.
    pub(super) fn tidy(&self) {
        self.kept.tidy();
    }

    fn learn_from(&self, answer: &StreamableHttpPostResponse) {
        let in_one_piece = matches!(answer, StreamableHttpPostResponse::Json(..));
        self.in_one_piece.store(in_one_piece, Ordering::Relaxed);
    }
}

#[derive(Clone)]
pub(super) struct Client {
    pub(super) connections: Connections,
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
        let (mut request, mut over_kept) = (None, false);
        if let JsonRpcMessage::Request(message) = &message {
            request = Some(message.id.clone());
            let posting = message.request.extensions().get::<Posting>();
            over_kept = posting.is_some_and(|posting| posting.over_kept);
            if !posting.is_none_or(Posting::begin) {
                return Err(Error::UnexpectedServerResponse(
                    "given up before it was sent".into(),
                ));
            }
        }
        let answered = match self.connections.kept(over_kept) {
            Some(kept) => {
                let (session, token) = (session.as_deref(), token.as_deref());
                kept::post(kept, &message, session, token, &headers, max).await?
            }
            None => None,
        };
        let answer = if let Some(answer) = answered {
            answer
        } else {
            let http = &self.connections.fresh;
            http.post_message_with_max_sse_event_size(uri, message, session, token, headers, max)
                .await?
        };
        match request {
            Some(id) => {
                self.connections.learn_from(&answer);
                answer_to(&id, answer)
            }
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
        let http = &self.connections.fresh;
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
            .connections
            .fresh
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
