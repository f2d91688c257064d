//! Starts the workflows of runs, and watches over the attempts in progress here.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{
    client::{CallError, Client, Started},
    offers::Offers,
};
use crate::runs::{
    engine::base::{Base, EXPIRE_EVERY, POLL, warn},
    model::RunId,
    store::{Running, StoreError},
};

/// For how long a run that was offered is not offered again, though it is queued.
const OFFER_LIFE: Duration = Duration::from_secs(10);
const STARTS_AT_ONCE: usize = 8;
/// Between looks for running runs that the server does not know.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

pub(super) struct Dispatcher {
    pub(super) base: Arc<Base>,
    pub(super) offers: Arc<Offers>,
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
        while !self.base.is_drained() {
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
                if let Err(error) = self.base.count().await {
                    warn(&error);
                }
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
        while self.base.takes_runs() {
            let offered = self.offers.runs();
            if self.base.attempts.len() + offered.len() >= self.base.settings.concurrency {
                break;
            }
            let (store, turn) = (&self.base.store, self.base.turn());
            let next = store.next_offer(&turn, &offered, Timestamp::now());
            let Some(run) = next.await? else { break };
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

    /// Starts the workflows of running runs that have none: the server has lost them, or another engine had begun the runs.
    /// And removes what others have left on this machine. False if it is to be done again soon.
    async fn sweep(&self) -> bool {
        let client = self.client.borrow().clone();
        let Some(client) = client else { return false };
        if self.base.draining.is_cancelled() {
            return true;
        }
        // Looked for before the claims: a folder is made after its claim.
        let leftovers = self.base.worker.leftovers().await;
        let running = match self.base.store.running_besides(&[]).await {
            Ok(running) => running,
            Err(error) => {
                warn(&error);
                return false;
            }
        };
        for leftover in leftovers {
            let is_its = |it: &Running| (it.run, it.claim) == (leftover.run, leftover.claim);
            if !running.iter().any(is_its) {
                self.base.worker.clear(&leftover).await;
            }
        }
        let running = running.into_iter().map(|running| running.run);
        let others = running.filter(|run| !self.base.attempts.has(*run));
        self.start(&client, others.collect()).await
    }
}

fn warn_of(error: &CallError) {
    tracing::warn!(%error, "the dispatcher of the runs waits for Temporal");
}
