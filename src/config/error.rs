//! Configuration errors: every fault in one message.

use std::fmt;

/// All invalid settings, one per line; a single one on the same line as the heading.
#[derive(Debug, thiserror::Error)]
#[error("configuration:{}", Lines(.0))]
pub struct ConfigError(pub(super) Vec<Fault>);

#[derive(Debug)]
pub(super) struct Fault {
    pub(super) variable: &'static str,
    pub(super) what: String,
}

impl ConfigError {
    /// A setting whose fault shows only when it is used.
    pub fn new(variable: &'static str, what: impl Into<String>) -> Self {
        let what = what.into();
        Self(vec![Fault { variable, what }])
    }
}

impl FromIterator<Self> for ConfigError {
    fn from_iter<I: IntoIterator<Item = Self>>(errors: I) -> Self {
        Self(errors.into_iter().flat_map(|error| error.0).collect())
    }
}

struct Lines<'a>(&'a [Fault]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.0.len() == 1 { " " } else { "\n  " };
        self.0
            .iter()
            .try_for_each(|fault| write!(f, "{separator}{} {}", fault.variable, fault.what))
    }
}
