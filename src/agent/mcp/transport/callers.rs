//! Whose call an event stream answers: a stream that breaks is resumed by a request of its own, with the token of that caller.
//!
//! rmcp knows a stream by the id of its last event alone, and servers may give events of two streams one id. So it gets ids
//! that begin with the stream's number.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use sse_stream::Sse;

use crate::auth::CallerToken;

/// The number of all streams of nobody's call.
pub(super) const NOBODYS: u64 = 0;

/// The callers of one session's streams, as long as their calls last.
#[derive(Clone, Default)]
pub(super) struct Callers(Arc<Mutex<Streams>>);

#[derive(Default)]
struct Streams {
    last: u64,
    tokens: HashMap<u64, Weak<CallerToken>>,
}

impl Callers {
    /// The number of a new stream, which answers a call with this token.
    pub(super) fn add(&self, token: &Arc<CallerToken>) -> u64 {
        let mut streams = self.lock();
        streams.tokens.retain(|_, token| token.strong_count() > 0);
        streams.last += 1;
        let number = streams.last;
        streams.tokens.insert(number, Arc::downgrade(token));
        number
    }

    /// The token for a stream; `None` if its call is over.
    pub(super) fn token(&self, stream: u64) -> Option<Arc<CallerToken>> {
        self.lock().tokens.get(&stream)?.upgrade()
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The event with the id that rmcp gets.
pub(super) fn number(mut event: Sse, stream: u64) -> Sse {
    event.id = event.id.map(|id| format!("{stream}:{id}"));
    event
}

/// The stream and the server's own id of an event whose id rmcp has.
pub(super) fn stream_of(id: &str) -> (u64, &str) {
    let parts = id.split_once(':');
    let parsed = parts.and_then(|(stream, id)| Some((stream.parse().ok()?, id)));
    parsed.unwrap_or((NOBODYS, id))
}
