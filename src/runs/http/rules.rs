//! The settings that decide which requests are valid.

use crate::{
    config::{RunsConfig, connections::OWN_CONNECTION},
    upstream::guard::Guard,
};

/// What decides which requests are valid, besides the database.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) config: &'a RunsConfig,
    pub(super) guard: &'a Guard,
    /// Secrets can be stored.
    pub(super) encrypts: bool,
}

impl Rules<'_> {
    /// True for the names that no user's connection may have.
    pub(super) fn has_operators_connection(self, name: &str) -> bool {
        let mut operators = self.config.connections.keys();
        name == OWN_CONNECTION || operators.any(|known| known.as_str() == name)
    }
}
