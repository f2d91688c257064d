//! What the active process does from time to time: it follows cancels, and ends runs that have waited too long.

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{
    dispatcher::{Dispatcher, warn},
    lock::Lock,
};
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
        loop {
            let expired = self.store.expire(ttl, EXPIRED_AT_ONCE, Timestamp::now());
            let expired = expired.await.unwrap_or_else(|error| {
                warn(&error);
                Vec::new()
            });
            self.all_ended(&expired);
            if expired.len() < EXPIRED_AT_ONCE as usize {
                break;
            }
        }
    }

    /// Counts the runs, and queues those that were claimed without the answer having arrived.
    pub(super) async fn recover_unknown(&self, lock: &Mutex<Lock>) {
        let recovered = async {
            let counts = self.store.counts().await?;
            self.worker.count(counts.queued, counts.running);
            let here = u64::try_from(self.attempts.len()).unwrap_or(u64::MAX);
            if counts.running <= here {
                return Ok(vec![]);
            }
            let found = self.store.running_besides(&self.attempts.runs()).await?;
            // Asked now: while it was held, no other process can have made these claims.
            if !lock.lock().await.is_held().await {
                return Ok(vec![]);
            }
            let (max, now) = (self.settings.max_attempts, Timestamp::now());
            self.store.interrupt(&found, max, now).await
        };
        match recovered.await {
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
