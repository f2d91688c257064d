//! The activity: claims a run and makes an attempt at it, unless there is nothing to be done.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::Mutex, time::sleep};

use super::offers::Offers;
use crate::runs::{
    engine::{
        attempts::Attempt,
        base::{Base, warn},
    },
    model::{Claimed, RunId},
    store::{StoreError, Taken},
    work::Stops,
};

/// Between looks whether an earlier attempt in this process has ended.
const PATIENCE: Duration = Duration::from_millis(100);

/// The server shall ask again, this process or another one.
#[derive(Debug, thiserror::Error)]
#[error("this process does not take the run now")]
pub(super) struct NotNow;

pub(super) struct Executor {
    base: Arc<Base>,
    offers: Arc<Offers>,
    /// One claim at a time: no two find that no last attempt is in progress.
    claiming: Mutex<()>,
}

impl Executor {
    pub(super) fn new(base: Arc<Base>, offers: Arc<Offers>) -> Self {
        Self {
            base,
            offers,
            claiming: Mutex::default(),
        }
    }

    /// `revoked` resolves when the server does not want this process to work on the run any longer, which is for a cancel or
    /// since it has had no heartbeats.
    pub(super) async fn execute(
        &self,
        run: RunId,
        revoked: impl Future<Output = ()>,
    ) -> Result<(), NotNow> {
        let attempt = self.begin(run).await?;
        let stopped = async {
            revoked.await;
            self.stop(run, &attempt.stops).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            worked = self.work(run, &attempt) => worked,
            () = stopped => Ok(()),
        }
    }

    /// Waits for an earlier attempt in this process, which the server believes to be dead.
    async fn begin(&self, run: RunId) -> Result<Attempt, NotNow> {
        let attempts = &self.base.attempts;
        while self.base.takes_runs() {
            match attempts.room() {
                Some(room) if !attempts.has(run) => return Ok(attempts.begin(run, room)),
                _ => attempts.stop(run),
            }
            sleep(PATIENCE).await;
        }
        Err(NotNow)
    }

    async fn stop(&self, run: RunId, stops: &Stops) {
        let cancelled = self.base.store.cancelled_among(&[run]).await;
        match cancelled {
            Ok(runs) if runs.contains(&run) => stops.cancel.cancel(),
            Ok(_) => {
                tracing::warn!(%run, "Temporal takes the run away");
                stops.hand_back.cancel();
            }
            Err(error) => {
                warn(&error);
                stops.hand_back.cancel();
            }
        }
    }

    async fn work(&self, run: RunId, attempt: &Attempt) -> Result<(), NotNow> {
        let claimed = self.claim(run, attempt).await.map_err(|error| {
            warn(&error);
            NotNow
        })?;
        self.offers.remove(run);
        // Else a dispatcher offers it again, if it is queued.
        if let Some(claimed) = claimed {
            self.base.worker.clear_before(&claimed.claim).await;
            self.base.work(claimed, &attempt.stops).await;
        }
        Ok(())
    }

    async fn claim(&self, run: RunId, attempt: &Attempt) -> Result<Option<Claimed>, StoreError> {
        let _claiming = self.claiming.lock().await;
        let base = &self.base;
        let (turn, max) = (base.turn(), base.settings.max_attempts);
        let taken = base.store.take(run, &turn, max, Timestamp::now()).await?;
        Ok(match taken {
            Taken::Claimed(claimed) => {
                attempt.set_last(base.is_last(&claimed));
                Some(*claimed)
            }
            Taken::Ended(run) => {
                base.worker.ended(&run);
                None
            }
            Taken::Not => None,
        })
    }
}
