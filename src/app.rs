//! `App`: what all requests share. And what every request has: an id, and perhaps a caller.

use std::sync::{Arc, atomic::AtomicU64};

use anyhow::Context;
use http::HeaderMap;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    agent::Agent,
    auth::{Caller, Verifier},
    bearer,
    claude::Claude,
    config::{Config, HttpConfig},
    error::ApiError,
    limits::Limits,
    mcp::Mcp,
    metrics::Metrics,
    page::Page,
};

pub struct App {
    pub verifier: Verifier,
    pub agent: Arc<Agent>,
    pub mcp: Arc<Mcp>,
    pub limits: Limits,
    pub metrics: Arc<Metrics>,
    pub http: HttpConfig,
    pub page: Option<Arc<Page>>,
    pub turn_timeout: std::time::Duration,
    /// Chat requests that are over, for `memory`.
    pub chats_ended: AtomicU64,
    /// The turns that run now.
    pub chats: TaskTracker,
    /// Cancelled when no new chat is taken any more.
    pub draining: CancellationToken,
    /// Cancelled when running turns must end.
    pub stopping: CancellationToken,
}

impl App {
    /// Builds everything, and starts to look for the MCP server. Must be called within a tokio runtime.
    pub fn new(config: Config) -> anyhow::Result<Arc<Self>> {
        let (metrics, stopping) = (Metrics::new(), CancellationToken::new());
        let claude = Claude::new(&config.claude, metrics.clone())
            .context("cannot set up the HTTP client for Claude")?;
        let mcp = Mcp::start(
            &config.mcp,
            config.agent.max_tool_result_bytes,
            metrics.clone(),
        )
        .context("cannot set up the HTTP client for MCP")?;
        let mcp = Arc::new(mcp);
        if config.jwt.key_is_short() {
            tracing::warn!("JWT_SIGNING_KEY is shorter than the 32 bytes that HS256 asks for");
        }
        let model = &config.claude.model;
        let page = config.page.map(|page| Arc::new(Page::new(page, model)));
        Ok(Arc::new(Self {
            verifier: Verifier::new(&config.jwt),
            turn_timeout: config.agent.turn_timeout,
            agent: Agent::new(&config.agent, claude, mcp.clone(), stopping.clone())?,
            mcp,
            limits: Limits::new(&config.http),
            metrics,
            http: config.http,
            page,
            chats_ended: AtomicU64::new(0),
            chats: TaskTracker::new(),
            draining: CancellationToken::new(),
            stopping,
        }))
    }

    /// Who sent these headers. Exactly one bearer token, good in every respect, or 401.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let token =
            bearer::of(headers).map_err(|refusal| ApiError::unauthorized(refusal.token_given))?;
        self.verifier.verify(token).map_err(|error| {
            tracing::debug!(error = %error, "token refused");
            ApiError::unauthorized(true)
        })
    }
}

/// The id a request goes by, here and in MCP's `_meta`: 1 to 128 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's own, if there is exactly one and it is well-formed; else a new `UUIDv7`.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all("x-request-id").iter();
        let own = match (given.next(), given.next()) {
            (Some(id), None) => id.to_str().ok().filter(|id| is_request_id(id)),
            _ => None,
        };
        Self(own.map_or_else(|| uuid::Uuid::now_v7().to_string().into(), Into::into))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
