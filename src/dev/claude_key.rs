//! Background check of the key for Claude: one `GET /v1/models`, which costs nothing.

use anyhow::Context;
use http::StatusCode;

use crate::{
    agent::claude::Models,
    config::{ClaudeConfig, ConfigError, Credential},
};

/// The prepared request.
pub(super) struct KeyCheck {
    variable: &'static str,
    request: reqwest::RequestBuilder,
    server: String,
}

impl KeyCheck {
    /// Fails only if no HTTP client can be built.
    pub(super) fn new(config: &ClaudeConfig) -> anyhow::Result<Self> {
        let request = Models::request(config, Some("limit=1"))
            .context("cannot set up the HTTP client for Claude")?;
        let server = config.endpoint.origin().ascii_serialization();
        let variable = match &config.credential {
            Credential::ApiKey(_) => "ANTHROPIC_API_KEY",
            Credential::Bearer(_) => "ANTHROPIC_AUTH_TOKEN",
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
