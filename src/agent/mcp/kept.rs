//! A call over a connection that is kept, without reqwest, which is a good part of what a call costs. What is made of the
//! answer is what rmcp makes of it over the other connections, but for failures so long or odd that rmcp cannot tell their
//! status.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, future::ready};
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use memchr::memmem;
use rmcp::{
    model::{ClientJsonRpcMessage, JsonRpcMessage},
    transport::{
        common::http_header::{EVENT_STREAM_MIME_TYPE, JSON_MIME_TYPE},
        streamable_http_client::{HttpStatusError, StreamableHttpPostResponse},
    },
};
use sse_stream::SseStream;

use super::transport::{Error, Headers};
use crate::upstream::wire::{Pieces, Server};

/// rmcp's own limits, in bytes: of an answer, and of what says why there is none.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
const MAX_FAILURE: usize = 64 * 1024;
const EVENT_ENDS: [&str; 3] = ["\n\n", "\r\n\r\n", "\r\r"];

/// Posts a request. An event of the answer has `max_event` bytes at most. `None`: there is no connection, nothing was sent.
pub(super) async fn post(
    server: &Arc<Server>,
    message: &ClientJsonRpcMessage,
    session: Option<&str>,
    token: Option<&str>,
    headers: &Headers,
    max_event: usize,
) -> Result<Option<StreamableHttpPostResponse>, Error> {
    let headers = head(session, token, headers)?;
    let body = Bytes::from(serde_json::to_vec(message)?);
    match server.post(&headers, body.into()).await {
        Ok(response) => read(response, session.is_some(), max_event).await.map(Some),
        Err(error) if error.nothing_was_sent() => Ok(None),
        Err(error) => Err(io::Error::other(error).into()),
    }
}

fn head(
    session: Option<&str>,
    token: Option<&str>,
    headers: &Headers,
) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let header = |name: HeaderName, value: &str| {
        let value = HeaderValue::from_str(value);
        value.map(|value| (name, value)).map_err(io::Error::other)
    };
    let session = session.map(|id| header(HeaderName::from_static("mcp-session-id"), id));
    let token = token.map(|token| header(AUTHORIZATION, &format!("Bearer {token}")));
    let given = headers
        .iter()
        .map(|(name, value)| Ok((name.clone(), value.clone())));
    let all = session.into_iter().chain(token).chain(given);
    Ok(all.collect::<io::Result<_>>()?)
}

async fn read(
    response: Response<Pieces>,
    in_session: bool,
    max_event: usize,
) -> Result<StreamableHttpPostResponse, Error> {
    let (head, pieces) = response.into_parts();
    let kind = head
        .headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let is = |expected: &str| kind.starts_with(expected.as_bytes());
    match head.status {
        StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(StreamableHttpPostResponse::Accepted),
        StatusCode::NOT_FOUND if in_session => Err(Error::SessionExpired),
        status if status.is_success() && is(JSON_MIME_TYPE) => {
            let body = whole(pieces, MAX_ANSWER).await?;
            let message = serde_json::from_slice(&body)?;
            Ok(StreamableHttpPostResponse::Json(message, None))
        }
        status if status.is_success() && is(EVENT_STREAM_MIME_TYPE) => {
            let events = SseStream::from_bytes_stream(limited(pieces, max_event, &EVENT_ENDS));
            Ok(StreamableHttpPostResponse::Sse(events.boxed(), None))
        }
        status if status.is_success() => Err(Error::UnexpectedContentType(None)),
        StatusCode::TOO_MANY_REQUESTS => Err(HttpStatusError::new(429, None).into()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(failed(head.status)),
        // A failure may be told in the protocol's own way.
        status if is(JSON_MIME_TYPE) => {
            let body = whole(pieces, MAX_FAILURE).await.unwrap_or_default();
            match serde_json::from_str(&String::from_utf8_lossy(&body)) {
                Ok(error @ JsonRpcMessage::Error(_)) => {
                    Ok(StreamableHttpPostResponse::Json(error, None))
                }
                _ => Err(failed(status)),
            }
        }
        status => Err(failed(status)),
    }
}

fn failed(status: StatusCode) -> Error {
    Error::UnexpectedServerResponse(format!("HTTP {status}").into())
}

async fn whole(pieces: Pieces, most: usize) -> Result<Vec<u8>, Error> {
    let add = |mut body: Vec<u8>, piece: Bytes| {
        body.extend_from_slice(&piece);
        ready(Ok(body))
    };
    Ok(limited(pieces, most, &[]).try_fold(Vec::new(), add).await?)
}

/// What is longer than `most`, or has a part that is, is a failure. Parts end with one of `ends`, if that is in one piece.
fn limited(
    pieces: Pieces,
    most: usize,
    ends: &'static [&'static str],
) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin {
    let mut length = 0;
    pieces.map(move |piece| {
        let piece = piece.map_err(io::Error::other)?;
        length += piece.len();
        if length > most {
            return Err(io::Error::other("the answer is too long"));
        }
        let end = ends
            .iter()
            .filter_map(|end| memmem::rfind(&piece, end.as_bytes()));
        if let Some(end) = end.max() {
            length = piece.len() - end;
        }
        Ok(piece)
    })
}
