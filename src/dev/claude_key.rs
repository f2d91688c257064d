//! Background check of the key for Claude: one `GET /v1/models`, which costs nothing.

use std::time::Duration;

use anyhow::Context;
use http::{StatusCode, header::AUTHORIZATION};
use secrecy::ExposeSecret;
use url::Url;

use crate::{
    config::{ClaudeConfig, ConfigError, Credential},
    upstream::client,
};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The prepared request.
pub(super) struct KeyCheck {
    variable: &'static str,
    request: reqwest::RequestBuilder,
    server: String,
}

impl KeyCheck {
    /// Fails only if no HTTP client can be built.
    pub(super) fn new(config: &ClaudeConfig) -> anyhow::Result<Self> {
        let client = client::builder_for(&config.endpoint)
            .timeout(TIMEOUT)
            .build()
            .context("cannot set up the HTTP client for Claude")?;
        let models = models_of(&config.endpoint);
        let server = models.origin().ascii_serialization();
        let request = client.get(models).header("anthropic-version", "2023-06-01");
        let (variable, request) = match &config.credential {
            Credential::ApiKey(key) => (
                "ANTHROPIC_API_KEY",
                request.header("x-api-key", key.expose_secret()),
            ),
            Credential::Bearer(token) => (
                "ANTHROPIC_AUTH_TOKEN",
                request.header(AUTHORIZATION, format!("Bearer {}", token.expose_secret())),
            ),
        };
        Ok(Self {
            variable,
            request,
            server,
        })
    }

    /// Returns only if the key is rejected. Other answers are ignored: a compatible server may lack the endpoint.
    pub(super) async fn rejected(self) -> ConfigError {
        match self.request.send().await {
            Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => {
                return ConfigError::new(
                    self.variable,
                    format!(
                        "is refused by {}; correct it, or unset it and all other ANTHROPIC_* for the offline stand-in",
                        self.server
                    ),
                );
            }
            Ok(_) => {}
            // The error's own text has the URL, which may hold secrets.
            Err(_) => tracing::warn!(server = self.server, "Claude cannot be reached"),
        }
        std::future::pending().await
    }
}

/// `…/v1/messages` -> `…/v1/models`.
fn models_of(messages: &Url) -> Url {
    let mut url = messages.clone();
    let base = url.path().trim_end_matches("messages").to_owned();
    url.set_path(&format!("{base}models"));
    url.set_query(Some("limit=1"));
    url
}
