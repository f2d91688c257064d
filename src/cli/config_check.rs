//! `config check`: the settings as a server reads them, what they mean together, and, on request, what the peers answer.

mod connect;

use std::time::Duration;

use clap::ValueEnum;

use crate::config::{Config, ConfigError, Cors, HttpConfig, RunsConfig, WorkoutConfig};

/// The server whose settings are checked.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Server {
    Serve,
    Mcp,
    Runs,
}

/// Prints one line for each setting and each finding. The error names the settings at fault.
pub(super) async fn check(server: Server, connect: bool) -> anyhow::Result<()> {
    let findings = match server {
        Server::Serve => {
            let (config, lines) = Config::from_env_with_lines()?;
            print(&lines, &config.warnings(), &of_serve(&config));
            when(connect, Box::pin(connect::serve(&config))).await
        }
        Server::Mcp => {
            let (config, lines) = WorkoutConfig::from_env_with_lines()?;
            print(&lines, &config.warnings(), &[cors(&config.cors)]);
            when(connect, connect::mcp(&config)).await
        }
        Server::Runs => {
            let (config, lines) = RunsConfig::from_env_with_lines()?;
            print(&lines, &config.warnings(), &of_runs(&config));
            when(connect, Box::pin(connect::runs(&config))).await
        }
    };
    let mut faults = vec![];
    for found in findings {
        match found {
            Ok(lines) => lines.iter().for_each(|line| say!("{line}")),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.into_iter().collect::<ConfigError>().into())
}

async fn when<T>(asked: bool, findings: impl Future<Output = Vec<T>>) -> Vec<T> {
    if asked { findings.await } else { vec![] }
}

fn print(settings: &[String], warnings: &[String], notes: &[String]) {
    for line in settings {
        say!("{line}");
    }
    for warning in warnings {
        say!("warning: {warning}");
    }
    for note in notes {
        say!("note: {note}");
    }
    say!("ok: the settings are valid");
}

fn of_serve(config: &Config) -> Vec<String> {
    let times = format!(
        "a chat has {}; Claude may be silent for {}, a tool call may take {}; after SIGTERM chats have {} more",
        secs(config.agent.turn_timeout),
        secs(config.claude.idle_timeout),
        secs(config.mcp.call_timeout),
        secs(config.http.shutdown_grace),
    );
    vec![times, requests(&config.http), cors(&config.http.cors)]
}

fn of_runs(config: &RunsConfig) -> Vec<String> {
    let times = format!(
        "a run has {} of work and {} attempts; Claude may be silent for {}, a tool call may take {}",
        secs(config.limits.timeout),
        config.limits.max_attempts,
        secs(config.claude.idle_timeout),
        secs(config.mcp.call_timeout),
    );
    vec![times, requests(&config.http), cors(&config.http.cors)]
}

fn requests(config: &HttpConfig) -> String {
    let at_once = config.max_chats_per_user;
    match config.rate_limit {
        Some(limit) => format!(
            "a user may make {} requests in {}, {at_once} at the same time",
            limit.max,
            secs(limit.window)
        ),
        None => {
            format!("a user may make {at_once} requests at the same time, and any number in turn")
        }
    }
}

fn cors(cors: &Cors) -> String {
    match cors {
        Cors::Off => "no page of another origin may call: CORS_ALLOWED_ORIGINS is empty".to_owned(),
        Cors::Any => "the pages of all origins may call".to_owned(),
        Cors::Origins(origins) => {
            let origins = origins
                .iter()
                .map(|origin| String::from_utf8_lossy(origin.as_bytes()));
            format!(
                "the pages of {} may call",
                origins.collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// As the settings have it, in seconds.
fn secs(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
