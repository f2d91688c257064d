//! The commands that ask a server of runs (`RUNS_URL`) by its API, and `runs rotate-keys`.

mod arguments;
mod client;
mod connections;
mod download;
mod follow;
mod list;
mod print;
mod prompt;
mod rotate;
mod run;
mod skills;

use std::{
    io::{read_to_string, stdin},
    process::ExitCode,
};

pub(super) use arguments::{ConnectionsCommand, RunArguments, RunsCommand, SkillsCommand};
use client::Client;
pub(super) use client::ClientError;

/// A fault in what the user has given: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(String);

/// Standard input as text.
fn standard_input() -> Result<String, UsageError> {
    let read = read_to_string(stdin());
    read.map_err(|_| UsageError("standard input is not UTF-8 text".to_owned()))
}

pub(super) async fn run(arguments: RunArguments) -> anyhow::Result<ExitCode> {
    run::run(&Client::from_env()?, arguments).await
}

/// A command of `runs`; serving is not among them.
pub(super) async fn runs(command: RunsCommand) -> anyhow::Result<ExitCode> {
    match command {
        RunsCommand::List(arguments) => list::list(&Client::from_env()?, arguments).await,
        RunsCommand::Show(arguments) => list::show(&Client::from_env()?, arguments).await,
        RunsCommand::Cancel { id, request_id } => {
            list::cancel(&Client::from_env()?, &id, request_id).await
        }
        RunsCommand::RotateKeys => rotate::rotate().await,
    }
}

pub(super) async fn skills(command: SkillsCommand) -> anyhow::Result<ExitCode> {
    skills::skills(&Client::from_env()?, command).await
}

pub(super) async fn connections(command: ConnectionsCommand) -> anyhow::Result<ExitCode> {
    connections::connections(&Client::from_env()?, command).await
}
