//! The encoding of a turn's events as server-sent events.

use bytes::{BufMut, BytesMut};
use serde::Serialize;

use crate::agent::Event;

/// Enough for the event of a token.
const EVENT_CAPACITY: usize = 192;

/// Appends `event: <type>`, then `data: <JSON>` in one line. Nothing for an event that is not sent.
pub(super) fn encode(event: &Event, chunk: &mut BytesMut) {
    let Some(name) = event.name() else { return };
    chunk.reserve(EVENT_CAPACITY);
    chunk.put_slice(b"event: ");
    chunk.put_slice(name.as_bytes());
    chunk.put_slice(b"\n");
    put(chunk, event);
}

/// Appends an event without a name: `data: <JSON>` in one line.
pub(super) fn put(chunk: &mut BytesMut, event: &impl Serialize) {
    chunk.reserve(EVENT_CAPACITY);
    chunk.put_slice(b"data: ");
    // Writing to memory cannot fail, and every event is valid JSON.
    let _ = serde_json::to_writer((&mut *chunk).writer(), event);
    chunk.put_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_its_type_and_one_line_of_json() {
        let mut chunk = BytesMut::new();
        let text = "a\nb".into();
        encode(&Event::TextDelta { text }, &mut chunk);
        let expected: &[u8] =
            b"event: text_delta\ndata: {\"type\":\"text_delta\",\"text\":\"a\\nb\"}\n\n";
        assert_eq!(chunk, expected);
    }
}
