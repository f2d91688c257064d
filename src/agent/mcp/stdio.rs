//! stdio transport: MCP over the standard input and output of a child process, in a process group of its own.
//!
//! rmcp's own transport parses messages of any kind up to 16 MB and starts processes without a group. This one has the limits
//! of the HTTP transport, knows whether a call was sent, and ends the whole group. Four tasks work on a process: `writer` and
//! `reader` on its messages, `stderr` on its standard error, and `process` on its life. A process that leaves its group
//! (`setsid`) is not found again.

mod group;
mod leftover;
mod lines;
mod pending;
mod proc;
mod process;
mod reader;
mod record;
mod stderr;
mod writer;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use rmcp::{
    RoleClient,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::{Notify, mpsc};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tracing::Instrument;

use super::{answer_memory::AnswerMemory, transport::fault::LastFault};
use crate::config::connections::{BaseEnvironment, StdioCommand};
pub use leftover::end_recorded_groups;
use lines::Lines;
use pending::Pending;
use process::Process;
use reader::Reader;

pub(super) use writer::SendError;
use writer::Writer;

/// Messages that have been read and not been taken yet.
const MAX_READ: usize = 4;

/// Where a command runs.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its working directory and its `HOME`: the run's folder.
    pub folder: PathBuf,
    /// Where the processes that were started are recorded, for [`end_recorded_groups`]: the run's own, outside of `folder`.
    pub records: PathBuf,
    pub environment: BaseEnvironment,
}

pub(super) struct StdioEndpoint {
    pub(super) command: StdioCommand,
    pub(super) place: Place,
    /// For one message to arrive, once it has begun.
    pub(super) line_timeout: Duration,
}

/// How the tasks of one process tell one another of its end.
#[derive(Clone, Default)]
struct Life {
    /// The process is to end.
    stop: CancellationToken,
    /// The process has ended; others of its group may still run.
    exited: CancellationToken,
    /// The group has ended.
    gone: CancellationToken,
}

/// The transport of one session. The process ends when it is dropped.
pub(super) struct StdioTransport {
    writer: Writer,
    messages: mpsc::Receiver<RxJsonRpcMessage<RoleClient>>,
    stop: DropGuard,
}

impl StdioEndpoint {
    /// Starts the command. Its end, and what belongs to it, is left to `tasks`. `check` is notified when it ends.
    pub(super) fn start(
        &self,
        memory: AnswerMemory,
        check: Arc<Notify>,
        fault: LastFault,
        tasks: &TaskTracker,
    ) -> io::Result<StdioTransport> {
        let (process, pipes) = Process::start(&self.command, &self.place)?;
        let (life, pending) = (Life::default(), Pending::default());
        let (publish, messages) = mpsc::channel(MAX_READ);
        let tail = stderr::Tail::default();
        let lines = Lines::new(pipes.stdout, memory, self.line_timeout);
        let reader = Reader {
            lines,
            pending: pending.clone(),
            publish,
            check,
            fault: fault.clone(),
            life: life.clone(),
        };
        let (writer, write) = Writer::new(pipes.stdin, pending, life.stop.clone());
        tasks.spawn(write.in_current_span());
        tasks.spawn(reader.run().in_current_span());
        tasks.spawn(stderr::keep(pipes.stderr, tail.clone(), life.gone.clone()));
        tasks.spawn(process.run(life.clone(), fault, tail).in_current_span());
        Ok(StdioTransport {
            writer,
            messages,
            stop: life.stop.drop_guard(),
        })
    }
}

impl Transport<RoleClient> for StdioTransport {
    type Error = SendError;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), SendError>> + Send + 'static {
        self.writer.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        self.messages.recv().await
    }

    async fn close(&mut self) -> Result<(), SendError> {
        self.stop.token().cancel();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
