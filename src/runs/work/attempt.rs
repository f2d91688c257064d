//! An attempt from its beginning to what it comes to: the steps of a run, each a turn of the agent.

use std::{path::PathBuf, sync::Arc};

use futures_util::StreamExt;
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Stops, Worker,
    connections::Context,
    position::{Damaged, Position, StepEnd},
    prompts,
    record::Record,
    sessions::Sessions,
    toolbox::{Bench, RunTools},
    uploads::Uploads,
    workspace::Workspace,
    workspace_queue::WorkspaceQueue,
};
use crate::{
    agent::{Event, ModelChoice, Turn, TurnSetup, mcp::end_recorded_groups, rebuild, user_context},
    auth::Caller,
    runs::{
        model::{Claimed, RunError, Step},
        store::StoreError,
    },
};

/// How many entries of the journal are read at once.
const PAGE: u32 = 500;

/// What an attempt comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Completed(StepEnd),
    Failed(RunError),
    /// The run has used up its working time.
    TimedOut,
    Cancelled,
    HandBack,
    /// The record says why.
    Halted,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum BeginError {
    #[error("the database cannot be read")]
    Store,
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(%error, cause, "the state of a run cannot be read");
        Self::Store
    }
}

pub(super) struct Attempt<'a> {
    pub(super) worker: &'a Worker,
    pub(super) claimed: Claimed,
    /// The first message of each step.
    prompts: Vec<String>,
    models: ModelChoice,
    pub(super) bench: Arc<Bench>,
    pub(super) workspace: Arc<Workspace>,
    pub(super) sessions: Sessions,
    /// The run's folder.
    pub(super) folder: PathBuf,
    pub(super) records: PathBuf,
    deadline: Instant,
    position: Position,
}

impl<'a> Attempt<'a> {
    pub(super) async fn begin(worker: &'a Worker, claimed: Claimed) -> Result<Self, BeginError> {
        let (files, records, folder) = worker.folder_of(claimed.claim.run);
        let deadline = Instant::now() + worker.limits.timeout.saturating_sub(claimed.worked);
        let prompts = worker.first_messages(&claimed);
        let position = match claimed.retried {
            None => Position::first(&prompts),
            Some(_) => worker.position(&claimed, &prompts).await?,
        };
        let system = claimed.input.system_prompt.as_deref();
        let system = prompts::system(system, worker.prompts.system.as_deref());
        let (model, max_tokens) = (claimed.input.model.as_deref(), claimed.input.max_tokens);
        let models = ModelChoice::new(&worker.claude_config, system, model, max_tokens)?;
        let ended = end_recorded_groups(&records).await;
        if ended.map_err(anyhow::Error::from)? > 0 {
            tracing::info!("what an earlier attempt had started is ended");
        }
        let limits = worker.file_limits;
        let workspace = spawn_blocking(move || Workspace::create(&files, limits)).await;
        let workspace = workspace.map_err(anyhow::Error::from)?;
        let workspace = Arc::new(workspace.map_err(anyhow::Error::from)?);
        let bench = worker.bench(&claimed, &position, workspace.clone());
        let mut attempt = Self {
            sessions: Sessions::new(worker.result_limits, worker.parts.agent_metrics.clone()),
            worker,
            claimed,
            prompts,
            models,
            bench: Arc::new(bench),
            workspace,
            folder,
            records,
            deadline,
            position,
        };
        attempt.rebuild_workspace().await;
        Ok(attempt)
    }

    /// Works until the run has an outcome or the attempt is stopped.
    pub(super) async fn run(&mut self, stops: &Stops) -> Outcome {
        let deadline = self.deadline;
        tokio::select! {
            biased;
            () = stops.cancel.cancelled() => Outcome::Cancelled,
            () = stops.hand_back.cancelled() => Outcome::HandBack,
            () = sleep_until(deadline) => Outcome::TimedOut,
            outcome = self.steps() => match outcome {
                Ok(end) => Outcome::Completed(end),
                Err(outcome) => outcome,
            },
        }
    }

    async fn steps(&mut self) -> Result<StepEnd, Outcome> {
        loop {
            let (limits, position) = (&self.worker.limits, &self.position);
            let (usage, _) = self.bench.record.totals();
            let is_last = position.step >= self.prompts.len();
            if let Some(end) = &position.ended {
                if is_last {
                    return Ok(end.clone());
                }
                if position.rounds > limits.max_rounds {
                    let stop_reason = "max_tool_rounds".to_owned();
                    return Ok(StepEnd {
                        stop_reason,
                        ..end.clone()
                    });
                }
            }
            if usage.total() >= limits.max_tokens {
                return Err(over_budget());
            }
            let (toolbox, notes) = self.prepare_step().await;
            self.resume(&toolbox).await.map_err(|_| Outcome::Halted)?;
            let end = self.turn(toolbox, &notes).await?;
            if end.is_last() || self.position.step + 1 == self.prompts.len() {
                return Ok(end);
            }
            let loaded = self.worker.position(&self.claimed, &self.prompts).await;
            self.position = loaded.map_err(|error| match error {
                BeginError::Store => {
                    self.bench.record.halt(super::record::Halted::Unwritten);
                    Outcome::Halted
                }
                BeginError::Broken(error) => broken(&error),
            })?;
            // They are this attempt's own.
            self.position.done_calls.clear();
        }
    }

    /// Opens the sessions of the step, and gives its tools and what Claude is to be told about them.
    async fn prepare_step(&mut self) -> (Arc<RunTools>, String) {
        let index = self.position.step;
        let step: Step = self.claimed.input.steps[index].clone();
        let registry = &self.worker.registry;
        let mut names = step.connections.unwrap_or_else(|| registry.default_names());
        let inline = &self.claimed.input.inline_connections;
        names.extend(inline.keys().cloned());
        names.sort();
        names.dedup();
        let context = Context {
            owner: &self.claimed.claim.owner,
            run: self.claimed.claim.run,
            inline,
            folder: self.workspace.path().to_owned(),
            records: self.records.clone(),
        };
        let deadline = self.deadline;
        self.sessions
            .open(&names, registry, &context, deadline)
            .await;
        let allowed = step.allowed_tools;
        let offered = |name: &str| {
            let allowed = allowed.as_ref();
            allowed.is_none_or(|allowed| allowed.iter().any(|it| it == name))
        };
        let catalogue = self.sessions.catalogue(&names, offered);
        let servers = self.sessions.servers();
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let toolbox = RunTools::new(self.bench.clone(), catalogue, servers, number);
        let mut notes = vec![user_context(None, None)];
        notes.extend(self.sessions.notes(&names));
        notes.extend(self.lost_files(&names));
        (Arc::new(toolbox), notes.join("\n"))
    }

    /// What Claude is told of a workspace that was built anew.
    fn lost_files(&self, names: &[String]) -> Option<String> {
        self.claimed.retried?;
        let is_local = |name: &&String| self.worker.registry.is_local(name);
        let local: Vec<String> = names.iter().filter(is_local).cloned().collect();
        (!local.is_empty()).then(|| {
            let names = local.join("`, `");
            format!(
                "The work was interrupted and goes on from where it stood. Files that tools of `{names}` had \
                 written before are lost; those of `write_file` are there."
            )
        })
    }

    /// Runs the agent's turn for the step.
    async fn turn(
        &mut self,
        toolbox: Arc<RunTools>,
        user_context: &str,
    ) -> Result<StepEnd, Outcome> {
        let rebuilt = rebuild(&self.position.messages);
        let (conversation, used_ids) = rebuilt.map_err(|error| broken(&error.into()))?;
        let setup = TurnSetup {
            conversation,
            used_ids,
            user_context: user_context.to_owned(),
            toolbox,
            models: self.models.clone(),
            max_tool_rounds: self.worker.limits.max_rounds,
            rounds: self.position.rounds,
            deadline: self.deadline,
            stopping: CancellationToken::new(),
            memory: None,
            request_id: self.bench.request_id.clone(),
        };
        let mut events = std::pin::pin!(Turn::new(self.worker.claude.clone(), setup).run(false));
        while let Some(event) = events.next().await {
            match event {
                Event::TextDelta { text } => self.bench.record.add_partial(&text),
                Event::Done(done) => return Ok(StepEnd::new(&done.content, done.stop_reason)),
                Event::Error(failed) if failed.halted => return Err(Outcome::Halted),
                Event::Error(failed) => {
                    return Err(Outcome::Failed(RunError {
                        code: failed.code.to_string(),
                        message: failed.message,
                    }));
                }
                _ => {}
            }
        }
        Err(broken(&anyhow::anyhow!(
            "a turn ended without its last event"
        )))
    }
}

impl Worker {
    /// The first message of each step.
    fn first_messages(&self, claimed: &Claimed) -> Vec<String> {
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

    /// Where the run stands, from what is stored.
    async fn position(
        &self,
        claimed: &Claimed,
        prompts: &[String],
    ) -> Result<Position, BeginError> {
        let (store, claim) = (&self.parts.store, &claimed.claim);
        let replies = store.replies(&claim.owner, claim.run).await?;
        let mut entries = Vec::new();
        while !replies.is_empty() {
            let after = entries
                .last()
                .map_or(0, |entry: &crate::runs::model::Entry| entry.seq);
            let page = store.journal(&claim.owner, claim.run, after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            entries.extend(page);
        }
        let position = Position::new(prompts, &replies, entries);
        position.map_err(|error: Damaged| BeginError::Broken(error.into()))
    }

    fn bench(&self, claimed: &Claimed, position: &Position, workspace: Arc<Workspace>) -> Bench {
        let (parts, run, claim) = (&self.parts, &claimed.run, &claimed.claim);
        let (store, progress) = (parts.store.clone(), parts.progress.clone());
        let record = Record::new(store, progress, claim.clone(), run.usage, position.rounds);
        let record = Arc::new(record);
        let uploads = Uploads::new(
            parts.files.clone(),
            record.clone(),
            parts.metrics.clone(),
            claim.clone(),
            self.file_limits,
            run.files.clone(),
        );
        Bench {
            record,
            uploads: Arc::new(uploads),
            workspace: WorkspaceQueue::start(workspace),
            caller: Caller::stored(claim.owner.clone()),
            jwt: self.jwt.clone(),
            run_id: claim.run.to_string().into(),
            request_id: run.request_id.as_str().into(),
            max_tokens: self.limits.max_tokens,
        }
    }
}

pub(super) fn over_budget() -> Outcome {
    Outcome::Failed(RunError {
        code: "budget_exceeded".to_owned(),
        message: "The run has used as many tokens as it may.".to_owned(),
    })
}

fn broken(error: &anyhow::Error) -> Outcome {
    tracing::error!(error = format!("{error:#}"), "an attempt is broken");
    Outcome::Failed(RunError {
        code: "internal".to_owned(),
        message: "Something went wrong on our side.".to_owned(),
    })
}

impl Attempt<'_> {
    pub(super) fn position_mut(&mut self) -> &mut Position {
        &mut self.position
    }

    /// The answer of the last step that has ended.
    pub(super) fn last_text(&self) -> Option<String> {
        let ended = self.position.ended.as_ref();
        ended.map(|end| end.text.clone())
    }
}
