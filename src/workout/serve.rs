//! The `mcp` command: serves over HTTP until a signal and then drains with a deadline, or over standard input and output.

use std::{pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use jiff::tz::TimeZone;
use rmcp::{ServiceExt, transport::io};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::{
    db::{self, Database},
    handler::{Handler, ServerState},
    stdin,
    transport::{HttpState, Tuning, router},
};
use crate::{
    config::WorkoutConfig,
    http::{lifecycle::Lifecycle, server},
    process::{heap, logs, signals::Signals},
};

/// Runs the workout server until SIGTERM or SIGINT (or, over `stdio`, until the client disconnects); a second signal ends it at
/// once.
pub async fn mcp(config: WorkoutConfig, stdio: bool) -> anyhow::Result<()> {
    let mut shutdown = pin!(Signals::listen()?.first(|| ()));
    let log_to = if stdio {
        logs::Output::Stderr
    } else {
        logs::Output::Stdout
    };
    logs::start(&config.log, log_to);
    let opened = tokio::select! {
        opened = db::open(&config.database_url) => opened,
        () = &mut shutdown => return Ok(()),
    };
    let db = opened.context("DATABASE_URL")?;
    let state = server_state(&config, db.clone()).await?;
    let served = if stdio {
        // The user sits at this machine.
        let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
        let handler = Handler::new(state, Some(config.stdio_user)).in_zone(zone);
        over_stdio(handler, shutdown).await
    } else {
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        let listener = server::bind(&config.address.host, config.address.port).await?;
        over_http(&config, state, listener, shutdown).await
    };
    db.close().await;
    served
}

/// Loads what the server needs of the database.
pub async fn server_state(
    config: &WorkoutConfig,
    db: Database,
) -> anyhow::Result<Arc<ServerState>> {
    let state = ServerState::new(db, config.rate_limit_per_hour).await;
    state.context("cannot read the exercise catalogue")
}

/// Serves MCP on `listener` until `shutdown`, then drains (see [`run`]).
pub async fn over_http(
    config: &WorkoutConfig,
    state: Arc<ServerState>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let http = HttpState::new(config, Tuning::default(), state.metrics.clone())?;
    let router = router(&http, move || Handler::new(state.clone(), None));
    let grace = config.shutdown_grace;
    run(listener, router, &http.lifecycle, shutdown, grace).await?;
    http.telemetry.close(grace).await;
    Ok(())
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
async fn over_stdio(
    handler: Handler,
    mut shutdown: impl Future<Output = ()> + Unpin,
) -> anyhow::Result<()> {
    let (input, output) = io::stdio();
    let begun = async { handler.serve((stdin::mended(input), output)).await };
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
