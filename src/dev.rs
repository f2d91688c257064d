//! The `dev` command: the workout server with a demo user's training, the agent, the runs server and the page, in one process
//! on loopback. The parts communicate over HTTP, as in production.
//!
//! - `data`: the database file. [`demo`]: the training that fills it, from `demo/training.json`.
//! - `runs`: the runs server's folder, port and skill.
//! - [`stand_in`]: answers in place of Claude when no key is set. [`claude_events`]: the encoding of its replies.
//! - `claude_key`: checks the key when one is set. `greeting`: the message at startup.

pub mod claude_events;
mod claude_key;
mod data;
pub mod demo;
mod greeting;
mod runs;
pub mod stand_in;

use std::{net::Ipv4Addr, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    agent::http::{app::App, serve},
    auth,
    config::{Config, Demo, DevClaude, DevConfig, DevSetup, PageConfig},
    http::server,
    process::{logs, signals::Signals},
    workout::serve::{over_http, server_state},
};
use claude_key::KeyCheck;
use data::{DataFile, Opened};
use greeting::Greeting;

/// Longer than `dev` runs: the signing key ends with the process.
const TOKEN_TTL: Duration = Duration::from_secs(30 * 86_400);
/// The stand-in's pause between two words.
const WORD_DELAY: Duration = Duration::from_millis(4);
/// Deadline for the agent's first MCP session, which takes a small fraction of it.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(3);

/// Options of the command line.
#[derive(Debug, Default, clap::Args)]
pub struct Options {
    /// Keep the training in this `SQLite` file and continue with what it holds; without it, training is deleted at the end
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Reset the demo user's training to that of the first day
    #[arg(long)]
    pub fresh: bool,
}

/// Runs everything until SIGTERM, SIGINT or SIGHUP; a second signal ends the process at once.
pub async fn dev(options: Options) -> anyhow::Result<()> {
    // Before a temporary folder exists that must be removed.
    let signals = Signals::in_terminal()?;
    let data = DataFile::new(options.data)?;
    let runs_folder = runs::Folder::new()?;
    let (mcp, stand_in) = (any_port().await?, any_port().await?);
    let mut config = DevConfig::from_env(DevSetup {
        data: data.path(),
        runs: runs_folder.path(),
        mcp: mcp.local_addr()?,
        stand_in: stand_in.local_addr()?,
        stand_in_model: stand_in::MODEL,
    })?;
    let page = page_listener(config.agent.address.port).await?;
    config.allow_page(page.local_addr()?.port());
    let runs = runs::listener(config.runs.address.port).await?;
    logs::start(&config.agent.log, logs::Output::Stderr);
    let (clean_data, clean_runs) = (data.cleanup(), runs_folder.cleanup());
    let mut stopped = pin!(signals.first(move || {
        clean_data();
        clean_runs();
    }));
    let opened = {
        let mut opening = pin!(data.open(&config.workout.database_url, options.fresh));
        tokio::select! {
            opened = &mut opening => opened?,
            () = &mut stopped => {
                // A temporary folder can be removed only after the last write. A file of the user may be locked by another
                // process, so this does not wait for it.
                if !data.is_kept() && let Ok(opened) = opening.await {
                    opened.db.close().await;
                }
                return Ok(());
            }
        }
    };
    let listeners = Listeners {
        page,
        runs,
        mcp,
        stand_in,
    };
    let served = Box::pin(run(listeners, config, (&data, &opened), stopped)).await;
    opened.db.close().await;
    served
}

struct Listeners {
    page: TcpListener,
    runs: TcpListener,
    mcp: TcpListener,
    stand_in: TcpListener,
}

/// For the servers that only the agent calls.
async fn any_port() -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    bound.context("there is no free port on 127.0.0.1")
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
    listeners: Listeners,
    mut config: DevConfig,
    (data, opened): (&DataFile, &Opened),
    stopped: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    // The agent and the runs server stop before the servers that they call.
    let (agent_stops, rest_stops) = (CancellationToken::new(), CancellationToken::new());
    if let DevClaude::StandIn(key) = &config.claude {
        let router = stand_in::router(key.clone(), WORD_DELAY);
        let stop = rest_stops.clone();
        tokio::spawn(server::serve(listeners.stand_in, router, stop));
    }
    let user = auth::Subject::parse(demo::USER)?;
    let token = auth::mint(&config.agent.jwt, &user, TOKEN_TTL)?;
    let runs_url = format!("http://localhost:{}/", listeners.runs.local_addr()?.port());
    config.agent.page = Some(PageConfig {
        demo: Some(Demo {
            token: token.clone().into(),
            stand_in: matches!(config.claude, DevClaude::StandIn(_)),
        }),
        runs: Some(runs_url.parse()?),
    });
    let key = KeyCheck::new(&config.agent.claude)?;
    let key_given = matches!(config.claude, DevClaude::Real { key_given: true });
    let greeting = Greeting::new(
        &config,
        listeners.page.local_addr()?,
        runs_url,
        token.clone(),
    );
    let state = server_state(&config.workout, opened.db.clone()).await?;
    let stop = rest_stops.clone().cancelled_owned();
    let workouts =
        tokio::spawn(async move { over_http(&config.workout, state, listeners.mcp, stop).await });
    let (agent, runs) = tokio::try_join!(
        run_agent(listeners.page, config.agent, agent_stops.clone()),
        runs::start(listeners.runs, config.runs, agent_stops.clone(), &token),
    )?;
    greeting.print(data, opened.state);
    let refused = tokio::select! {
        () = stopped => None,
        refused = key.rejected(), if key_given => Some(refused),
    };
    agent_stops.cancel();
    agent.await??;
    runs.await??;
    rest_stops.cancel();
    workouts.await??;
    refused.map_or(Ok(()), |refused| Err(refused.into()))
}

/// Returns once the agent has a session with the workout server.
async fn run_agent(
    listener: TcpListener,
    config: Config,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let app: Arc<App> = App::new(config)?;
    let running = tokio::spawn(serve::run(listener, app.clone(), stop.cancelled_owned()));
    let connected = app.mcp.catalogue(Instant::now() + STARTUP_TIMEOUT).await;
    connected.context("the agent did not find the workout server")?;
    Ok(running)
}
