//! The endpoints `/health`, `/ready`, `/metrics` and `/openapi.json`.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::app::App;
use crate::{
    http::{
        health::{self, Health},
        openapi::{self, Document},
        request_id::RequestId,
    },
    process::metrics::{self, CONTENT_TYPE},
    runs::engine::Role,
};

/// Metrics must be there also while the database is not; the numbers of runs are then those of before.
const COUNTS_TIMEOUT: Duration = Duration::from_secs(1);
/// The last line of a document of metrics.
const END_OF_METRICS: &str = "# EOF\n";

/// Whether the process is alive.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "The process is alive", body = Health)))]
pub(super) async fn health(Extension(id): Extension<RequestId>) -> Response {
    health::respond("prog-strength-agent", &id)
}

/// Whether runs can be begun.
#[derive(Serialize, ToSchema)]
pub(super) struct Ready {
    /// `ready` or `unavailable`
    status: &'static str,
    /// `ok` or `unavailable`
    database: &'static str,
    /// `embedded` or `temporal`
    engine: &'static str,
    role: RoleName,
}

/// Whether this process works on the runs, or stands by for the one that does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RoleName {
    Active,
    Standby,
}

/// Whether runs can be begun: the database and, if it dispatches them, the Temporal server can be used, and the service is not
/// shutting down. A standby is ready.
#[utoipa::path(get, path = "/ready", responses(
    (status = 200, description = "Runs can be begun", body = Ready),
    (status = 503, description = "The database or Temporal cannot be used, or the service is shutting down", body = Ready),
))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let (pinged, reachable) = tokio::join!(app.store.ping(), app.engine.is_reachable());
    let database = pinged.is_ok();
    let (status, text) = if database && reachable && !app.lifecycle.is_draining() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    let body = Ready {
        status: text,
        database: if database { "ok" } else { "unavailable" },
        engine: app.engine.name(),
        role: match app.engine.role() {
            Role::Active => RoleName::Active,
            Role::Standby => RoleName::Standby,
        },
    };
    (status, Json(body)).into_response()
}

/// Metrics in the `OpenMetrics` text format, which Prometheus reads.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "OpenMetrics 1.0 text",
    body = String, content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    // Of the database, so that a standby tells them too.
    if let Ok(Ok(counts)) = timeout(COUNTS_TIMEOUT, app.store.counts()).await {
        app.worker.count(counts.queued, counts.running);
    }
    let mut text = app.agent_metrics.encode();
    // Two registries, one document.
    text.truncate(text.trim_end_matches(END_OF_METRICS).len());
    text.push_str(&metrics::text(&app.registry));
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1",
    body = Object, content_type = "application/json")))]
pub(super) async fn openapi(document: Extension<Document>) -> Response {
    openapi::respond(document)
}
