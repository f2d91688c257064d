//! Runs the calls of workspace tools one after another, in the order in which they were begun.

use std::{future::ready, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};

use super::workspace::{Workspace, WorkspaceTool};
use crate::agent::{mcp::CallOutcome, tools::WrittenInput};

/// A call that is never answered: the process is ending.
const LOST: &str = "the workspace is closed";

struct Job {
    tool: WorkspaceTool,
    /// JSON.
    input: String,
    answer: oneshot::Sender<CallOutcome>,
}

pub(super) struct WorkspaceQueue(mpsc::UnboundedSender<Job>);

impl WorkspaceQueue {
    /// Ends when it is dropped.
    pub(super) fn start(workspace: Arc<Workspace>) -> Self {
        let (sender, mut jobs) = mpsc::unbounded_channel::<Job>();
        tokio::spawn(async move {
            while let Some(Job {
                tool,
                input,
                answer,
            }) = jobs.recv().await
            {
                let workspace = workspace.clone();
                let ran = spawn_blocking(move || workspace.run(tool, &input)).await;
                let outcome = match ran {
                    Ok(Ok(text)) => CallOutcome::of_local(text, false),
                    Ok(Err(text)) => CallOutcome::of_local(text, true),
                    Err(_) => CallOutcome::not_run("the workspace has failed"),
                };
                let _ = answer.send(outcome);
            }
        });
        Self(sender)
    }

    /// Queues a call. It is run even if the future is dropped.
    pub(super) fn run(&self, name: &str, input: &WrittenInput) -> BoxFuture<'static, CallOutcome> {
        let lost = || CallOutcome::not_run(LOST);
        let Some(tool) = WorkspaceTool::from_name(name) else {
            return ready(lost()).boxed();
        };
        let input = serde_json::to_string(input).unwrap_or_default();
        let outcome = self.send(tool, input);
        outcome.map(move |it| it.unwrap_or_else(|_| lost())).boxed()
    }

    /// Runs a call of an earlier attempt again, for what it writes.
    pub(super) async fn replay(&self, name: &str, input: &str) {
        let Some(tool) = WorkspaceTool::from_name(name).filter(|tool| tool.changes_files()) else {
            return;
        };
        if let Ok(outcome) = self.send(tool, input.to_owned()).await
            && outcome.is_error
        {
            tracing::warn!(
                tool = name,
                "a call of the workspace gave an error when it was replayed"
            );
        }
    }

    fn send(&self, tool: WorkspaceTool, input: String) -> oneshot::Receiver<CallOutcome> {
        let (answer, outcome) = oneshot::channel();
        let job = Job {
            tool,
            input,
            answer,
        };
        // Without the queue, the answer is dropped with the job.
        let _ = self.0.send(job);
        outcome
    }
}
