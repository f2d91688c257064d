//! Starts the workflows of runs, and watches over the attempts in progress here.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{
    client::{CallError, Client, Started},
    execute::Executor,
    offers::Offers,
};
use crate::runs::{
    engine::{
        base::{Base, EXPIRE_EVERY},
        supervise::{POLL, warn},
    },
    model::RunId,
    store::StoreError,
};

/// For how long a run that was offered is not offered again, though it is queued.
const OFFER_LIFE: Duration = Duration::from_secs(10);
const STARTS_AT_ONCE: usize = 8;
/// Between looks for running runs that the server does not know.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

pub(super) struct Dispatcher {
    pub(super) base: Arc<Base>,
    pub(super) offers: Arc<Offers>,
    pub(super) executor: Arc<Executor>,
    pub(super) client: watch::Receiver<Option<Client>>,
}

impl Dispatcher {
    /// Ends when the process is to end and no attempt is in progress.
    pub(super) async fn run(self) {
        tokio::select! {
            () = self.start_workflows() => {}
            () = self.watch() => {}
        }
    }

    async fn start_workflows(&self) {
        let draining = &self.base.draining;
        let mut client = self.client.clone();
        let mut sweep_at = Instant::now();
        while !(draining.is_cancelled() && self.base.attempts.len() == 0) {
            self.offer().await;
            if sweep_at <= Instant::now() && self.sweep().await {
                sweep_at = Instant::now() + SWEEP_EVERY;
            }
            tokio::select! {
                () = self.base.wake.notified() => {}
                () = self.base.attempts.next_end() => {}
                () = draining.cancelled(), if !draining.is_cancelled() => {}
                Ok(()) = client.changed() => {}
                () = sleep(POLL) => {}
            }
        }
    }

    /// Not held up by a server that does not answer.
    async fn watch(&self) {
        let mut tick = interval(POLL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut expire_at = Instant::now();
        loop {
            tick.tick().await;
            self.base.cancel_flagged().await;
            if expire_at <= Instant::now() {
                expire_at = Instant::now() + EXPIRE_EVERY;
                self.base.expire().await;
            }
        }
    }

    /// Starts the workflows of queued runs, for as many as there is room for here. So the server has hardly any queue: whose
    /// turn it is, is decided when there is room somewhere.
    async fn offer(&self) {
        let client = self.client.borrow().clone();
        let Some(client) = client else { return };
        match self.choose().await {
            Ok(runs) => drop(self.start(&client, runs).await),
            Err(error) => warn(&error),
        }
    }

    /// Adds the runs whose turn it is to the offers.
    async fn choose(&self) -> Result<Vec<RunId>, StoreError> {
        let mut chosen = Vec::new();
        self.forget_claimed().await?;
        while !self.base.draining.is_cancelled() {
            let offered = self.offers.runs();
            if self.base.attempts.len() + offered.len() >= self.base.settings.concurrency {
                break;
            }
            let Some(run) = self.next(&offered).await? else {
                break;
            };
            self.offers.add(run, OFFER_LIFE);
            chosen.push(run);
        }
        Ok(chosen)
    }

    /// False if the server does not answer.
    async fn start(&self, client: &Client, runs: Vec<RunId>) -> bool {
        let starts = runs
            .into_iter()
            .map(async |run| (run, client.start(run).await));
        let mut starts = stream::iter(starts).buffer_unordered(STARTS_AT_ONCE);
        let mut answers = true;
        while let Some((run, started)) = starts.next().await {
            match started {
                Ok(Started::New) => {}
                // By another process; or the workflow of an earlier attempt is about to end.
                Ok(Started::Already) => self.offers.shorten(run, POLL),
                Err(error) => {
                    answers = false;
                    self.offers.remove(run);
                    warn_of(&error);
                }
            }
        }
        answers
    }

    async fn forget_claimed(&self) -> Result<(), StoreError> {
        let offered = self.offers.runs();
        let queued = self.base.store.queued_among(&offered).await?;
        self.offers.retain(&queued);
        Ok(())
    }

    async fn next(&self, offered: &[RunId]) -> Result<Option<RunId>, StoreError> {
        let attempts = self.base.attempts_below(self.executor.any_last());
        let per_user = self.base.settings.per_user;
        self.base
            .store
            .next_offer(attempts, per_user, offered)
            .await
    }

    /// Starts the workflows of running runs that have none: the server has lost them, or another engine had begun the runs.
    /// And removes what ended runs have left on this machine. False if it is to be done again soon.
    async fn sweep(&self) -> bool {
        let client = self.client.borrow().clone();
        let Some(client) = client else { return false };
        if self.base.draining.is_cancelled() {
            return true;
        }
        if let Err(error) = self.clear_leftovers().await {
            warn(&error);
            return false;
        }
        match self.base.store.running().await {
            Ok(mut running) => {
                running.retain(|run| !self.base.attempts.has(*run));
                self.start(&client, running).await
            }
            Err(error) => {
                warn(&error);
                false
            }
        }
    }

    async fn clear_leftovers(&self) -> Result<(), StoreError> {
        let mut runs = self.base.worker.leftovers().await;
        runs.retain(|run| !self.base.attempts.has(*run));
        let unfinished = self.base.store.unfinished_among(&runs).await?;
        for run in runs {
            if !unfinished.contains(&run) {
                self.base.worker.clear(run).await;
            }
        }
        Ok(())
    }
}

fn warn_of(error: &CallError) {
    tracing::warn!(%error, "the dispatcher of the runs waits for Temporal");
}
