//! Reads the reply of a round, and what comes after its end.

use futures_util::{FutureExt, StreamExt};

use super::history::is_kept;
use crate::agent::{
    Event,
    claude::{BlockEnd, ClaudeError, Progress, ReplyStream},
};

/// Reads the rest of the response: in place if it has arrived, as it usually has, else in a task.
pub(super) fn drain(stream: ReplyStream) {
    let mut drained = Box::pin(stream.drain());
    if (&mut drained).now_or_never().is_none() {
        tokio::spawn(drained);
    }
}

pub(super) async fn next_progress(
    stream: &mut Option<Box<ReplyStream>>,
) -> Result<Progress, ClaudeError> {
    match stream {
        Some(stream) => stream.next().await.unwrap_or(Err(ClaudeError::Incomplete)),
        None => std::future::pending().await,
    }
}

/// The event of a complete block, unless the history leaves it out.
pub(super) fn block_end(ended: BlockEnd) -> Option<Event> {
    let is_kept = match &ended {
        BlockEnd::Hidden(block) => is_kept(block),
        BlockEnd::Text | BlockEnd::Thinking { .. } => true,
    };
    is_kept.then(|| Event::BlockEnd(Box::new(ended)))
}
