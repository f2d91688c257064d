//! Reads messages of a process, until it ends or a line exceeds the limits.

use std::{sync::Arc, time::Duration};

use rmcp::model::ServerJsonRpcMessage;
use tokio::{
    process::ChildStdout,
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};

use super::{
    Life,
    lines::{LineError, Lines},
    pending::Pending,
};
use crate::agent::mcp::transport::fault::LastFault;

/// For what is still in the pipe when the process has ended, and for its end after that of the pipe.
const END_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Reader {
    pub(super) lines: Lines<ChildStdout>,
    pub(super) pending: Pending,
    pub(super) publish: mpsc::Sender<ServerJsonRpcMessage>,
    pub(super) check: Arc<Notify>,
    pub(super) fault: LastFault,
    pub(super) life: Life,
}

impl Reader {
    /// The session ends with this task, and the process with the session.
    pub(super) async fn run(mut self) {
        let life = self.life.clone();
        let ended = async {
            life.gone.cancelled().await;
            sleep(END_TIMEOUT).await;
        };
        let error = tokio::select! {
            error = self.read() => error,
            () = life.stop.cancelled() => None,
            () = ended => None,
        };
        match error {
            Some(error) => self.note(error),
            // `process` says how it has ended.
            None => {
                let _ = timeout(END_TIMEOUT, life.exited.cancelled()).await;
            }
        }
        life.stop.cancel();
        self.check.notify_one();
    }

    async fn read(&mut self) -> Option<LineError> {
        loop {
            match self.lines.next().await {
                Ok(Some((line, held))) => {
                    if let Some(message) = self.pending.message(line, held)
                        && self.publish.send(message).await.is_err()
                    {
                        return None;
                    }
                }
                Ok(None) => return None,
                Err(error) => return Some(error),
            }
        }
    }

    fn note(&self, error: LineError) {
        let fault = match error {
            LineError::TooLong(head) => {
                self.pending.exceed(&head);
                "a message that exceeds the limit".to_owned()
            }
            LineError::Stalled => "a message that was not finished in time".to_owned(),
            LineError::Encoding => "a message that is not UTF-8".to_owned(),
            LineError::Io(kind) => format!("its output cannot be read ({kind})"),
        };
        tracing::warn!(fault, "the session with a command ends");
        self.fault.note(Some(fault));
    }
}
