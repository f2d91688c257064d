//! The command line (clap): the subcommands, exit codes, and the implementation of `healthcheck` and `token`.

#[macro_use]
mod output;

mod completions;
mod config_check;
mod runs;
mod transfer;

use std::{net::IpAddr, process::ExitCode, time::Duration};

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};
use clap_complete::Shell;
use url::Url;

#[cfg(feature = "dev")]
use crate::dev;
use crate::{
    agent,
    auth::{self, Subject},
    config::{
        self, Config, ConfigError, RunsConfig, WorkoutConfig,
        variables::{Server, help},
    },
    process::heap,
    upstream::client,
    workout::{self, error::ToolError},
};

const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);

/// The chat agent of the Prog Strength training tracker.
#[derive(Parser)]
#[command(version, after_long_help = help(Server::Agent))]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve POST /chat (the default)
    #[command(after_long_help = help(Server::Agent))]
    Serve,
    /// Serve the workout tools over MCP
    #[command(after_long_help = help(Server::Workout))]
    Mcp {
        /// Over standard input and output in place of HTTP, for one user: `WORKOUT_USER_ID`
        #[arg(long)]
        stdio: bool,
    },
    #[expect(clippy::doc_markdown, reason = "it is shown as it is")]
    /// Import a training history: a CSV file of Strong, Hevy, FitNotes or `export`
    #[command(after_long_help = help(Server::Transfer))]
    Import(transfer::ImportArguments),
    /// Write a user's whole log as CSV
    #[command(after_long_help = help(Server::Transfer))]
    Export(transfer::ExportArguments),
    /// Serve asynchronous runs (POST /webhook), or ask a server of runs
    #[command(after_long_help = help(Server::Runs))]
    Runs {
        #[command(subcommand)]
        command: Option<runs::RunsCommand>,
    },
    /// Begin a run at `RUNS_URL` and show its answer: exit 0 completed, 1 failed, 2 wrong usage, 3 cancelled or expired
    Run(runs::RunArguments),
    /// Skills at `RUNS_URL`: stored prompts, run by hand, by a webhook or by a schedule
    #[command(subcommand, after_long_help = help(Server::Client))]
    Skills(runs::SkillsCommand),
    /// Your MCP connections at `RUNS_URL`
    #[command(subcommand, after_long_help = help(Server::Client))]
    Connections(runs::ConnectionsCommand),
    /// Everything at once on this machine: a demo user's training, the agent, a chat page; no key needed
    #[cfg(feature = "dev")]
    #[command(after_long_help = config::dev_help())]
    Dev(dev::Options),
    /// Not in this build: it needs the cargo feature `dev`
    #[cfg(not(feature = "dev"))]
    #[command(hide = true)]
    Dev {
        #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
        _arguments: Vec<String>,
    },
    /// Check the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Ask this machine's own /health: exit 0 if healthy, 1 if not
    #[command(after_long_help = help(Server::Healthcheck))]
    Healthcheck {
        /// The MCP server's in place of the agent's
        #[arg(long)]
        mcp: bool,
        /// The server's at this port in place of `AGENT_PORT`
        #[arg(long, conflicts_with = "mcp")]
        port: Option<u16>,
    },
    /// Print a JWT signed with `JWT_SIGNING_KEY`, for trying things by hand
    #[command(after_long_help = help(Server::Token))]
    Token {
        /// The user
        #[arg(long, value_parser = Subject::parse)]
        sub: Subject,
        /// For how long it is valid: 30s, 15m, 1h, 7d
        #[arg(long, default_value = "1h", value_parser = parse_ttl)]
        ttl: Duration,
    },
    /// Print a script by which a shell completes commands and options, as in `source <(prog-strength-agent completions bash)`
    Completions { shell: Shell },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check the settings as a server does, and print the effective ones without secrets: exit 0 if they are valid, 2 if not
    #[command(after_long_help = help(Server::Agent))]
    Check {
        /// The server whose settings these are
        #[arg(value_enum, default_value = "serve")]
        server: config_check::Server,
        /// Ask Claude (GET /v1/models), the MCP server (its tools) and the database too, as far as the server has them
        #[arg(long)]
        connect: bool,
    },
}

impl Cli {
    /// Runs the command. [`exit_code`] is for the error.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => done(agent::http::serve::serve(Config::from_env()?)),
            Command::Mcp { stdio } => {
                done(workout::serve::mcp(WorkoutConfig::from_env(stdio)?, stdio))
            }
            Command::Import(arguments) => done(transfer::import_file(arguments)),
            Command::Export(arguments) => done(transfer::export_file(arguments)),
            Command::Runs { command: None } => {
                done(crate::runs::serve::serve(RunsConfig::from_env()?))
            }
            Command::Runs {
                command: Some(command),
            } => block_on(runs::runs(command)),
            Command::Run(arguments) => block_on(runs::run(arguments)),
            Command::Skills(command) => block_on(runs::skills(command)),
            Command::Connections(command) => block_on(runs::connections(command)),
            #[cfg(feature = "dev")]
            Command::Dev(options) => done(dev::dev(options)),
            #[cfg(not(feature = "dev"))]
            Command::Dev { .. } => anyhow::bail!(
                "this build has no `dev` command; build it with the cargo feature `dev`, which is on by default"
            ),
            Command::Config(ConfigCommand::Check { server, connect }) => {
                done(config_check::check(server, connect))
            }
            Command::Healthcheck { mcp, port } => done(healthcheck(mcp, port)),
            Command::Token { sub, ttl } => {
                say!("{}", auth::mint(&config::jwt_from_env()?, &sub, ttl)?);
                Ok(ExitCode::SUCCESS)
            }
            Command::Completions { shell } => {
                completions::print(shell);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// 2 for what the user must correct: a setting, an argument, a request; else 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let request = error.downcast_ref::<runs::ClientError>();
    let is_usage = error.is::<ConfigError>()
        || matches!(error.downcast_ref(), Some(ToolError::Input(_)))
        || error.is::<runs::UsageError>()
        || request.is_some_and(runs::ClientError::is_usage);
    ExitCode::from(if is_usage { 2 } else { 1 })
}

/// Runs a command that only ends well or with an error.
fn done(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    block_on(command).map(|()| ExitCode::SUCCESS)
}

fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    // Before the first thread starts.
    heap::configure();
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(command);
    // A running name look-up cannot be cancelled; do not wait for it.
    runtime.shutdown_background();
    ended
}

/// Asks `/health` of the agent, of the MCP server, or of the server at `port`, on this machine.
async fn healthcheck(mcp: bool, port: Option<u16>) -> anyhow::Result<()> {
    let mut address = config::address_from_env(mcp)?;
    if let Some(port) = port {
        address.port = port;
    }
    let host = match address.host.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() && ip.is_ipv4() => "127.0.0.1".to_owned(),
        Ok(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => address.host,
    };
    let url = Url::parse(&format!("http://{host}:{}/health", address.port))?;
    // Directly, whatever the environment's proxies are: it is this machine.
    let client = client::builder_for(&url).no_proxy();
    let client = client.timeout(HEALTH_TIMEOUT).build()?;
    let response = client.get(url.clone()).send().await;
    let response = response.with_context(|| format!("no answer from {url}"))?;
    let status = response.status();
    ensure!(status.is_success(), "{url} answered {status}");
    Ok(())
}

/// `30s`, `15m`, `1h`, `7d`.
fn parse_ttl(text: &str) -> Result<Duration, String> {
    let parsed = text.char_indices().next_back().and_then(|(at, unit)| {
        let secs = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        text[..at].parse::<u64>().ok()?.checked_mul(secs)
    });
    match parsed {
        Some(secs) if secs > 0 && secs <= 100 * 366 * 86_400 => Ok(Duration::from_secs(secs)),
        _ => Err("must be a number and s, m, h or d, such as 30s, 15m, 1h or 7d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn verify_cli() {
        Cli::command().debug_assert();
    }

    /// Commands without subcommands, by their whole names.
    fn leaves(command: &clap::Command, name: &str, found: &mut Vec<(String, bool)>) {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let name = format!("{name} {}", sub.get_name());
            if sub.has_subcommands() {
                leaves(sub, &name, found);
            } else {
                found.push((name, sub.get_after_long_help().is_some()));
            }
        }
    }

    #[test]
    fn the_help_of_each_command_that_reads_settings_lists_them() {
        let mut found = vec![];
        leaves(&Cli::command(), "", &mut found);
        found.retain(|(_, lists)| !lists);
        assert_eq!(found, [(" completions".to_owned(), false)]);
    }

    #[test]
    fn a_ttl_is_a_number_and_a_unit() {
        let secs = |text| parse_ttl(text).map(|ttl| ttl.as_secs()).ok();
        assert_eq!(
            ["30s", "15m", "1h", "7d"].map(secs),
            [Some(30), Some(900), Some(3600), Some(604_800)]
        );
        let bad = [
            "",
            "5",
            "s",
            "-1h",
            "1 h",
            "1.5h",
            "0s",
            "1w",
            "99999999999999999999d",
            "5é",
        ];
        for ttl in bad {
            assert_eq!(secs(ttl), None, "{ttl}");
        }
    }
}
