//! The Temporal engine: every process works, and a Temporal server says who works on which run.
//!
//! For a run there is a workflow whose id is the run's, with one activity, which makes the attempt (`execute`). The server
//! gives the activity to a process that has room (`poller`), and to another one when its heartbeats cease. What it is told
//! is the id alone: state, attempts, claims and cancels are in the database. The `dispatcher` of each process starts the
//! workflows: of queued runs when their turn has come, and of running ones that the server does not know.

mod client;
mod dispatcher;
mod execute;
mod offers;
mod poller;
mod workflow;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::base::{Base, POLL};
use crate::{config::TemporalConfig, runs::model::RunId};
use client::Client;
use dispatcher::Dispatcher;
use execute::Executor;
use offers::Offers;
use poller::poll;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Temporal {
    base: Arc<Base>,
    /// `None`: the server could not be reached yet.
    client: watch::Receiver<Option<Client>>,
}

impl Temporal {
    pub(super) fn start(base: Arc<Base>, config: TemporalConfig) -> Arc<Self> {
        let offers = Arc::new(Offers::default());
        let executor = Arc::new(Executor::new(base.clone(), offers.clone()));
        let (connected, client) = watch::channel(None);
        let dispatcher = Dispatcher {
            base: base.clone(),
            offers,
            client: client.clone(),
        };
        base.tasks.spawn(dispatcher.run());
        let tasks = base.tasks.clone();
        tasks.spawn(work(base.clone(), config, executor, connected));
        Arc::new(Self { base, client })
    }

    pub(super) async fn is_reachable(&self) -> bool {
        let client = self.client.borrow().clone();
        match client {
            Some(client) => client.answers().await,
            None => false,
        }
    }

    /// Has the server tell the process that works on the run.
    pub(super) fn cancel(&self, run: RunId) {
        let client = self.client.borrow().clone();
        let Some(client) = client else { return };
        if self.base.attempts.has(run) {
            return;
        }
        tokio::spawn(async move {
            // The process learns of it from the database, too.
            if let Err(error) = client.cancel(run).await {
                tracing::debug!(%error, %run, "Temporal did not take a cancel");
            }
        });
    }
}

/// Connects, and works for the server until the process is to end.
async fn work(
    base: Arc<Base>,
    config: TemporalConfig,
    executor: Arc<Executor>,
    connected: watch::Sender<Option<Client>>,
) {
    let connect = base.draining.run_until_cancelled(connect(&config));
    let Some(client) = connect.await else { return };
    connected.send_replace(Some(client.clone()));
    while !base.draining.is_cancelled() {
        if let Err(error) = poll(&client, &executor, &base).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "no runs are got from Temporal");
        }
        base.draining.run_until_cancelled(sleep(POLL)).await;
    }
}

async fn connect(config: &TemporalConfig) -> Client {
    loop {
        match timeout(CONNECT_TIMEOUT, Client::connect(config)).await {
            Ok(Ok(client)) => {
                let (server, queue) = (config.url.as_str(), &*config.task_queue);
                tracing::info!(
                    server,
                    queue,
                    "this process works on the runs of the database, as Temporal says"
                );
                return client;
            }
            Ok(Err(error)) => tracing::warn!(%error, "Temporal cannot be reached"),
            Err(_) => tracing::warn!("Temporal does not answer"),
        }
        sleep(POLL).await;
    }
}
