//! The messages of a request as JSON: each is written once, however many requests it goes into.

use bytes::Bytes;
use serde::Serialize;

use super::Role;

/// The end of a user's message whose content is not empty, from behind the last block's last field.
const END: &[u8] = b"}]}";
/// A breakpoint, as the last field of a block.
const MARK: &[u8] = b",\"cache_control\":{\"type\":\"ephemeral\"}";

/// What Claude has to answer, in order.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The messages, with commas between.
    json: Vec<Bytes>,
    length: usize,
    /// Where the last two user messages' last blocks end: there their breakpoints go.
    marks: [Option<usize>; 2],
}

impl Conversation {
    /// Adds messages, each an object with `role` and `content`, a list of blocks; together they take about `room` bytes.
    ///
    /// # Errors
    /// One cannot be written as JSON. Nothing is added then.
    pub fn extend<M: Serialize>(
        &mut self,
        messages: impl IntoIterator<Item = (Role, M)>,
        room: usize,
    ) -> serde_json::Result<()> {
        let (mut json, mut marks) = (Vec::with_capacity(room), self.marks);
        for (role, message) in messages {
            if self.length + json.len() > 0 {
                json.push(b',');
            }
            serde_json::to_writer(&mut json, &message)?;
            if role == Role::User && json.ends_with(END) {
                marks = [marks[1], Some(self.length + json.len() - END.len())];
            }
        }
        self.marks = marks;
        self.length += json.len();
        // What was announced may be much of what nobody asked for.
        if json.capacity() / 2 > json.len() {
            json.shrink_to_fit();
        }
        self.json.push(json.into());
        Ok(())
    }

    /// The messages, with breakpoints behind the last two of the user's. The last is the end of the history; the one before
    /// it is where the previous request (of this turn, or of the turn before) had its end, so that what was written then is
    /// found even when a round added more blocks than Claude's look-back of 20. With tools and system that makes four, the
    /// maximum.
    pub(super) fn marked(&self) -> Vec<Bytes> {
        let mut marks = self.marks.into_iter().flatten().peekable();
        let (mut pieces, mut at) = (Vec::new(), 0);
        for json in &self.json {
            let mut json = json.clone();
            while let Some(mark) = marks.next_if(|mark| *mark <= at + json.len()) {
                pieces.push(json.split_to(mark - at));
                pieces.push(Bytes::from_static(MARK));
                at = mark;
            }
            at += json.len();
            pieces.push(json);
        }
        pieces
    }

    /// The messages as they were added.
    #[cfg(any(test, fuzzing))]
    pub fn messages(&self) -> serde_json::Value {
        serde_json::from_str(&self.json()).expect("JSON")
    }

    /// The same, as they are written.
    #[cfg(any(test, fuzzing))]
    pub fn json(&self) -> String {
        format!("[{}]", String::from_utf8_lossy(&self.json.concat()))
    }
}
