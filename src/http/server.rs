//! The HTTP server: an accept loop for HTTP/1.1 with a bound on connections, deadlines for request heads and for writes,
//! bounded buffers, and graceful shutdown.

mod connections;
mod deadlines;

use std::{convert::Infallible, sync::Arc, time::Duration};

use anyhow::Context;
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

use super::lifecycle::Lifecycle;
use connections::{Answered, Connections, Open};
pub use deadlines::Connection;
pub(crate) use deadlines::DeadlineGuard;
use deadlines::Deadlines;

/// Connections at once. Each may hold two buffers of [`BUFFER`] bytes at most.
const MAX_CONNECTIONS: usize = 4096;
/// The time from the start of a connection, or the end of a response, to the end of the next request's head. Longer than
/// the two minutes for which Caddy keeps an idle connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(150);
/// How long sent bytes may stay unacknowledged.
#[cfg(target_os = "linux")]
const STALL_TIMEOUT: Duration = Duration::from_secs(120);
/// How long responses may take to be written once the server closes.
const CONNECTION_DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// The size of hyper's read and write buffers, and so the longest head of a request.
const BUFFER: usize = 16 * 1024;
/// The pause after a failure to accept a connection.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);
/// The most bytes that the kernel queues unsent for a connection. Its default is megabytes.
#[cfg(target_os = "linux")]
const MAX_UNSENT: u32 = 64 * 1024;

/// Binds the listener and logs its address.
pub(crate) async fn bind(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((host, port))
        .await
        .with_context(|| format!("cannot listen on {host}:{port}"))?;
    let address = listener.local_addr().context("cannot tell the port")?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    Ok(listener)
}

/// Serves `router` until `shutdown`, then drains for up to `grace`, runs `cleanup`, and closes the connections.
pub(crate) async fn run(
    listener: TcpListener,
    router: Router,
    lifecycle: &Lifecycle,
    grace: Duration,
    shutdown: impl Future<Output = ()>,
    cleanup: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let closing = CancellationToken::new();
    let server = tokio::spawn(serve(listener, router, closing.clone()));
    shutdown.await;
    lifecycle.drain(grace).await;
    cleanup.await;
    closing.cancel();
    server.await.context("the server failed")?;
    tracing::info!("stopped");
    Ok(())
}

/// Accepts connections until `stop`, then gives responses under way `CONNECTION_DRAIN_TIMEOUT` to finish.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_bounded(listener, router, stop, MAX_CONNECTIONS).await;
}

/// Serves at most `max` connections at once. Once as many are open, the one that has waited for a request for longest is
/// closed: a peer that opens many and sends little does not keep others out.
async fn serve_bounded(listener: TcpListener, router: Router, stop: CancellationToken, max: usize) {
    let (graceful, mut tasks) = (GracefulShutdown::new(), JoinSet::new());
    let connections = Connections::new(max);
    loop {
        let has_room = connections.has_room();
        let accepted = tokio::select! {
            accepted = listener.accept(), if has_room => accepted,
            () = connections.changed() => continue,
            Some(_) = tasks.join_next() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                set_options(&stream);
                let connection = connections.open();
                let watcher = graceful.watcher();
                tasks.spawn(serve_connection(
                    stream,
                    router.clone(),
                    connection,
                    watcher,
                ));
            }
            // Most likely out of file descriptors, until other connections close.
            Err(error) if connections.close_oldest() => {
                tracing::debug!(error = %error, "cannot accept a connection: the oldest idle one is closed");
                tasks.join_next().await;
            }
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept a connection");
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(CONNECTION_DRAIN_TIMEOUT, graceful.shutdown()).await;
    tasks.shutdown().await;
}

/// Small writes leave at once; a peer that does not read gets little buffer and limited time.
fn set_options(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let socket = socket2::SockRef::from(stream);
        let _ = socket.set_tcp_user_timeout(Some(STALL_TIMEOUT));
        let _ = socket.set_tcp_notsent_lowat(MAX_UNSENT);
    }
}

async fn serve_connection(stream: TcpStream, router: Router, open: Arc<Open>, watcher: Watcher) {
    let connection = open.connection.clone();
    let stream = Deadlines::new(stream, connection.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        let answering = open.begin_request();
        let answered = answering.clone();
        request.extensions_mut().insert(open.connection.clone());
        let request = request.map(|body| Answered {
            body,
            _answering: answering,
        });
        let response = router.clone().oneshot(request);
        async move {
            let response = response.await.unwrap_or_else(|never| match never {});
            Ok::<_, Infallible>(response.map(|body| Answered {
                body,
                _answering: answered,
            }))
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = watcher.watch(served) => {}
        () = connection.closing().cancelled() => {}
    }
}

#[cfg(test)]
mod tests;
