//! The `dev` command: the workout server with a demo user's training, the agent and the chat page, in one process on
//! loopback. The parts meet over HTTP, as they do in production.

mod claude_key;
mod data;
pub mod demo;
mod greeting;
pub mod stand_in;

use std::{net::Ipv4Addr, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    agent::http::app::App,
    agent::http::serve,
    auth,
    config::{Config, Demo, DevClaude, DevConfig, DevSetup, PageConfig, WorkoutConfig},
    http::server,
    process::logs,
    process::signals::Signals,
    workout,
    workout::db::Database,
    workout::handler::{Handler, Workouts},
    workout::transport::{HttpState, Tuning, router},
};
use claude_key::ClaudeKey;
use data::{Data, Opened};
use greeting::Greeting;

/// As long as anybody leaves it running: the key it is signed with ends with the process.
const TOKEN_TTL: Duration = Duration::from_secs(30 * 86_400);
/// The stand-in's pause between two pieces of text.
const PACE: Duration = Duration::from_millis(15);
/// The agent finds the workout server in a small fraction of this.
const MEETING: Duration = Duration::from_secs(3);

/// What the command line says.
#[derive(Debug, Default, clap::Args)]
pub struct Options {
    /// Keep the training in this `SQLite` file, and go on with what it holds; without it, training is thrown away
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Put the demo user's training back to what it is on the first day
    #[arg(long)]
    pub fresh: bool,
}

/// Runs everything until SIGTERM or SIGINT; a second signal ends it at once.
pub async fn dev(options: Options) -> anyhow::Result<()> {
    // Before anything is there to be left behind.
    let signals = Signals::in_terminal()?;
    let data = Data::of(options.data)?;
    let at = Listeners::bind().await?;
    let config = DevConfig::from_env(DevSetup {
        data: data.file(),
        mcp: at.mcp.local_addr()?,
        stand_in: at.stand_in.local_addr()?,
        stand_in_model: stand_in::MODEL,
    })?;
    let page = page_listener(config.agent.address.port).await?;
    logs::start(&config.agent.log, logs::To::Stderr);
    let mut stopped = pin!(signals.first(data.last_act()));
    let opened = {
        let mut opening = pin!(data.open(&config.workout.database_url, options.fresh));
        tokio::select! {
            opened = &mut opening => opened?,
            () = &mut stopped => {
                // What is still being written cannot be removed for good. A file of our own is ready in no time; another
                // one may be waiting for somebody's lock.
                if !data.is_kept() && let Ok(opened) = opening.await {
                    opened.db.close().await;
                }
                return Ok(());
            }
        }
    };
    let served = run(page, at, config, (&data, &opened), stopped).await;
    opened.db.close().await;
    served
}

/// Where the parts meet: any free ports.
struct Listeners {
    mcp: TcpListener,
    stand_in: TcpListener,
}

impl Listeners {
    async fn bind() -> anyhow::Result<Self> {
        let any = async || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let bound = (any().await, any().await);
        let free = "there is no free port on 127.0.0.1";
        Ok(Self {
            mcp: bound.0.context(free)?,
            stand_in: bound.1.context(free)?,
        })
    }
}

async fn page_listener(port: u16) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.with_context(|| {
        format!(
            "cannot listen on 127.0.0.1:{port}; stop what does, or set AGENT_PORT to another port"
        )
    })
}

async fn run(
    page: TcpListener,
    at: Listeners,
    mut config: DevConfig,
    (data, opened): (&Data, &Opened),
    stopped: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    // First the agent ends, then what it leans on.
    let (agent_stops, rest_stops) = (CancellationToken::new(), CancellationToken::new());
    if let DevClaude::StandIn(key) = &config.claude {
        let router = stand_in::router(key.clone(), PACE);
        tokio::spawn(server::serve(at.stand_in, router, rest_stops.clone()));
    }
    let workouts = run_workouts(at.mcp, &config.workout, &opened.db, rest_stops.clone()).await?;
    let token = auth::mint(
        &config.agent.jwt,
        &auth::Subject::parse(demo::USER)?,
        TOKEN_TTL,
    )?;
    config.agent.page = Some(PageConfig {
        demo: Some(Demo {
            token: token.clone().into(),
            stand_in: matches!(config.claude, DevClaude::StandIn(_)),
        }),
    });
    let key = ClaudeKey::of(&config.agent.claude)?;
    let key_given = matches!(config.claude, DevClaude::Real { key_given: true });
    let greeting = Greeting::new(&config, page.local_addr()?, token);
    let agent = run_agent(page, config.agent, agent_stops.clone()).await?;
    greeting.say(data, opened.begun);
    let refused = tokio::select! {
        () = stopped => None,
        refused = key.refused(), if key_given => Some(refused),
    };
    agent_stops.cancel();
    agent.await??;
    rest_stops.cancel();
    workouts.await??;
    refused.map_or(Ok(()), |refused| Err(refused.into()))
}

async fn run_workouts(
    listener: TcpListener,
    config: &WorkoutConfig,
    db: &Database,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let workouts = Workouts::new(db.clone(), config.rate_limit_per_hour)
        .await
        .context("cannot read the exercise catalogue")?;
    let state = HttpState::new(config, Tuning::default())?;
    let router = router(&state, move || Handler::over_http(workouts.clone()));
    let grace = config.shutdown_grace;
    Ok(tokio::spawn(async move {
        workout::serve::run(
            listener,
            router,
            &state.lifecycle,
            stop.cancelled_owned(),
            grace,
        )
        .await
    }))
}

/// Ready when it has found the workout server.
async fn run_agent(
    listener: TcpListener,
    config: Config,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let app: Arc<App> = App::new(config)?;
    let running = tokio::spawn(serve::run(listener, app.clone(), stop.cancelled_owned()));
    let met = app.mcp.catalogue(Instant::now() + MEETING).await;
    met.context("the agent did not find the workout server")?;
    Ok(running)
}
