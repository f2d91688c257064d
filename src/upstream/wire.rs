//! Connections that are kept to one server, HTTP/1.1 each: to Claude's, and to the tools'.
//!
//! A connection is driven by whoever waits for its answer, in the same task: what arrives goes from the socket to its reader
//! without another task in between, and a reader who stops reading stops the connection too. Nobody drives the idle
//! ones: whether the server has closed one is looked at when it is to be used again, and now and then ([`Server::tidy`]).

mod connect;
mod line;
mod pieces;
mod socket;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use buf_list::BufList;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, Uri, header};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::timeout;
use tower::ServiceExt;
use url::Url;

use connect::connector;
use line::Line;
pub use pieces::Pieces;

/// Kept for the next requests; more would only hold memory after a peak.
const MAX_IDLE: usize = 32;

/// Why there is no answer, or no more of it. The source says it; neither tells the URL.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("cannot connect")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no connection within {} s", .0.as_secs())]
    Late(Duration),
    #[error("the request cannot be written")]
    Unsendable,
    #[error("the connection failed")]
    Io(#[from] io::Error),
    #[error("the connection was closed before the end of the answer")]
    Closed,
    #[error("what was answered is not HTTP/1.1")]
    Http(#[from] ureq_proto::Error),
    #[error("what was answered has no end")]
    Endless,
}

impl WireError {
    /// Whether no part of a request can have reached the server.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Late(_) | Self::Unsendable)
    }
}

/// How connections to a server are had.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    pub connect_timeout: Duration,
    /// What has been idle for longer is likely to have been closed by the server, or forgotten on the way.
    pub idle_for: Duration,
}

/// The server of one endpoint, and what is connected to it but not in use.
pub struct Server {
    connector: HttpsConnector<HttpConnector>,
    endpoint: Uri,
    /// As they are sent.
    headers: Bytes,
    keeping: Keeping,
    idle: Mutex<Vec<(Instant, Line)>>,
}

impl Server {
    /// Every request will have these `headers`. Redirects are answers, proxies of the environment do not count.
    pub fn new(url: &Url, mut headers: HeaderMap, keeping: Keeping) -> anyhow::Result<Self> {
        let endpoint: Uri = url.as_str().parse()?;
        let host = endpoint
            .authority()
            .map_or("", |authority| authority.as_str());
        headers.insert(header::HOST, HeaderValue::from_str(host)?);
        Ok(Self {
            connector: connector(&endpoint, keeping.connect_timeout)?,
            headers: written(&headers).into(),
            endpoint,
            keeping,
            idle: Mutex::default(),
        })
    }

    /// Posts `body`, with more `headers` than every request has.
    ///
    /// # Errors
    /// Any part of it may have been sent, unless [`WireError::nothing_was_sent`].
    pub async fn post(
        self: &Arc<Self>,
        headers: &[(HeaderName, HeaderValue)],
        body: BufList,
    ) -> Result<Response<Pieces>, WireError> {
        let line = match self.take_idle() {
            Some(line) => line,
            None => self.connect().await?,
        };
        line.ask(self.clone(), headers, body).await
    }

    async fn connect(&self) -> Result<Line, WireError> {
        let connected = self.connector.clone().oneshot(self.endpoint.clone());
        let most = self.keeping.connect_timeout;
        let stream = timeout(most, connected)
            .await
            .map_err(|_| WireError::Late(most))?
            .map_err(WireError::Connect)?;
        Ok(Line::over(stream))
    }

    /// The one that was used last, so that the others may grow old.
    fn take_idle(&self) -> Option<Line> {
        let mut idle = self.idle();
        while let Some((since, mut line)) = idle.pop() {
            if since.elapsed() < self.keeping.idle_for && line.is_idle() {
                return Some(line);
            }
        }
        None
    }

    /// For the next request, if it can take one.
    fn keep(&self, mut line: Line) {
        if line.is_idle() {
            let mut idle = self.idle();
            if idle.len() < MAX_IDLE {
                idle.push((Instant::now(), line));
            }
        }
    }

    /// Lets go of connections that have grown old or were closed by the server.
    pub fn tidy(&self) {
        self.idle()
            .retain_mut(|(since, line)| since.elapsed() < self.keeping.idle_for && line.is_idle());
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Line)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Headers as they are sent.
fn written<'a>(headers: impl IntoIterator<Item = (&'a HeaderName, &'a HeaderValue)>) -> Vec<u8> {
    let mut lines = Vec::new();
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            lines.extend_from_slice(part);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
