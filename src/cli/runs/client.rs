//! HTTP client of the API of runs.

use std::time::Duration;

use http::{Method, StatusCode, header};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{config::ClientConfig, upstream::client};

/// For one request; none of these waits for a run.
const TIMEOUT: Duration = Duration::from_secs(90);

/// A server of runs, asked on behalf of one user.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<SecretString>,
}

/// Why a request has no result. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ClientError {
    #[error(
        "no answer from {0}; start a server there with `prog-strength-agent runs`, or set RUNS_URL"
    )]
    Unreachable(Url, #[source] reqwest::Error),
    #[error(
        "the server does not accept RUNS_TOKEN; make one with `prog-strength-agent token --sub USER`"
    )]
    Unauthorized,
    #[error("RUNS_TOKEN is not set; make one with `prog-strength-agent token --sub USER`")]
    NoToken,
    #[error("{detail} ({status})")]
    Refused { status: StatusCode, detail: String },
    #[error("the server at {0} does not answer as a server of runs does; check RUNS_URL")]
    Unexpected(Url),
}

impl ClientError {
    /// True if the request itself is at fault.
    pub(in crate::cli) fn is_usage(&self) -> bool {
        match self {
            Self::Unauthorized | Self::NoToken => true,
            Self::Refused { status, .. } => {
                status.is_client_error() && *status != StatusCode::TOO_MANY_REQUESTS
            }
            Self::Unreachable(..) | Self::Unexpected(_) => false,
        }
    }

    pub(super) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// What is read of problem+json.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

impl Client {
    pub(super) fn from_env() -> anyhow::Result<Self> {
        let ClientConfig { url, token } = ClientConfig::from_env()?;
        Ok(Self {
            http: client::builder_from(&url).build()?,
            base: url,
            token,
        })
    }

    /// Any URL below the server's; each segment is one, whatever is in it.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    pub(super) async fn get(&self, segments: &[&str]) -> Result<Value, ClientError> {
        self.json(Method::GET, self.url(segments), None).await
    }

    pub(super) async fn get_with(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Value, ClientError> {
        let mut url = self.url(segments);
        url.query_pairs_mut().extend_pairs(query);
        self.json(Method::GET, url, None).await
    }

    pub(super) async fn send(
        &self,
        method: Method,
        segments: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, ClientError> {
        self.json(method, self.url(segments), body).await
    }

    async fn json(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Result<Value, ClientError> {
        let mut request = self.request(method, url)?.timeout(TIMEOUT);
        if let Some(body) = body {
            let json = (header::CONTENT_TYPE, "application/json");
            request = request.header(json.0, json.1).body(body.to_string());
        }
        let response = self.answered(request).await?;
        let bytes = response.bytes().await;
        let bytes = bytes.map_err(|error| self.unreachable(error))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|_| ClientError::Unexpected(self.base.clone()))
    }

    /// A request of the user; without a deadline.
    pub(super) fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, ClientError> {
        let token = self.token.as_ref().ok_or(ClientError::NoToken)?;
        Ok(self
            .http
            .request(method, url)
            .bearer_auth(token.expose_secret()))
    }

    /// A request without the token, for signed URLs, which may be another server's.
    pub(super) fn unsigned(&self, url: Url) -> RequestBuilder {
        self.http.get(url)
    }

    /// The response, if its status is a success.
    pub(super) async fn answered(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let sent = request.send().await;
        let response = sent.map_err(|error| self.unreachable(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::UNAUTHORIZED {
            return Err(ClientError::Unauthorized);
        }
        let body = response.bytes().await.unwrap_or_default();
        match serde_json::from_slice(&body) {
            Ok(Problem { detail }) => Err(ClientError::Refused { status, detail }),
            Err(_) => Err(ClientError::Unexpected(self.base.clone())),
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> ClientError {
        ClientError::Unreachable(self.base.clone(), error.without_url())
    }
}
