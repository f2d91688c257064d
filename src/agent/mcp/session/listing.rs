//! Lists the MCP server's tools, page by page.

use std::{collections::HashSet, sync::Arc};

use rmcp::{
    RoleClient,
    model::{
        ClientRequest, ErrorCode, Extensions, ListToolsRequest, ListToolsRequestMethod,
        PaginatedRequestParams,
    },
    service::{Peer, ServiceError},
};
use serde_json::Value;

use super::open_error::{OpenError, transport_fault};
use crate::agent::tools::{Catalogue, ListedTool};

const MAX_PAGES: usize = 100;

/// The server's tools, and the names of those that are malformed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Listing {
    tools: Vec<ListedTool>,
    broken: Vec<String>,
}

impl Listing {
    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        let catalogue = Catalogue::new(self.tools.clone(), self.broken.clone());
        if !catalogue.left_out().is_empty() {
            tracing::warn!(tools = ?catalogue.left_out(), "tools left out: Claude's API would refuse their schemas");
        }
        Arc::new(catalogue)
    }
}

/// Reads all pages as plain JSON: rmcp's types refuse the whole list for one malformed tool.
pub(super) async fn list(peer: &Peer<RoleClient>) -> Result<Listing, OpenError> {
    let (mut listing, mut cursors, mut cursor) = (Listing::default(), HashSet::new(), None);
    for _ in 0..MAX_PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor.clone());
        let request = ListToolsRequest {
            method: ListToolsRequestMethod,
            params: Some(params),
            extensions: Extensions::default(),
        };
        let page = match peer
            .send_request(ClientRequest::ListToolsRequest(request))
            .await
        {
            Ok(page) => serde_json::to_value(page).map_err(|_| OpenError::Listing)?,
            // A server without tools.
            Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                return Ok(listing);
            }
            Err(error) => return Err(OpenError::List(transport_fault(&error).to_owned())),
        };
        for tool in page["tools"].as_array().ok_or(OpenError::Listing)? {
            match listed(tool) {
                Some(tool) => listing.tools.push(tool),
                None => listing.broken.push(
                    tool["name"]
                        .as_str()
                        .unwrap_or("(without a name)")
                        .to_owned(),
                ),
            }
        }
        match page["nextCursor"].as_str() {
            Some(next) if cursors.insert(next.to_owned()) => cursor = Some(next.to_owned()),
            Some(_) => {
                tracing::warn!("the server's listing of tools repeats itself");
                return Ok(listing);
            }
            None => return Ok(listing),
        }
    }
    tracing::warn!(
        pages = MAX_PAGES,
        "the server's listing of tools is too long; the rest is left out"
    );
    Ok(listing)
}

fn listed(tool: &Value) -> Option<ListedTool> {
    let hint = |name: &str| tool["annotations"][name] == true;
    Some(ListedTool {
        name: tool["name"]
            .as_str()
            .filter(|name| !name.is_empty())?
            .to_owned(),
        description: tool["description"].as_str().map(str::to_owned),
        input_schema: tool["inputSchema"].as_object()?.clone(),
        read_only: hint("readOnlyHint"),
        idempotent: hint("idempotentHint"),
    })
}
