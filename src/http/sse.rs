//! Server-sent events: a stream of events as a `text/event-stream` response. Events that are ready together are one chunk.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;
use http::{HeaderName, header};
use tokio::time::{Instant, Sleep, sleep};
use tracing::Span;

use super::server::DeadlineGuard;

pub(crate) const EVENT_STREAM: &str = "text/event-stream";
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";
/// A chunk of this size is sent without looking for more events.
const MAX_CHUNK: usize = 16 * 1024;
/// A chunk is complete after so many polls without a further event. The HTTP client hands over what it has received piece by
/// piece, each after other tasks have run twice: without waiting for that, every piece is a write and a packet.
const MAX_IDLE_POLLS: u8 = 2;

/// Responds with the events as the body. `encode` appends an event to a chunk. Must be called within the request's span.
pub(crate) fn respond<E: 'static>(
    events: impl Stream<Item = E> + Send + 'static,
    encode: impl FnMut(&E, &mut BytesMut) + Send + 'static,
    guard: DeadlineGuard,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE, EVENT_STREAM),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (
        headers,
        Body::from_stream(Chunks::new(events, encode, guard)),
    )
        .into_response()
}

/// The body: chunks of whole events, and a comment after each [`KEEP_ALIVE_INTERVAL`] without one.
struct Chunks<S, F> {
    /// `None` once they have ended.
    events: Option<Pin<Box<S>>>,
    encode: F,
    /// The events to be sent next.
    chunk: BytesMut,
    /// Polls without an event since the last one.
    idle_polls: u8,
    keep_alive: Pin<Box<Sleep>>,
    /// The request's span: a body is polled outside of it.
    span: Span,
    _guard: DeadlineGuard,
}

impl<S, F> Unpin for Chunks<S, F> {}

impl<S: Stream, F: FnMut(&S::Item, &mut BytesMut)> Chunks<S, F> {
    fn new(events: S, encode: F, guard: DeadlineGuard) -> Self {
        Self {
            events: Some(Box::pin(events)),
            encode,
            chunk: BytesMut::new(),
            idle_polls: 0,
            keep_alive: Box::pin(sleep(KEEP_ALIVE_INTERVAL)),
            span: Span::current(),
            _guard: guard,
        }
    }

    /// Adds the events that are ready to the chunk, up to [`MAX_CHUNK`]. Returns whether to look for more once other tasks
    /// have run.
    fn poll_ready_events(&mut self, cx: &mut Context<'_>) -> bool {
        let _in_span = self.span.enter();
        self.idle_polls = self.idle_polls.saturating_add(1);
        while self.chunk.len() < MAX_CHUNK
            && let Some(events) = &mut self.events
        {
            match events.as_mut().poll_next(cx) {
                Poll::Ready(Some(event)) => {
                    (self.encode)(&event, &mut self.chunk);
                    self.idle_polls = 0;
                }
                Poll::Ready(None) => self.events = None,
                Poll::Pending => {
                    return !self.chunk.is_empty() && self.idle_polls < MAX_IDLE_POLLS;
                }
            }
        }
        false
    }
}

impl<S: Stream, F: FnMut(&S::Item, &mut BytesMut)> Stream for Chunks<S, F> {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.poll_ready_events(cx) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.chunk.is_empty() {
            if self.events.is_none() {
                return Poll::Ready(None);
            }
            ready!(self.keep_alive.as_mut().poll(cx));
            self.chunk.put_slice(KEEP_ALIVE);
        }
        let next = Instant::now() + KEEP_ALIVE_INTERVAL;
        self.keep_alive.as_mut().reset(next);
        let chunk = std::mem::take(&mut self.chunk);
        Poll::Ready(Some(Ok(chunk.freeze())))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};
    use tokio::sync::mpsc;

    use super::*;

    fn chunks<S: Stream<Item = String>>(
        events: S,
    ) -> Chunks<S, impl FnMut(&String, &mut BytesMut)> {
        let encode = |event: &String, chunk: &mut BytesMut| {
            chunk.put_slice(written(&[event]).as_bytes());
        };
        Chunks::new(events, encode, DeadlineGuard::new(None))
    }

    /// One event at a time.
    fn channel() -> (mpsc::Sender<String>, impl Stream<Item = String>) {
        let (sender, mut receiver) = mpsc::channel(1);
        let events = stream::poll_fn(move |cx| receiver.poll_recv(cx));
        (sender, events)
    }

    async fn next(
        chunks: &mut Chunks<impl Stream<Item = String>, impl FnMut(&String, &mut BytesMut)>,
    ) -> Option<String> {
        let chunk = chunks.next().await?.unwrap();
        Some(String::from_utf8(chunk.to_vec()).unwrap())
    }

    fn written(texts: &[&str]) -> String {
        let events = texts.iter().map(|text| ["data: ", text, "\n\n"]);
        events.flatten().collect()
    }

    #[tokio::test]
    async fn events_that_are_ready_are_one_chunk_and_others_are_not_waited_for() {
        let (later, events) = channel();
        let events = stream::iter(["a", "b"].map(String::from)).chain(events);
        let mut chunks = chunks(events);
        assert_eq!(next(&mut chunks).await, Some(written(&["a", "b"])));
        later.send("c".to_owned()).await.unwrap();
        assert_eq!(next(&mut chunks).await, Some(written(&["c"])));
        drop(later);
        assert_eq!(next(&mut chunks).await, None);
        assert_eq!(next(&mut chunks).await, None);
    }

    #[tokio::test]
    async fn a_chunk_that_is_long_enough_is_sent_without_further_events() {
        let long = "x".repeat(10_000);
        let events = stream::iter([&*long; 5]).map(String::from);
        let mut chunks = chunks(events);
        let lengths = [2, 2, 1].map(|n| Some(written(&vec![&*long; n])));
        for expected in lengths {
            assert_eq!(next(&mut chunks).await, expected);
        }
        assert_eq!(next(&mut chunks).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_comment_is_sent_after_each_interval_without_events() {
        let (later, events) = channel();
        let (mut chunks, began) = (chunks(events), Instant::now());
        for n in 1..=2 {
            assert_eq!(next(&mut chunks).await.as_deref(), Some(": keep-alive\n\n"));
            assert_eq!(began.elapsed().as_secs(), 15 * n);
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        later.send("a".to_owned()).await.unwrap();
        assert_eq!(next(&mut chunks).await, Some(written(&["a"])));
        assert_eq!(next(&mut chunks).await.as_deref(), Some(": keep-alive\n\n"));
        assert_eq!(began.elapsed().as_secs(), 55);
    }
}
