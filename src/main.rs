//! The binary: runs the command that the arguments name.

use std::process::ExitCode;

use clap::Parser;
use prog_strength_agent::cli::{self, Cli};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            cli::exit_code(&error)
        }
    }
}
