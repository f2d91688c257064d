//! Middleware before rmcp: checks of the host and origin, authentication, the limits of requests, and the session's owner.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Method, header};

use super::{
    HttpState,
    answer::answer,
    refuse::refuse,
    sessions::{no_session, session_id},
};
use crate::{
    http::{
        body::hold_until_written,
        problem::{Code, Problem},
    },
    workout::{auth::Refusal, identity::Identity, protected_resource::Host},
};

/// Refuses requests whose `Host` or `Origin` is not allowed: protection against DNS rebinding.
pub(super) async fn check_host(
    State(state): State<Arc<HttpState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let Some(host) = state.resource.host(request.uri(), headers) else {
        let detail = "This Host is not served here; it must be in MCP_ALLOWED_HOSTS.";
        return refuse(request, &Problem::new(Code::HostNotAllowed, detail));
    };
    if !state.resource.allows_origin(headers) {
        let detail = "Pages of this Origin may not call; its host must be in MCP_ALLOWED_HOSTS.";
        return refuse(request, &Problem::new(Code::OriginNotAllowed, detail));
    }
    request.extensions_mut().insert(host);
    next.run(request).await
}

/// The answer in place of an `http:` URL of this server, when its client has reached it by https. The log says so once.
pub(super) fn no_public_url(state: &HttpState) -> Problem {
    let detail = "This server does not know the https URL at which it is reached: its MCP_PUBLIC_URL must be set.";
    state.no_public_url.call_once(|| {
        tracing::warn!(
            "a client has come by https: with OAUTH_ISSUER, MCP_PUBLIC_URL must be set; until then, OAuth clients are refused"
        );
    });
    Problem::new(Code::NoPublicUrl, detail)
}

/// Authenticates the request, or answers 401. Removes the token from the request.
pub(super) async fn authenticate(
    State(state): State<Arc<HttpState>>,
    Extension(host): Extension<Host>,
    mut request: Request,
    next: Next,
) -> Response {
    match state.authenticator.authenticate(request.headers()).await {
        Ok(identity) => {
            request.headers_mut().remove(header::AUTHORIZATION);
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(refusal) => {
            let challenge = challenge(&state, request.headers(), &host, refusal);
            let unauthorized = Problem::unauthorized(refusal.token_given);
            refuse(request, &unauthorized.with_challenge(challenge))
        }
    }
}

/// The value of `WWW-Authenticate` (RFC 9728 section 5.1).
fn challenge(state: &HttpState, headers: &HeaderMap, host: &Host, refusal: Refusal) -> String {
    let document = if state.resource.lacks_public_url(headers) {
        no_public_url(state);
        None
    } else {
        let url = state.resource.metadata_url(host);
        Some(format!("resource_metadata=\"{url}\""))
    };
    let error = refusal
        .token_given
        .then(|| "error=\"invalid_token\"".to_owned());
    let parameters: Vec<_> = document.into_iter().chain(error).collect();
    format!("Bearer {}", parameters.join(", "))
        .trim_end()
        .to_owned()
}

/// Refuses sessions of other identities, and requests and streams beyond the limits.
pub(super) async fn check_session(
    State(state): State<Arc<HttpState>>,
    Extension(identity): Extension<Identity>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(exceeded) = state.limits.count(&identity) {
        return refuse(request, &exceeded);
    }
    let named = match session_id(request.headers()) {
        Ok(id) => id.map(str::to_owned),
        Err(error) => return refuse(request, &error),
    };
    if let Some(id) = &named
        && !state.sessions.owns(&identity, id)
    {
        return refuse(request, &no_session());
    }
    match *request.method() {
        Method::POST => answer(&state, &identity, named.as_deref(), request, next).await,
        Method::GET => match state.limits.stream(&identity) {
            Ok(stream) => hold_until_written(next.run(request).await, stream),
            Err(exceeded) => refuse(request, &exceeded.into()),
        },
        _ => next.run(request).await,
    }
}
