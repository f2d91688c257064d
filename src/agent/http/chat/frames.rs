//! A turn's events as a body: what is ready at once leaves at once, in one piece and so in one write.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;
use http_body::{Body, Frame};
use tracing::Span;

use super::bell::Bell;
use crate::{agent::Event, upstream::idle_timer::IdleTimer};

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: &[u8] = b": keep-alive\n\n";
/// A piece that has become this long is not waited with: the reader may be slow.
const ENOUGH: usize = 16 * 1024;
/// Enough for a token's event.
const ROOM: usize = 192;
/// So often in a row the stream is looked at when it rings while it is looked at.
const LOOKS: u8 = 4;

/// Each event as `event: <type>`, then `data: <JSON>` in one line; a comment after a while without any.
pub(super) struct Frames<S, T> {
    /// `None` once it has ended.
    events: Option<Pin<Box<S>>>,
    /// What is to be sent next.
    piece: BytesMut,
    bell: Arc<Bell>,
    /// Rings it.
    waker: Waker,
    quiet: IdleTimer,
    /// The request's: a body is polled outside it.
    span: Span,
    /// What lasts as long as the body.
    _held: T,
}

impl<S: Stream<Item = Event>, T> Frames<S, T> {
    /// To be called within the request's span.
    pub(super) fn of(events: S, held: T) -> Self {
        let bell = Arc::new(Bell::default());
        bell.ring();
        Self {
            events: Some(Box::pin(events)),
            piece: BytesMut::new(),
            waker: bell.clone().into(),
            bell,
            quiet: IdleTimer::new(KEEP_ALIVE),
            span: Span::current(),
            _held: held,
        }
    }

    /// Takes what is ready.
    fn take_up(&mut self, cx: &Context<'_>) {
        let Self {
            events,
            piece,
            bell,
            waker,
            span,
            ..
        } = self;
        if !bell.watch(cx) {
            return;
        }
        let _in_span = span.enter();
        for looks in 1.. {
            let more = look(events, piece, waker);
            if !more && bell.leave() {
                break;
            }
            if more || looks == LOOKS {
                // The rest, when we are asked again.
                bell.ring();
                cx.waker().wake_by_ref();
                break;
            }
            if !bell.watch(cx) {
                break;
            }
        }
    }
}

/// Whether there may be more.
fn look<S: Stream<Item = Event>>(
    stream: &mut Option<Pin<Box<S>>>,
    piece: &mut BytesMut,
    waker: &Waker,
) -> bool {
    let mut cx = Context::from_waker(waker);
    while let Some(events) = stream {
        if piece.len() >= ENOUGH {
            return true;
        }
        match events.as_mut().poll_next(&mut cx) {
            Poll::Ready(Some(event)) => {
                piece.reserve(ROOM);
                write(piece, &event);
            }
            Poll::Ready(None) => *stream = None,
            Poll::Pending => return false,
        }
    }
    false
}

impl<S: Stream<Item = Event>, T: Unpin> Body for Frames<S, T> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.take_up(cx);
        if self.piece.is_empty() {
            if self.events.is_none() {
                return Poll::Ready(None);
            }
            ready!(self.quiet.poll_expired(cx));
            self.piece.put_slice(COMMENT);
        }
        self.quiet.reset();
        let piece = std::mem::take(&mut self.piece);
        Poll::Ready(Some(Ok(Frame::data(piece.freeze()))))
    }
}

fn write(piece: &mut BytesMut, event: &Event) {
    piece.put_slice(b"event: ");
    piece.put_slice(event.name().as_bytes());
    piece.put_slice(b"\ndata: ");
    // Writing to memory cannot fail, nor do events hold anything that is not JSON.
    let _ = serde_json::to_writer((&mut *piece).writer(), event);
    piece.put_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::{StreamExt, stream};
    use http_body_util::BodyExt;
    use tokio::sync::mpsc;

    use super::*;

    fn text(text: &str) -> Event {
        Event::TextDelta { text: text.into() }
    }

    /// One at a time.
    fn handed_over() -> (mpsc::Sender<Event>, impl Stream<Item = Event>) {
        let (sender, mut receiver) = mpsc::channel(1);
        let events = stream::poll_fn(move |cx| receiver.poll_recv(cx));
        (sender, events)
    }

    async fn next(frames: &mut Frames<impl Stream<Item = Event>, ()>) -> Option<String> {
        let piece = frames.frame().await?.unwrap().into_data().unwrap();
        Some(String::from_utf8(piece.to_vec()).unwrap())
    }

    fn written(texts: &[&str]) -> String {
        let event = |text: &&str| {
            format!("event: text_delta\ndata: {{\"type\":\"text_delta\",\"text\":\"{text}\"}}\n\n")
        };
        texts.iter().map(event).collect()
    }

    #[tokio::test]
    async fn events_are_looked_for_only_when_something_rang_for_them() {
        let looks = Arc::new(AtomicUsize::new(0));
        let (sender, mut receiver) = mpsc::channel(1);
        let counted = looks.clone();
        let events = stream::poll_fn(move |cx| {
            counted.fetch_add(1, Ordering::Relaxed);
            receiver.poll_recv(cx)
        });
        let mut frames = Frames::of(events, ());
        for _ in 0..5 {
            assert!(futures_util::poll!(frames.frame()).is_pending());
        }
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        sender.send(text("a")).await.unwrap();
        assert_eq!(next(&mut frames).await, Some(written(&["a"])));
        // Once for the event, once to find no other.
        assert_eq!(looks.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn what_is_ready_at_once_is_one_piece_and_what_is_not_is_not_waited_for() {
        let (later, events) = handed_over();
        let events = stream::iter([text("a"), text("b")]).chain(events);
        let mut frames = Frames::of(events, ());
        assert_eq!(next(&mut frames).await, Some(written(&["a", "b"])));
        later.send(text("c")).await.unwrap();
        assert_eq!(next(&mut frames).await, Some(written(&["c"])));
        drop(later);
        assert_eq!(next(&mut frames).await, None);
        assert_eq!(next(&mut frames).await, None);
    }

    /// Each only when asked a second time, and what asks is woken at once.
    fn halting(letters: Vec<&'static str>) -> impl Stream<Item = Event> {
        let (mut letters, mut halt) = (letters.into_iter(), false);
        stream::poll_fn(move |cx| {
            halt = !halt;
            if halt {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(letters.next().map(text))
        })
    }

    #[tokio::test]
    async fn what_rings_while_it_is_looked_at_is_looked_at_again_but_not_for_ever() {
        let mut frames = Frames::of(halting(vec!["a", "b", "c", "d", "e"]), ());
        let pieces = [vec!["a", "b", "c"], vec!["d", "e"]];
        for letters in pieces {
            assert_eq!(next(&mut frames).await, Some(written(&letters)));
        }
        assert_eq!(next(&mut frames).await, None);
    }

    #[tokio::test]
    async fn a_piece_that_is_long_enough_is_not_waited_with() {
        let long = "x".repeat(10_000);
        let events = stream::iter([&*long; 5]).map(text);
        let mut frames = Frames::of(events, ());
        let lengths = [2, 2, 1].map(|n| Some(written(&vec![&*long; n])));
        for expected in lengths {
            assert_eq!(next(&mut frames).await, expected);
        }
        assert_eq!(next(&mut frames).await, None);
    }
}
