//! The endpoints `/health`, `/ready`, `/metrics` and `/openapi.json`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::app::App;
use crate::{
    http::{
        health::{self, Health},
        openapi::{self, Document},
        request_id::RequestId,
    },
    process::metrics::CONTENT_TYPE,
};

/// Whether the process is alive, whatever MCP and Claude do.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "The process is alive", body = Health)))]
pub(super) async fn health(Extension(id): Extension<RequestId>) -> Response {
    health::respond("prog-strength-agent", &id)
}

/// Whether chats can be answered.
#[derive(Serialize, ToSchema)]
pub(super) struct Ready {
    status: &'static str,
    mcp: McpState,
}

#[derive(Default, Serialize, ToSchema)]
struct McpState {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<McpServer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<usize>,
    /// Tools that Claude's API would refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    tools_left_out: Option<usize>,
}

#[derive(Serialize, ToSchema)]
struct McpServer {
    name: String,
    version: String,
}

/// Whether chats can be answered: there is an MCP session, and the service is not shutting down.
#[utoipa::path(get, path = "/ready", responses(
    (status = 200, description = "Chats can be answered", body = Ready),
    (status = 503, description = "There is no MCP session, or the service is shutting down", body = Ready),
))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let mcp = match app.mcp.server() {
        None => McpState {
            state: "connecting",
            ..McpState::default()
        },
        Some(server) => McpState {
            state: "connected",
            tools: Some(server.tools),
            tools_left_out: Some(server.left_out).filter(|count| *count > 0),
            server: Some(McpServer {
                name: server.name,
                version: server.version,
            }),
        },
    };
    let (status, text) = if mcp.server.is_some() && !app.lifecycle.is_draining() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    (status, Json(Ready { status: text, mcp })).into_response()
}

/// Metrics in the `OpenMetrics` text format, which Prometheus reads.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "OpenMetrics 1.0 text",
    body = String, content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.encode()).into_response()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1",
    body = Object, content_type = "application/json")))]
pub(super) async fn openapi(document: Extension<Document>) -> Response {
    openapi::respond(document)
}
