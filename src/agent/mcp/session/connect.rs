//! Opens an MCP session: transport, handshake, protocol version, first listing of the tools.

use std::{sync::Arc, time::Duration};

use rmcp::{
    ClientHandler, RoleClient, ServiceExt,
    model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion},
    service::{ClientCacheConfig, NotificationContext, RunningService},
    transport::{
        StreamableHttpClientTransport, common::client_side_sse::ExponentialBackoff,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use secrecy::ExposeSecret;
use tokio::{sync::Notify, time::timeout};
use tokio_util::task::TaskTracker;

use super::{
    listing::{Listing, list},
    open_error::OpenError,
};
use crate::agent::mcp::{
    bounded,
    server::{Endpoint, HttpEndpoint, Server},
    transport::{Transport, fault::LastFault},
};

/// Each unanswered call to a server that answers in JSON occupies one of these slots.
const MAX_CONCURRENT_REQUESTS: usize = 256;

#[derive(Clone)]
pub(in crate::agent::mcp) struct Handler {
    check: Arc<Notify>,
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let client = Implementation::new("prog-strength-agent", env!("CARGO_PKG_VERSION"));
        let mut config = ClientConfig::new(ClientCapabilities::default(), client);
        // rmcp would announce 2026-07-28, which has no `initialize`.
        config.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        config
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.check.notify_one();
    }
}

pub(super) type Service = RunningService<RoleClient, Handler>;

/// A session, its first listing, and the last fault of its transport.
pub(super) struct Opened {
    pub(super) service: Service,
    pub(super) listing: Listing,
    pub(super) fault: LastFault,
}

/// Opens a session. `tasks` has what ends a child process after its session.
pub(super) async fn open(
    server: &Server,
    check: &Arc<Notify>,
    tasks: &TaskTracker,
) -> Result<Opened, OpenError> {
    let opened = async {
        let fault = LastFault::default();
        let service = handshake(server, check, &fault, tasks).await?;
        let (peer, no_cache) = (service.peer(), ClientCacheConfig::disabled());
        peer.set_response_cache_config(no_cache).await;
        let version = peer.peer_info().map(|info| info.protocol_version.clone());
        let known = |version: &ProtocolVersion| {
            ProtocolVersion::KNOWN_VERSIONS.contains(version)
                && *version <= ProtocolVersion::LATEST_WITH_INITIALIZE
        };
        if !version.as_ref().is_some_and(known) {
            let named = version.map(|version| bounded(&version.to_string()));
            return Err(OpenError::Version(named.unwrap_or_default()));
        }
        let listing = list(peer, &fault).await?;
        Ok(Opened {
            service,
            listing,
            fault,
        })
    };
    let opened = timeout(server.open_timeout(), opened).await;
    opened.unwrap_or(Err(OpenError::TimedOut))
}

async fn handshake(
    server: &Server,
    check: &Arc<Notify>,
    fault: &LastFault,
    tasks: &TaskTracker,
) -> Result<Service, OpenError> {
    let handler = Handler {
        check: check.clone(),
    };
    let (memory, check, noted) = (server.answers.clone(), check.clone(), fault.clone());
    let service = match &server.endpoint {
        Endpoint::Http(endpoint) => {
            let client = Transport::new(endpoint.clients.clone(), memory, check, noted);
            let transport = StreamableHttpClientTransport::with_client(client, config(endpoint));
            handler.serve(transport).await
        }
        Endpoint::Stdio(endpoint) => {
            let started = endpoint.start(memory, check, noted, tasks);
            let transport = started.map_err(|error| {
                tracing::warn!(%error, "a command could not be started");
                OpenError::Start(error.kind())
            })?;
            handler.serve(transport).await
        }
    };
    service.map_err(|error| OpenError::from_handshake(&error, fault.take()))
}

fn config(endpoint: &HttpEndpoint) -> StreamableHttpClientTransportConfig {
    let mut retry = ExponentialBackoff::default();
    retry.base_duration = Duration::from_millis(250);
    retry.max_delay = Some(Duration::from_secs(2));
    retry.max_times = Some(2);
    let mut config = StreamableHttpClientTransportConfig::with_uri(endpoint.url.clone())
        .reinit_on_expired_session(false)
        .max_concurrent_requests(MAX_CONCURRENT_REQUESTS);
    config.retry_config = Arc::new(retry);
    match &endpoint.token {
        Some(token) => config.auth_header(token.expose_secret()),
        None => config,
    }
}
