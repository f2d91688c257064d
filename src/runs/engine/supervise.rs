//! Sees to it that no claim outlives its attempt in a living process.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::sleep;

use crate::runs::{
    model::{Claim, Claimed},
    store::{Store, StoreError, WriteError},
    work::{Stops, Worked, Worker},
};

/// Between attempts to acquire the lock, between looks for queued runs and for cancels, and between writes that fail.
pub(super) const POLL: Duration = Duration::from_secs(1);

/// Makes an attempt, until the run has ended, is handed back, or is another's.
pub(super) async fn supervise(store: &Store, worker: &Worker, claimed: Claimed, stops: &Stops) {
    let claim = claimed.claim.clone();
    let work = AssertUnwindSafe(worker.work(claimed, stops.clone())).catch_unwind();
    match work.await {
        Ok(Worked::Ended | Worked::HandedBack) => {}
        Ok(Worked::Lost) => tracing::warn!(run = %claim.run, "another process works on the run"),
        Ok(Worked::Unwritten) => release(store, &claim).await,
        Err(_) => fail(worker, &claim).await,
    }
}

/// Hands a run back whose attempt could not write to the database, when it can be written to again.
async fn release(store: &Store, claim: &Claim) {
    while let Err(WriteError::Store(error)) = store.hand_back(claim, Timestamp::now()).await {
        warn(&error);
        sleep(POLL).await;
    }
}

/// Ends a run whose attempt has panicked: it would again.
async fn fail(worker: &Worker, claim: &Claim) {
    tracing::error!(run = %claim.run, "an attempt has panicked");
    while let Err(WriteError::Store(error)) = worker.fail(claim).await {
        warn(&error);
        sleep(POLL).await;
    }
}

pub(super) fn warn(error: &StoreError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "the dispatcher of the runs waits");
}
