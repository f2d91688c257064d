//! The beginning of a response that has brought no event yet: it may be something else than an event stream.

use http::{HeaderMap, header};
use serde_json::Value;

use crate::{agent::claude::ClaudeError, process::json::mend_str};

/// No more than this of a response is read for an error in it.
const MAX_BYTES: usize = 64 * 1024;
/// No more characters of a content type are logged.
const MAX_TYPE: usize = 60;

#[derive(Default)]
pub(super) struct Beginning {
    /// `None` if the response has none or it is that of an event stream.
    other_type: Option<String>,
    bytes: Vec<u8>,
}

impl Beginning {
    pub(super) fn new(headers: &HeaderMap) -> Self {
        let media_type = |value: &[u8]| {
            let value = value.split(|byte| *byte == b';').next().unwrap_or_default();
            let value = value.iter().filter(|byte| byte.is_ascii_graphic());
            let value = value.take(MAX_TYPE).map(|byte| char::from(*byte));
            value.collect::<String>().to_ascii_lowercase()
        };
        let value = headers.get(header::CONTENT_TYPE);
        let value = value.map(|value| media_type(value.as_bytes()));
        Self {
            other_type: value.filter(|it| !it.is_empty() && it != "text/event-stream"),
            bytes: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, piece: &[u8]) {
        let room = MAX_BYTES - self.bytes.len();
        self.bytes
            .extend_from_slice(&piece[..piece.len().min(room)]);
    }

    /// The error of a response that has ended without an event.
    pub(super) fn into_error(self) -> ClaudeError {
        let body = String::from_utf8_lossy(&self.bytes);
        let body: Value = serde_json::from_str(&mend_str(&body)).unwrap_or_default();
        match self.other_type {
            _ if body["error"]["type"].is_string() => ClaudeError::from_event(&body),
            Some(other) => ClaudeError::NoEvents(other),
            None => ClaudeError::Incomplete,
        }
    }
}
