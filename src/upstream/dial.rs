//! What our HTTP clients have in common. Connections that are kept are `wire`'s.

use reqwest::{ClientBuilder, redirect::Policy};
use url::Url;

/// To Claude and to the tools.
pub(crate) const USER_AGENT: &str = concat!("prog-strength-agent/", env!("CARGO_PKG_VERSION"));

/// For a client that talks to `url`'s server alone: small pieces leave at once, redirects are answers, and proxies of the
/// environment, which `config` alone reads, do not count.
///
/// The certificate authorities of the system are loaded for https only: that takes milliseconds and megabytes each time.
pub(crate) fn client_for(url: &Url) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        .tcp_nodelay(true)
        .redirect(Policy::none())
        .no_proxy();
    if url.scheme() == "https" {
        builder
    } else {
        builder.tls_certs_only([])
    }
}
