//! `App`: the state that all requests share.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use http::HeaderMap;

use super::{limits::Limits, page::Page};
use crate::{
    agent::Agent,
    agent::claude::Claude,
    agent::mcp::Mcp,
    agent::metrics::Metrics,
    auth::{Caller, Verifier},
    config::{Config, HttpConfig},
    http::bearer,
    http::lifecycle::Lifecycle,
    http::problem::Problem,
};

pub struct App {
    pub verifier: Verifier,
    pub agent: Arc<Agent>,
    pub mcp: Arc<Mcp>,
    pub(super) limits: Limits,
    pub metrics: Arc<Metrics>,
    pub http: HttpConfig,
    pub page: Option<Arc<Page>>,
    pub turn_timeout: Duration,
    /// Its active requests are the running chats.
    pub lifecycle: Lifecycle,
}

impl App {
    /// Builds everything and starts to connect to the MCP server. Must be called within a tokio runtime.
    pub fn new(config: Config) -> anyhow::Result<Arc<Self>> {
        let (metrics, lifecycle) = (Metrics::new(), Lifecycle::default());
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
        let stopping = lifecycle.stopping().clone();
        Ok(Arc::new(Self {
            verifier: Verifier::new(&config.jwt),
            turn_timeout: config.agent.turn_timeout,
            agent: Agent::new(&config.agent, claude, mcp.clone(), stopping)?,
            mcp,
            limits: Limits::new(&config.http),
            metrics,
            http: config.http,
            page,
            lifecycle,
        }))
    }

    /// The caller whose token the headers carry; a 401 unless there is exactly one token, and it is valid.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let token =
            bearer::token(headers).map_err(|refusal| Problem::unauthorized(refusal.token_given))?;
        self.verifier.verify(token).map_err(|error| {
            tracing::debug!(error = %error, "token refused");
            Problem::unauthorized(true)
        })
    }
}
