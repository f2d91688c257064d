//! The `mcp` command: over HTTP until a signal, then drained with a deadline; or over standard input and output.

use std::{pin::pin, time::Duration};

use anyhow::Context;
use axum::Router;
use rmcp::{ServerHandler, ServiceExt, transport::io};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::{
    db::Database,
    handler::{Handler, Workouts},
    transport::{HttpState, Tuning, router},
};
use crate::{
    auth::JwtSettings, config::WorkoutConfig, http::lifecycle::Lifecycle, http::server,
    process::heap, process::logs, process::signals::Signals,
};

/// Runs the workout server until SIGTERM or SIGINT (or, over `stdio`, until the client goes); a second signal ends it at
/// once.
pub async fn mcp(config: WorkoutConfig, stdio: bool) -> anyhow::Result<()> {
    let mut shutdown = pin!(Signals::listen()?.first(|| ()));
    logs::start(&config.log, log_to(stdio));
    let opened = tokio::select! {
        opened = Database::open(&config.database_url) => opened,
        () = &mut shutdown => return Ok(()),
    };
    let db = opened.context("DATABASE_URL")?;
    let workouts = Workouts::new(db.clone(), config.rate_limit_per_hour)
        .await
        .context("cannot read the exercise catalogue")?;
    let served = if stdio {
        let user = config.stdio_user.clone();
        over_stdio(Handler::over_stdio(workouts, user), shutdown).await
    } else {
        let make = move || Handler::over_http(workouts.clone());
        over_http(&config, make, shutdown).await
    };
    db.close().await;
    served
}

fn log_to(stdio: bool) -> logs::Output {
    if stdio {
        logs::Output::Stderr
    } else {
        logs::Output::Stdout
    }
}

async fn over_http<H: ServerHandler>(
    config: &WorkoutConfig,
    make: impl Fn() -> H + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    if config.jwt.as_ref().is_some_and(JwtSettings::key_is_short) {
        tracing::warn!("JWT_SIGNING_KEY is shorter than the 32 bytes that HS256 asks for");
    }
    let state = HttpState::new(config, Tuning::default())
        .context("cannot set up the HTTP client for OAUTH_ISSUER")?;
    let listener = server::bind(&config.address.host, config.address.port).await?;
    let router = router(&state, make);
    let grace = config.shutdown_grace;
    run(listener, router, &state.lifecycle, shutdown, grace).await
}

/// Serves `router` on `listener` until `shutdown`, then drains: no new messages, the grace period for those being
/// answered, then the sessions and their streams end.
pub async fn run(
    listener: TcpListener,
    router: Router,
    lifecycle: &Lifecycle,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) -> anyhow::Result<()> {
    let trimmed = lifecycle.clone();
    let trim = heap::trim_when_idle(move || trimmed.begun_if_idle());
    let _trim = AbortOnDropHandle::new(tokio::spawn(trim));
    server::run(listener, router, lifecycle, grace, shutdown, async {}).await
}

/// Serves one client over standard input and output, until it closes its end or `shutdown`.
async fn over_stdio<H: ServerHandler>(
    handler: H,
    mut shutdown: impl Future<Output = ()> + Unpin,
) -> anyhow::Result<()> {
    let begun = async { handler.serve(io::stdio()).await };
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
