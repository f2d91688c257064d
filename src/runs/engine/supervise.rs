//! Works on one claimed run, and leaves no claim behind, whatever comes of the attempt.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::time::sleep;

use super::base::{Base, POLL, warn};
use crate::runs::{
    model::{Claim, Claimed},
    store::WriteError,
    work::{Stops, Worked},
};

impl Base {
    /// Makes an attempt, until the run has ended, is handed back, or is another's.
    pub(super) async fn work(&self, claimed: Claimed, stops: &Stops) {
        let claim = claimed.claim.clone();
        let work = AssertUnwindSafe(self.worker.work(claimed, stops.clone())).catch_unwind();
        match work.await {
            Ok(Worked::Ended | Worked::HandedBack) => {}
            Ok(Worked::Lost) => {
                tracing::warn!(run = %claim.run, "another process works on the run");
            }
            Ok(Worked::Unwritten) => {
                sleep(POLL).await;
                self.release(&claim).await;
            }
            Ok(Worked::Unable) => {
                self.pause();
                self.release(&claim).await;
            }
            Err(_) => self.fail(&claim).await,
        }
    }

    /// Hands a run back whose attempt could not go on, when the database can be written to.
    async fn release(&self, claim: &Claim) {
        while let Err(WriteError::Store(error)) = self.worker.hand_back(claim).await {
            warn(&error);
            sleep(POLL).await;
        }
    }

    /// Ends a run whose attempt has panicked: it would again.
    async fn fail(&self, claim: &Claim) {
        tracing::error!(run = %claim.run, "an attempt has panicked");
        while let Err(WriteError::Store(error)) = self.worker.fail(claim).await {
            warn(&error);
            sleep(POLL).await;
        }
    }
}
