//! `GET /v1/models`: the models that the endpoint lists. Costs nothing, and shows whether it accepts the credential.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use reqwest::RequestBuilder;
use serde::Deserialize;

use super::{ClaudeError, error_body, headers};
use crate::{config::ClaudeConfig, process::json::mend_bytes, upstream::client};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The first page of the list.
#[derive(Debug, Deserialize)]
pub struct Models {
    data: Vec<Model>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Debug, Deserialize)]
struct Model {
    id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    #[error("is refused by the server: {0}")]
    Credential(ClaudeError),
    #[error("cannot be reached: {}", client::cause(.0))]
    Unreachable(reqwest::Error),
    #[error("does not list its models (GET /v1/models): {0}")]
    Status(ClaudeError),
    /// A compressed response.
    #[error("answers what cannot be read: {0}")]
    Coded(String),
    #[error("is not the Messages API: the answer to GET /v1/models is no list of models")]
    NoList,
}

impl Models {
    /// The request, with this query.
    pub fn request(config: &ClaudeConfig, query: Option<&str>) -> reqwest::Result<RequestBuilder> {
        let mut url = config.endpoint.clone();
        url.set_path(&url.path().replace("/v1/messages", "/v1/models"));
        url.set_query(query);
        let http = client::builder_for(&url).default_headers(headers(&config.credential));
        let http = http.timeout(TIMEOUT).build()?;
        Ok(http.get(url).header(header::ACCEPT, "application/json"))
    }

    pub async fn fetch(config: &ClaudeConfig) -> Result<Self, ModelsError> {
        let request = Self::request(config, None).map_err(ModelsError::Unreachable)?;
        let response = request.send().await.map_err(ModelsError::Unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::OK {
            let readable = client::check_coding(&response);
            readable.map_err(|coded| ModelsError::Coded(coded.to_string()))?;
            let body = response.bytes().await.map_err(ModelsError::Unreachable)?;
            return Self::parse(body);
        }
        let body = error_body(response).await;
        let error = ClaudeError::from_response(status, &headers, &body);
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ModelsError::Credential(error),
            _ => ModelsError::Status(error),
        })
    }

    pub(super) fn parse(body: Bytes) -> Result<Self, ModelsError> {
        serde_json::from_slice(&mend_bytes(body)).map_err(|_| ModelsError::NoList)
    }

    pub fn count(&self) -> usize {
        self.data.len()
    }

    pub fn has(&self, name: &str) -> bool {
        self.data.iter().any(|model| model.id == name)
    }

    /// False also for a model that later pages may list.
    pub fn lacks(&self, name: &str) -> bool {
        !self.has_more && !self.has(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_surrogate_pairs_in_the_list_of_models_are_read() {
        let body = r#"{"data":[{"id":"a\ud83d","\ude00":"\ud83d","max":1e400}],"has_more":false}"#;
        let models = Models::parse(Bytes::from(body)).unwrap();
        assert_eq!(models.count(), 1);
        assert!(!models.lacks("a\u{fffd}"));
    }
}
