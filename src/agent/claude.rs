//! The Messages API client: one streaming call at a time, its retries, and what its events add up to.
//!
//! What may be retried after the reply has begun is for the caller to say, who knows what the user has seen.

mod conversation;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod message;
mod reply;
mod request;
mod retry;
mod sse;

use std::{sync::Arc, time::Duration};

use buf_list::BufList;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout};

use crate::{
    agent::metrics::Metrics,
    config::{ClaudeConfig, Credential},
    upstream::dial::USER_AGENT,
    upstream::wire::{Keeping, Pieces, Server},
};

pub use conversation::Conversation;
pub use error::ClaudeError;
pub use message::{Block, Message, Role, image_type, is_blank, is_id};
pub use reply::{Progress, Reading, Reply, Usage};
pub use request::{Prefix, Request, ToolSpec, Tools};
pub use retry::Retries;
// For `benches/parts.rs`.
#[doc(hidden)]
pub use sse::Decoder;

const VERSION: &str = "2023-06-01";
const KEEPING: Keeping = Keeping {
    connect_timeout: Duration::from_secs(5),
    idle_for: Duration::from_secs(90),
};
/// Of an error answer, more than this is not read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

pub struct Claude {
    server: Arc<Server>,
    model: String,
    max_tokens: u32,
    idle: Duration,
    max_retries: u32,
    metrics: Arc<Metrics>,
}

impl Claude {
    pub fn new(config: &ClaudeConfig, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let mut headers = HeaderMap::new();
        let (name, value) = match &config.credential {
            Credential::ApiKey(key) => (
                header::HeaderName::from_static("x-api-key"),
                key.expose_secret().to_owned(),
            ),
            Credential::Bearer(token) => (
                header::AUTHORIZATION,
                format!("Bearer {}", token.expose_secret()),
            ),
        };
        if let Ok(mut value) = HeaderValue::from_str(&value) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/event-stream"),
        );
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        Ok(Self {
            server: Arc::new(Server::new(&config.endpoint, headers, KEEPING)?),
            model: config.model.clone(),
            max_tokens: config.max_tokens,
            idle: config.idle_timeout,
            max_retries: config.max_retries,
            metrics,
        })
    }

    pub fn model(&self) -> &str {
        &self.model
    }

    pub fn max_tokens(&self) -> u32 {
        self.max_tokens
    }

    /// To be called now and then: connections that are of no more use are closed.
    pub fn tidy(&self) {
        self.server.tidy();
    }

    /// The retries of one call, none of which begins after `deadline`.
    pub fn retries(&self, deadline: Instant) -> Retries {
        Retries::new(self.max_retries, deadline, self.metrics.clone())
    }

    /// Sends a request ([`Request::body`]), again if that may help, and hands out the reply as it is written.
    pub async fn open(&self, body: BufList, retries: &mut Retries) -> Result<Reading, ClaudeError> {
        loop {
            match self.send(body.clone()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => retries.again(error).await?,
            }
        }
    }

    async fn send(&self, body: BufList) -> Result<Reading, ClaudeError> {
        let mut timer = self.metrics.claude_request();
        let sent = timeout(self.idle, self.server.post(&[], body)).await;
        let response = match sent {
            Err(_) => {
                timer.failed("timeout");
                return Err(ClaudeError::Silent);
            }
            Ok(Err(error)) => {
                timer.failed("unreachable");
                return Err(ClaudeError::Unreachable(error));
            }
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        timer.answered(status);
        if status != StatusCode::OK {
            let (head, mut pieces) = response.into_parts();
            let beginning = timeout(self.idle, beginning(&mut pieces)).await;
            return Err(ClaudeError::refused(
                status,
                &head.headers,
                &beginning.unwrap_or_default(),
            ));
        }
        Ok(Reading::new(response.into_body(), self.idle, timer))
    }
}

async fn beginning(pieces: &mut Pieces) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(Ok(piece)) = pieces.next().await {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    body
}
