//! An attempt from its beginning to what it comes to: the steps of a run, each a turn of the agent.

use std::{io, path::PathBuf, sync::Arc};

use anyhow::anyhow;
use futures_util::StreamExt;
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep_until},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Stops, Worker,
    connections::Context,
    outcome::{BeginError, Outcome, broken, over_budget},
    position::{Position, StepEnd},
    prompts,
    record::Halted,
    sessions::Sessions,
    toolbox::{Bench, RunTools},
    workspace::Workspace,
};
use crate::{
    agent::{Event, ModelChoice, Turn, TurnSetup, rebuild, user_context},
    runs::model::{Claimed, RunError},
};

pub(super) struct Attempt<'a> {
    pub(super) worker: &'a Worker,
    pub(super) claimed: Claimed,
    /// The first message of each step.
    prompts: Vec<String>,
    models: ModelChoice,
    pub(super) bench: Arc<Bench>,
    pub(super) workspace: Arc<Workspace>,
    pub(super) sessions: Sessions,
    /// The attempt's folder.
    pub(super) folder: PathBuf,
    pub(super) records: PathBuf,
    deadline: Instant,
    position: Position,
    /// See [`Worker::lost`].
    pub(super) lost: Vec<String>,
    /// Calls that wait for a session are not sent once the attempt is dropped.
    _unsent: DropGuard,
}

impl<'a> Attempt<'a> {
    pub(super) async fn begin(worker: &'a Worker, claimed: Claimed) -> Result<Self, BeginError> {
        if claimed.input.steps.is_empty() {
            return Err(BeginError::Broken(anyhow!("its input cannot be read")));
        }
        let (files, records, folder) = worker.folder_of(&claimed.claim);
        let deadline = Instant::now() + worker.limits.timeout.saturating_sub(claimed.worked);
        let prompts = worker.first_messages(&claimed);
        let (position, pending) = match claimed.retried {
            None => (Position::first(&prompts), vec![]),
            Some(_) => worker.stored(&claimed, &prompts).await?,
        };
        let system = claimed.input.system_prompt.as_deref();
        let system = prompts::system(system, worker.prompts.system.as_deref());
        let (model, max_tokens) = (claimed.input.model.as_deref(), claimed.input.max_tokens);
        let models = ModelChoice::new(&worker.claude_config, system, model, max_tokens)?;
        let limits = worker.file_limits;
        let workspace = spawn_blocking(move || Workspace::create(&files, limits)).await;
        let workspace = workspace.map_err(io::Error::other).flatten();
        let workspace = Arc::new(workspace.map_err(BeginError::Local)?);
        let bench = worker.bench(&claimed, workspace.clone(), pending);
        let lost = worker.lost(&position, prompts.len());
        let unsent = bench.record.cut_off.clone().drop_guard();
        let mut attempt = Self {
            sessions: Sessions::new(worker.opener.clone()),
            worker,
            claimed,
            prompts,
            models,
            bench: Arc::new(bench),
            workspace,
            folder,
            records,
            deadline,
            lost,
            position,
            _unsent: unsent,
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
            let usage = self.bench.record.usage();
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
            let end = self.turn(toolbox, notes).await?;
            if end.is_last() || self.position.step + 1 == self.prompts.len() {
                return Ok(end);
            }
            let loaded = self.worker.position(&self.claimed, &self.prompts).await;
            self.position = loaded.map_err(|error| match error {
                BeginError::Store => {
                    self.bench.record.halt(Halted::Unwritten);
                    Outcome::Halted
                }
                BeginError::Broken(error) => broken(&error),
                BeginError::Local(error) => broken(&error.into()),
            })?;
            // They are this attempt's own.
            self.position.done_calls.clear();
        }
    }

    /// Opens the sessions of the step, and gives its tools and what Claude is to be told about them.
    async fn prepare_step(&mut self) -> (Arc<RunTools>, String) {
        let index = self.position.step;
        let step = &self.claimed.input.steps[index];
        let registry = &self.worker.registry;
        let named = step.connections.clone();
        let mut names = named.unwrap_or_else(|| registry.default_names());
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
        let allowed = step.allowed_tools.as_ref();
        let offered =
            |name: &str| allowed.is_none_or(|allowed| allowed.iter().any(|it| it == name));
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
        user_context: String,
    ) -> Result<StepEnd, Outcome> {
        let rebuilt = rebuild(&self.position.messages);
        let (conversation, used_ids) = rebuilt.map_err(|error| broken(&error.into()))?;
        let setup = TurnSetup {
            conversation,
            used_ids,
            answered: vec![],
            user_context,
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
        Err(broken(&anyhow!("a turn ended without its last event")))
    }
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
