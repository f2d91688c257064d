//! HTTP answers read whole, and parts of requests: bodies and tokens.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::wait::within;

/// A whole answer. The body is `null` when it is not JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = within("an answer", request.send())
            .await
            .expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = within("its body", response.text()).await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self {
            status,
            headers,
            body,
            text,
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Status and code of an error.
    pub fn error(&self) -> (u16, &str) {
        (
            self.status.as_u16(),
            self.body["code"].as_str().unwrap_or_default(),
        )
    }

    /// The body of a 200.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.body
    }
}

/// A chat request with one message.
pub fn user(words: &str) -> Value {
    json!({"messages": [{"role": "user", "content": words}]})
}

/// A token with any claims, signed with any key.
pub fn token(key: &str, claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(key.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).expect("a token")
}

/// Seconds since 1970.
pub fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
}
