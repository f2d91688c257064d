//! The `serve` command: start-up, serving until a signal, and draining with a deadline.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::{app::App, router::router};
use crate::{
    config::Config,
    http::server,
    process::{heap, logs, signals::Signals},
};

/// Runs the service until SIGTERM or SIGINT; a second signal ends it at once.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let shutdown = Signals::listen()?.first(|| ());
    logs::start(&config.log, logs::Output::Stdout);
    let address = config.address.clone();
    let app = App::new(config)?;
    let listener = server::bind(&address.host, address.port).await?;
    run(listener, app, shutdown).await
}

/// Serves `app` on `listener` until `shutdown`, then drains: no new chats, the grace period for running ones, `error`
/// events for the rest, time for writes in flight, the MCP session is closed, and the last spans are exported.
pub async fn run(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let lifecycle = app.lifecycle.clone();
    let trim = heap::trim_when_idle(move || lifecycle.begun_if_idle());
    let _trim = AbortOnDropHandle::new(tokio::spawn(trim));
    let (router, lifecycle, grace) = (router(app.clone()), &app.lifecycle, app.http.shutdown_grace);
    server::run(
        listener,
        router,
        lifecycle,
        grace,
        shutdown,
        app.mcp.close(),
    )
    .await?;
    app.telemetry.close(grace).await;
    Ok(())
}
