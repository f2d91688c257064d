//! What is wrong with the settings, in one message.

use std::fmt;

/// All settings at fault, one line each, in one message; a single one on the message's only line.
#[derive(Debug, thiserror::Error)]
#[error("configuration:{}", Lines(.0))]
pub struct ConfigError(pub(super) Vec<Fault>);

impl ConfigError {
    /// One setting that turned out to be wrong only when it was used.
    pub fn of(variable: &'static str, what: impl Into<String>) -> Self {
        Self(vec![Fault {
            variable,
            what: what.into(),
        }])
    }
}

struct Lines<'a>(&'a [Fault]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [fault] = self.0 {
            return write!(f, " {} {}", fault.variable, fault.what);
        }
        self.0
            .iter()
            .try_for_each(|fault| write!(f, "\n  {} {}", fault.variable, fault.what))
    }
}

#[derive(Debug)]
pub(super) struct Fault {
    pub(super) variable: &'static str,
    pub(super) what: String,
}
