//! The endpoints of files: the redirect to a signed URL, and the local store's own signed URLs.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use tokio_util::io::ReaderStream;

use super::{
    app::App,
    base_url::BaseUrl,
    extract::{Owner, Segments, run_id},
    refused::{Refused, not_found},
    stalled, view,
};
use crate::{
    http::{
        problem::{self, Code, Problem},
        server::{Connection, DeadlineGuard},
    },
    runs::files::DownloadError,
};

/// Where a file of a run can be downloaded.
#[utoipa::path(
    get, path = "/runs/{id}/files/{*name}",
    params(
        ("id" = String, Path, description = "The `executionId`"),
        ("name" = String, Path, description = "The file's name: its relative path"),
    ),
    security(("bearer" = [])),
    responses((status = 302, description = "To a signed URL that expires",
        headers(("Location" = String, description = "The signed URL"))))
)]
pub(super) async fn redirect(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments((id, name)): Segments<(String, String)>,
    base: BaseUrl,
) -> Result<Response, Refused> {
    let file = app.store.file(&owner, run_id(&id)?, &name).await?;
    let file = file.ok_or_else(not_found)?;
    let url = view::signed_url(&app, &base.0, &file).await;
    let url = url.ok_or_else(not_found)??;
    let location = [(header::LOCATION, String::from(url))];
    Ok((StatusCode::FOUND, location).into_response())
}

/// A file of the local store, by its signed URL.
#[utoipa::path(
    get, path = "/files/{*path}",
    params(
        ("path" = String, Path, description = "As a signed URL has it"),
        ("expires" = String, Query, description = "As a signed URL has it"),
        ("signature" = String, Query, description = "As a signed URL has it"),
    ),
    responses(
        (status = 200, description = "The file, as an attachment", body = String, content_type = "application/octet-stream"),
        (status = 403, description = "`invalid_link`: the signature is not valid, or has expired", body = problem::Body,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    State(app): State<Arc<App>>,
    connection: Option<Extension<Connection>>,
    request: Request,
) -> Result<Response, Refused> {
    let uri = request.uri();
    let download = app.files.download(uri.path(), uri.query()).await;
    let download = download.map_err(|error| match error {
        DownloadError::NotFound => not_found(),
        DownloadError::Forbidden | DownloadError::Expired => {
            let detail = "The link is not valid, or has expired.";
            Problem::new(Code::InvalidLink, detail).into()
        }
        DownloadError::Unavailable(error) => {
            tracing::warn!(%error, "a file cannot be read");
            let detail = "The file cannot be read at the moment; try again shortly.";
            Problem::new(Code::Busy, detail).into()
        }
    })?;
    let headers = [
        (header::CONTENT_TYPE, download.content_type),
        (header::CONTENT_LENGTH, download.size.to_string()),
    ];
    let disposition = [(header::CONTENT_DISPOSITION, download.disposition)];
    let guard = DeadlineGuard::new(connection.map(|Extension(connection)| connection));
    let content = Body::from_stream(ReaderStream::new(download.content));
    Ok((headers, disposition, stalled::limit(content, guard)).into_response())
}
