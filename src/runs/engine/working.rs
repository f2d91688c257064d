//! Works on one claimed run, and leaves no claim behind, whatever comes of the attempt.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::{Instant, sleep};

use super::{
    attempts::Attempt,
    dispatcher::{Dispatcher, POLL, warn},
};
use crate::runs::{
    model::{Claim, Claimed},
    store::WriteError,
    work::{Stops, Worked},
};

/// For which no run is taken after this machine could not begin one.
const UNABLE_PAUSE: Duration = Duration::from_secs(10);

impl Dispatcher {
    pub(super) async fn work(&self, claimed: Claimed, attempt: &Attempt) {
        let claim = claimed.claim.clone();
        let stops = Stops {
            cancel: attempt.cancel.clone(),
            hand_back: self.hand_back.clone(),
        };
        let work = AssertUnwindSafe(self.worker.work(claimed, stops)).catch_unwind();
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
                self.paused_until
                    .send_replace(Instant::now() + UNABLE_PAUSE);
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
