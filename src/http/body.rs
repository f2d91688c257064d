//! Request bodies: reads a whole body within a size limit, a deadline and the memory budget, or discards it.

use std::{
    hash::Hash,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout, timeout_at};

use super::problem::{Code, Problem};
use crate::process::memory::{self, Exceeded, Share};

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the rest of a rejected body is read, so that the client gets to read the response.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest piece of a response that is held until it is written.
const MAX_PIECE: usize = 64 * 1024;
/// `Retry-After` when a body was too slow.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Takes the announced length of a body from the memory budget, unless the body is too large to be read, and returns it.
/// Without an announced length, [`read`] takes each piece as it arrives.
pub(crate) fn reserve<U>(
    headers: &HeaderMap,
    max: usize,
    share: &Share<U>,
) -> Result<usize, Problem>
where
    U: Clone + Eq + Hash,
{
    let announced = announced(headers).filter(|length| *length <= max);
    let reserved = announced.unwrap_or_default();
    share.take(reserved)?;
    Ok(reserved)
}

/// Reads the whole body, of which `reserved` bytes are taken from the budget, within [`BODY_TIMEOUT`] and by `deadline`. Only
/// when it is refused, `body` is left for [`discard_unread`].
pub(crate) async fn read<U>(
    headers: &HeaderMap,
    body: &mut Option<Body>,
    max: usize,
    deadline: Option<Instant>,
    (share, reserved): (&Share<U>, usize),
) -> Result<Bytes, Problem>
where
    U: Clone + Eq + Hash,
{
    if announced(headers).is_some_and(|length| length > max) {
        return Err(Problem::payload_too_large(max));
    }
    let Some(mut whole) = body.take() else {
        return Err(Problem::internal());
    };
    let latest = Instant::now() + BODY_TIMEOUT;
    let deadline = deadline.map_or(latest, |deadline| deadline.min(latest));
    let collected = collect(Limited::new(&mut whole, max), share, reserved);
    let error = match timeout_at(deadline, collected).await {
        Err(_) => {
            let detail = "The body did not arrive in time.";
            return Err(Problem::new(Code::Timeout, detail).with_retry_after(RETRY_AFTER));
        }
        Ok(Ok(bytes)) => return Ok(bytes),
        Ok(Err(Broken::Stream(error))) if !error.is::<LengthLimitError>() => {
            return Err(Problem::invalid_json("The body broke off."));
        }
        Ok(Err(Broken::Stream(_))) => Problem::payload_too_large(max),
        Ok(Err(Broken::Budget(exceeded))) => exceeded.into(),
    };
    *body = Some(whole);
    Err(error)
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    let value = headers.get(header::CONTENT_LENGTH)?;
    let length = value.to_str().ok()?.parse::<u64>().ok()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

enum Broken<E> {
    Stream(E),
    Budget(Exceeded),
}

/// Copies the frames into one buffer, so that the receive buffers can be reused.
async fn collect<B, U>(
    mut body: B,
    share: &Share<U>,
    mut reserved: usize,
) -> Result<Bytes, Broken<B::Error>>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    U: Clone + Eq + Hash,
{
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(Broken::Stream)?.into_data() else {
            continue;
        };
        let length = bytes.len() + piece.len();
        if length > reserved {
            share.take(length - reserved).map_err(Broken::Budget)?;
            reserved = length;
        }
        let appended = memory::append(&mut bytes, &piece, reserved);
        appended.map_err(|_| Broken::Budget(Exceeded::Bytes))?;
    }
    Ok(bytes.into())
}

/// Discards the body of a rejected request in a task of its own, unless the client waits to be asked for it.
pub(crate) fn discard_unread(headers: &HeaderMap, body: Option<Body>, max: usize) {
    if let Some(body) = body
        && !headers.contains_key(header::EXPECT)
    {
        tokio::spawn(discard(body, max));
    }
}

/// Reads the rest of a rejected body, within limits: closing at once would reset the connection before the client has read
/// the response.
async fn discard(body: Body, max: usize) {
    let rest = async {
        let (mut body, mut left) = (pin!(body), max.saturating_mul(4));
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    let _ = timeout(DISCARD_TIMEOUT, rest).await;
}

/// Keeps `held` until the body of the response is written, or its connection has ended.
pub(crate) fn hold_until_written(response: Response, held: impl Send + 'static) -> Response {
    response.map(|body| {
        Body::new(HeldBody {
            body,
            rest: Bytes::new(),
            _held: held,
        })
    })
}

/// A body in short pieces: hyper takes a whole piece, and would end a body before its only piece is written.
struct HeldBody<T> {
    body: Body,
    /// Of the last piece.
    rest: Bytes,
    _held: T,
}

impl<T> Unpin for HeldBody<T> {}

impl<T> http_body::Body for HeldBody<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(piece))) => self.rest = piece,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(MAX_PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
