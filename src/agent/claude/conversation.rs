//! The serialized messages of a conversation: each message is serialized once and shared by all requests.

use bytes::Bytes;
use serde::Serialize;

use super::Role;

/// The end of a serialized user message, after the last field of its last block.
const END: &[u8] = b"}]}";
/// A cache breakpoint, as the last field of a block.
const BREAKPOINT: &[u8] = b",\"cache_control\":{\"type\":\"ephemeral\"}";

/// The serialized messages of a conversation.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The messages, with commas between them.
    json: Vec<Bytes>,
    length: usize,
    /// Offsets of the breakpoints: the ends of the last blocks of the last two user messages.
    breakpoints: [Option<usize>; 2],
}

impl Conversation {
    /// Adds messages: objects with `role` and `content`, a list of blocks. `capacity` is their expected size in bytes.
    ///
    /// # Errors
    /// A message cannot be serialized. The conversation is unchanged then.
    pub fn extend<M: Serialize>(
        &mut self,
        messages: impl IntoIterator<Item = (Role, M)>,
        capacity: usize,
    ) -> serde_json::Result<()> {
        let (mut json, mut breakpoints) = (Vec::with_capacity(capacity), self.breakpoints);
        for (role, message) in messages {
            if self.length + json.len() > 0 {
                json.push(b',');
            }
            serde_json::to_writer(&mut json, &message)?;
            if role == Role::User && json.ends_with(END) {
                breakpoints = [breakpoints[1], Some(self.length + json.len() - END.len())];
            }
        }
        self.breakpoints = breakpoints;
        self.length += json.len();
        // Much of a request may be fields that are ignored.
        if json.capacity() / 2 > json.len() {
            json.shrink_to_fit();
        }
        self.json.push(json.into());
        Ok(())
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
