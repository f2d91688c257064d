//! Connections to Claude's server, HTTP/1.1 each.
//!
//! A connection is driven by whoever waits for its answer, in the same task: what arrives goes from the socket to its reader
//! without another task in between, and a reader who stops reading stops the connection too. Nobody drives the idle
//! ones: whether the server has closed one is looked at when it is to be used again, and now and then ([`Server::tidy`]).

mod connect;

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use http_body::Body;
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1},
};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use tokio::{net::TcpStream, time::timeout};
use tower::ServiceExt;
use url::Url;

use connect::connector;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Kept for the next turns; more would only hold memory after a peak.
const MAX_IDLE: usize = 32;
/// What has been idle for longer is likely to have been forgotten on the way, if not by the server.
const MAX_IDLE_TIME: Duration = Duration::from_secs(90);

/// Why there is no answer, or no more of it. The source says it; neither tells the URL.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("cannot connect")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no connection within {} s", CONNECT_TIMEOUT.as_secs())]
    Late,
    #[error("the connection failed")]
    Http(#[from] hyper::Error),
}

/// The server of one endpoint, and what is connected to it but not in use.
pub(super) struct Server {
    connector: HttpsConnector<HttpConnector>,
    endpoint: Uri,
    path: Uri,
    headers: HeaderMap,
    idle: Mutex<Vec<(Instant, Line)>>,
}

impl Server {
    /// Every request will have these `headers`. Redirects are answers, proxies of the environment do not count.
    pub(super) fn new(url: &Url, mut headers: HeaderMap) -> anyhow::Result<Self> {
        let endpoint: Uri = url.as_str().parse()?;
        let path = endpoint
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .parse()?;
        let host = endpoint
            .authority()
            .map_or("", |authority| authority.as_str());
        headers.insert(header::HOST, HeaderValue::from_str(host)?);
        Ok(Self {
            connector: connector(&endpoint)?,
            endpoint,
            path,
            headers,
            idle: Mutex::default(),
        })
    }

    /// Posts `body`. An idle connection that turns out to be closed before any of it was sent is no failure.
    pub(super) async fn post(self: &Arc<Self>, body: Bytes) -> Result<Response<Pieces>, WireError> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = self.headers.clone();
        loop {
            let idle = self.take_idle();
            let again = idle.is_some();
            let mut line = match idle {
                Some(line) => line,
                None => self.connect().await?,
            };
            match line.send(request).await {
                Ok(response) => {
                    return Ok(response.map(|body| Pieces {
                        body,
                        line: Some(line),
                        server: self.clone(),
                    }));
                }
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) if again => request = unsent,
                    _ => return Err(failed.into_error().into()),
                },
            }
        }
    }

    async fn connect(&self) -> Result<Line, WireError> {
        let connected = self.connector.clone().oneshot(self.endpoint.clone());
        let io = timeout(CONNECT_TIMEOUT, connected)
            .await
            .map_err(|_| WireError::Late)?
            .map_err(WireError::Connect)?;
        let (sender, connection) = http1::handshake(io).await?;
        Ok(Line {
            sender,
            connection: Some(Box::new(connection)),
        })
    }

    /// The one that was used last, so that the others may grow old.
    fn take_idle(&self) -> Option<Line> {
        let mut idle = self.idle();
        while let Some((since, mut line)) = idle.pop() {
            if since.elapsed() < MAX_IDLE_TIME && line.is_alive() {
                return Some(line);
            }
        }
        None
    }

    /// For the next request, if it can take one.
    fn keep(&self, mut line: Line) {
        if line.is_alive() {
            let mut idle = self.idle();
            if idle.len() < MAX_IDLE {
                idle.push((Instant::now(), line));
            }
        }
    }

    /// Lets go of connections that have grown old or were closed by the server.
    pub(super) fn tidy(&self) {
        self.idle()
            .retain_mut(|(since, line)| since.elapsed() < MAX_IDLE_TIME && line.is_alive());
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Line)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Io = MaybeHttpsStream<TokioIo<TcpStream>>;

/// One connection.
struct Line {
    sender: http1::SendRequest<Full<Bytes>>,
    /// `None` once it is closed.
    connection: Option<Box<http1::Connection<Io, Full<Bytes>>>>,
}

impl Line {
    /// Lets it write and read what can be.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(cx).is_ready()
        {
            // How it ended, the answer or its body tells.
            self.connection = None;
        }
    }

    /// Whether it can take a request, as far as can be known from here.
    fn is_alive(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.sender.is_ready()
    }

    async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        let mut answer = pin!(self.sender.try_send_request(request));
        poll_fn(|cx| {
            self.drive(cx);
            answer.as_mut().poll(cx)
        })
        .await
    }
}

/// The body of an answer, piece by piece. Read to its end, it leaves its connection for the next request.
pub(super) struct Pieces {
    body: Incoming,
    line: Option<Line>,
    server: Arc<Server>,
}

impl Stream for Pieces {
    type Item = Result<Bytes, WireError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let mut frame = Pin::new(&mut self.body).poll_frame(cx);
            if frame.is_pending()
                && let Some(line) = &mut self.line
            {
                line.drive(cx);
                frame = Pin::new(&mut self.body).poll_frame(cx);
            }
            match ready!(frame) {
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => {
                    if let Some(line) = self.line.take() {
                        self.server.keep(line);
                    }
                    return Poll::Ready(None);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
