//! The response to `GET /health`: 200 while the process is alive.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id::RequestId;

/// The process is alive.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health<'a> {
    service: &'static str,
    version: &'static str,
    message: &'static str,
    request_id: &'a str,
}

/// The response of the service with this name.
pub(crate) fn respond(service: &'static str, id: &RequestId) -> Response {
    Json(Health {
        service,
        version: env!("CARGO_PKG_VERSION"),
        message: "service is healthy",
        request_id: id.as_str(),
    })
    .into_response()
}
