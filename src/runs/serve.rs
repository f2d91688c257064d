//! The `runs` command: start-up, serving until a signal, and draining with a deadline.

mod keys;
mod parts;

use std::{pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    engine::Engine,
    http::{app::App, router::router},
    model::Run,
    retention::Retention,
    skills::scheduler::Scheduler,
    store::Store,
};
use crate::{
    config::RunsConfig,
    http::{lifecycle::Lifecycle, server},
    process::{heap, logs, signals::Signals},
    telemetry::Telemetry,
};
use parts::Opened;

/// How long the callbacks in flight may take at the end.
const CALLBACKS_TIMEOUT: Duration = Duration::from_secs(20);

/// Runs the service until SIGTERM or SIGINT; a second signal ends it at once.
pub async fn serve(config: RunsConfig) -> anyhow::Result<()> {
    let mut shutdown = pin!(Signals::listen()?.first(|| ()));
    logs::start(&config.log, logs::Output::Stdout);
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let address = config.address.clone();
    let opened = tokio::select! {
        opened = Service::open(config) => opened,
        () = &mut shutdown => return Ok(()),
    };
    let service = opened?;
    let listener = server::bind(&address.host, address.port).await?;
    service.run(listener, shutdown).await
}

/// Opens everything, serves on `listener` until `shutdown`, and drains.
pub async fn run(
    listener: TcpListener,
    config: RunsConfig,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    Service::open(config).await?.run(listener, shutdown).await
}

/// Everything that is opened. The engine works already.
struct Service {
    app: Arc<App>,
    store: Store,
    engine: Engine,
    lifecycle: Lifecycle,
    grace: Duration,
    telemetry: Telemetry,
    scheduler: JoinHandle<()>,
    retention: JoinHandle<()>,
    /// `None`: callbacks cannot be signed.
    deliverer: Option<JoinHandle<()>>,
    /// Stops the deliverer, after all runs have ended.
    last: CancellationToken,
}

impl Service {
    async fn open(config: RunsConfig) -> anyhow::Result<Self> {
        let Opened {
            config,
            parts,
            deliverer,
        } = parts::open(config).await?;
        let (store, engine) = (parts.store.clone(), parts.engine.clone());
        let lifecycle = parts.lifecycle.clone();
        let draining = lifecycle.draining();
        let last = CancellationToken::new();
        let scheduler = {
            let (engine, progress) = (engine.clone(), parts.progress.clone());
            let worker = parts.worker.clone();
            let scheduler = Scheduler {
                store: store.clone(),
                max_queued: config.limits.max_queued,
                created: move |run: &Run| {
                    progress.appended(run.id, run.last_seq);
                    engine.wake();
                },
                ended: move |run: &Run| worker.ended(run),
            };
            tokio::spawn(scheduler.run(parts.engine.roles(), draining.clone()))
        };
        let retention = Retention {
            store: store.clone(),
            files: parts.files.clone(),
            kept: config.limits.retention,
        };
        let retention = tokio::spawn(retention.run(engine.roles(), draining.clone()));
        let signs = !config.callback_secrets.is_empty();
        let deliverer = signs.then(|| tokio::spawn(deliverer.run(last.clone())));
        Ok(Self {
            grace: config.http.shutdown_grace,
            telemetry: parts.telemetry.clone(),
            app: App::new(config, parts),
            store,
            engine,
            lifecycle,
            scheduler,
            retention,
            deliverer,
            last,
        })
    }

    /// Serves until `shutdown`, then drains: no new runs; the grace period for those in progress and for the callers who wait;
    /// what has not ended is handed back.
    async fn run(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let (lifecycle, grace) = (&self.lifecycle, self.grace);
        let idle = lifecycle.clone();
        let trim = heap::trim_when_idle(move || idle.begun_if_idle());
        let _trim = AbortOnDropHandle::new(tokio::spawn(trim));
        let (draining, engine) = (lifecycle.draining().clone(), self.engine.clone());
        let drained = AbortOnDropHandle::new(tokio::spawn(async move {
            draining.cancelled().await;
            engine.drain(grace).await;
        }));
        let cleanup = async {
            let _ = drained.await;
            let _ = tokio::join!(self.scheduler, self.retention);
            self.last.cancel();
            if let Some(deliverer) = self.deliverer {
                let _ = timeout(CALLBACKS_TIMEOUT, deliverer).await;
            }
        };
        let router = router(self.app);
        server::run(listener, router, lifecycle, grace, shutdown, cleanup).await?;
        self.store.close().await;
        self.telemetry.close(grace).await;
        Ok(())
    }
}

/// Names the setting that a part could not be opened with.
fn setting<T, E: Into<anyhow::Error>>(
    opened: Result<T, E>,
    variable: &'static str,
) -> anyhow::Result<T> {
    opened.map_err(Into::into).context(variable)
}
