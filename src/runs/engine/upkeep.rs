//! What the active process does from time to time: it follows cancels, and ends runs that have waited too long.

use jiff::Timestamp;

use super::dispatcher::{Dispatcher, warn};
use crate::runs::model::Run;

const EXPIRED_AT_ONCE: u32 = 200;

impl Dispatcher {
    pub(super) async fn cancel_flagged(&self) {
        let runs = self.attempts.runs();
        if runs.is_empty() {
            return;
        }
        match self.store.cancelled_among(&runs).await {
            Ok(runs) => runs.into_iter().for_each(|run| self.attempts.cancel(run)),
            Err(error) => warn(&error),
        }
    }

    pub(super) async fn expire(&self) {
        let ttl = self.settings.queue_ttl;
        let now = Timestamp::now();
        match self.store.expire(ttl, EXPIRED_AT_ONCE, now).await {
            Ok(expired) => self.all_ended(&expired),
            Err(error) => warn(&error),
        }
        match self.store.counts().await {
            Ok(counts) => {
                self.worker.count(counts.queued, counts.running);
                let here = u64::try_from(self.attempts.len()).unwrap_or(u64::MAX);
                if counts.running > here {
                    self.recover_others().await;
                }
            }
            Err(error) => warn(&error),
        }
    }

    /// Queues runs that were claimed without the answer having arrived.
    async fn recover_others(&self) {
        let (here, max) = (self.attempts.runs(), self.settings.max_attempts);
        match self
            .store
            .recover_others(&here, max, Timestamp::now())
            .await
        {
            Ok(ended) => self.all_ended(&ended),
            Err(error) => warn(&error),
        }
    }

    /// Reports runs that have ended without an attempt.
    pub(super) fn all_ended(&self, runs: &[Run]) {
        for run in runs {
            self.worker.ended(run, None);
        }
    }
}
