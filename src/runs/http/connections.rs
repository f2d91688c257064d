//! The endpoints of stored connections. Secrets go in and never come out.

mod secrets;
mod shapes;

use std::{str::FromStr, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::de::IgnoredAny;

use super::{
    app::App,
    base_url::BaseUrl,
    checks::{Headers, check_url, usable_headers},
    extract::{JsonBody, Owner, Segments},
    json::invalid,
    refused::{Refused, no_encryption, not_found},
};
use crate::{
    config::connections::ConnectionName,
    http::problem::{self, Code, Problem},
    runs::{
        model::{NewConnection, StoredConnection, UserId},
        store::Saved,
    },
};
use shapes::{Checked, ConnectionView, Connections, NewRequest, ReplaceRequest};

/// Stored connections of a user.
const MAX_STORED: usize = 100;

/// The caller's connections.
#[utoipa::path(
    get, path = "/connections",
    security(("bearer" = [])),
    responses((status = 200, description = "All connections, by name", body = Connections))
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
) -> Result<Response, Refused> {
    let stored = app.store.connections(&owner).await?;
    let view = |connection| ConnectionView::new(&app, &owner, connection);
    let connections = stored.into_iter().map(view).collect();
    Ok(Json(Connections { connections }).into_response())
}

/// Store a connection.
#[utoipa::path(
    post, path = "/connections",
    request_body = NewRequest,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The connection", body = ConnectionView,
            headers(("Location" = String, description = "Where to read it"))),
        (status = 409, description = "`already_exists`", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    base: BaseUrl,
    JsonBody(body): JsonBody<NewRequest>,
) -> Result<Response, Refused> {
    check_name(&app, &body.name)?;
    if app.store.connection_names(&owner).await?.len() >= MAX_STORED {
        let why = format!("there are {MAX_STORED} connections already");
        return Err(invalid("name", why).into());
    }
    let location = base.join(&format!("/connections/{}", body.name));
    let headers = body.headers.unwrap_or_default();
    let new = sealed(&app, &owner, body.name, (body.url, body.command), &headers)?;
    let saved = app
        .store
        .save_connection(&owner, &new, None, Timestamp::now());
    match saved.await? {
        Saved::Done(connection) => Ok((
            StatusCode::CREATED,
            [(header::LOCATION, location)],
            Json(ConnectionView::new(&app, &owner, connection)),
        )
            .into_response()),
        Saved::Changed | Saved::Gone => {
            let detail = "There is a connection of this name; replace it by PUT.";
            Err(Problem::new(Code::AlreadyExists, detail).into())
        }
    }
}

/// A connection.
#[utoipa::path(
    get, path = "/connections/{name}",
    params(("name" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, description = "The connection", body = ConnectionView))
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(name): Segments<String>,
) -> Result<Response, Refused> {
    let connection = find(&app, &owner, &name).await?;
    Ok(Json(ConnectionView::new(&app, &owner, connection)).into_response())
}

/// Replace a connection.
#[utoipa::path(
    put, path = "/connections/{name}",
    params(("name" = String, Path)),
    request_body = ReplaceRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The connection", body = ConnectionView),
        (status = 409, description = "`conflict`: others change it at the same time", body = problem::Body,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn replace(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(name): Segments<String>,
    JsonBody(body): JsonBody<ReplaceRequest>,
) -> Result<Response, Refused> {
    let stored = find(&app, &owner, &name).await?;
    let headers = match body.headers {
        None => secrets::opened(&app, &owner, &stored)?,
        Some(headers) => secrets::filled(&app, &owner, &stored, headers)?,
    };
    let new = sealed(&app, &owner, name, (body.url, body.command), &headers)?;
    let version = Some(stored.version);
    let saved = app
        .store
        .save_connection(&owner, &new, version, Timestamp::now());
    match saved.await? {
        Saved::Done(connection) => {
            Ok(Json(ConnectionView::new(&app, &owner, connection)).into_response())
        }
        Saved::Gone => Err(not_found()),
        Saved::Changed => {
            let detail = "The connection is being changed by another request; try again.";
            Err(Problem::new(Code::Conflict, detail).into())
        }
    }
}

/// Delete a connection.
#[utoipa::path(
    delete, path = "/connections/{name}",
    params(("name" = String, Path)),
    security(("bearer" = [])),
    responses((status = 204, description = "There is no such connection any more"))
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(name): Segments<String>,
) -> Result<Response, Refused> {
    if app.store.delete_connection(&owner, &name).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(not_found())
}

/// Open a session with a connection's server, and list its tools.
#[utoipa::path(
    post, path = "/connections/{name}/check",
    params(("name" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, description = "Whether it can be used", body = Checked))
)]
pub(super) async fn check(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(name): Segments<String>,
) -> Result<Response, Refused> {
    let connection = find(&app, &owner, &name).await?;
    let _waiting = app.limits.waiting.begin(owner.clone())?;
    let checked = app.worker.check(&connection, &owner).await;
    Ok(Json(Checked::from(checked)).into_response())
}

async fn find(app: &App, owner: &UserId, name: &str) -> Result<StoredConnection, Refused> {
    let found = app.store.connection(owner, name).await?;
    found.ok_or_else(not_found)
}

/// A name that the caller's connection may have.
fn check_name(app: &App, name: &str) -> Result<(), Problem> {
    ConnectionName::from_str(name).map_err(|error| invalid("name", error.to_string()))?;
    if app.rules().has_operators_connection(name) {
        let why = "is the name of a connection of the operator's";
        return Err(invalid("name", why));
    }
    Ok(())
}

/// The connection with its secrets sealed, if all of it is valid.
fn sealed(
    app: &App,
    owner: &UserId,
    name: String,
    (url, command): (String, Option<IgnoredAny>),
    headers: &Headers,
) -> Result<NewConnection, Problem> {
    if command.is_some() {
        let why = "cannot be used: commands come from the operator alone";
        return Err(invalid("command", why));
    }
    check_url(&app.guard, "url", &url)?;
    secrets::refuse_masks(headers)?;
    let headers = usable_headers("headers", headers)?;
    if app.keys.is_none() {
        return Err(no_encryption());
    }
    let headers = app.seal_headers(("connection", &name, "headers."), owner, &headers)?;
    Ok(NewConnection { name, url, headers })
}
