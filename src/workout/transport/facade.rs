//! `MCP_OAUTH_FACADE`: the OAuth issuer's metadata and endpoints at this server's origin, for clients that look for them here and
//! do not read `authorization_servers` (RFC 9728). `/authorize` redirects to the issuer; `/token` and `/register` are passed on.
//! Nothing of a request or an answer is kept.

mod forward;
mod issuer;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Path, RawQuery, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};

use self::issuer::Announced;
pub(super) use self::issuer::Facade;
use super::{HttpState, guard::no_public_url, refuse::refuse};
use crate::{
    http::{
        body::{self, hold_until_written},
        problem::{Code, Problem},
    },
    workout::protected_resource::Host,
};

/// Largest body of a request to `/token` or `/register`.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Where clients look for the metadata of an issuer at this origin (RFC 8414 section 3, `OpenID` Connect Discovery section 4).
const METADATA: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];
/// The same for an issuer whose URL is the resource's.
const METADATA_WITH_PATH: [&str; 2] = [
    "/.well-known/oauth-authorization-server/{*path}",
    "/.well-known/openid-configuration/{*path}",
];

/// The routes, or none without a facade.
pub(super) fn routes(state: &HttpState) -> Router<Arc<HttpState>> {
    if state.facade.is_none() {
        return Router::new();
    }
    let mut routes = Router::new()
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/register", post(register));
    for path in METADATA {
        routes = routes.route(path, get(metadata));
    }
    for path in METADATA_WITH_PATH {
        routes = routes.route(path, get(metadata_with_path));
    }
    routes
}

async fn metadata(
    State(state): State<Arc<HttpState>>,
    Extension(host): Extension<Host>,
    request: Request,
) -> Response {
    let origin = state.resource.origin(&host);
    let answer = metadata_of(&state, request.headers(), &origin, &origin).await;
    answer.unwrap_or_else(|problem| refuse(request, &problem))
}

async fn metadata_with_path(
    State(state): State<Arc<HttpState>>,
    Extension(host): Extension<Host>,
    Path(path): Path<String>,
    request: Request,
) -> Response {
    if !state.resource.has_path(&path) {
        return refuse(request, &Problem::not_found());
    }
    let origin = state.resource.origin(&host);
    let issuer = format!("{origin}/{}", path.trim_matches('/'));
    let answer = metadata_of(&state, request.headers(), &origin, &issuer).await;
    answer.unwrap_or_else(|problem| refuse(request, &problem))
}

/// The issuer's metadata, with the endpoints at `origin`. `issuer` is the URL that the client derived the request's path from.
async fn metadata_of(
    state: &HttpState,
    headers: &HeaderMap,
    origin: &str,
    issuer: &str,
) -> Result<Response, Problem> {
    if state.resource.lacks_public_url(headers) {
        return Err(no_public_url(state));
    }
    let facade = facade(state)?;
    let _slot = facade.begin()?;
    let announced = announced(facade).await?;
    Ok(Json(announced.at(origin, issuer)).into_response())
}

/// Sends the user's browser to the issuer, with the client's parameters.
async fn authorize(
    State(state): State<Arc<HttpState>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let target = async {
        let facade = facade(&state)?;
        let _slot = facade.begin()?;
        let announced = announced(facade).await?;
        let mut url = announced.authorization.clone().ok_or_else(not_offered)?;
        if let Some(given) = query.filter(|query| !query.is_empty()) {
            let own = url.query().map(|own| format!("{own}&"));
            url.set_query(Some(&(own.unwrap_or_default() + &given)));
        }
        Ok(String::from(url))
    };
    match target.await {
        Ok(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Err(problem) => refuse(request, &problem),
    }
}

async fn token(State(state): State<Arc<HttpState>>, request: Request) -> Response {
    pass_on(&state, request, |announced| announced.token.clone()).await
}

async fn register(State(state): State<Arc<HttpState>>, request: Request) -> Response {
    pass_on(&state, request, |announced| announced.registration.clone()).await
}

/// Passes a request on to an endpoint of the issuer, and the answer back.
async fn pass_on(
    state: &HttpState,
    request: Request,
    endpoint: impl Fn(&Announced) -> Option<url::Url>,
) -> Response {
    if state.lifecycle.is_draining() {
        return refuse(request, &Problem::shutting_down());
    }
    // A code can be redeemed once: its answer must not be lost when the server stops.
    let active = state.lifecycle.begin();
    let (parts, body) = request.into_parts();
    let mut body = Some(body);
    let answer = async {
        let facade = facade(state)?;
        let slot = facade.begin()?;
        let reserved = body::reserve(&parts.headers, MAX_BODY_BYTES, &slot)?;
        let taken = (&slot, reserved);
        let bytes = body::read(&parts.headers, &mut body, MAX_BODY_BYTES, None, taken).await?;
        let announced = announced(facade).await?;
        let url = endpoint(&announced).ok_or_else(not_offered)?;
        let answer = facade.forward(&url, &parts.headers, bytes).await;
        answer.map_err(|error| {
            tracing::warn!(error = %error, "OAUTH_ISSUER gives no usable answer to a request that was passed on");
            issuer_error()
        })
    };
    match answer.await {
        Ok(response) => hold_until_written(response, active),
        Err(problem) => {
            let request = Request::from_parts(parts, body.unwrap_or_default());
            refuse(request, &problem)
        }
    }
}

fn facade(state: &HttpState) -> Result<&Facade, Problem> {
    state.facade.as_ref().ok_or_else(Problem::not_found)
}

async fn announced(facade: &Facade) -> Result<Arc<Announced>, Problem> {
    facade.announced().await.ok_or_else(issuer_error)
}

fn issuer_error() -> Problem {
    let detail = "The OAuth server behind this one gives no usable answer; try again later.";
    Problem::new(Code::IssuerError, detail)
}

fn not_offered() -> Problem {
    let detail = "The OAuth server behind this one announces no such endpoint.";
    Problem::new(Code::NotFound, detail)
}
