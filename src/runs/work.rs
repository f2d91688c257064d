//! One attempt at a run: the agent's turn for each step, with a journal from which another attempt can go on.
//!
//! [`Worker::work`] makes an attempt. `position` says where the run stands, `toolbox` gives Claude the tools of `sessions`
//! and of the `workspace` and journals what happens (`record`), and `uploads` stores the files.

mod attempt;
mod catalogues;
mod connections;
mod ending;
mod leftovers;
mod listed;
mod outcome;
mod position;
mod preparation;
mod prompts;
mod record;
mod resume;
mod sessions;
mod toolbox;
mod upkeep;
mod uploads;
pub mod workspace;
mod workspace_queue;

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    files::FileStore,
    metrics::RunMetrics,
    model::{Claim, Claimed, End, Run, RunError},
    progress::Progress,
    secrets::KeyRing,
    store::{Store, WriteError},
};
use crate::{
    agent::{approvals::Approvals, claude::Claude, mcp::ResultLimits, metrics::Metrics},
    auth::JwtSettings,
    config::{ClaudeConfig, Prompts, RunLimits, RunsConfig},
    upstream::guard::Guard,
};
use attempt::Attempt;
use catalogues::Catalogues;
use connections::Registry;
use outcome::BeginError;
use sessions::Opener;
use workspace::Limits;

/// In an attempt's folder: its workspace, and the record of its process groups.
const FILES: &str = "files";
const RECORDS: &str = "groups";

/// What a worker shares with the rest of its application.
pub struct WorkerParts {
    pub store: Store,
    pub progress: Progress,
    pub files: FileStore,
    pub keys: Option<Arc<KeyRing>>,
    pub guard: Guard,
    /// Where the folders of runs in progress are: the same over restarts, and private.
    pub folder: PathBuf,
    pub metrics: Arc<RunMetrics>,
    pub agent_metrics: Arc<Metrics>,
    /// Called after each end of a run: a callback may be due.
    pub on_end: Box<dyn Fn() + Send + Sync>,
}

/// Makes attempts at runs.
pub struct Worker {
    parts: WorkerParts,
    registry: Registry,
    opener: Opener,
    claude: Arc<Claude>,
    claude_config: ClaudeConfig,
    /// With which tokens for the agent's own MCP server are made, if it is given any.
    jwt: Option<Arc<JwtSettings>>,
    approvals: Arc<Approvals>,
    prompts: Prompts,
    limits: RunLimits,
    file_limits: Limits,
    call_timeout: Duration,
}

/// What stops an attempt early.
#[derive(Clone)]
pub struct Stops {
    /// The run is to be cancelled.
    pub cancel: CancellationToken,
    /// The process is to end: another attempt will go on.
    pub hand_back: CancellationToken,
}

/// How an attempt has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// The run has ended.
    Ended,
    /// The run is queued again.
    HandedBack,
    /// Another has the run.
    Lost,
    /// The database could not be written to: the run is still claimed.
    Unwritten,
    /// This machine could not begin: the run is still claimed, and others would fare the same.
    Unable,
}

impl Worker {
    pub fn new(config: &RunsConfig, parts: WorkerParts) -> anyhow::Result<Arc<Self>> {
        let sealed = (parts.store.clone(), parts.keys.clone());
        let environment = config.environment.clone();
        let (mcp, guard) = (&config.mcp, parts.guard.clone());
        let registry = Registry::new(mcp, &config.connections, sealed, guard, environment)?;
        // Each run has a system prompt of its own.
        let claude = Claude::new(&config.claude, "", parts.agent_metrics.clone())?;
        let file_limits = Limits::of_file_size(config.files.max_file_bytes);
        let max_attachments = usize::try_from(file_limits.total_bytes).unwrap_or(usize::MAX);
        let opener = Opener {
            limits: ResultLimits {
                text: config.limits.max_tool_result_bytes,
                attachments: max_attachments,
            },
            metrics: parts.agent_metrics.clone(),
            catalogues: Catalogues::default(),
        };
        let (policy, key) = (config.approvals.clone(), &config.jwt.key);
        Ok(Arc::new(Self {
            approvals: Approvals::new(policy, key, parts.agent_metrics.clone()),
            registry,
            opener,
            claude: Arc::new(claude),
            claude_config: config.claude.clone(),
            jwt: mcp.forwards_caller.then(|| Arc::new(config.jwt.clone())),
            prompts: config.prompts.clone(),
            limits: config.limits,
            file_limits,
            call_timeout: mcp.call_timeout,
            parts,
        }))
    }

    /// The longest that a write in flight may take.
    pub fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// Makes an attempt. Dropping the future stops it at once: nothing more is written.
    pub async fn work(&self, claimed: Claimed, stops: Stops) -> Worked {
        let span = tracing::info_span!("run", executionId = %claimed.claim.run);
        self.begin(claimed, stops).instrument(span).await
    }

    async fn begin(&self, claimed: Claimed, stops: Stops) -> Worked {
        let run = &claimed.run;
        self.parts.progress.appended(run.id, run.last_seq);
        let waited = claimed.retried.is_none().then(|| since(run.created_at));
        self.parts.metrics.attempt(waited);
        let claim = claimed.claim.clone();
        match Attempt::begin(self, claimed).await {
            Ok(mut attempt) => {
                let outcome = attempt.run(&stops).await;
                attempt.end(outcome, &stops).await
            }
            Err(BeginError::Store) => Worked::Unwritten,
            Err(BeginError::Local(error)) => {
                tracing::error!(%error, "the folder of a run cannot be made");
                Worked::Unable
            }
            Err(BeginError::Broken(error)) => {
                tracing::error!(error = format!("{error:#}"), "a run cannot be worked on");
                match self.fail(&claim).await {
                    Ok(()) => Worked::Ended,
                    Err(WriteError::Lost) => Worked::Lost,
                    Err(WriteError::Store(_)) => Worked::Unwritten,
                }
            }
        }
    }

    /// Ends a run that cannot be worked on, by a fault of ours.
    pub async fn fail(&self, claim: &Claim) -> Result<(), WriteError> {
        let end = End::Failed {
            error: RunError::internal(),
            response: None,
            stop_reason: None,
        };
        let ended = self.parts.store.finish(claim, end, Timestamp::now);
        self.ended(&ended.await?);
        Ok(())
    }

    /// Announces, logs and counts the end of a run.
    pub fn ended(&self, run: &Run) {
        self.parts.progress.appended(run.id, run.last_seq);
        (self.parts.on_end)();
        let took = run.started_at.map(since);
        self.parts.metrics.ended(run.trigger, run.status, took);
        tracing::info!(
            executionId = %run.id,
            sub = run.owner.as_str(),
            trigger = run.trigger.as_str(),
            status = run.status.as_str(),
            attempt = run.attempt,
            rounds = run.rounds,
            tokens = run.usage.total(),
            "a run has ended"
        );
    }

    /// Sets the numbers of runs in the metrics.
    pub fn count(&self, queued: u64, running: u64) {
        self.parts.metrics.set_counts(queued, running);
    }

    /// The folder of an attempt, with those in it. Each claim has its own: one that is lost has nothing of its successor's.
    fn folder_of(&self, claim: &Claim) -> (PathBuf, PathBuf, PathBuf) {
        let name = format!("{}-{}", claim.run, claim.number);
        let folder = self.parts.folder.join(name);
        (folder.join(FILES), folder.join(RECORDS), folder)
    }
}

fn since(time: Timestamp) -> Duration {
    let since = Timestamp::now().duration_since(time);
    Duration::try_from(since).unwrap_or_default()
}
