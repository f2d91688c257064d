//! The published state of a session: its tools and how to reach it, or why there is none.

use std::sync::Arc;

use rmcp::{RoleClient, service::Peer};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::open_error::OpenError;
use crate::agent::{
    mcp::{OpenFailure, ServerInfo, ToolList, bounded},
    tools::Catalogue,
};

/// The current session and its tools.
pub(in crate::agent::mcp) struct Session {
    pub(in crate::agent::mcp) peer: Peer<RoleClient>,
    pub(in crate::agent::mcp) tools: Offer,
    pub(in crate::agent::mcp) server: ServerInfo,
    /// Cancelled when the session is found to be lost.
    pub(in crate::agent::mcp) lost: CancellationToken,
    /// Requests a new listing, which shows whether the session still works.
    pub(in crate::agent::mcp) check: Arc<Notify>,
}

/// The tools of a session: converted for Claude, or as listed.
#[derive(Clone)]
pub(in crate::agent::mcp) enum Offer {
    Catalogue(Arc<Catalogue>),
    List(Arc<ToolList>),
}

impl Session {
    pub(in crate::agent::mcp) fn is_usable(&self) -> bool {
        !self.lost.is_cancelled()
    }
}

/// The current session, if any, and else why the last attempt to open one failed.
#[derive(Clone, Default)]
pub(in crate::agent::mcp) struct State {
    pub(in crate::agent::mcp) session: Option<Arc<Session>>,
    pub(in crate::agent::mcp) failure: Option<OpenFailure>,
    /// Waiting is of no use.
    pub(in crate::agent::mcp) is_final: bool,
}

impl State {
    pub(super) fn up(session: Arc<Session>) -> Self {
        Self {
            session: Some(session),
            ..Self::default()
        }
    }

    pub(super) fn failed(error: &OpenError, is_child: bool) -> Self {
        let may_come_up = matches!(error, OpenError::Unreachable(_) | OpenError::TimedOut);
        Self {
            failure: Some(OpenFailure::new(error)),
            is_final: is_child || !may_come_up,
            session: None,
        }
    }

    pub(in crate::agent::mcp) fn is_decided(&self) -> bool {
        self.usable().is_some() || self.is_final
    }

    pub(in crate::agent::mcp) fn usable(&self) -> Option<&Arc<Session>> {
        self.session.as_ref().filter(|session| session.is_usable())
    }
}

pub(super) fn server_info(peer: &Peer<RoleClient>, tools: &Offer) -> ServerInfo {
    let info = peer.peer_info();
    let server = info.as_ref().and_then(|info| info.server_info.as_ref());
    let server = server.map(|server| (bounded(&server.name), bounded(&server.version)));
    let (name, version) = server.unwrap_or_default();
    let (tools, left_out) = match tools {
        Offer::Catalogue(catalogue) => (catalogue.specs().len(), catalogue.left_out().len()),
        Offer::List(list) => (list.tools.len(), list.left_out.len()),
    };
    ServerInfo {
        name,
        version,
        tools,
        left_out,
    }
}
