//! The end of an attempt: what is in flight is finished, files are stored, and the run ends or is handed back.

use std::{io, path::Path, time::Duration};

use jiff::Timestamp;
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    RECORDS, Stops, Worked, Worker,
    attempt::Attempt,
    outcome::{Outcome, over_budget},
    record::Halted,
    workspace::remove_folder,
};
use crate::{
    agent::{Halt, claude::is_blank, mcp::end_recorded_groups},
    runs::{
        model::{Claim, End, EntryKind, Run, RunError, TIME_OVER},
        store::WriteError,
    },
};

/// How long a cancel waits for the results of writes in flight.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);
/// For the journal entry of a call that has used all its time.
const SLACK: Duration = Duration::from_secs(5);
/// For sessions with processes: each of the polite and the impolite ways takes 2 s.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(8);

/// Of files that were in the folder of an earlier attempt alone.
const LOST: &str = "Files that its tools had written, if any, are lost unless they are listed: the work was interrupted.";

impl Attempt<'_> {
    pub(super) async fn end(mut self, outcome: Outcome, stops: &Stops) -> Worked {
        let patience = match outcome {
            Outcome::Cancelled => CANCEL_PATIENCE,
            _ => self.worker.call_timeout() + SLACK,
        };
        let record = self.bench.record.clone();
        record.tasks.close();
        let finished = match record.halted() {
            Some(Halted::Lost) => true,
            _ => timeout(patience, record.tasks.wait()).await.is_ok(),
        };
        if !finished {
            tracing::warn!(calls = record.tasks.len(), "tool calls are cut off");
        }
        record.cut_off.cancel();
        if !finished {
            // They end at once, at most after a write to the database.
            let _ = timeout(SLACK, record.tasks.wait()).await;
        }
        let worked = match self.conclude(outcome, stops).await {
            Ok(worked) => worked,
            Err(Halt) if record.halted() == Some(Halted::Lost) => Worked::Lost,
            Err(Halt) => Worked::Unwritten,
        };
        self.clean_up().await;
        worked
    }

    async fn conclude(&mut self, outcome: Outcome, stops: &Stops) -> Result<Worked, Halt> {
        let record = self.bench.record.clone();
        let outcome = match record.halted() {
            Some(Halted::Lost | Halted::Unwritten) => return Err(Halt),
            Some(Halted::Budget) if outcome == Outcome::Halted => over_budget(),
            None if outcome == Outcome::HandBack && stops.cancel.is_cancelled() => {
                Outcome::Cancelled
            }
            _ => outcome,
        };
        record.close_calls().await?;
        if outcome == Outcome::HandBack {
            return Ok(self.hand_back().await);
        }
        let partial = record.take_partial();
        // What an answer that is complete has is journalled with it.
        if !is_blank(&partial) && !matches!(outcome, Outcome::Completed(_)) {
            let text = partial.clone();
            record.append(&[EntryKind::Text { text }]).await?;
        }
        // What is not stored by the end of the grace period is stored by another attempt.
        tokio::select! {
            biased;
            () = stops.hand_back.cancelled() => return Ok(self.hand_back().await),
            stored = self.store_files() => stored?,
        }
        let response = Some(partial).filter(|text| !is_blank(text));
        let response = response.or_else(|| self.last_text());
        let end = match outcome {
            Outcome::Completed(end) => End::Completed {
                response: end.text,
                stop_reason: Some(end.stop_reason),
            },
            Outcome::Failed(error) => End::Failed {
                error,
                response,
                stop_reason: None,
            },
            Outcome::TimedOut => End::Failed {
                error: time_over(),
                response,
                stop_reason: Some(TIME_OVER.to_owned()),
            },
            Outcome::Cancelled => End::Cancelled { response },
            Outcome::HandBack | Outcome::Halted => return Err(record.halt(Halted::Unwritten)),
        };
        let (store, claim) = (&self.worker.parts.store, &self.claimed.claim);
        let ended = store.finish(claim, end, Timestamp::now).await;
        Ok(self.settle(ended))
    }

    async fn store_files(&mut self) -> Result<(), Halt> {
        self.sessions
            .close_local(&self.worker.registry, CLOSE_TIMEOUT)
            .await;
        for name in &self.lost {
            self.bench.uploads.add_lost(name, LOST).await?;
        }
        self.bench.uploads.add_pending().await?;
        let workspace = self.workspace.clone();
        self.bench.uploads.add_workspace(workspace).await
    }

    fn settle(&self, ended: Result<Run, WriteError>) -> Worked {
        match ended {
            Ok(run) => {
                self.worker.ended(&run);
                Worked::Ended
            }
            Err(error) => unwritten(&error),
        }
    }

    async fn hand_back(&mut self) -> Worked {
        self.sessions.close(CLOSE_TIMEOUT).await;
        let handed_back = self.worker.hand_back(&self.claimed.claim).await;
        handed_back.unwrap_or_else(|error| unwritten(&error))
    }

    async fn clean_up(&mut self) {
        self.sessions.close(CLOSE_TIMEOUT).await;
        remove(&self.folder).await;
    }
}

/// Ends the processes of an attempt, and removes its folder.
pub(super) async fn remove(folder: &Path) {
    if let Err(error) = end_recorded_groups(&folder.join(RECORDS)).await {
        tracing::warn!(%error, "processes of a run cannot be ended");
    }
    let removed = folder.to_owned();
    let removed = spawn_blocking(move || remove_folder(&removed)).await;
    if let Err(error) = removed.map_err(io::Error::other).flatten() {
        tracing::warn!(%error, "the folder of a run cannot be removed");
    }
}

impl Worker {
    /// Hands a run back that this process has claimed. One that was to be cancelled ends instead.
    pub async fn hand_back(&self, claim: &Claim) -> Result<Worked, WriteError> {
        let ended = self.parts.store.hand_back(claim, Timestamp::now());
        if let Some(run) = ended.await? {
            self.ended(&run);
            return Ok(Worked::Ended);
        }
        tracing::info!("the run is handed back");
        Ok(Worked::HandedBack)
    }
}

fn time_over() -> RunError {
    RunError {
        code: "timeout".to_owned(),
        message: "The run took longer than it may.".to_owned(),
    }
}

fn unwritten(error: &WriteError) -> Worked {
    match error {
        WriteError::Lost => Worked::Lost,
        WriteError::Store(error) => {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(%error, cause, "the end of a run cannot be written");
            Worked::Unwritten
        }
    }
}
