//! A reply as it is written: the stream's events, and what they add up to.

mod builder;
mod open;

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::{Block, ClaudeError, sse::Decoder};
use crate::{
    agent::metrics::ClaudeTimer,
    upstream::{client::ResponseBody, idle_timer::IdleTimer},
};
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

    /// The counts with their names in metrics.
    pub fn by_kind(self) -> [(&'static str, u64); 4] {
        [
            ("input", self.input_tokens),
            ("output", self.output_tokens),
            ("cache_creation", self.cache_creation_input_tokens),
            ("cache_read", self.cache_read_input_tokens),
        ]
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

/// A reply while it is written, read to its `message_stop`; anything else is an error, after which nothing comes. No piece
/// may take longer than the idle limit to come.
pub struct Reading<P = ResponseBody> {
    pieces: P,
    decoder: Decoder,
    events: VecDeque<Bytes>,
    message: Builder,
    size: usize,
    idle: IdleTimer,
    /// For the next piece, since the last one was used up.
    waiting: bool,
    /// `None` once the message is complete.
    timer: Option<ClaudeTimer>,
    over: bool,
}

impl<P> Reading<P>
where
    P: Stream<Item = reqwest::Result<Bytes>> + Unpin,
{
    /// Must be called within a tokio runtime.
    pub(super) fn of(pieces: P, idle: Duration, timer: ClaudeTimer) -> Self {
        Self {
            pieces,
            decoder: Decoder::default(),
            events: VecDeque::new(),
            message: Builder::default(),
            size: 0,
            idle: IdleTimer::new(idle),
            waiting: false,
            timer: Some(timer),
            over: false,
        }
    }

    /// The message as far as it was written: its texts, and its tool calls without their inputs.
    pub fn written(self) -> impl Iterator<Item = (u64, Block)> {
        self.message.written()
    }

    /// Reads what may still come behind the message's end: only then can the connection be used again.
    pub async fn read_out(mut self) {
        let rest = async { while let Some(Ok(_)) = self.pieces.next().await {} };
        let _ = timeout(LAST_BYTES, rest).await;
    }

    fn poll_progress(&mut self, cx: &mut Context<'_>) -> Poll<Result<Progress, ClaudeError>> {
        loop {
            while let Some(event) = self.events.pop_front() {
                if let Some(progress) = self.message.take(&event)? {
                    return Poll::Ready(Ok(progress));
                }
            }
            if !std::mem::replace(&mut self.waiting, true) {
                self.idle.reset();
            }
            let Poll::Ready(piece) = self.pieces.poll_next_unpin(cx) else {
                ready!(self.idle.poll_expired(cx));
                return Poll::Ready(Err(ClaudeError::Silent));
            };
            self.waiting = false;
            let piece = piece
                .ok_or(ClaudeError::Incomplete)?
                .map_err(ClaudeError::Broken)?;
            self.size += piece.len();
            if self.size > MAX_REPLY || self.decoder.push(&piece, &mut self.events).is_err() {
                return Poll::Ready(Err(ClaudeError::Event("reply_too_large".into())));
            }
        }
    }
}

impl<P> Stream for Reading<P>
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
