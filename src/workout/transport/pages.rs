//! What is not MCP: the health check, and the document that tells clients where to get a token.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::Front;
use crate::{http::problem::ApiError, http::request_id::RequestId, workout::resource::Host};

pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource";
pub(super) const METADATA_OF: &str = "/.well-known/oauth-protected-resource/{*path}";

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

/// The document at the path that RFC 9728 section 3.1 makes of our own, whether that is ours here or before a proxy.
pub(super) async fn metadata_of(
    State(front): State<Arc<Front>>,
    Extension(host): Extension<Host>,
    Extension(id): Extension<RequestId>,
    Path(path): Path<String>,
) -> Response {
    if front.resource.is_at(&path) {
        metadata(State(front), Extension(host)).await
    } else {
        ApiError::not_found().respond(&id)
    }
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
