//! The `serve` command: configuration, then the app, then the port; serve until the signal; drain with a deadline.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    agent::http::app::App,
    agent::http::router,
    config::{Address, Config},
    http::server,
    process::heap,
    process::logs,
    process::signals::Signals,
};

/// Turns that were told to end need this long at most to say so.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs the service until SIGTERM or SIGINT; a second signal ends it at once.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    logs::start(&config.log, logs::To::Stdout);
    let address = config.address.clone();
    let app = App::new(config)?;
    let listener = bind(&address).await?;
    run(listener, app, Signals::usual()?.first(|| ())).await
}

/// The port, taken, and said so in the log.
pub(crate) async fn bind(address: &Address) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((address.host.as_str(), address.port))
        .await
        .with_context(|| format!("cannot listen on {}:{}", address.host, address.port))?;
    let at = listener.local_addr().context("cannot tell the port")?;
    tracing::info!(address = %at, version = env!("CARGO_PKG_VERSION"), "listening");
    Ok(listener)
}

/// Serves `app` on `listener` until `shutdown`, then drains: no new chats, the grace period for running ones, `error`
/// events for what is left, time for writes in flight, the MCP session closed.
pub async fn run(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let closing = CancellationToken::new();
    let server = tokio::spawn(server::serve(
        listener,
        router::router(app.clone()),
        closing.clone(),
    ));
    let _tidy = AbortOnDropHandle::new(tokio::spawn(heap::give_back_when_idle(app.clone())));
    shutdown.await;
    tracing::info!(chats = app.chats.len(), "shutting down");
    app.draining.cancel();
    app.chats.close();
    let drained = timeout(app.http.shutdown_grace, app.chats.wait()).await;
    app.stopping.cancel();
    if drained.is_err() {
        tracing::warn!(chats = app.chats.len(), "the grace period is over");
        let _ = timeout(FAREWELL, app.chats.wait()).await;
    }
    app.mcp.close().await;
    closing.cancel();
    server.await.context("the server broke")?;
    tracing::info!("bye");
    Ok(())
}
