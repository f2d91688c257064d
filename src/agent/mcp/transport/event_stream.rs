//! The server's own event stream (GET), and streams that are resumed over it.

use std::io;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::StatusCode;
use memchr::memmem;
use sse_stream::SseStream;

use super::{
    Error, Events, fault,
    post::{EVENT_STREAM, Target, has_type},
};

const LAST_EVENT_ID: &str = "last-event-id";

/// Opens a stream. An event has at most `max` bytes.
pub(super) async fn get(
    http: &reqwest::Client,
    target: Target,
    last_event_id: Option<String>,
    max: usize,
) -> Result<Events, Error> {
    let mut request = target.request(http.get(target.uri.as_ref()));
    if let Some(id) = last_event_id {
        request = request.header(LAST_EVENT_ID, id);
    }
    let response = request.send().await?;
    match response.status() {
        // rmcp asks no more after this error.
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(Error::ServerDoesNotSupportSse);
        }
        status if !status.is_success() => return Err(fault::status(&response)),
        _ => {}
    }
    fault::coding(&response)?;
    if !has_type(&response, EVENT_STREAM) {
        return Err(fault::content_type(&response));
    }
    let bytes = bounded_events(response.bytes_stream(), max);
    Ok(SseStream::from_bytes_stream(Box::pin(bytes)).boxed())
}

/// Fails after `max` bytes without the empty line that ends an event.
fn bounded_events(
    bytes: impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static,
    max: usize,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (mut length, mut last) = (0, 0);
    bytes.map(move |piece| {
        let piece = piece.map_err(io::Error::other)?;
        let ends = |end: &[u8]| memmem::rfind(&piece, end).map(|at| at + end.len());
        let begins_empty = piece.starts_with(b"\n") || piece.starts_with(b"\r\n");
        let end = ends(b"\n\n").max(ends(b"\n\r\n"));
        let end = end.or((last == b'\n' && begins_empty).then_some(1));
        length = end.map_or(length + piece.len(), |end| piece.len() - end);
        last = piece.last().copied().unwrap_or(last);
        let within = length <= max;
        within
            .then_some(piece)
            .ok_or_else(|| io::ErrorKind::FileTooLarge.into())
    })
}
