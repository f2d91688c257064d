//! Session supervisor: one task opens a session, lists its tools, checks it and replaces it when it is lost.

mod connect;
mod fault;
mod listing;

use std::{sync::Arc, time::Duration};

use rmcp::{RoleClient, service::Peer};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{agent::metrics::Metrics, agent::tools::Catalogue, upstream::backoff::Backoff};
pub(super) use connect::Connector;
use connect::Service;
use listing::{Listing, list};

/// Between attempts to open a session.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    max: Duration::from_secs(10),
};
const LIST_TIMEOUT: Duration = Duration::from_secs(10);
/// Also keeps the server from expiring the session.
const RELIST_EVERY: Duration = Duration::from_secs(30);
/// Between listings, however often the server announces changes.
const RELIST_PAUSE: Duration = Duration::from_millis(500);
/// After a session that was lost sooner, the next one waits for the first delay.
const SHORT_LIFE: Duration = Duration::from_secs(1);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(4);

/// The present session.
pub(super) struct Live {
    pub(super) peer: Peer<RoleClient>,
    pub(super) catalogue: Arc<Catalogue>,
    /// Name and version.
    pub(super) server: (String, String),
    /// Cancelled when the session is found to be lost.
    pub(super) dead: CancellationToken,
    /// Requests a new listing, to find out whether the session still works.
    pub(super) check: Arc<Notify>,
}

/// Keeps a session open until `stop`, and publishes the present one, if any.
pub(super) fn supervise(
    connector: Connector,
    stop: CancellationToken,
    sessions: &TaskTracker,
    metrics: Arc<Metrics>,
) -> watch::Receiver<Option<Arc<Live>>> {
    let (publish, live) = watch::channel(None);
    let closing = sessions.clone();
    sessions.spawn(async move {
        let (mut failures, mut first) = (0, true);
        while !stop.is_cancelled() {
            let check = Arc::new(Notify::new());
            let opened = tokio::select! {
                opened = connector.open(&check) => opened,
                () = stop.cancelled() => break,
            };
            match opened {
                Ok((service, listing)) => {
                    if !std::mem::take(&mut first) {
                        metrics.reconnected();
                    }
                    metrics.session(true);
                    let began = Instant::now();
                    watch_over(&service, listing, &publish, &check, &stop).await;
                    publish.send_replace(None);
                    metrics.session(false);
                    closing.spawn(close(service, connector.drain, stop.clone()));
                    failures = 0;
                    if began.elapsed() < SHORT_LIFE {
                        pause(BACKOFF.delay(0), &stop).await;
                    }
                }
                Err(error) => {
                    let delay = BACKOFF.delay(failures);
                    let retry_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                    tracing::warn!(error = %error, retry_ms, "no MCP session");
                    pause(delay, &stop).await;
                    failures += 1;
                }
            }
        }
    });
    live
}

async fn pause(delay: Duration, stop: &CancellationToken) {
    let _ = timeout(delay, stop.cancelled()).await;
}

/// Publishes the session with its present tools. Returns when it is lost, or at `stop`.
async fn watch_over(
    service: &Service,
    mut listing: Listing,
    publish: &watch::Sender<Option<Arc<Live>>>,
    check: &Arc<Notify>,
    stop: &CancellationToken,
) {
    let (peer, dead) = (service.peer(), CancellationToken::new());
    let info = peer.peer_info();
    let server = info.as_ref().and_then(|info| info.server_info.as_ref());
    let server = server.map(|server| (server.name.clone(), server.version.clone()));
    let (name, version) = server.unwrap_or_default();
    loop {
        let catalogue = listing.catalogue();
        let tools = catalogue.specs().len();
        let live = Arc::new(Live {
            peer: peer.clone(),
            catalogue,
            server: (name.clone(), version.clone()),
            dead: dead.clone(),
            check: check.clone(),
        });
        publish.send_replace(Some(live.clone()));
        tracing::info!(server = name, version, tools, "MCP session is up");
        listing = tokio::select! {
            changed = changed(&listing, &live) => match changed {
                Some(listing) => listing,
                None => return tracing::warn!("MCP session lost: its tools cannot be listed"),
            },
            () = dead.cancelled() => return tracing::warn!("MCP session lost"),
            () = stop.cancelled() => return,
        };
    }
}

/// Lists the tools regularly and when asked to. Returns a listing that differs, or `None` when listing fails.
async fn changed(listing: &Listing, live: &Live) -> Option<Listing> {
    loop {
        let listed_at = Instant::now();
        let _ = timeout(RELIST_EVERY, live.check.notified()).await;
        sleep_until(listed_at + RELIST_PAUSE).await;
        match timeout(LIST_TIMEOUT, list(&live.peer)).await {
            Ok(Ok(fresh)) if fresh == *listing => {}
            Ok(Ok(fresh)) => return Some(fresh),
            _ => {
                live.dead.cancel();
                return None;
            }
        }
    }
}

/// Closes the session (DELETE) after `drain`, which lets calls in flight finish, or at shutdown, when none are left.
async fn close(mut service: Service, drain: Duration, stop: CancellationToken) {
    let _ = timeout(drain, stop.cancelled()).await;
    let _ = service.close_with_timeout(CLOSE_TIMEOUT).await;
}
