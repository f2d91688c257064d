//! The accept loop: HTTP/1.1 with deadlines on headers, connections that can be closed, and a graceful end.

use std::{convert::Infallible, time::Duration};

use axum::Router;
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// From a connection's beginning, or the end of a response, to the end of the next request's head. Longer than the two
/// minutes that Caddy keeps a connection for another use.
const HEADER_TIMEOUT: Duration = Duration::from_secs(150);
/// How long sent bytes may stay unacknowledged.
#[cfg(target_os = "linux")]
const STALL_TIMEOUT: Duration = Duration::from_secs(120);
/// What is read of a connection at once, and the most that a request's head may have.
const MAX_BUFFER: usize = 64 * 1024;
/// Responses that are written when everything else is over get this long.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The connection a request came over; in every request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Connection(CancellationToken);

impl Connection {
    /// Closes it, whatever is being written.
    pub fn close(&self) {
        self.0.cancel();
    }
}

/// Serves until `stop`, then lets responses under way finish, for a moment.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let all = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                prepare(&stream);
                let connection = Connection(all.child_token());
                tokio::spawn(converse(
                    stream,
                    router.clone(),
                    connection,
                    graceful.watcher(),
                ));
            }
            // Out of file descriptors, most likely: some will be given back.
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept a connection");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(LAST_WORDS, graceful.shutdown()).await;
    all.cancel();
}

/// Small pieces leave at once; a peer that does not take what it is sent is given up after a while.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(STALL_TIMEOUT));
}

async fn converse(stream: TcpStream, router: Router, connection: Connection, watcher: Watcher) {
    let handle = connection.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(handle.clone());
        let response = router.clone().oneshot(request);
        async move { Ok::<_, Infallible>(response.await.unwrap_or_else(|never| match never {})) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = watcher.watch(served) => {}
        () = connection.0.cancelled() => {}
    }
}
