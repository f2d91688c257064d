//! Client for Claude's Messages API: sends streaming requests, and retries them until a reply begins.
//!
//! A reply that fails after it has begun is retried by `turn::round`, which knows whether the user has seen part of it.

mod conversation;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod media;
mod message;
mod model;
mod models;
mod reply;
mod request;
mod retry;
mod sse;

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Body, RequestBuilder, Response};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::{
    agent::metrics::Metrics,
    config::{ClaudeConfig, Credential},
    telemetry::{Span, names},
    upstream::client,
};

pub use conversation::Conversation;
pub use error::ClaudeError;
pub use media::{
    IMAGE_TYPES, MAX_IMAGE_SIDE, longer_side, media_type, media_type_name, mend_base64,
};
pub use message::{Block, ContentBlock, Message, Role, is_blank, is_id, is_opaque_type};
pub use model::Model;
pub use models::{Models, ModelsError};
pub use reply::{BlockEnd, Progress, Reply, ReplyStream, Usage};
pub use request::{Request, ToolSpec, Tools};
pub use retry::Retries;
// For `benches/parts.rs`.
#[doc(hidden)]
pub use sse::Decoder;

const VERSION: &str = "2023-06-01";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections older than this are likely to have been closed by the server or forgotten by a NAT.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// No more than this of an error response is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

pub struct Claude {
    http: reqwest::Client,
    endpoint: Url,
    model: Arc<Model>,
    fallback: Option<Arc<Model>>,
    idle_timeout: Duration,
    max_retries: u32,
    metrics: Arc<Metrics>,
}

impl Claude {
    pub fn new(
        config: &ClaudeConfig,
        system_prompt: &str,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let model = |name: &String| Model::new(name, config, system_prompt).map(Arc::new);
        let http = client::builder_for(&config.endpoint)
            .default_headers(headers(&config.credential))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            endpoint: config.endpoint.clone(),
            model: model(&config.model)?,
            fallback: config.fallback_model.as_ref().map(model).transpose()?,
            idle_timeout: config.idle_timeout,
            max_retries: config.max_retries,
            metrics,
        })
    }

    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The model to ask when the first one is overloaded.
    pub fn fallback(&self) -> Option<&Arc<Model>> {
        self.fallback.as_ref()
    }

    /// The retries of one call with this span, none of which begins after `deadline`.
    pub fn retries(&self, deadline: Instant, span: &Span) -> Retries {
        if let Some(host) = self.endpoint.host_str().filter(|_| span.is_on()) {
            span.set(names::SERVER_ADDRESS, host.to_owned());
            let port = self.endpoint.port_or_known_default().map(i64::from);
            span.set(names::SERVER_PORT, port.unwrap_or_default());
        }
        let metrics = self.metrics.clone();
        Retries::new(self.max_retries, deadline, metrics, span.clone())
    }

    /// Counts a request that is sent again without the thinking blocks of the conversation.
    pub fn count_unbound_thinking(&self) {
        self.metrics.claude_retry("thinking_unbound".to_owned());
    }

    /// Counts a request that is sent to the fallback model.
    pub fn count_fallback(&self) {
        self.metrics.claude_fallbacks.inc();
    }

    /// Sends a request ([`Request::body`]), with retries, and returns the reply as a stream.
    pub async fn open(
        &self,
        model: &Model,
        body: Vec<Bytes>,
        retries: &mut Retries,
    ) -> Result<ReplyStream, ClaudeError> {
        loop {
            match self.send(model, &body, &retries.span).await {
                Ok(reply) => return Ok(reply),
                Err(error) => retries.wait(error).await?,
            }
        }
    }

    async fn send(
        &self,
        model: &Model,
        body: &[Bytes],
        span: &Span,
    ) -> Result<ReplyStream, ClaudeError> {
        let mut timer = self.metrics.claude_request(span);
        let sending = client::send(|| self.request(model, body).headers(span.headers()));
        let response = match timeout(self.idle_timeout, sending).await {
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
            let headers = response.headers().clone();
            let body = timeout(self.idle_timeout, error_body(response)).await;
            let body = body.unwrap_or_default();
            return Err(ClaudeError::from_response(status, &headers, &body));
        }
        client::check_coding(&response).map_err(|coded| ClaudeError::Coded(coded.to_string()))?;
        let headers = response.headers().clone();
        let body = client::into_body(response);
        Ok(ReplyStream::new(&headers, body, self.idle_timeout, timer))
    }

    /// Sends the body in pieces, so that shared pieces are not copied, and with its length, since proxies may refuse chunked
    /// requests.
    fn request(&self, model: &Model, body: &[Bytes]) -> RequestBuilder {
        let length: usize = body.iter().map(Bytes::len).sum();
        let pieces: Vec<_> = body.iter().cloned().map(Ok::<_, Infallible>).collect();
        let request = self.http.post(self.endpoint.clone());
        let request = match &model.betas {
            Some(betas) => request.header("anthropic-beta", betas),
            None => request,
        };
        request
            .header(header::CONTENT_LENGTH, length)
            .body(Body::wrap_stream(stream::iter(pieces)))
    }
}

fn headers(credential: &Credential) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("anthropic-version", VERSION),
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let (name, value) = match credential {
        Credential::ApiKey(key) => ("x-api-key", key.expose_secret().to_owned()),
        Credential::Bearer(token) => ("authorization", format!("Bearer {}", token.expose_secret())),
    };
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers
}

/// The beginning of an error response's body; nothing of one that is compressed.
async fn error_body(response: Response) -> Vec<u8> {
    if client::check_coding(&response).is_err() {
        return vec![];
    }
    let (mut pieces, mut body) = (client::into_body(response), Vec::new());
    while let Some(Ok(piece)) = pieces.next().await {
        body.extend_from_slice(&piece);
        if body.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    body
}
