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
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Notify, time::timeout};

use super::{
    listing::{Listing, list},
    open_error::OpenError,
};
use crate::{
    agent::mcp::{
        answer_memory::AnswerMemory,
        bounded,
        transport::{Clients, Transport, fault::LastFault},
    },
    config::McpConfig,
};

const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Each unanswered call to a server that answers in JSON occupies one of these slots.
const MAX_CONCURRENT_REQUESTS: usize = 256;

/// Opens sessions with one server.
pub(in crate::agent::mcp) struct Connector {
    clients: Clients,
    memory: AnswerMemory,
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

impl Connector {
    pub(in crate::agent::mcp) fn new(config: &McpConfig) -> anyhow::Result<Self> {
        let drain = config.call_timeout + Duration::from_secs(1);
        Ok(Self {
            clients: Clients::new(&config.url)?,
            memory: AnswerMemory::new(),
            url: config.url.to_string(),
            token: config.token.clone(),
            drain,
        })
    }

    pub(super) async fn open(&self, check: &Arc<Notify>) -> Result<Opened, OpenError> {
        let opened = async {
            let check = check.clone();
            let fault = LastFault::default();
            let transport = self.transport(check.clone(), fault.clone());
            let service = Handler { check }.serve(transport).await;
            let service =
                service.map_err(|error| OpenError::from_handshake(&error, fault.take()))?;
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
            let opened = Opened {
                service,
                listing,
                fault,
            };
            Ok(opened)
        };
        let opened = timeout(OPEN_TIMEOUT, opened).await;
        opened.unwrap_or(Err(OpenError::TimedOut))
    }

    fn transport(
        &self,
        check: Arc<Notify>,
        fault: LastFault,
    ) -> StreamableHttpClientTransport<Transport> {
        let mut retry = ExponentialBackoff::default();
        retry.base_duration = Duration::from_millis(250);
        retry.max_delay = Some(Duration::from_secs(2));
        retry.max_times = Some(2);
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str())
            .reinit_on_expired_session(false)
            .max_concurrent_requests(MAX_CONCURRENT_REQUESTS);
        config.retry_config = Arc::new(retry);
        if let Some(token) = &self.token {
            config = config.auth_header(token.expose_secret());
        }
        let transport = Transport {
            clients: self.clients.clone(),
            memory: self.memory.clone(),
            check,
            fault,
        };
        StreamableHttpClientTransport::with_client(transport, config)
    }
}
