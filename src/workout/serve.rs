//! The `mcp` command: over HTTP until the signal, then drained with a deadline; or over standard input and output.

use std::time::Duration;

use anyhow::Context;
use axum::Router;
use rmcp::{ServerHandler, ServiceExt, transport::io};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    db::Database,
    handler::{Handler, Workouts},
    transport::{Front, Life, Tuning, router},
};
use crate::{
    agent::http::serve::bind, auth::JwtSettings, config::WorkoutConfig, http::server,
    process::heap, process::logs, process::signals::Signals,
};

/// Runs the workout server until SIGTERM or SIGINT (or, over `stdio`, until the client goes); a second signal ends it at
/// once.
pub async fn mcp(config: WorkoutConfig, stdio: bool) -> anyhow::Result<()> {
    logs::start(&config.log, log_to(stdio));
    let db = Database::open(&config.database_url)
        .await
        .context("DATABASE_URL")?;
    let workouts = Workouts::new(db.clone(), config.rate_limit_per_hour)
        .await
        .context("cannot read the exercise catalogue")?;
    let served = if stdio {
        let user = config.stdio_user.clone();
        let stopped = Signals::usual()?.first(|| ());
        over_stdio(Handler::over_stdio(workouts, user), stopped).await
    } else {
        over_http(&config, move || Handler::over_http(workouts.clone())).await
    };
    db.close().await;
    served
}

fn log_to(stdio: bool) -> logs::To {
    if stdio {
        logs::To::Stderr
    } else {
        logs::To::Stdout
    }
}

async fn over_http<H: ServerHandler>(
    config: &WorkoutConfig,
    make: impl Fn() -> H + Send + Sync + 'static,
) -> anyhow::Result<()> {
    if config.jwt.as_ref().is_some_and(JwtSettings::key_is_short) {
        tracing::warn!("JWT_SIGNING_KEY is shorter than the 32 bytes that HS256 asks for");
    }
    let front = Front::new(config, Tuning::default())
        .context("cannot set up the HTTP client for OAUTH_ISSUER")?;
    let listener = bind(&config.address).await?;
    let router = router(&front, make);
    let grace = config.shutdown_grace;
    let stopped = Signals::usual()?.first(|| ());
    run(listener, router, &front.life, stopped, grace).await
}

/// Serves `router` on `listener` until `shutdown`, then drains: no new messages, the grace period for those being
/// answered, the sessions and their streams ended.
pub async fn run(
    listener: TcpListener,
    router: Router,
    life: &Life,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> anyhow::Result<()> {
    let closing = CancellationToken::new();
    let server = tokio::spawn(server::serve(listener, router, closing.clone()));
    let _tidy = AbortOnDropHandle::new(tokio::spawn(heap::give_back_the_start()));
    shutdown.await;
    tracing::info!(calls = life.calls.len(), "shutting down");
    life.draining.cancel();
    life.calls.close();
    if timeout(grace, life.calls.wait()).await.is_err() {
        tracing::warn!(calls = life.calls.len(), "the grace period is over");
    }
    life.stopping.cancel();
    closing.cancel();
    server.await.context("the server broke")?;
    tracing::info!("bye");
    Ok(())
}

/// Serves one client over standard input and output, until either end has enough.
async fn over_stdio<H: ServerHandler>(
    handler: H,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let begun = async { handler.serve(io::stdio()).await };
    tokio::pin!(shutdown);
    let session = tokio::select! {
        begun = begun => begun.context("the MCP client did not begin a session")?,
        () = &mut shutdown => return Ok(()),
    };
    let stop = session.cancellation_token();
    tokio::select! {
        ended = session.waiting() => drop(ended.context("the MCP session broke")?),
        () = shutdown => stop.cancel(),
    }
    Ok(())
}
