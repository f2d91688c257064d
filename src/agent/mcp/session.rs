//! MCP session supervisor: one task opens a session, lists its tools, checks it and replaces it when it is lost.

mod connect;
mod listing;
mod open_error;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use rmcp::{RoleClient, service::Peer};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{ServerInfo, bounded, transport::fault::LastFault};
use crate::{
    agent::{metrics::Metrics, tools::Catalogue},
    upstream::backoff::Backoff,
};
pub(super) use connect::Connector;
use connect::Opened;
#[cfg(any(test, fuzzing))]
pub(super) use listing::read_listing;
use listing::{Listing, list};
use open_error::OpenError;

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

/// The current session and its tools.
pub(super) struct Session {
    pub(super) peer: Peer<RoleClient>,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) server: ServerInfo,
    /// Cancelled when the session is found to be lost.
    pub(super) lost: CancellationToken,
    /// Requests a new listing, which shows whether the session still works.
    pub(super) check: Arc<Notify>,
}

impl Session {
    pub(super) fn is_usable(&self) -> bool {
        !self.lost.is_cancelled()
    }
}

/// Keeps a session open until `stop`, and publishes the current one, if any.
pub(super) fn supervise(
    connector: Connector,
    stop: CancellationToken,
    sessions: &TaskTracker,
    metrics: Arc<Metrics>,
) -> watch::Receiver<Option<Arc<Session>>> {
    let (publish, current) = watch::channel(None);
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
                Ok(opened) => {
                    if !std::mem::take(&mut first) {
                        metrics.reconnects.inc();
                    }
                    metrics.session_up.set(1);
                    let began = Instant::now();
                    publish_until_lost(&opened, &publish, &check, &stop).await;
                    publish.send_replace(None);
                    metrics.session_up.set(0);
                    closing.spawn(close(opened.service, connector.drain, stop.clone()));
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
    current
}

/// Opens a session, lists its tools and closes it.
pub(super) async fn probe(connector: &Connector) -> anyhow::Result<(ServerInfo, Arc<Catalogue>)> {
    let Opened {
        mut service,
        listing,
        ..
    } = connector.open(&Arc::default()).await?;
    let catalogue = listing
        .catalogue()
        .await
        .context("building the catalogue panicked")?;
    let server = server_info(service.peer(), &catalogue);
    let _ = service.close_with_timeout(CLOSE_TIMEOUT).await;
    Ok((server, catalogue))
}

fn server_info(peer: &Peer<RoleClient>, catalogue: &Catalogue) -> ServerInfo {
    let info = peer.peer_info();
    let server = info.as_ref().and_then(|info| info.server_info.as_ref());
    let server = server.map(|server| (bounded(&server.name), bounded(&server.version)));
    let (name, version) = server.unwrap_or_default();
    ServerInfo {
        name,
        version,
        tools: catalogue.specs().len(),
        left_out: catalogue.left_out().len(),
    }
}

async fn pause(delay: Duration, stop: &CancellationToken) {
    let _ = timeout(delay, stop.cancelled()).await;
}

/// Publishes the session with its current tools. Returns when it is lost, or at `stop`.
async fn publish_until_lost(
    opened: &Opened,
    publish: &watch::Sender<Option<Arc<Session>>>,
    check: &Arc<Notify>,
    stop: &CancellationToken,
) {
    let (peer, lost) = (opened.service.peer(), CancellationToken::new());
    let mut listing = opened.listing.clone();
    loop {
        let Some(catalogue) = listing.catalogue().await else {
            return tracing::error!("MCP session lost: building the catalogue panicked");
        };
        let session = Arc::new(Session {
            peer: peer.clone(),
            server: server_info(peer, &catalogue),
            catalogue,
            lost: lost.clone(),
            check: check.clone(),
        });
        publish.send_replace(Some(session.clone()));
        let server = &session.server;
        tracing::info!(
            server = server.name,
            version = server.version,
            tools = server.tools,
            "MCP session is up"
        );
        listing = tokio::select! {
            changed = next_change(&listing, &session, &opened.fault) => match changed {
                Ok(listing) => listing,
                Err(error) => return tracing::warn!(%error, "MCP session lost"),
            },
            () = lost.cancelled() => return tracing::warn!("MCP session lost"),
            () = stop.cancelled() => return,
        };
    }
}

/// Lists the tools regularly and on request. Returns a listing that differs.
async fn next_change(
    listing: &Listing,
    session: &Session,
    fault: &LastFault,
) -> Result<Listing, OpenError> {
    loop {
        let listed_at = Instant::now();
        let _ = timeout(RELIST_EVERY, session.check.notified()).await;
        sleep_until(listed_at + RELIST_PAUSE).await;
        let listed = timeout(LIST_TIMEOUT, list(&session.peer, fault)).await;
        match listed.unwrap_or(Err(OpenError::TimedOut)) {
            Ok(fresh) if fresh == *listing => {}
            Ok(fresh) => return Ok(fresh),
            Err(error) => {
                session.lost.cancel();
                return Err(error);
            }
        }
    }
}

/// Closes a session (DELETE) after `drain`, in which calls in flight finish, or at shutdown, when no calls are left.
async fn close(mut service: connect::Service, drain: Duration, stop: CancellationToken) {
    let _ = timeout(drain, stop.cancelled()).await;
    let _ = service.close_with_timeout(CLOSE_TIMEOUT).await;
}
