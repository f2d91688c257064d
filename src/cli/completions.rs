//! `completions`: the scripts by which shells complete this program's commands and options.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::Cli;

const NAME: &str = env!("CARGO_PKG_NAME");

/// Prints the script for a shell.
pub(super) fn print(shell: Shell) {
    let script = match shell {
        Shell::Bash => for_bash(),
        _ => script(shell, NAME),
    };
    say!("{}", script.trim_end());
}

/// Where the program's name has a hyphen, `clap_complete` 4.6 writes it in two ways, and nothing is completed after a subcommand
/// (<https://github.com/clap-rs/clap/issues/6421>). So the script is generated for another name, which only its end shows.
fn for_bash() -> String {
    let other = NAME.replace('-', "_");
    let script = script(Shell::Bash, &other);
    let lines = script.lines().map(|line| {
        let is_end = line.trim_start().starts_with("complete ");
        match line.strip_suffix(&other).filter(|_| is_end) {
            Some(line) => format!("{line}{NAME}\n"),
            None => format!("{line}\n"),
        }
    });
    lines.collect()
}

fn script(shell: Shell, name: &str) -> String {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
