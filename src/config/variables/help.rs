//! The settings as `--help` and the set-up by hand show them.

use std::fmt::Write;

use super::{Server, VARIABLES, Variable};

/// The settings of a command, as `--help` shows them.
pub fn help(server: Server) -> String {
    help_with(|variable| {
        let is_read = variable.read_by.contains(&server);
        is_read.then(|| variable.default_of(server))
    })
}

/// The settings for which there is a default, even an empty one.
pub(in crate::config) fn help_with(default: impl Fn(&Variable) -> Option<&'static str>) -> String {
    let mut text =
        "Settings, from the environment or a `.env` file in the working directory:".to_owned();
    for v in VARIABLES {
        let Some(default) = default(v) else { continue };
        let _ = write!(text, "\n\n  {}={default}", v.name);
        let _ = write!(text, "\n      {} ({})", v.help, v.kind);
    }
    text
}
