//! The activity: claims a run and makes an attempt at it, unless there is nothing to be done.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

use super::offers::Offers;
use crate::runs::{
    engine::{
        attempts::Attempt,
        base::Base,
        supervise::{supervise, warn},
    },
    model::RunId,
    store::Taken,
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
    /// See [`Base::attempts_below`].
    last: Arc<Semaphore>,
}

impl Executor {
    pub(super) fn new(base: Arc<Base>, offers: Arc<Offers>) -> Self {
        Self {
            base,
            offers,
            last: Arc::new(Semaphore::new(1)),
        }
    }

    /// True while the last attempt at a run is in progress.
    pub(super) fn any_last(&self) -> bool {
        self.last.available_permits() == 0
    }

    /// `revoked` resolves when the server does not want this process to work on the run any longer, which is for a cancel or
    /// since it has had no heartbeats.
    pub(super) async fn execute(
        &self,
        run: RunId,
        revoked: impl Future<Output = ()>,
    ) -> Result<(), NotNow> {
        let attempt = self.begin(run).await?;
        self.offers.remove(run);
        let stops = &attempt.stops;
        let stopped = async {
            revoked.await;
            self.stop(run, stops).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            worked = self.work(run, stops) => worked,
            () = stopped => Ok(()),
        }
    }

    /// Waits for an earlier attempt in this process, which the server believes to be dead.
    async fn begin(&self, run: RunId) -> Result<Attempt, NotNow> {
        let attempts = &self.base.attempts;
        loop {
            if self.base.draining.is_cancelled() {
                return Err(NotNow);
            }
            match attempts.room() {
                Some(room) if !attempts.has(run) => return Ok(attempts.begin(run, false, room)),
                _ => attempts.stop(run),
            }
            sleep(PATIENCE).await;
        }
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

    async fn work(&self, run: RunId, stops: &Stops) -> Result<(), NotNow> {
        let Base {
            store,
            worker,
            settings,
            ..
        } = &*self.base;
        let _turn = self.last_attempts_turn(run, stops).await?;
        let taken = store.take(
            run,
            settings.per_user,
            settings.max_attempts,
            Timestamp::now(),
        );
        match taken.await {
            Ok(Taken::Claimed(claimed)) => supervise(store, worker, *claimed, stops).await,
            Ok(Taken::Ended(run)) => worker.ended(&run, None),
            // A dispatcher offers it again.
            Ok(Taken::Waits | Taken::Gone) => {}
            Err(error) => {
                warn(&error);
                return Err(NotNow);
            }
        }
        Ok(())
    }

    /// Last attempts are made one at a time.
    async fn last_attempts_turn(
        &self,
        run: RunId,
        stops: &Stops,
    ) -> Result<Option<OwnedSemaphorePermit>, NotNow> {
        let had = self.base.store.attempts(run).await.map_err(|error| {
            warn(&error);
            NotNow
        })?;
        let (below, max) = (
            self.base.attempts_below(true),
            self.base.settings.max_attempts,
        );
        if !had.is_some_and(|had| (below..max).contains(&had)) {
            return Ok(None);
        }
        tokio::select! {
            turn = self.last.clone().acquire_owned() => turn.map(Some).map_err(|_| NotNow),
            () = self.base.draining.cancelled() => Err(NotNow),
            () = stops.hand_back.cancelled() => Err(NotNow),
            // There will be no attempt.
            () = stops.cancel.cancelled() => Ok(None),
        }
    }
}
