//! Where an issuer publishes its keys, and getting them: `OpenID` Connect Discovery, or RFC 8414, or the usual place.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{keys::Keys, without_slash};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BODY_BYTES: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    #[error("the answer's status is {0}")]
    Status(u16),
    #[error("the answer is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    #[error("the issuer's document is not one, or names another issuer or an unusable jwks_uri")]
    Document,
    #[error("what should be a JWK set is none")]
    Keys,
    #[error("it took too long")]
    TooSlow,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

pub(super) struct Source {
    issuer: Url,
    http: reqwest::Client,
}

impl Source {
    pub(super) fn new(issuer: Url) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { issuer, http })
    }

    pub(super) async fn keys(&self) -> Result<Keys, FetchError> {
        let place = self.place().await?;
        Keys::parse(&self.get(place).await?).ok_or(FetchError::Keys)
    }

    /// The first document that is there decides.
    async fn place(&self) -> Result<Url, FetchError> {
        let path = without_slash(self.issuer.path());
        for document in [
            format!("{path}/.well-known/openid-configuration"),
            format!("/.well-known/oauth-authorization-server{path}"),
        ] {
            match self.get(self.at(&document)).await {
                Ok(body) => return self.named_in(&body),
                Err(FetchError::Status(300..500)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.at(&format!("{path}/.well-known/jwks.json")))
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.issuer.clone();
        url.set_path(path);
        url
    }

    fn named_in(&self, body: &[u8]) -> Result<Url, FetchError> {
        let document: Document = serde_json::from_slice(body).map_err(|_| FetchError::Document)?;
        let url: Url = document
            .jwks_uri
            .parse()
            .map_err(|_| FetchError::Document)?;
        let safe =
            url.scheme() == "https" || (url.scheme() == "http" && self.issuer.scheme() == "http");
        if !safe || without_slash(&document.issuer) != without_slash(self.issuer.as_str()) {
            return Err(FetchError::Document);
        }
        Ok(url)
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let mut response = self.http.get(url).send().await?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(issuer: &str, document: &serde_json::Value) -> Option<String> {
        let source = Source::new(issuer.parse().unwrap()).unwrap();
        let url = source.named_in(document.to_string().as_bytes()).ok()?;
        Some(url.into())
    }

    #[test]
    fn a_document_counts_for_its_own_issuer_and_keys_come_over_tls_if_the_issuer_does() {
        let document = |issuer, uri| json!({"issuer": issuer, "jwks_uri": uri});
        let ours = "https://a.example/auth/v1";
        let keys = "https://keys.example/jwks";
        assert_eq!(named(ours, &document(ours, keys)).as_deref(), Some(keys));
        let slash = "https://a.example/auth/v1/";
        assert_eq!(named(slash, &document(ours, keys)).as_deref(), Some(keys));
        assert_eq!(
            named(ours, &document("https://b.example/auth/v1", keys)),
            None
        );
        assert_eq!(named(ours, &document(ours, "http://a.example/jwks")), None);
        assert_eq!(named(ours, &document(ours, "file:///etc/passwd")), None);
        assert_eq!(named(ours, &json!({"issuer": ours})), None);
        let plain = "http://a.example";
        let keys = "http://a.example/jwks";
        assert_eq!(named(plain, &document(plain, keys)).as_deref(), Some(keys));
    }
}
