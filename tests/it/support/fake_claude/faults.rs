//! Unusual and failing replies.

use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    reply::{Reply, error_body},
    script::{Ending, Frame},
};
use crate::support::wait::Gate;

impl Reply {
    /// An event of an unknown type before the n-th.
    #[must_use]
    pub fn unknown_event_at(self, n: usize, name: &str, data: Value) -> Self {
        self.extra_at(n, Frame::event(name, data))
    }

    /// A comment line, before the n-th event.
    #[must_use]
    pub fn comment_at(self, n: usize) -> Self {
        self.extra_at(n, Frame::Comment)
    }

    /// Only pings for a while before the n-th event.
    #[must_use]
    pub fn pings_at(mut self, n: usize, count: usize, every: Duration) -> Self {
        for _ in 0..count {
            self = self
                .extra_at(n, Frame::Pause(every))
                .extra_at(n, Frame::event("ping", json!({"type": "ping"})));
        }
        self
    }

    /// In the same write as the end of the answer; the connection stays open.
    #[must_use]
    pub fn followed_by(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.leftover = bytes.into();
        self
    }

    /// The n-th event waits for the gate.
    #[must_use]
    pub fn gate_at(self, n: usize, gate: &Gate) -> Self {
        self.extra_at(n, Frame::Gate(gate.clone()))
    }

    /// Every event waits for the gate.
    #[must_use]
    pub fn gate_each(mut self, gate: &Gate) -> Self {
        for n in 0..self.events().len() {
            self = self.gate_at(n, gate);
        }
        self
    }

    fn extra_at(mut self, n: usize, frame: Frame) -> Self {
        self.extra.push((n, frame));
        self
    }

    /// After n events, an `error` event in place of the rest.
    #[must_use]
    pub fn error_event_after(mut self, n: usize, kind: &str) -> Self {
        self.ending = Ending::Error(n, error_body(kind, "the fake failed"));
        self
    }

    /// After n events the connection is cut.
    #[must_use]
    pub fn cut_after(mut self, n: usize) -> Self {
        self.ending = Ending::Cut(n);
        self
    }

    /// After n events the body ends regularly.
    #[must_use]
    pub fn ends_after(mut self, n: usize) -> Self {
        self.ending = Ending::Early(n);
        self
    }

    /// After n events no more bytes are sent, on an open connection.
    #[must_use]
    pub fn silence_after(mut self, n: usize) -> Self {
        self.ending = Ending::Silence(n);
        self
    }

    /// An endless text, sent as fast as the client reads; `sent` counts its bytes.
    pub fn endless(sent: &Arc<AtomicUsize>) -> Self {
        let mut reply = Self::text(&"word ".repeat(200));
        reply.ending = Ending::Flood(sent.clone());
        reply
    }

    /// The body in pieces of n bytes, regardless of event and character boundaries.
    #[must_use]
    pub fn chunked_by(mut self, n: usize) -> Self {
        self.chunk = Some(n);
        self
    }

    #[must_use]
    pub fn crlf(mut self) -> Self {
        self.crlf = true;
        self
    }

    /// Data lines alone, without `event:`.
    #[must_use]
    pub fn without_event_names(mut self) -> Self {
        self.names = false;
        self
    }
}
