//! The preparation of an attempt: the prompts, the position of the run, and the state that its tools share.

use std::sync::Arc;

use super::{
    Worker,
    listed::Listed,
    outcome::BeginError,
    position::{Damaged, Position},
    prompts,
    record::Record,
    toolbox::Bench,
    uploads::Uploads,
    workspace::Workspace,
    workspace_queue::WorkspaceQueue,
};
use crate::{
    auth::Caller,
    runs::model::{Blob, Claimed, Entry, Step},
};

/// How many entries of the journal are read at once.
const PAGE: u32 = 500;

impl Worker {
    /// The first message of each step.
    pub(super) fn first_messages(&self, claimed: &Claimed) -> Vec<String> {
        let input = claimed.input.input.as_ref().map(|input| match input {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let message = |(index, step): (usize, &Step)| {
            let (prefix, input) = match index {
                0 => (self.prompts.prefix.as_deref(), input.as_deref()),
                _ => (None, None),
            };
            prompts::first_message(prefix, &step.prompt, input)
        };
        claimed
            .input
            .steps
            .iter()
            .enumerate()
            .map(message)
            .collect()
    }

    /// Where the run stands, and what its tools have returned that is no file yet.
    pub(super) async fn stored(
        &self,
        claimed: &Claimed,
        prompts: &[String],
    ) -> Result<(Position, Vec<Blob>), BeginError> {
        let position = self.position(claimed, prompts).await?;
        let (store, claim) = (&self.parts.store, &claimed.claim);
        Ok((position, store.blobs(&claim.owner, claim.run).await?))
    }

    /// Where the run stands, from what is stored.
    pub(super) async fn position(
        &self,
        claimed: &Claimed,
        prompts: &[String],
    ) -> Result<Position, BeginError> {
        let (store, claim) = (&self.parts.store, &claimed.claim);
        let replies = store.replies(&claim.owner, claim.run).await?;
        let mut entries = Vec::new();
        while !replies.is_empty() {
            let after = entries.last().map_or(0, |entry: &Entry| entry.seq);
            let page = store.journal(&claim.owner, claim.run, after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            entries.extend(page);
        }
        let position = Position::new(prompts, &replies, entries);
        position.map_err(|error: Damaged| BeginError::Broken(error.into()))
    }

    /// The connections with a process whose tools were called, of a run that was interrupted at its end: Claude cannot be told
    /// any more that their files are gone.
    pub(super) fn lost(&self, position: &Position, steps: usize) -> Vec<String> {
        let mut names = self.registry.local_names();
        names.retain(|name| position.step >= steps && position.has_called(name));
        names
    }

    /// `pending`: what tools have returned in earlier attempts and is not stored.
    pub(super) fn bench(
        &self,
        claimed: &Claimed,
        workspace: Arc<Workspace>,
        pending: Vec<Blob>,
    ) -> Bench {
        let (parts, run, claim) = (&self.parts, &claimed.run, &claimed.claim);
        let (store, progress) = (parts.store.clone(), parts.progress.clone());
        let record = Record::new(store, progress, claim.clone(), run.usage);
        let record = Arc::new(record);
        let uploads = Uploads::new(
            parts.files.clone(),
            record.clone(),
            parts.metrics.clone(),
            claim.clone(),
            self.file_limits,
            Listed::new(claim.number, self.file_limits, run.files.clone(), pending),
        );
        Bench {
            record,
            uploads: Arc::new(uploads),
            workspace: WorkspaceQueue::start(workspace),
            caller: Caller::stored(claim.owner.clone()),
            jwt: self.jwt.clone(),
            approvals: self.approvals.clone(),
            run_id: claim.run.to_string().into(),
            request_id: run.request_id.as_str().into(),
            max_tokens: self.limits.max_tokens,
        }
    }
}
