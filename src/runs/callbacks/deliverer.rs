//! The task that sends callbacks: takes due deliveries under a lease, signs and posts them, and records what came of it.

use std::{sync::Arc, time::Duration};

use http::{Method, header::CONTENT_TYPE};
use jiff::Timestamp;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    event,
    retry::Answer,
    signature::{ID, SIGNATURE, Signer, TIMESTAMP},
};
use crate::{
    config::CallbackSecret,
    runs::{
        metrics::RunMetrics,
        model::{DeliveryOutcome, DueDelivery},
        store::Store,
    },
    upstream::guard::{Guard, GuardedClient, is_refusal},
};

/// For one request, with its response.
const DEADLINE: Duration = Duration::from_secs(15);
/// How long nobody else takes a delivery: longer than a request and its record.
const LEASE: Duration = Duration::from_secs(30);
/// How often due deliveries are looked for: those of other processes, and repeated ones.
const POLL: Duration = Duration::from_secs(1);
/// Requests at the same time.
const CONCURRENCY: usize = 32;

/// Sends the callbacks of ended runs.
pub struct Deliverer {
    sender: Arc<Sender>,
    wake: Wake,
}

/// Tells the deliverer of this process that a run has ended.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Makes it look for due deliveries now.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

struct Sender {
    store: Store,
    client: GuardedClient,
    signer: Signer,
    metrics: Arc<RunMetrics>,
}

impl Deliverer {
    /// Fails only if no HTTP client can be built.
    pub fn new(
        store: Store,
        guard: Guard,
        secrets: &[CallbackSecret],
        metrics: Arc<RunMetrics>,
    ) -> reqwest::Result<Self> {
        let sender = Sender {
            store,
            client: GuardedClient::new(guard, DEADLINE)?,
            signer: Signer::new(secrets),
            metrics,
        };
        Ok(Self {
            sender: Arc::new(sender),
            wake: Wake::default(),
        })
    }

    pub fn handle(&self) -> Wake {
        self.wake.clone()
    }

    /// Delivers until `stopping`, then waits for the requests in flight. One that is dropped is sent again later.
    pub async fn run(self, stopping: CancellationToken) {
        let permits = Arc::new(Semaphore::new(CONCURRENCY));
        let mut sending = JoinSet::new();
        while !stopping.is_cancelled() {
            let more = self.take(&permits, &mut sending).await;
            while sending.try_join_next().is_some() {}
            tokio::select! {
                () = stopping.cancelled() => break,
                () = self.wake.0.notified() => {}
                // With a full batch there may be more, as soon as one has been sent.
                _ = permits.acquire(), if more => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        sending.join_all().await;
    }

    /// Begins as many due deliveries as there are permits. True if there may be more.
    async fn take(&self, permits: &Arc<Semaphore>, sending: &mut JoinSet<()>) -> bool {
        let free = permits.available_permits();
        if free == 0 {
            return true;
        }
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        let now = Timestamp::now();
        let due = self.sender.store.due_deliveries(limit, LEASE, now).await;
        let due = due.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "due callbacks cannot be read");
            vec![]
        });
        let is_full = due.len() == free;
        for due in due {
            let Ok(permit) = Arc::clone(permits).try_acquire_owned() else {
                break;
            };
            sending.spawn(Arc::clone(&self.sender).deliver(due, permit));
        }
        is_full
    }
}

impl Sender {
    async fn deliver(self: Arc<Self>, due: DueDelivery, _permit: OwnedSemaphorePermit) {
        let answer = self.post(&due).await;
        let now = Timestamp::now();
        let outcome = answer.outcome(due.attempts.saturating_add(1), now);
        let (label, status) = match &outcome {
            DeliveryOutcome::Delivered { status } => ("delivered", Some(*status)),
            DeliveryOutcome::Again { status, .. } => ("retried", *status),
            DeliveryOutcome::GivenUp { status, .. } => ("failed", *status),
        };
        self.metrics.callback(label);
        // Neither the URL nor the owner: both may be secret to the reader of logs.
        let (execution_id, attempts) = (due.run.to_string(), due.attempts + 1);
        tracing::info!(execution_id, attempts, outcome = label, status, "callback");
        match self.store.record_delivery(&due, &outcome, now).await {
            Ok(true) => {}
            Ok(false) => tracing::debug!(execution_id, "another process sends the callback"),
            Err(error) => {
                // The lease ends, and the delivery is sent again.
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, execution_id, "a callback cannot be recorded");
            }
        }
    }

    async fn post(&self, due: &DueDelivery) -> Answer {
        let Some(body) = event::body(due) else {
            return Answer::None("the run has not ended");
        };
        let url = Url::parse(&due.url).ok();
        let request = url.and_then(|url| self.client.request(Method::POST, &url).ok());
        let Some(request) = request else {
            return Answer::None("the URL is not allowed");
        };
        let (id, now) = (due.id.to_string(), Timestamp::now());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(SIGNATURE, self.signer.sign(&id, now, &body))
            .header(TIMESTAMP, now.as_second())
            .header(ID, id)
            .body(body);
        // The whole request has a deadline; the body of the response is not read.
        match request.send().await {
            Ok(response) => Answer::new(response.status(), response.headers(), Timestamp::now()),
            Err(error) => Answer::None(reason(&error)),
        }
    }
}

/// For the run's owner, without addresses.
fn reason(error: &reqwest::Error) -> &'static str {
    if is_refusal(error) {
        "the URL leads to an address that is not public"
    } else if error.is_timeout() {
        "there was no answer within 15 seconds"
    } else if error.is_connect() {
        "the connection failed"
    } else {
        "the connection was lost before an answer"
    }
}
