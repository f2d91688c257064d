//! Server-sent events without a name, each with one line of JSON.

use bytes::{BufMut, BytesMut};
use serde::Serialize;

/// Enough for the event of a token.
const EVENT_CAPACITY: usize = 192;

/// Appends `data: <JSON>`.
pub(super) fn put(chunk: &mut BytesMut, event: &impl Serialize) {
    chunk.reserve(EVENT_CAPACITY);
    chunk.put_slice(b"data: ");
    // Writing to memory cannot fail, and every event is valid JSON.
    let _ = serde_json::to_writer((&mut *chunk).writer(), event);
    chunk.put_slice(b"\n\n");
}
