//! A reply as it is written: the stream's events, and what they add up to.

mod builder;

use std::{future::poll_fn, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::{Block, ClaudeError, sse::Decoder};
use crate::{metrics::ClaudeTimer, quiet::Quiet};
use builder::Builder;

/// More than this in one reply is no answer to anybody.
const MAX_REPLY: usize = 64 * 1024 * 1024;

/// What may still come behind `message_stop`.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// Tokens as Claude counts them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_creation_input_tokens: u64,
    pub cache_read_input_tokens: u64,
}

impl Usage {
    pub fn add(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cache_creation_input_tokens = self
            .cache_creation_input_tokens
            .saturating_add(other.cache_creation_input_tokens);
        self.cache_read_input_tokens = self
            .cache_read_input_tokens
            .saturating_add(other.cache_read_input_tokens);
    }

    /// Counts are cumulative: what is named replaces what was there.
    fn update(&mut self, usage: &Value) {
        let set = |field: &mut u64, name: &str| *field = usage[name].as_u64().unwrap_or(*field);
        set(&mut self.input_tokens, "input_tokens");
        set(&mut self.output_tokens, "output_tokens");
        set(
            &mut self.cache_creation_input_tokens,
            "cache_creation_input_tokens",
        );
        set(&mut self.cache_read_input_tokens, "cache_read_input_tokens");
    }
}

/// What is worth passing on of a reply, in the order in which it comes.
#[derive(Debug, PartialEq)]
pub enum Progress {
    /// Something arrived that nobody needs to see; the usage so far.
    Usage(Usage),
    Text(String),
    /// Claude begins a tool call. `index` is the block's.
    ToolStart {
        index: u64,
        id: String,
        name: String,
    },
    /// Its input is complete: an object, or the text that is none.
    ToolReady {
        index: u64,
        input: Result<Map<String, Value>, String>,
    },
    /// The message is complete. Always last.
    End(Reply),
}

/// A complete message. `blocks` have their index, by which tool calls are told apart.
#[derive(Debug, Default, PartialEq)]
pub struct Reply {
    pub blocks: Vec<(u64, Block)>,
    pub stop_reason: String,
    pub model: Option<String>,
}

/// Reads a reply to its `message_stop`; anything else is an error. No piece may take longer than `idle` to come.
pub(super) fn read(
    pieces: impl Stream<Item = Result<Bytes, ClaudeError>> + Send,
    idle: Duration,
    mut timer: ClaudeTimer,
) -> impl Stream<Item = Result<Progress, ClaudeError>> + Send {
    async_stream::stream! {
        let (mut decoder, mut message, mut events, mut size) = (Decoder::default(), Builder::default(), Vec::new(), 0);
        let mut quiet = Quiet::of(idle);
        futures_util::pin_mut!(pieces);
        loop {
            quiet.broken();
            let piece = tokio::select! {
                biased;
                piece = pieces.next() => piece,
                () = poll_fn(|cx| quiet.poll(cx)) => return yield Err(ClaudeError::Silent),
            };
            let piece = match piece {
                None => return yield Err(ClaudeError::Incomplete),
                Some(Err(error)) => return yield Err(error),
                Some(Ok(piece)) => piece,
            };
            size += piece.len();
            if size > MAX_REPLY || decoder.push(&piece, &mut events).is_err() {
                return yield Err(ClaudeError::Event("reply_too_large".into()));
            }
            for event in events.drain(..) {
                let progress = message.take(&event);
                if matches!(progress, Ok(Some(Progress::Text(_) | Progress::ToolStart { .. }))) {
                    timer.first_token();
                }
                match progress {
                    Ok(None) => {}
                    Ok(Some(progress @ Progress::End(_))) => {
                        drop(timer);
                        yield Ok(progress);
                        // A connection whose response was read to its end can be used again.
                        let rest = async { while let Some(Ok(_)) = pieces.next().await {} };
                        let _ = timeout(LAST_BYTES, rest).await;
                        return;
                    }
                    Ok(Some(progress)) => yield Ok(progress),
                    Err(error) => return yield Err(error),
                }
            }
        }
    }
}
