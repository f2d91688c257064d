//! Fetches what an issuer publishes: its metadata (`OpenID` Connect Discovery, RFC 8414), and its JWK set, whose URL comes from
//! the metadata or is the conventional path.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::{keys::KeySet, without_slash};
use crate::{
    process::json::mend_halves,
    upstream::client::{self, Coded},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BODY_BYTES: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the request failed")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Coded(#[from] Coded),
    #[error("the response has status {0}")]
    Status(u16),
    #[error("the response is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    #[error("the discovery document is malformed, or names another issuer or an unusable jwks_uri")]
    Document,
    #[error("the issuer has no discovery document")]
    NoDocument,
    #[error("the response is not a JWK set")]
    Keys,
    #[error("the deadline has passed")]
    Timeout,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// Fetches what one issuer publishes.
pub(crate) struct IssuerClient {
    issuer: Url,
    http: reqwest::Client,
}

impl IssuerClient {
    pub(crate) fn new(issuer: Url) -> Result<Self, reqwest::Error> {
        let http = client::builder_from(&issuer)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self { issuer, http })
    }

    pub(super) async fn keys(&self) -> Result<KeySet, FetchError> {
        let url = self.jwks_url().await?;
        KeySet::parse(&self.get(url).await?).ok_or(FetchError::Keys)
    }

    /// The issuer's metadata, which names this issuer. Its endpoints are not checked, see [`Self::endpoint`].
    pub(crate) async fn metadata(&self) -> Result<Map<String, Value>, FetchError> {
        let body = self.document().await?.ok_or(FetchError::NoDocument)?;
        let metadata: Map<_, _> =
            serde_json::from_slice(&body).map_err(|_| FetchError::Document)?;
        let issuer = metadata.get("issuer").and_then(Value::as_str);
        let is_named = issuer.is_some_and(|issuer| self.is_named_by(issuer));
        is_named.then_some(metadata).ok_or(FetchError::Document)
    }

    async fn jwks_url(&self) -> Result<Url, FetchError> {
        if let Some(document) = self.document().await? {
            return self.jwks_uri_in(&document);
        }
        let path = without_slash(self.issuer.path());
        Ok(self.url(&format!("{path}/.well-known/jwks.json")))
    }

    /// The first discovery document that exists.
    async fn document(&self) -> Result<Option<Vec<u8>>, FetchError> {
        let path = without_slash(self.issuer.path());
        for document in [
            format!("{path}/.well-known/openid-configuration"),
            format!("/.well-known/oauth-authorization-server{path}"),
        ] {
            match self.get(self.url(&document)).await {
                Ok(body) => return Ok(Some(body)),
                Err(FetchError::Status(300..500)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.issuer.clone();
        url.set_path(path);
        url
    }

    pub(super) fn jwks_uri_in(&self, body: &[u8]) -> Result<Url, FetchError> {
        let document: Document = serde_json::from_slice(body).map_err(|_| FetchError::Document)?;
        let url = self.endpoint(&document.jwks_uri);
        url.filter(|_| self.is_named_by(&document.issuer))
            .ok_or(FetchError::Document)
    }

    /// A URL of the issuer's metadata, if it may be used: nothing of an https issuer is asked for over http.
    pub(crate) fn endpoint(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let is_plain = url.scheme() == "http" && self.issuer.scheme() == "http";
        let is_secure = url.scheme() == "https" || is_plain;
        (is_secure && url.host().is_some()).then_some(url)
    }

    fn is_named_by(&self, issuer: &str) -> bool {
        without_slash(issuer) == without_slash(self.issuer.as_str())
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let mut response = self.http.get(url).send().await?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        client::check_coding(&response)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        mend_halves(&mut body);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn jwks_uri(issuer: &str, document: &serde_json::Value) -> Option<String> {
        let source = IssuerClient::new(issuer.parse().unwrap()).unwrap();
        let url = source.jwks_uri_in(document.to_string().as_bytes()).ok()?;
        Some(url.into())
    }

    #[test]
    fn a_document_must_name_its_own_issuer_and_may_not_downgrade_keys_from_https() {
        let document = |issuer, uri| json!({"issuer": issuer, "jwks_uri": uri});
        let ours = "https://a.example/auth/v1";
        let keys = "https://keys.example/jwks";
        assert_eq!(jwks_uri(ours, &document(ours, keys)).as_deref(), Some(keys));
        let slash = "https://a.example/auth/v1/";
        assert_eq!(
            jwks_uri(slash, &document(ours, keys)).as_deref(),
            Some(keys)
        );
        assert_eq!(
            jwks_uri(ours, &document("https://b.example/auth/v1", keys)),
            None
        );
        assert_eq!(
            jwks_uri(ours, &document(ours, "http://a.example/jwks")),
            None
        );
        assert_eq!(jwks_uri(ours, &document(ours, "file:///etc/passwd")), None);
        assert_eq!(jwks_uri(ours, &json!({"issuer": ours})), None);
        let plain = "http://a.example";
        let keys = "http://a.example/jwks";
        assert_eq!(
            jwks_uri(plain, &document(plain, keys)).as_deref(),
            Some(keys)
        );
    }

    /// The keys, or the error, when the issuer gives this answer to every request; and the requests.
    async fn answered(answer: &'static str) -> (Result<usize, String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = socket.read(&mut request).await.unwrap();
            socket.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let source = IssuerClient::new(issuer.parse().unwrap()).unwrap();
        let body = source.get(source.url("/jwks")).await;
        let keys = body.map_err(|error| error.to_string());
        let keys = keys.map(|body| KeySet::parse(&body).map_or(0, |_| body.len()));
        (keys, serving.await.unwrap())
    }

    #[tokio::test]
    async fn halves_of_surrogate_pairs_in_keys_are_read_and_a_compressed_answer_is_named() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 41\r\n\r\n{\"keys\":[{\"kid\":\"\\ud83d\"}],\"\\ude00\":null}";
        let (keys, request) = answered(answer).await;
        assert_eq!(keys, Ok(41));
        assert!(request.contains("accept-encoding: identity"), "{request}");
        let answer = "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\n{}";
        let (keys, _) = answered(answer).await;
        let said = "the response has the content coding br, although the request accepts none";
        assert_eq!(keys, Err(said.to_owned()));
        // The status of a compressed error is read all the same: another document may exist.
        let answer =
            "HTTP/1.1 404 Not Found\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\n{}";
        let (keys, _) = answered(answer).await;
        assert_eq!(keys, Err("the response has status 404".to_owned()));
    }
}
