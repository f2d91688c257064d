//! The accept loop: HTTP/1.1 with deadlines on headers and on what is sent, bounded buffers, and a graceful end.

mod write_deadline;

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
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub use write_deadline::Connection;
use write_deadline::Patient;

/// From a connection's beginning, or the end of a response, to the end of the next request's head. Longer than the two
/// minutes that Caddy keeps a connection for another use.
const HEADER_TIMEOUT: Duration = Duration::from_secs(150);
/// How long sent bytes may stay unacknowledged.
#[cfg(target_os = "linux")]
const STALL_TIMEOUT: Duration = Duration::from_secs(120);
/// Responses that are written when everything else is over get this long.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// What is kept of a response for a peer that is slow to take it, what is read at once, and the longest head of a request.
const BUFFER: usize = 64 * 1024;
/// What the system keeps beside that, where it would let it grow to megabytes.
#[cfg(target_os = "linux")]
const NOT_SENT: u32 = 64 * 1024;

/// Serves until `stop`, then lets responses under way finish, for a moment.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                prepare(&stream);
                connections.spawn(converse(stream, router.clone(), graceful.watcher()));
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
    connections.shutdown().await;
}

/// Small pieces leave at once; little is kept for a peer that does not take what it is sent, and not for ever.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let socket = socket2::SockRef::from(stream);
        let _ = socket.set_tcp_user_timeout(Some(STALL_TIMEOUT));
        let _ = socket.set_tcp_notsent_lowat(NOT_SENT);
    }
}

async fn converse(stream: TcpStream, router: Router, watcher: Watcher) {
    let connection = Connection::default();
    let stream = Patient::new(stream, connection.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        connection.begin();
        request.extensions_mut().insert(connection.clone());
        let response = router.clone().oneshot(request);
        async move { Ok::<_, Infallible>(response.await.unwrap_or_else(|never| match never {})) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let _ = watcher.watch(served).await;
}
