//! Extractors: the caller, ids in paths, and JSON bodies.

use std::sync::Arc;

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequest, FromRequestParts, Path, Request},
};
use bytes::Bytes;
use http::{HeaderMap, request::Parts};
use serde::de::DeserializeOwned;

use super::{
    app::App,
    json,
    refused::{Refused, not_found},
};
use crate::{
    http::{body, body_parser, negotiate::is_plain_json, problem::Problem},
    process::memory::Share,
    runs::model::{DeliveryId, RunId, SkillId, UserId},
};

/// The user whose token the request has.
pub(super) struct Owner(pub(super) UserId);

impl<S: Sync> FromRequestParts<S> for Owner {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(user(parts)?))
    }
}

/// The user of the token, which was verified before.
fn user(parts: &Parts) -> Result<UserId, Problem> {
    let user = parts.extensions.get::<UserId>().cloned();
    user.ok_or_else(|| Problem::unauthorized(false))
}

/// The segments of the path that vary, as texts. What is no text: 404.
pub(super) struct Segments<T>(pub(super) T);

impl<S, T> FromRequestParts<S> for Segments<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send + 'static,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let segments = Path::<T>::from_request_parts(parts, state).await;
        segments
            .map(|Path(segments)| Self(segments))
            .map_err(|_| not_found())
    }
}

/// The run of this id in a path; an id that is none is as one of no run.
pub(super) fn run_id(text: &str) -> Result<RunId, Refused> {
    RunId::parse(text).ok_or_else(not_found)
}

pub(super) fn skill_id(text: &str) -> Result<SkillId, Refused> {
    SkillId::parse(text).ok_or_else(not_found)
}

pub(super) fn delivery_id(text: &str) -> Result<DeliveryId, Refused> {
    DeliveryId::parse(text).ok_or_else(not_found)
}

/// A JSON body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        Ok(Self(receive(request, app).await?))
    }
}

/// A JSON body; without one, the default.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<T> FromRequest<Arc<App>> for OptionalBody<T>
where
    T: Default + DeserializeOwned + Send + 'static,
{
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        Ok(Self(receive(request, app).await?))
    }
}

/// Reads and parses a body, within the limits of its sender.
async fn receive<T>(request: Request, app: &Arc<App>) -> Result<T, Problem>
where
    T: DeserializeOwned + Send + 'static,
{
    let (parts, body) = request.into_parts();
    let user = user(&parts)?;
    let mut body = Some(body);
    let received = read(app, &parts.headers, user, &mut body).await;
    if received.is_err() {
        body::discard_unread(&parts.headers, body, app.config.http.max_body_bytes);
    }
    let (bytes, share) = received?;
    body_parser::parse(&app.limits.large_bodies, bytes, &share, json::parse).await
}

async fn read(
    app: &App,
    headers: &HeaderMap,
    user: UserId,
    body: &mut Option<Body>,
) -> Result<(Bytes, Arc<Share<UserId>>), Problem> {
    let max = app.config.http.max_body_bytes;
    let share = app.limits.bodies.begin(user)?;
    let reserved = body::reserve(headers, max, &share)?;
    if !is_plain_json(headers) {
        return Err(Problem::unsupported_media_type());
    }
    let bytes = body::read(headers, body, max, None, (&share, reserved)).await?;
    Ok((bytes, Arc::new(share)))
}
