//! The endpoints of callbacks.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    app::App,
    extract::{Owner, Segments, delivery_id, run_id},
    refused::{Refused, not_found},
};
use crate::runs::model::Delivery;

/// The callbacks of a run.
#[derive(Serialize, ToSchema)]
pub(super) struct Deliveries {
    deliveries: Vec<Delivery>,
}

/// The callbacks of a run, and what has become of them.
#[utoipa::path(
    get, path = "/runs/{id}/deliveries",
    params(("id" = String, Path, description = "The `executionId`")),
    security(("bearer" = [])),
    responses((status = 200, description = "The callbacks", body = Deliveries))
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
) -> Result<Response, Refused> {
    let deliveries = app.store.deliveries(&owner, run_id(&id)?).await?;
    let deliveries = deliveries.ok_or_else(not_found)?;
    Ok(Json(Deliveries { deliveries }).into_response())
}

/// Send a callback again, with the same `webhook-id`.
#[utoipa::path(
    post, path = "/runs/{id}/deliveries/{delivery}/redeliver",
    params(
        ("id" = String, Path, description = "The `executionId`"),
        ("delivery" = String, Path, description = "The callback's `id`"),
    ),
    security(("bearer" = [])),
    responses((status = 202, description = "The callback, which is due now", body = Delivery))
)]
pub(super) async fn redeliver(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments((run, delivery)): Segments<(String, String)>,
) -> Result<Response, Refused> {
    let (run, delivery) = (run_id(&run)?, delivery_id(&delivery)?);
    let due = app
        .store
        .redeliver(&owner, run, delivery, Timestamp::now())
        .await?;
    let due = due.ok_or_else(not_found)?;
    Ok((StatusCode::ACCEPTED, Json(due)).into_response())
}
