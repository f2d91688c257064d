//! A streaming reply from Claude: reports its progress and builds the complete message.

mod beginning;
mod builder;
mod event;
mod halves;
mod open_block;

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::{Block, ClaudeError, sse::Decoder};
use crate::{
    agent::metrics::ClaudeTimer,
    upstream::{client::ResponseBody, idle_timer::IdleTimer},
};
use beginning::Beginning;
use builder::Builder;

/// Longer replies are an error.
const MAX_REPLY_BYTES: usize = 64 * 1024 * 1024;

/// How long to wait for the end of the response after `message_stop`.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Tokens as Claude counts them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_creation_input_tokens: u64,
    pub cache_read_input_tokens: u64,
    /// The part of the output that is thinking, if Claude tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_tokens: Option<u64>,
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
        if let Some(tokens) = other.thinking_tokens {
            let sum = self.thinking_tokens.unwrap_or_default();
            self.thinking_tokens = Some(sum.saturating_add(tokens));
        }
    }

    /// The counts with their names in metrics.
    pub fn by_kind(self) -> [(&'static str, u64); 4] {
        [
            ("input", self.input_tokens),
            ("output", self.output_tokens),
            ("cache_creation", self.cache_creation_input_tokens),
            ("cache_read", self.cache_read_input_tokens),
        ]
    }

    /// Counts are cumulative: each count in `usage` replaces the earlier one.
    fn update(&mut self, usage: &Value) {
        let set = |field: &mut u64, name: &str| *field = usage[name].as_u64().unwrap_or(*field);
        set(&mut self.input_tokens, "input_tokens");
        set(&mut self.output_tokens, "output_tokens");
        set(
            &mut self.cache_creation_input_tokens,
            "cache_creation_input_tokens",
        );
        set(&mut self.cache_read_input_tokens, "cache_read_input_tokens");
        let thinking = usage["output_tokens_details"]["thinking_tokens"].as_u64();
        self.thinking_tokens = thinking.or(self.thinking_tokens);
    }
}

/// Progress of a reply, in the order of its events.
#[derive(Debug, PartialEq)]
pub enum Progress {
    /// Tokens so far.
    Usage(Usage),
    /// Thinking that is shown; not empty.
    Thinking(String),
    Text(String),
    /// Claude begins a tool call. `index` is the block's.
    ToolStart {
        index: u64,
        id: String,
        name: String,
    },
    /// The input of a tool call is complete. `input_json` should be an object; it is not checked.
    ToolInput {
        index: u64,
        input_json: String,
    },
    /// A block that is no tool call is complete.
    BlockEnd(BlockEnd),
    /// The message is complete. Always last.
    End(Reply),
}

/// What a complete block holds besides the text that was shown of it.
#[derive(Debug, PartialEq)]
pub enum BlockEnd {
    Text,
    Thinking {
        signature: String,
    },
    /// A block without a text to show: redacted thinking, or one of an unknown type.
    Hidden(Block),
}

/// A complete message. `blocks` have the index that [`Progress`] names; inputs of tool calls are empty, since
/// [`Progress::ToolInput`] reported them.
#[derive(Debug, Default, PartialEq)]
pub struct Reply {
    pub blocks: Vec<(u64, Block)>,
    pub stop_reason: String,
    pub stop_details: Option<Value>,
    pub model: Option<String>,
    pub id: Option<String>,
}

/// A streaming reply, up to its `message_stop`. Any other end is an error, as is silence for longer than the idle timeout.
pub struct ReplyStream<P = ResponseBody> {
    pieces: P,
    decoder: Decoder,
    events: VecDeque<Bytes>,
    /// `None` after the first event.
    beginning: Option<Beginning>,
    message: Builder,
    size: usize,
    idle: IdleTimer,
    /// True while the idle timer runs: all events of the last chunk are used.
    waiting: bool,
    /// `None` once the message is complete.
    timer: Option<ClaudeTimer>,
    over: bool,
}

impl<P> ReplyStream<P>
where
    P: Stream<Item = reqwest::Result<Bytes>> + Unpin,
{
    /// From a response's headers and the pieces of its body. Must be called within a tokio runtime.
    pub(super) fn new(headers: &HeaderMap, pieces: P, idle: Duration, timer: ClaudeTimer) -> Self {
        Self {
            pieces,
            decoder: Decoder::default(),
            events: VecDeque::new(),
            beginning: Some(Beginning::new(headers)),
            message: Builder::default(),
            size: 0,
            idle: IdleTimer::new(idle),
            waiting: false,
            timer: Some(timer),
            over: false,
        }
    }

    /// The texts and tool calls so far; inputs of tool calls are empty.
    pub fn into_partial(self) -> impl Iterator<Item = (u64, Block)> {
        self.message.into_partial()
    }

    /// Reads the rest of the response after the message's end, so that the connection can be reused.
    pub async fn drain(mut self) {
        let rest = async { while let Some(Ok(_)) = self.pieces.next().await {} };
        let _ = timeout(DRAIN_TIMEOUT, rest).await;
    }

    fn poll_progress(&mut self, cx: &mut Context<'_>) -> Poll<Result<Progress, ClaudeError>> {
        loop {
            if let Some(ended) = self.message.take_ended() {
                return Poll::Ready(Ok(Progress::BlockEnd(ended)));
            }
            if let Some(event) = self.events.pop_front() {
                if let Some(progress) = self.message.on_event(&event)? {
                    return Poll::Ready(Ok(progress));
                }
                continue;
            }
            if !std::mem::replace(&mut self.waiting, true) {
                self.idle.reset();
            }
            let Poll::Ready(piece) = self.pieces.poll_next_unpin(cx) else {
                ready!(self.idle.poll_expired(cx));
                return Poll::Ready(Err(ClaudeError::Silent));
            };
            self.waiting = false;
            let Some(piece) = piece else {
                let nothing = self.beginning.take().map(Beginning::into_error);
                return Poll::Ready(Err(nothing.unwrap_or(ClaudeError::Incomplete)));
            };
            let piece = piece.map_err(ClaudeError::Broken)?;
            self.size += piece.len();
            if self.size > MAX_REPLY_BYTES || self.decoder.push(&piece, &mut self.events).is_err() {
                return Poll::Ready(Err(ClaudeError::TooLarge));
            }
            if !self.events.is_empty() {
                let is_first = self.beginning.take().is_some();
                if let Some(timer) = self.timer.as_ref().filter(|_| is_first) {
                    timer.first_chunk();
                }
            } else if let Some(beginning) = &mut self.beginning {
                beginning.push(&piece);
            }
        }
    }
}

impl<P> Stream for ReplyStream<P>
where
    P: Stream<Item = reqwest::Result<Bytes>> + Unpin,
{
    type Item = Result<Progress, ClaudeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let progress = ready!(self.poll_progress(cx));
        match (&progress, &mut self.timer) {
            (Ok(Progress::Text(_) | Progress::ToolStart { .. }), Some(timer)) => {
                timer.first_token();
            }
            (Ok(Progress::End(_)) | Err(_), _) => {
                self.over = true;
                self.timer = None;
            }
            _ => {}
        }
        Poll::Ready(Some(progress))
    }
}
