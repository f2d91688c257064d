//! What is not MCP: the health check, and the document that tells clients where to get a token.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::Front;
use crate::{app::RequestId, workout::resource::Host};

pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource";
pub(super) const METADATA_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

#[derive(Serialize)]
struct Health<'a> {
    service: &'static str,
    version: &'static str,
    message: &'static str,
    request_id: &'a str,
}

/// Whether the process lives.
pub(super) async fn health(Extension(id): Extension<RequestId>) -> Response {
    Json(Health {
        service: "prog-strength-mcp",
        version: env!("CARGO_PKG_VERSION"),
        message: "service is healthy",
        request_id: id.as_str(),
    })
    .into_response()
}

/// RFC 9728 section 2.
#[derive(Serialize)]
struct Metadata<'a> {
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_servers: Option<[&'a str; 1]>,
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'static str,
}

pub(super) async fn metadata(
    State(front): State<Arc<Front>>,
    Extension(host): Extension<Host>,
) -> Response {
    Json(Metadata {
        resource: front.resource.url(&host),
        authorization_servers: front.issuer.as_deref().map(|issuer| [issuer]),
        bearer_methods_supported: ["header"],
        resource_name: "Prog Strength workouts",
    })
    .into_response()
}
