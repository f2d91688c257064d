//! The state that all requests of the agent share (`App`), and the authentication of requests.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use http::HeaderMap;

use super::{limits::Limits, page::Page};
use crate::{
    agent::{Agent, approvals::Approvals, claude::Claude, mcp::Mcp, metrics::Metrics, title},
    auth::{Caller, CallerToken, Verifier},
    config::{Config, HttpConfig},
    http::{bearer, lifecycle::Lifecycle, problem::Problem},
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
    /// The active requests in it are the running chats.
    pub lifecycle: Lifecycle,
}

impl App {
    /// Builds everything and starts to connect to the MCP server. Must be called within a tokio runtime.
    pub fn new(config: Config) -> anyhow::Result<Arc<Self>> {
        let (metrics, lifecycle) = (Metrics::new(), Lifecycle::default());
        let claude = Claude::new(&config.claude, &config.agent.system_prompt, metrics.clone())
            .context("cannot set up the HTTP client for Claude")?;
        let title_model = title::model(&config.claude)?;
        let max_text = config.agent.max_tool_result_bytes;
        let named = config.agent.approvals.names();
        let mcp = Mcp::start(&config.mcp, max_text, metrics.clone(), named)
            .context("cannot set up the HTTP client for MCP")?;
        let mcp = Arc::new(mcp);
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        let model = &config.claude.model;
        let page = config.page.map(|page| Arc::new(Page::new(page, model)));
        let approvals = config.agent.approvals.clone();
        let approvals = Approvals::new(approvals, &config.jwt.key, metrics.clone());
        let stopping = lifecycle.stopping().clone();
        Ok(Arc::new(Self {
            verifier: Verifier::new(&config.jwt),
            turn_timeout: config.agent.turn_timeout,
            agent: Agent::new(
                &config.agent,
                claude,
                mcp.clone(),
                stopping,
                title_model,
                approvals,
            ),
            mcp,
            limits: Limits::new(&config.http),
            metrics,
            http: config.http,
            page,
            lifecycle,
        }))
    }

    /// Verifies the bearer token of a request. The error is a 401: there must be exactly one token, and it must be valid.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<(Caller, CallerToken), Problem> {
        let token =
            bearer::token(headers).map_err(|refusal| Problem::unauthorized(refusal.token_given))?;
        self.verifier.verify_and_keep(token).map_err(|error| {
            tracing::debug!(error = %error, "token refused");
            Problem::unauthorized(true)
        })
    }
}
