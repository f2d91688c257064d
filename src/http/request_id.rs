//! The id of a request: taken from `X-Request-ID`, or generated.

use std::sync::Arc;

use http::HeaderMap;

/// The id of a request, in logs, responses and MCP's `_meta`: 1 to 128 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The `X-Request-ID` of the request if it has exactly one and that is well-formed; else a new `UUIDv7`.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all("x-request-id").iter();
        let own = match (given.next(), given.next()) {
            (Some(id), None) => id.to_str().ok().filter(|id| is_request_id(id)),
            _ => None,
        };
        Self(own.map_or_else(|| uuid::Uuid::now_v7().to_string().into(), Into::into))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
