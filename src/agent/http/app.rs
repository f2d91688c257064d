//! `App`: what all requests share. And what every request has: an id, and perhaps a caller.

use std::sync::{Arc, atomic::AtomicU64};

use anyhow::Context;
use http::HeaderMap;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    agent::Agent,
    agent::claude::Claude,
    agent::http::limits::Limits,
    agent::http::page::Page,
    agent::mcp::Mcp,
    agent::metrics::Metrics,
    auth::{Caller, Verifier},
    config::{Config, HttpConfig},
    http::bearer,
    http::problem::ApiError,
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
