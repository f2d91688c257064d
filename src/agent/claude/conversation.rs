//! The serialized messages of a conversation: each message is serialized once and shared by all requests.

mod pieces;

use std::{mem::take, ops::Range};

use bytes::Bytes;

use super::{ContentBlock, Role};
use pieces::Pieces;

/// The end of a serialized message, after the last field of its last block.
const END: &[u8] = b"}]}";

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
    /// The thinking blocks with their commas: what [`Self::remove_thinking`] removes.
    thinking: Vec<Range<usize>>,
    /// The waiting results in the last message: what [`Self::replace_waiting`] replaces.
    waiting: Vec<Range<usize>>,
}

impl Conversation {
    /// Adds messages, given their blocks, and drops each. Long strings within `body` are shared with it.
    ///
    /// # Errors
    /// A message cannot be serialized. The conversation is unchanged then.
    pub fn extend<B: ContentBlock, M: AsRef<[B]>>(
        &mut self,
        messages: impl IntoIterator<Item = (Role, M)>,
        body: &Bytes,
    ) -> serde_json::Result<()> {
        let mut pieces = Pieces::new(body, self.length);
        let (mut breakpoints, mut thinking) = (self.breakpoints, Vec::new());
        let mut waiting = None;
        for (role, blocks) in messages {
            if pieces.offset() > 0 {
                pieces.copied.push(b',');
            }
            pieces.copied.extend_from_slice(b"{\"role\":");
            serde_json::to_writer(&mut pieces, &role)?;
            pieces.copied.extend_from_slice(b",\"content\":[");
            let ranges = write_blocks(blocks.as_ref(), &mut pieces, &mut thinking)?;
            waiting = Some(ranges);
            pieces.copied.extend_from_slice(b"]}");
            if role == Role::User && pieces.copied.ends_with(END) {
                breakpoints = [breakpoints[1], Some(pieces.offset() - END.len())];
            }
        }
        self.breakpoints = breakpoints;
        self.thinking.append(&mut thinking);
        self.waiting = waiting.unwrap_or_else(|| take(&mut self.waiting));
        self.length = pieces.offset();
        let (mut json, shared) = pieces.finish();
        self.shared += shared;
        self.json.append(&mut json);
        Ok(())
    }

    /// Removes all thinking blocks; false if there are none. A message of thinking alone is left as it is.
    pub fn remove_thinking(&mut self) -> bool {
        let cuts = take(&mut self.thinking).into_iter();
        let edits: Vec<_> = cuts.map(|cut| (cut, Bytes::new())).collect();
        let any = !edits.is_empty();
        self.splice(edits);
        any
    }

    /// Puts these results in the place of the waiting ones of the last message, in order.
    ///
    /// # Errors
    /// A result cannot be serialized. The conversation is unchanged then.
    pub fn replace_waiting<B: ContentBlock>(&mut self, results: &[B]) -> serde_json::Result<()> {
        let results = results.iter().map(serde_json::to_vec);
        let results: Vec<Vec<u8>> = results.collect::<Result<_, _>>()?;
        let waiting = take(&mut self.waiting).into_iter();
        self.splice(waiting.zip(results.into_iter().map(Bytes::from)).collect());
        Ok(())
    }

    /// Puts bytes in the place of these ranges, which are in order. Each is of whole blocks.
    fn splice(&mut self, edits: Vec<(Range<usize>, Bytes)>) {
        // Where what ends here will end.
        let moved = |end: usize| {
            let before = edits.iter().take_while(|(range, _)| range.end <= end);
            before.fold(end, |at, (range, new)| at + new.len() - range.len())
        };
        for breakpoint in self.breakpoints.iter_mut().flatten() {
            // It is before the last byte of its block.
            *breakpoint = moved(*breakpoint + 1) - 1;
        }
        for waiting in &mut self.waiting {
            *waiting = moved(waiting.start)..moved(waiting.end);
        }
        self.length = moved(self.length);
        self.json = pieces::splice(take(&mut self.json), edits);
    }

    /// The bytes that the conversation holds itself; and those that it shares with a received body, all of which is kept
    /// then.
    pub fn owned_and_shared(&self) -> (usize, usize) {
        let ranges = self.thinking.capacity() * size_of::<Range<usize>>();
        (
            self.length.saturating_sub(self.shared) + ranges,
            self.shared,
        )
    }

    /// The messages with breakpoints at the ends of the last two user messages. The last one is the end of the history;
    /// the one before it is where the previous request (of this turn or the last) ended, so that what it cached is found
    /// even when a round adds more blocks than Claude's look-back of 20. With those on tools and system prompt that makes
    /// four, the maximum.
    pub(super) fn with_breakpoints(&self, breakpoint: &'static [u8]) -> Vec<Bytes> {
        let mut breakpoints = self.breakpoints.into_iter().flatten().peekable();
        let (mut chunks, mut offset) = (Vec::new(), 0);
        for json in &self.json {
            let mut json = json.clone();
            while let Some(at) = breakpoints.next_if(|at| *at <= offset + json.len()) {
                chunks.push(json.split_to(at - offset));
                chunks.push(Bytes::from_static(breakpoint));
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

/// Writes a list of blocks, and adds the ranges without which it is a list of the blocks that are not thinking. Returns the ranges
/// of the waiting results.
fn write_blocks<B: ContentBlock>(
    blocks: &[B],
    pieces: &mut Pieces<'_>,
    thinking: &mut Vec<Range<usize>>,
) -> serde_json::Result<Vec<Range<usize>>> {
    let (before, mut waiting) = (thinking.len(), Vec::new());
    let mut any_kept = false;
    for (at, block) in blocks.iter().enumerate() {
        let start = pieces.offset();
        if at > 0 {
            pieces.copied.push(b',');
        }
        let comma_end = pieces.offset();
        serde_json::to_writer(&mut *pieces, block)?;
        if block.is_waiting() {
            waiting.push(comma_end..pieces.offset());
        }
        let end = match block.is_thinking() {
            true => pieces.offset(),
            false if any_kept => continue,
            // The first one that is kept has no comma before it.
            false => comma_end,
        };
        any_kept |= !block.is_thinking();
        match thinking[before..].last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ if end > start => thinking.push(start..end),
            _ => {}
        }
    }
    if !any_kept {
        thinking.truncate(before);
    }
    Ok(waiting)
}

#[cfg(test)]
mod tests;
