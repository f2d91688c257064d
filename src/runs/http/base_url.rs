//! The URL under which clients reach the service, for `Location` and for the local store's files.

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts, uri::Authority};
use url::Url;

use std::{convert::Infallible, sync::Arc};

use super::app::App;

/// The base of the service's URLs; without a slash at its end.
pub(super) struct BaseUrl(pub(super) Url);

impl FromRequestParts<Arc<App>> for BaseUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let setting = app.config.public_url.clone();
        Ok(Self(setting.unwrap_or_else(|| of_host(&parts.headers))))
    }
}

impl BaseUrl {
    /// `path` begins with a slash.
    pub(super) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }
}

/// The host that the client has named. A proxy in front says by `X-Forwarded-Proto` whether it takes HTTPS.
fn of_host(headers: &HeaderMap) -> Url {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authority = text(header::HOST.as_str()).and_then(|host| host.parse::<Authority>().ok());
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let url = authority
        .filter(|authority| !authority.as_str().contains('@'))
        .and_then(|authority| Url::parse(&format!("{scheme}://{authority}/")).ok());
    url.unwrap_or_else(|| {
        let fallback = Url::parse("http://localhost/");
        fallback.unwrap_or_else(|_| unreachable!("a valid URL"))
    })
}
