//! The binary: runs the command that the arguments name.

use std::process::ExitCode;

use clap::Parser;
use prog_strength_agent::{cli::Cli, config::ConfigError};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(if error.is::<ConfigError>() { 2 } else { 1 })
        }
    }
}
