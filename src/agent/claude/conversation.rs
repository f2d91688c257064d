//! The serialized messages of a conversation: each message is serialized once and shared by all requests.

use std::io;

use bytes::Bytes;
use serde::Serialize;

use super::Role;

/// The end of a serialized user message, after the last field of its last block.
const END: &[u8] = b"}]}";
/// A cache breakpoint, as the last field of a block.
const BREAKPOINT: &[u8] = b",\"cache_control\":{\"type\":\"ephemeral\"}";

/// The shortest piece of a received body that is shared. Shorter ones are copied, so that a request has few pieces.
const MIN_SHARED: usize = 64 * 1024;
/// The most that is allocated in advance for copied pieces.
const MAX_PREALLOCATED: usize = 1024 * 1024;

/// The serialized messages of a conversation.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The messages, with commas between them.
    json: Vec<Bytes>,
    length: usize,
    /// The bytes that are shared with a received body.
    shared: usize,
    /// Offsets of the breakpoints: the ends of the last blocks of the last two user messages.
    breakpoints: [Option<usize>; 2],
}

impl Conversation {
    /// Adds messages: objects with `role` and `content`, a list of blocks. Long strings within `body` are shared with it.
    ///
    /// # Errors
    /// A message cannot be serialized. The conversation is unchanged then.
    pub fn extend<M: Serialize>(
        &mut self,
        messages: impl IntoIterator<Item = (Role, M)>,
        body: &Bytes,
    ) -> serde_json::Result<()> {
        let mut pieces = Pieces::new(body);
        let mut breakpoints = self.breakpoints;
        for (role, message) in messages {
            if self.length + pieces.length() > 0 {
                pieces.copied.push(b',');
            }
            serde_json::to_writer(&mut pieces, &message)?;
            if role == Role::User && pieces.copied.ends_with(END) {
                breakpoints = [
                    breakpoints[1],
                    Some(self.length + pieces.length() - END.len()),
                ];
            }
        }
        self.breakpoints = breakpoints;
        self.length += pieces.length();
        self.shared += pieces.shared;
        // Much of a request may be fields that are ignored.
        if pieces.copied.capacity() / 2 > pieces.copied.len() {
            pieces.copied.shrink_to_fit();
        }
        pieces.flush_copied();
        self.json.append(&mut pieces.finished);
        Ok(())
    }

    /// The bytes that the conversation holds itself; and those that it shares with a received body, all of which is kept
    /// then.
    pub fn owned_and_shared(&self) -> (usize, usize) {
        (self.length - self.shared, self.shared)
    }

    /// The messages with breakpoints at the ends of the last two user messages. The last one is the end of the history;
    /// the one before it is where the previous request (of this turn or the last) ended, so that what it cached is found
    /// even when a round adds more blocks than Claude's look-back of 20. With those on tools and system prompt that makes
    /// four, the maximum.
    pub(super) fn with_breakpoints(&self) -> Vec<Bytes> {
        let mut breakpoints = self.breakpoints.into_iter().flatten().peekable();
        let (mut chunks, mut offset) = (Vec::new(), 0);
        for json in &self.json {
            let mut json = json.clone();
            while let Some(at) = breakpoints.next_if(|at| *at <= offset + json.len()) {
                chunks.push(json.split_to(at - offset));
                chunks.push(Bytes::from_static(BREAKPOINT));
                offset = at;
            }
            offset += json.len();
            chunks.push(json);
        }
        chunks
    }

    /// The messages without breakpoints.
    #[cfg(any(test, fuzzing))]
    pub fn messages(&self) -> serde_json::Value {
        serde_json::from_str(&self.json()).expect("JSON")
    }

    /// The list of messages, serialized, without breakpoints.
    #[cfg(any(test, fuzzing))]
    pub fn json(&self) -> String {
        format!("[{}]", String::from_utf8_lossy(&self.json.concat()))
    }
}

/// Serialized JSON in pieces: copied ones, and shared ones of a received body.
struct Pieces<'a> {
    body: &'a Bytes,
    finished: Vec<Bytes>,
    /// The number of bytes in `finished`.
    finished_length: usize,
    shared: usize,
    /// The last piece.
    copied: Vec<u8>,
}

impl<'a> Pieces<'a> {
    fn new(body: &'a Bytes) -> Self {
        Self {
            body,
            finished: Vec::new(),
            finished_length: 0,
            shared: 0,
            copied: Vec::with_capacity(body.len().min(MAX_PREALLOCATED)),
        }
    }

    fn length(&self) -> usize {
        self.finished_length + self.copied.len()
    }

    fn flush_copied(&mut self) {
        let copied = std::mem::take(&mut self.copied);
        self.finished_length += copied.len();
        self.finished.push(copied.into());
    }

    fn share(&mut self, piece: &[u8]) {
        self.flush_copied();
        self.finished_length += piece.len();
        self.shared += piece.len();
        self.finished.push(self.body.slice_ref(piece));
    }

    fn is_in_body(&self, piece: &[u8]) -> bool {
        let (body, piece) = (self.body.as_ptr_range(), piece.as_ptr_range());
        body.start <= piece.start && piece.end <= body.end
    }
}

/// serde writes a string of the body (a `RawValue`) in one piece.
impl io::Write for Pieces<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.len() >= MIN_SHARED && self.is_in_body(piece) {
            self.share(piece);
        } else {
            self.copied.extend_from_slice(piece);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
