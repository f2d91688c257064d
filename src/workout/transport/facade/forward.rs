//! Passes a request on to an endpoint of the OAuth issuer, and its answer back.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use url::Url;

use super::issuer::Facade;
use crate::upstream::client::{self, Coded};

/// Largest answer that is passed back.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The headers that are passed on: what the body is, and who the client is (RFC 6749 section 2.3.1, RFC 7591 section 3).
const OF_REQUESTS: [HeaderName; 3] = [header::CONTENT_TYPE, header::ACCEPT, header::AUTHORIZATION];
/// The headers that are passed back.
const OF_ANSWERS: [HeaderName; 3] = [
    header::CONTENT_TYPE,
    header::WWW_AUTHENTICATE,
    header::RETRY_AFTER,
];

/// Why there is no answer to pass back.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForwardError {
    #[error("the endpoint is not at a public address")]
    NotPublic,
    #[error("{0}")]
    Http(String),
    #[error(transparent)]
    Coded(#[from] Coded),
    #[error("the answer is a redirect, which is not followed")]
    Redirect,
    #[error("the answer is larger than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
}

impl From<reqwest::Error> for ForwardError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(client::cause(&error))
    }
}

impl Facade {
    /// Sends a POST to `url`, and makes a response of the answer, whatever its status but for redirects.
    pub(super) async fn forward(
        &self,
        url: &Url,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response, ForwardError> {
        let request = self.post(url).ok_or(ForwardError::NotPublic)?;
        let given = chosen(headers, &OF_REQUESTS);
        let mut answer = request.headers(given).body(body).send().await?;
        if answer.status().is_redirection() {
            return Err(ForwardError::Redirect);
        }
        client::check_coding(&answer)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(ForwardError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = answer.status();
        *response.headers_mut() = chosen(answer.headers(), &OF_ANSWERS);
        Ok(response)
    }
}

fn chosen(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let given = names.iter().filter_map(|name| {
        let value = headers.get(name)?;
        Some((name.clone(), value.clone()))
    });
    given.collect()
}
