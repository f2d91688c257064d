//! The arguments of the commands (clap).

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::variables::{Server, help};

#[derive(Args)]
#[command(after_long_help = help(Server::Client))]
pub(in crate::cli) struct RunArguments {
    /// What to do; `-` reads it from standard input
    pub(super) prompt: String,
    /// A text file that is put into the prompt; may be given several times
    #[arg(long, value_name = "PATH")]
    pub(super) file: Vec<PathBuf>,
    /// A connection that the run may use, in place of the operator's; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) connection: Vec<String>,
    /// A model of `RUNS_MODELS`
    #[arg(long)]
    pub(super) model: Option<String>,
    /// The system prompt
    #[arg(long, value_name = "TEXT")]
    pub(super) system_prompt: Option<String>,
    /// Names the run: the same again gives the same run
    #[arg(long, value_name = "ID")]
    pub(super) request_id: Option<String>,
    /// Called when the run has ended
    #[arg(long, value_name = "URL")]
    pub(super) callback_url: Option<String>,
    #[command(flatten)]
    pub(super) follow: FollowArguments,
}

/// What is done after a run has begun.
#[derive(Args)]
pub(in crate::cli) struct FollowArguments {
    /// Print the run's id and do not wait for it
    #[arg(long = "async")]
    pub(super) is_async: bool,
    /// Show each tool call, also when standard error is no terminal; with --async, wait after all
    #[arg(long)]
    pub(super) watch: bool,
    /// Save the run's files here
    #[arg(long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(in crate::cli) enum RunsCommand {
    /// The newest runs
    #[command(after_long_help = help(Server::Client))]
    List(ListArguments),
    /// A run: its state, answer and files
    #[command(after_long_help = help(Server::Client))]
    Show(ShowArguments),
    /// Cancel a run, also one that has not begun
    #[command(after_long_help = help(Server::Client))]
    Cancel {
        /// The run's id, or with --request-id the one of its request
        id: String,
        /// Also a run that does not exist yet: then it never begins
        #[arg(long)]
        request_id: bool,
    },
    /// Encrypt all stored secrets with the first of `RUNS_ENCRYPTION_KEYS`, in `DATABASE_URL`
    #[command(after_long_help = help(Server::RotateKeys))]
    RotateKeys,
}

#[derive(Args)]
pub(in crate::cli) struct ListArguments {
    /// queued, running, completed, failed, cancelled or expired
    #[arg(long)]
    pub(super) status: Option<String>,
    /// At most this many, up to 100
    #[arg(long, default_value_t = 20)]
    pub(super) limit: u32,
    /// Only runs before this one
    #[arg(long, value_name = "ID")]
    pub(super) before: Option<String>,
    /// As the API answers
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(in crate::cli) struct ShowArguments {
    pub(super) id: String,
    /// With everything that happened
    #[arg(long)]
    pub(super) trace: bool,
    /// Save its files here
    #[arg(long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// As the API answers
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
pub(in crate::cli) enum SkillsCommand {
    /// All skills
    #[command(after_long_help = help(Server::Client))]
    List {
        #[arg(long)]
        json: bool,
    },
    /// A skill, as JSON
    #[command(after_long_help = help(Server::Client))]
    Show { id: String },
    /// Create a skill from a JSON file; `-` reads standard input
    #[command(after_long_help = help(Server::Client))]
    Create {
        file: PathBuf,
        /// Called when a run of the skill has ended; in place of the file's `callbackUrl`
        #[arg(long, value_name = "URL")]
        callback_url: Option<String>,
    },
    /// Change a skill by a JSON file with the fields to change; `-` reads standard input
    #[command(after_long_help = help(Server::Client))]
    Update { id: String, file: PathBuf },
    /// Delete a skill; its runs stay
    #[command(after_long_help = help(Server::Client))]
    Delete { id: String },
    /// Run a skill now
    #[command(after_long_help = help(Server::Client))]
    Run {
        id: String,
        /// Shown to its first step
        #[arg(long, value_name = "TEXT")]
        input: Option<String>,
        #[command(flatten)]
        follow: FollowArguments,
    },
}

#[derive(Subcommand)]
pub(in crate::cli) enum ConnectionsCommand {
    /// All stored connections
    #[command(after_long_help = help(Server::Client))]
    List {
        #[arg(long)]
        json: bool,
    },
    /// A connection, with its secrets masked
    #[command(after_long_help = help(Server::Client))]
    Show { name: String },
    /// Store a connection, or replace it
    #[command(after_long_help = help(Server::Client))]
    Set {
        name: String,
        /// The server's streamable-HTTP endpoint
        #[arg(long)]
        url: String,
        /// A header for each request to it; may be given several times. `Name: -` reads the value from standard input
        #[arg(long, value_name = "NAME: VALUE")]
        header: Vec<String>,
    },
    /// Delete a connection
    #[command(after_long_help = help(Server::Client))]
    Delete { name: String },
    /// Open a session with its server, and list the tools: exit 0 if it can be used, 1 if not
    #[command(after_long_help = help(Server::Client))]
    Check { name: String },
}
