//! The choice of connections: which of the operator's connections a request may use.
//!
//! The default is a layer that lets every request use all of them. A program that embeds the service replaces it by a layer of
//! its own, for instance one that chooses by tenant ([`router_with`](super::router::router_with)).

use std::{collections::BTreeSet, sync::Arc};

use crate::config::{RunsConfig, connections::OWN_CONNECTION};

/// The names of the operator's connections that a request may use, and uses if it names none. In the extensions of every
/// request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connections(Arc<BTreeSet<String>>);

impl Connections {
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(names.into_iter().collect()))
    }

    /// All of `MCP_CONNECTIONS`, and the agent's own MCP server.
    pub fn all(config: &RunsConfig) -> Self {
        let operators = config.connections.keys().map(ToString::to_string);
        Self::new(operators.chain([OWN_CONNECTION.to_owned()]))
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// True if these are all the names, in any order.
    pub(super) fn are(&self, names: &[String]) -> bool {
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        self.names().eq(names)
    }

    /// In alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
