//! MCP session supervisor: one task opens a session, lists its tools, checks it and replaces it when it is lost.

mod chat;
mod connect;
mod listing;
mod open_error;
mod state;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, Span};

use super::{Probed, ServerInfo, bounded, server::Server, transport::fault::LastFault};
use crate::upstream::backoff::Backoff;
pub(super) use chat::Chat;
use connect::{Opened, open};
#[cfg(any(test, fuzzing))]
pub(super) use listing::read_listing;
use listing::{Listing, list};
use open_error::OpenError;
use state::server_info;
pub(super) use state::{Offer, Session, State};

/// Between attempts to open a session.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    max: Duration::from_secs(10),
};
/// Also keeps the server from expiring the session.
const RELIST_EVERY: Duration = Duration::from_secs(30);
/// Between listings, however often the server announces changes.
const RELIST_PAUSE: Duration = Duration::from_millis(500);
/// After a session that was lost sooner, the next one waits for the first delay.
const SHORT_LIFE: Duration = Duration::from_secs(1);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(4);

/// Keeps a session with a server open.
pub(super) struct Supervisor {
    pub(super) server: Arc<Server>,
    /// How many wait for a session. A child process is started again only for one of them.
    pub(super) waiting: watch::Receiver<usize>,
    pub(super) stop: CancellationToken,
    /// Of this task, and of what ends sessions.
    pub(super) tasks: TaskTracker,
    /// For the chat's session: its catalogue is built, and its state is in the metrics and in the log.
    pub(super) chat: Option<Chat>,
}

impl Supervisor {
    /// Opens a session, and another one when it is lost, until `stop`. Publishes the current one, if any.
    pub(super) fn start(self) -> watch::Receiver<State> {
        let (publish, current) = watch::channel(State::default());
        let span = match self.server.name() {
            Some(connection) => tracing::info_span!("mcp", connection),
            None => Span::current(),
        };
        let tasks = self.tasks.clone();
        tasks.spawn(async move { self.run(&publish).await }.instrument(span));
        current
    }

    async fn run(mut self, publish: &watch::Sender<State>) {
        let (mut failures, mut first) = (0, true);
        while !self.stop.is_cancelled() {
            let check = Arc::new(Notify::new());
            let opened = tokio::select! {
                opened = open(&self.server, &check, &self.tasks) => opened,
                () = self.stop.cancelled() => break,
            };
            match opened {
                Ok(opened) => {
                    self.note_up(true, !std::mem::take(&mut first));
                    let began = Instant::now();
                    self.publish_until_lost(&opened, publish, &check).await;
                    publish.send_replace(State::default());
                    self.note_up(false, false);
                    let drain = self.server.call_timeout + Duration::from_secs(1);
                    self.tasks
                        .spawn(close(opened.service, drain, self.stop.clone()));
                    failures = 0;
                    if began.elapsed() < SHORT_LIFE {
                        self.pause(BACKOFF.delay(0)).await;
                    }
                }
                Err(error) => {
                    let delay = BACKOFF.delay(failures);
                    self.note_failure(error, delay, publish);
                    self.pause(delay).await;
                    failures += 1;
                }
            }
            if self.server.is_child() {
                self.until_wanted().await;
            }
        }
    }

    fn note_up(&self, is_up: bool, again: bool) {
        if let Some(Chat { metrics, .. }) = &self.chat {
            metrics.session_up.set(is_up.into());
            metrics.reconnects.inc_by(again.into());
        }
    }

    fn note_failure(&self, error: OpenError, delay: Duration, publish: &watch::Sender<State>) {
        let error = self.explained(error);
        let retry_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(%error, retry_ms, "no MCP session");
        publish.send_replace(State::failed(&error, self.server.is_child()));
    }

    fn explained(&self, error: OpenError) -> OpenError {
        match self.server.name() {
            Some(_) => error,
            None => error.with_setting(),
        }
    }

    async fn pause(&self, delay: Duration) {
        let _ = timeout(delay, self.stop.cancelled()).await;
    }

    async fn until_wanted(&mut self) {
        tokio::select! {
            _ = self.waiting.wait_for(|waiting| *waiting > 0) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Publishes the session with its current tools. Returns when it is lost, or at `stop`.
    async fn publish_until_lost(
        &self,
        opened: &Opened,
        publish: &watch::Sender<State>,
        check: &Arc<Notify>,
    ) {
        let (peer, lost) = (opened.service.peer(), CancellationToken::new());
        let mut listing = opened.listing.clone();
        loop {
            let Some(tools) = self.offer(&listing).await else {
                return tracing::error!("MCP session lost: building the catalogue panicked");
            };
            let session = Arc::new(Session {
                peer: peer.clone(),
                server: server_info(peer, &tools),
                tools,
                lost: lost.clone(),
                check: check.clone(),
            });
            self.log_up(&session.server);
            publish.send_replace(State::up(session.clone()));
            listing = tokio::select! {
                changed = self.next_change(&listing, &session, &opened.fault) => match changed {
                    Ok(listing) => listing,
                    Err(error) => {
                        let error = self.explained(error);
                        return tracing::warn!(%error, "MCP session lost");
                    }
                },
                () = lost.cancelled() => return tracing::warn!("MCP session lost"),
                () = self.stop.cancelled() => return,
            };
        }
    }

    async fn offer(&self, listing: &Listing) -> Option<Offer> {
        match &self.chat {
            Some(chat) => {
                let catalogue = listing.catalogue().await?;
                chat.check(&catalogue);
                Some(Offer::Catalogue(catalogue))
            }
            None => Some(Offer::List(Arc::new(listing.tools()))),
        }
    }

    fn log_up(&self, server: &ServerInfo) {
        let (name, version, tools) = (&server.name, &server.version, server.tools);
        if self.chat.is_some() {
            tracing::info!(server = name, version, tools, "MCP session is up");
        } else {
            tracing::debug!(server = name, version, tools, "MCP session is up");
        }
    }

    /// Lists the tools regularly and on request. Returns a listing that differs, unless a page of it has failed that has not
    /// failed before.
    async fn next_change(
        &self,
        listing: &Listing,
        session: &Session,
        fault: &LastFault,
    ) -> Result<Listing, OpenError> {
        loop {
            let listed_at = Instant::now();
            if self.server.is_child() {
                session.check.notified().await;
            } else {
                let _ = timeout(RELIST_EVERY, session.check.notified()).await;
            }
            sleep_until(listed_at + RELIST_PAUSE).await;
            let listed = timeout(self.server.list_timeout(), list(&session.peer, fault)).await;
            match listed.unwrap_or(Err(OpenError::TimedOut)) {
                Ok(fresh) if fresh == *listing || fresh.falls_short_of(listing) => {}
                Ok(fresh) => return Ok(fresh),
                Err(error) => {
                    session.lost.cancel();
                    return Err(error);
                }
            }
        }
    }
}

/// Opens a session, lists its tools and closes it.
pub(super) async fn probe(server: &Server) -> anyhow::Result<Probed> {
    let opened = open(server, &Arc::default(), &TaskTracker::new()).await;
    let Opened {
        mut service,
        listing,
        ..
    } = opened.map_err(OpenError::with_setting)?;
    let catalogue = listing
        .catalogue()
        .await
        .context("building the catalogue panicked")?;
    let peer = service.peer();
    let server = server_info(peer, &Offer::Catalogue(catalogue.clone()));
    let protocol = peer
        .peer_info()
        .map(|info| info.protocol_version.to_string());
    let _ = service.close_with_timeout(CLOSE_TIMEOUT).await;
    Ok(Probed {
        server,
        protocol: bounded(&protocol.unwrap_or_default()),
        catalogue,
    })
}

/// Closes a session (DELETE) after `drain`, in which calls in flight finish, or at shutdown, when no calls are left.
async fn close(mut service: connect::Service, drain: Duration, stop: CancellationToken) {
    let _ = timeout(drain, stop.cancelled()).await;
    let _ = service.close_with_timeout(CLOSE_TIMEOUT).await;
}
