//! The binary: which command, and with which exit code it ends.

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use prog_strength_agent::{
    agent::http::serve,
    cli::{self, parse_sub, parse_ttl},
    config::{Config, ConfigError, WorkoutConfig},
    dev, workout,
};

/// The chat agent of the Prog Strength training tracker.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve POST /chat (the default)
    Serve,
    /// Serve the workout tools over MCP
    Mcp {
        /// Over standard input and output in place of HTTP, for one user: `WORKOUT_USER_ID`
        #[arg(long)]
        stdio: bool,
    },
    /// Everything at once on this machine: a demo user's training, the agent, a chat page; no key needed
    Dev(dev::Options),
    /// Ask this machine's own /health: exit 0 if healthy, 1 if not
    Healthcheck {
        /// The MCP server's in place of the agent's
        #[arg(long)]
        mcp: bool,
    },
    /// Print a JWT signed with `JWT_SIGNING_KEY`, for trying things by hand
    Token {
        /// The user
        #[arg(long, value_parser = parse_sub)]
        sub: String,
        /// For how long it is good: 30s, 15m, 1h, 7d
        #[arg(long, default_value = "1h", value_parser = parse_ttl)]
        ttl: Duration,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command.unwrap_or(Command::Serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            if error.is::<ConfigError>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve => block_on(serve::serve(Config::from_env()?)),
        Command::Mcp { stdio } => {
            block_on(workout::serve::mcp(WorkoutConfig::from_env(stdio)?, stdio))
        }
        Command::Dev(options) => block_on(dev::dev(options)),
        Command::Healthcheck { mcp } => block_on(cli::healthcheck(mcp)),
        Command::Token { sub, ttl } => {
            println!("{}", cli::token(&sub, ttl)?);
            Ok(())
        }
    }
}

fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(command);
    // A name look-up under way cannot be cancelled; do not wait for it.
    runtime.shutdown_background();
    ended
}
