//! HTTP/1.1 clients: connection pools, keep-alive probes, proxies from the environment.

use std::{cell::Cell, error::Error, io, time::Duration};

use futures_util::{StreamExt, stream::BoxStream};
use http::{HeaderMap, HeaderValue, header};
use reqwest::{ClientBuilder, RequestBuilder, Response, redirect::Policy};
use tower::util::MapResponseLayer;
use url::{Host, Url};

const USER_AGENT: &str = concat!("prog-strength-agent/", env!("CARGO_PKG_VERSION"));
/// Keep-alive probes detect a dead idle connection, forgotten by a NAT; the user timeout detects one that is in use.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEP_ALIVE_RETRIES: u32 = 3;
#[cfg(target_os = "linux")]
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);
/// The most idle connections per pool. More would only hold memory after a peak.
const MAX_IDLE: usize = 32;

/// No more characters of a content coding are logged.
const MAX_CODING: usize = 40;

/// A response body as it arrives. Dropping it before its end closes the connection.
pub(crate) type ResponseBody = BoxStream<'static, reqwest::Result<bytes::Bytes>>;

tokio::task_local! {
    /// Set when a connection is opened while a request is being sent.
    static CONNECTED: Cell<bool>;
}

/// A client for the server of `url` only. Redirects are not followed, bodies are not compressed.
///
/// Proxies come from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; local servers are always reached directly.
/// The system's certificate authorities are loaded for https only: that takes milliseconds and megabytes.
pub(crate) fn builder_for(url: &Url) -> ClientBuilder {
    let builder = builder_from(url);
    if url.scheme() == "https" {
        builder
    } else {
        builder.tls_certs_only([])
    }
}

/// As [`builder_for`], but for the servers that `url`'s refers to as well: they may use https although `url` does not.
pub(crate) fn builder_from(url: &Url) -> ClientBuilder {
    if is_local(url) {
        builder().no_proxy()
    } else {
        builder()
    }
}

/// As [`builder_from`], for any server.
pub(crate) fn builder() -> ClientBuilder {
    let builder = reqwest::Client::builder()
        .http1_only()
        .user_agent(USER_AGENT)
        .default_headers(HeaderMap::from_iter([(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        )]))
        .redirect(Policy::none())
        .pool_max_idle_per_host(MAX_IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEP_ALIVE)
        .tcp_keepalive_interval(KEEP_ALIVE_INTERVAL)
        .tcp_keepalive_retries(KEEP_ALIVE_RETRIES)
        .connector_layer(MapResponseLayer::new(note_connected));
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(TCP_USER_TIMEOUT);
    builder
}

/// True for this machine, and for names without a dot, which only the local network can resolve (`mcp`).
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => !name.trim_end_matches('.').contains('.'),
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => {
            let ip = ip.to_canonical();
            ip.is_loopback() || ip.is_unspecified()
        }
        None => false,
    }
}

fn note_connected<C>(connection: C) -> C {
    // Fails in hyper's background tasks, which no request waits for.
    let _ = CONNECTED.try_with(|connected| connected.set(true));
    connection
}

/// Sends the request that `request` makes, which must be safe to repeat. The error does not name the URL.
///
/// A server may close an idle connection just as it is used again. So after a failure on a pooled connection before the
/// response head, the request is sent again at once on another connection. A failure on a new connection is final.
pub(crate) async fn send(request: impl Fn() -> RequestBuilder) -> reqwest::Result<Response> {
    loop {
        let sending = async { (request().send().await, CONNECTED.with(Cell::get)) };
        match CONNECTED.scope(Cell::new(false), sending).await {
            (Err(error), false) if error.is_request() && !error.is_connect() => {
                tracing::debug!("a pooled connection was closed; sending the request again");
            }
            (result, _) => return result.map_err(reqwest::Error::without_url),
        }
    }
}

/// A response has a content coding, although every request says `Accept-Encoding: identity`.
#[derive(Debug, thiserror::Error)]
#[error("the response has the content coding {0}, although the request accepts none")]
pub(crate) struct Coded(String);

/// Checks that the body of a response can be read, and names its content coding in the log if not.
pub(crate) fn check_coding(response: &Response) -> Result<(), Coded> {
    let headers = response.headers().get_all(header::CONTENT_ENCODING).iter();
    let codings = headers.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut codings = codings.map(<[u8]>::trim_ascii);
    let Some(coding) = codings.find(|it| !it.is_empty() && !it.eq_ignore_ascii_case(b"identity"))
    else {
        return Ok(());
    };
    let coding = coding.iter().map(|byte| char::from(*byte));
    let coding = coding.filter(char::is_ascii_graphic).take(MAX_CODING);
    let coded = Coded(coding.collect());
    let host = response.url().host_str();
    tracing::warn!(
        coding = coded.0,
        host,
        "a response cannot be read: it is compressed"
    );
    Err(coded)
}

/// What went wrong, in words, without the URL.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let tls = causes(error).any(<dyn Error>::is::<rustls::Error>);
    let root = root(error);
    match error {
        error if error.is_timeout() => "no answer in time".to_owned(),
        error if error.is_dns() => format!("its name cannot be resolved (DNS): {root}"),
        _ if tls => format!("no TLS connection: {root}"),
        error if error.is_connect() => format!("no connection: {root}"),
        _ => format!("the connection broke: {root}"),
    }
}

/// The innermost cause of an error. The errors of reqwest around it name the URL.
pub(crate) fn root(error: &(dyn Error + 'static)) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// An error and its causes.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| inner(*error))
}

/// The cause of an error. `source` leaves out the error inside an I/O error.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// The body of a response as a stream of chunks.
pub(crate) fn into_body(response: Response) -> ResponseBody {
    response.bytes_stream().boxed()
}

#[cfg(test)]
mod tests;
