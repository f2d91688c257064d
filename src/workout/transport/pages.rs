//! Endpoints beside MCP: the health check, the metrics, and the OAuth protected resource metadata (RFC 9728).

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde::Serialize;

use super::{HttpState, guard::no_public_url};
use crate::{
    http::health, http::problem::Problem, http::request_id::RequestId,
    process::metrics::CONTENT_TYPE, workout::protected_resource::Host,
};

pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource";
pub(super) const METADATA_WITH_PATH: &str = "/.well-known/oauth-protected-resource/{*path}";

/// Liveness: answers while the process runs.
pub(super) async fn health(Extension(id): Extension<RequestId>) -> Response {
    health::respond("prog-strength-mcp", &id)
}

/// Metrics in the `OpenMetrics` text format, which Prometheus reads.
pub(super) async fn metrics(State(state): State<Arc<HttpState>>) -> Response {
    let (agent, users) = state.sessions.count().await;
    let text = state.metrics.text(agent, users);
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
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

/// The metadata at the path that RFC 9728 section 3.1 derives from the resource's URL, local or behind a proxy.
pub(super) async fn metadata_with_path(
    State(state): State<Arc<HttpState>>,
    Extension(host): Extension<Host>,
    Extension(id): Extension<RequestId>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    if state.resource.has_path(&path) {
        metadata(State(state), Extension(host), Extension(id), headers).await
    } else {
        Problem::not_found().respond(&id)
    }
}

/// The metadata at the path without a suffix.
pub(super) async fn metadata(
    State(state): State<Arc<HttpState>>,
    Extension(host): Extension<Host>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    if state.resource.lacks_public_url(&headers) {
        return no_public_url(&state).respond(&id);
    }
    Json(Metadata {
        resource: state.resource.url(&host),
        authorization_servers: state.issuer.as_deref().map(|issuer| [issuer]),
        bearer_methods_supported: ["header"],
        resource_name: "Prog Strength workouts",
    })
    .into_response()
}
