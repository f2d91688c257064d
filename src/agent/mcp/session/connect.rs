//! How a session is opened.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, header};
use rmcp::{
    ClientHandler, RoleClient, ServiceExt,
    model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion},
    service::{ClientCacheConfig, NotificationContext, RunningService},
    transport::{
        StreamableHttpClientTransport, common::client_side_sse::ExponentialBackoff,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Notify, time::timeout};

use super::{
    fault::{OpenError, why},
    listing::{Listing, list},
};
use crate::{
    agent::mcp::transport::{Client, Connections},
    config::McpConfig,
    upstream::dial::{USER_AGENT, client_for},
    upstream::wire::{Keeping, Server},
};

const KEEPING: Keeping = Keeping {
    connect_timeout: Duration::from_secs(2),
    // Shorter than servers keep one that is not in use.
    idle_for: Duration::from_secs(2),
};
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Each unanswered call of a server that answers in JSON holds one.
const SLOTS: usize = 256;

/// Opens sessions with one server.
pub(in crate::agent::mcp) struct Connector {
    pub(in crate::agent::mcp) connections: Connections,
    url: String,
    token: Option<SecretString>,
    pub(super) drain: Duration,
}

#[derive(Clone)]
pub(in crate::agent::mcp) struct Handler {
    check: Arc<Notify>,
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("prog-strength-agent", env!("CARGO_PKG_VERSION"));
        let mut config = ClientConfig::new(ClientCapabilities::default(), us);
        // rmcp would announce 2026-07-28, which has no `initialize`.
        config.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        config
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.check.notify_one();
    }
}

pub(super) type Service = RunningService<RoleClient, Handler>;

impl Connector {
    pub(in crate::agent::mcp) fn new(config: &McpConfig) -> anyhow::Result<Self> {
        let fresh = client_for(&config.url)
            .user_agent(USER_AGENT)
            .connect_timeout(KEEPING.connect_timeout)
            .pool_max_idle_per_host(0)
            .build()?;
        let headers = HeaderMap::from_iter([
            (header::USER_AGENT, HeaderValue::from_static(USER_AGENT)),
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            ),
            (
                header::ACCEPT,
                HeaderValue::from_static("text/event-stream, application/json"),
            ),
        ]);
        let kept = Server::new(&config.url, headers, KEEPING)?;
        let connections = Connections::new(fresh, kept);
        let drain = config.call_timeout + Duration::from_secs(1);
        Ok(Self {
            connections,
            url: config.url.to_string(),
            token: config.token.clone(),
            drain,
        })
    }

    pub(super) async fn open(&self, check: &Arc<Notify>) -> Result<(Service, Listing), OpenError> {
        let opened = async {
            let handler = Handler {
                check: check.clone(),
            };
            let service = handler
                .serve(self.transport(check))
                .await
                .map_err(|error| OpenError::Handshake(why(&error)))?;
            let peer = service.peer();
            peer.set_response_cache_config(ClientCacheConfig::disabled())
                .await;
            let version = peer.peer_info().map(|info| info.protocol_version.clone());
            let known = |version: &ProtocolVersion| {
                ProtocolVersion::KNOWN_VERSIONS.contains(version)
                    && *version <= ProtocolVersion::LATEST_WITH_INITIALIZE
            };
            if !version.as_ref().is_some_and(known) {
                let named = version.map(|version| version.to_string().chars().take(40).collect());
                return Err(OpenError::Version(named.unwrap_or_default()));
            }
            let listing = list(peer).await?;
            Ok((service, listing))
        };
        timeout(OPEN_TIMEOUT, opened)
            .await
            .unwrap_or(Err(OpenError::TimedOut))
    }

    fn transport(&self, check: &Arc<Notify>) -> StreamableHttpClientTransport<Client> {
        let mut retry = ExponentialBackoff::default();
        retry.base_duration = Duration::from_millis(250);
        retry.max_delay = Some(Duration::from_secs(2));
        retry.max_times = Some(2);
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str())
            .reinit_on_expired_session(false)
            .max_concurrent_requests(SLOTS);
        config.retry_config = Arc::new(retry);
        if let Some(token) = &self.token {
            config = config.auth_header(token.expose_secret());
        }
        StreamableHttpClientTransport::with_client(
            Client {
                connections: self.connections.clone(),
                check: check.clone(),
            },
            config,
        )
    }
}
