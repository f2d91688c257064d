//! Whether Claude takes the key: asked once, in the background, of an endpoint that costs nothing.

use std::time::Duration;

use anyhow::Context;
use http::{StatusCode, header::AUTHORIZATION};
use secrecy::ExposeSecret;
use url::Url;

use crate::{
    config::{ClaudeConfig, ConfigError, Credential},
    upstream::client,
};

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct ClaudeKey {
    variable: &'static str,
    question: reqwest::RequestBuilder,
    server: String,
}

impl ClaudeKey {
    /// Fails only if there can be no HTTP client.
    pub(super) fn of(config: &ClaudeConfig) -> anyhow::Result<Self> {
        let client = client::builder_for(&config.endpoint)
            .timeout(PATIENCE)
            .build()
            .context("cannot set up the HTTP client for Claude")?;
        let models = models_of(&config.endpoint);
        let server = models.origin().ascii_serialization();
        let question = client.get(models).header("anthropic-version", "2023-06-01");
        let (variable, question) = match &config.credential {
            Credential::ApiKey(key) => (
                "ANTHROPIC_API_KEY",
                question.header("x-api-key", key.expose_secret()),
            ),
            Credential::Bearer(token) => (
                "ANTHROPIC_AUTH_TOKEN",
                question.header(AUTHORIZATION, format!("Bearer {}", token.expose_secret())),
            ),
        };
        Ok(Self {
            variable,
            question,
            server,
        })
    }

    /// Comes back only if the key is refused. Servers that merely speak the Messages API may not know the question:
    /// what they answer means nothing.
    pub(super) async fn refused(self) -> ConfigError {
        match self.question.send().await {
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
            // The error's own text holds the address, and that may hold anything.
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
