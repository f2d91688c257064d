//! Session supervisor: one task opens a session, lists its tools, checks it and replaces it when it is lost.

mod connect;
mod fault;
mod listing;

use std::{sync::Arc, time::Duration};

use rmcp::{RoleClient, service::Peer};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
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

/// Publishes the session, lists its tools again when asked to and regularly, and returns when it is lost.
async fn watch_over(
    service: &Service,
    mut listing: Listing,
    publish: &watch::Sender<Option<Arc<Live>>>,
    check: &Arc<Notify>,
    stop: &CancellationToken,
) {
    let (peer, dead) = (service.peer(), CancellationToken::new());
    let server = peer
        .peer_info()
        .and_then(|info| {
            info.server_info
                .as_ref()
                .map(|server| (server.name.clone(), server.version.clone()))
        })
        .unwrap_or_default();
    let mut catalogue = listing.catalogue();
    loop {
        let live = Live {
            peer: peer.clone(),
            catalogue: catalogue.clone(),
            server: server.clone(),
            dead: dead.clone(),
            check: check.clone(),
        };
        publish.send_replace(Some(Arc::new(live)));
        let tools = catalogue.specs().len();
        tracing::info!(
            server = server.0,
            version = server.1,
            tools,
            "MCP session is up"
        );
        let fresh = loop {
            let listed_at = Instant::now();
            tokio::select! {
                () = dead.cancelled() => return tracing::warn!("MCP session lost"),
                () = stop.cancelled() => return,
                () = check.notified() => {}
                () = sleep(RELIST_EVERY) => {}
            }
            let again = async {
                tokio::time::sleep_until(listed_at + RELIST_PAUSE).await;
                timeout(LIST_TIMEOUT, list(peer)).await
            };
            let listed = tokio::select! {
                listed = again => listed,
                () = dead.cancelled() => return tracing::warn!("MCP session lost"),
                () = stop.cancelled() => return,
            };
            match listed {
                Ok(Ok(fresh)) if fresh == listing => {}
                Ok(Ok(fresh)) => break fresh,
                Ok(Err(_)) | Err(_) => {
                    dead.cancel();
                    return tracing::warn!("MCP session lost: its tools cannot be listed");
                }
            }
        };
        catalogue = fresh.catalogue();
        listing = fresh;
    }
}

/// Closes the session (DELETE) after `drain`, which lets calls in flight finish, or at shutdown, when none are left.
async fn close(mut service: Service, drain: Duration, stop: CancellationToken) {
    let _ = timeout(drain, stop.cancelled()).await;
    let _ = service.close_with_timeout(CLOSE_TIMEOUT).await;
}
