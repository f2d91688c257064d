//! Writes messages to a process, one line each.

use std::io;

use rmcp::model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage, RequestId};
use tokio::{
    io::AsyncWriteExt,
    process::ChildStdin,
    sync::{mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

use super::pending::Pending;
use crate::agent::mcp::{answer::AnswerSlot, send_state::SendState};

/// Messages that wait to be written.
const MAX_WAITING: usize = 16;

/// Why a message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::agent::mcp) enum SendError {
    /// Nothing of it was written.
    #[error("the process has ended")]
    Gone,
    /// The process may have read it.
    #[error("the process did not take the whole message")]
    Broken,
    #[error("the caller no longer waits")]
    Abandoned,
    #[error("the message is no JSON")]
    Json,
}

/// Hands messages to the task that writes.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Outgoing>);

struct Outgoing {
    line: Vec<u8>,
    request: Option<Request>,
    written: oneshot::Sender<Result<(), SendError>>,
}

/// A request, which gets an answer.
struct Request {
    id: RequestId,
    slot: Option<AnswerSlot>,
    state: Option<SendState>,
}

impl Writer {
    /// The second value is the task. It closes the pipe at `stop`.
    pub(super) fn new(
        stdin: ChildStdin,
        pending: Pending,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        let task = async move {
            let writing = write(stdin, receiver, pending);
            let _ = stop.run_until_cancelled_owned(writing).await;
        };
        (Self(sender), task)
    }

    pub(super) fn send(
        &self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), SendError>> + Send + 'static {
        let sender = self.0.clone();
        async move {
            let mut line = serde_json::to_vec(&message).map_err(|_| SendError::Json)?;
            line.push(b'\n');
            let request = match &message {
                JsonRpcMessage::Request(message) => {
                    let extensions = message.request.extensions();
                    Some(Request {
                        id: message.id.clone(),
                        slot: extensions.get::<AnswerSlot>().cloned(),
                        state: extensions.get::<SendState>().cloned(),
                    })
                }
                _ => None,
            };
            drop(message);
            let (written, result) = oneshot::channel();
            let outgoing = Outgoing {
                line,
                request,
                written,
            };
            sender.send(outgoing).await.map_err(|_| SendError::Gone)?;
            // Dropped by a writer that was stopped, perhaps within the line.
            result.await.unwrap_or(Err(SendError::Broken))
        }
    }
}

async fn write(mut stdin: ChildStdin, mut waiting: mpsc::Receiver<Outgoing>, pending: Pending) {
    while let Some(Outgoing {
        line,
        request,
        written,
    }) = waiting.recv().await
    {
        let is_abandoned = request
            .as_ref()
            .and_then(|request| request.state.as_ref())
            .is_some_and(|state| !state.begin());
        if is_abandoned {
            let _ = written.send(Err(SendError::Abandoned));
            continue;
        }
        if let Some(Request { id, slot, .. }) = request {
            pending.add(id, slot);
        }
        let result = write_line(&mut stdin, &line).await;
        let _ = written.send(result);
        if result.is_err() {
            return;
        }
    }
}

async fn write_line(stdin: &mut ChildStdin, line: &[u8]) -> Result<(), SendError> {
    let mut written = 0;
    while written < line.len() {
        match stdin.write(&line[written..]).await {
            Ok(bytes) if bytes > 0 => written += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ if written == 0 => return Err(SendError::Gone),
            _ => return Err(SendError::Broken),
        }
    }
    Ok(())
}
