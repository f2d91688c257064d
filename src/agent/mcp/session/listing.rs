//! Lists the MCP server's tools, page by page, within limits: a listing is sent to Claude with every request.

mod page;

use std::{collections::HashSet, sync::Arc, time::Duration};

use rmcp::{
    RoleClient,
    model::{
        ClientRequest, ErrorCode, Extensions, ListToolsRequest, ListToolsRequestMethod,
        PaginatedRequestParams, ServerResult,
    },
    service::{Peer, ServiceError},
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use super::open_error::OpenError;
use crate::agent::{
    mcp::{
        ToolList,
        answer::{Answer, AnswerSlot, Limits},
        bounded,
        transport::fault::LastFault,
    },
    tools::{Catalogue, LeftOut, ListedTool},
};

const MAX_PAGES: usize = 100;
/// For all pages, if the first one has arrived: less than the time for a listing, so that a later page that hangs is one that
/// fails.
const PAGES_TIMEOUT: Duration = Duration::from_secs(5);
/// Of all pages together.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// More are named in no warning.
const MAX_NAMED: usize = 100;

/// The server's tools, and those that are malformed or too large.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Listing {
    tools: Vec<ListedTool>,
    left_out: Vec<LeftOut>,
    /// JSON values in the tools.
    values: usize,
    bytes: usize,
    is_cut: bool,
    /// A page has failed.
    is_partial: bool,
}

impl Listing {
    /// True if it lacks what `other` has because a page has failed.
    pub(super) fn falls_short_of(&self, other: &Self) -> bool {
        self.is_partial && (!other.is_partial || self.tools.len() < other.tools.len())
    }

    pub(super) fn tools(&self) -> ToolList {
        ToolList {
            tools: self.tools.clone(),
            left_out: self.left_out.clone(),
        }
    }

    /// Not on a thread of the runtime: a listing may be long. `None` if that fails.
    pub(super) async fn catalogue(&self) -> Option<Arc<Catalogue>> {
        let (tools, left_out) = (self.tools.clone(), self.left_out.clone());
        let built = spawn_blocking(move || Catalogue::new(tools, left_out)).await;
        let catalogue = built.ok()?;
        let named = catalogue.left_out().iter().take(MAX_NAMED);
        let named: Vec<String> = named.map(|it| bounded(&it.to_string())).collect();
        if !named.is_empty() {
            tracing::warn!(tools = ?named, "tools left out: Claude's API would refuse their schemas");
        }
        Some(Arc::new(catalogue))
    }
}

/// Reads all pages as plain JSON: rmcp's types refuse the whole list for one malformed tool. A page that fails after the
/// first leaves those before it in force.
pub(super) async fn list(peer: &Peer<RoleClient>, fault: &LastFault) -> Result<Listing, OpenError> {
    let (mut listing, mut cursors, mut cursor) = (Listing::default(), HashSet::new(), None);
    let until = Instant::now() + PAGES_TIMEOUT;
    for page in 0..MAX_PAGES {
        let slot = AnswerSlot::new(Limits::text(MAX_BYTES.saturating_sub(listing.bytes)));
        let request = request_page(peer, cursor.take(), &slot);
        let requested = match page {
            0 => Ok(request.await),
            _ => timeout_at(until, request).await,
        };
        let read = match requested {
            Ok(Ok(parsed)) => match slot.into_answer(&parsed) {
                Some(answer) => read_page(&mut listing, answer).await,
                None => Err(OpenError::from_page("an answer without a result", None)),
            },
            // A server without tools.
            Ok(Err(ServiceError::McpError(error))) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                return Ok(listing);
            }
            Ok(Err(error)) => Err(OpenError::from_list(&error, fault.take())),
            Err(_) => Err(OpenError::TimedOut),
        };
        let next = match read {
            Ok(next) => next,
            Err(error) if page == 0 => return Err(error),
            Err(error) => {
                tracing::warn!(%error, page, "a page of the listing of tools failed");
                listing.is_partial = true;
                return Ok(listing);
            }
        };
        match next {
            None => return Ok(listing),
            Some(_) if listing.is_cut => break,
            Some(next) if cursors.insert(next.clone()) => cursor = Some(next),
            Some(_) => {
                tracing::warn!("the cursor of the server's listing of tools does not advance");
                return Ok(listing);
            }
        }
    }
    tracing::warn!("the server's listing of tools is too long; the rest is left out");
    Ok(listing)
}

async fn request_page(
    peer: &Peer<RoleClient>,
    cursor: Option<String>,
    slot: &AnswerSlot,
) -> Result<ServerResult, ServiceError> {
    let mut extensions = Extensions::default();
    extensions.insert(slot.clone());
    let request = ListToolsRequest {
        method: ListToolsRequestMethod,
        params: Some(PaginatedRequestParams::default().with_cursor(cursor)),
        extensions,
    };
    peer.send_request(ClientRequest::ListToolsRequest(request))
        .await
}

/// Not on a thread of the runtime: a page may be long. Returns the cursor of the next page.
async fn read_page(listing: &mut Listing, answer: Answer) -> Result<Option<String>, OpenError> {
    let mut taken = std::mem::take(listing);
    let read = spawn_blocking(move || {
        let next = page::read(&mut taken, &answer);
        (taken, next)
    });
    let lost = |_| OpenError::from_page("reading a page panicked", None);
    let (taken, next) = read.await.map_err(lost)?;
    *listing = taken;
    next
}

/// Reads a page, for the fuzz target.
#[cfg(any(test, fuzzing))]
pub(in crate::agent::mcp) fn read_listing(answer: &Answer) {
    let mut listing = Listing::default();
    if page::read(&mut listing, answer).is_ok() {
        Catalogue::new(listing.tools, listing.left_out);
    }
}
