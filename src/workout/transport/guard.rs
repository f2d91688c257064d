//! Middleware before rmcp: checks of the host and origin, authentication, and the session's owner and limits.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::{Body, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Instrument;

use super::{HttpState, MAX_BODY_BYTES, sessions::LimitReached};
use crate::{
    http::{
        body,
        problem::{Code, Problem},
        request_id::RequestId,
    },
    process::memory::Share,
    workout::{identity::Identity, protected_resource::Host},
};

const SESSION_ID: &str = "mcp-session-id";
/// Largest `initialize` message.
const MAX_INITIALIZE_BYTES: usize = 64 << 10;
/// Deadline for reading a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

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
            let document = state.resource.metadata_url(&host);
            let invalid = refusal.token_given.then_some(", error=\"invalid_token\"");
            let error = invalid.unwrap_or_default();
            let challenge = format!("Bearer resource_metadata=\"{document}\"{error}");
            let unauthorized = Problem::unauthorized(refusal.token_given);
            refuse(request, &unauthorized.with_challenge(challenge))
        }
    }
}

/// Refuses sessions of other identities, and new sessions beyond the limits.
pub(super) async fn check_session(
    State(state): State<Arc<HttpState>>,
    Extension(identity): Extension<Identity>,
    request: Request,
    next: Next,
) -> Response {
    let named = match session_id(request.headers()) {
        Ok(id) => id.map(str::to_owned),
        Err(error) => return refuse(request, &error),
    };
    if let Some(id) = &named
        && !state.sessions.owns(&identity, id)
    {
        return refuse(request, &no_session());
    }
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    if state.lifecycle.is_draining() {
        return refuse(request, &Problem::shutting_down());
    }
    let active = state.lifecycle.begin();
    let share = match state.budget.begin(identity.clone()) {
        Ok(share) => share,
        Err(exceeded) => return refuse(request, &exceeded.into()),
    };
    let (request, bytes) = match read_body(request, &share).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    if let Err(error) = serde_json::from_slice::<Value>(&bytes) {
        let (line, column) = (error.line(), error.column());
        let detail =
            format!("The body is not JSON, or nested too deep: line {line}, column {column}.");
        return refuse(request, &Problem::invalid_json(detail));
    }
    let response = if named.is_none() && may_open_session(&bytes) {
        // The session stores the client information in this message.
        if bytes.trim_ascii().len() > MAX_INITIALIZE_BYTES {
            return refuse(request, &Problem::payload_too_large(MAX_INITIALIZE_BYTES));
        }
        open(&state, &identity, request, next).await
    } else {
        next.run(request).await
    };
    hold_until_end(response, (active, share))
}

/// Forwards a request that may open a session. It completes even if the client disconnects: otherwise sessions without an
/// owner could remain.
async fn open(
    state: &Arc<HttpState>,
    identity: &Identity,
    request: Request,
    next: Next,
) -> Response {
    let opening = match state.sessions.open(identity).await {
        Ok(opening) => opening,
        Err(limit) => return refuse(request, &too_many_sessions(limit)),
    };
    let answering = async move {
        let response = next.run(request).await;
        if let Ok(Some(id)) = session_id(response.headers()) {
            opening.bind(id);
        }
        response
    };
    match tokio::spawn(answering.in_current_span()).await {
        Ok(response) => response,
        // `CatchPanicLayer` answers it.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Problem::shutting_down().respond(&RequestId::from_headers(&HeaderMap::new())),
        },
    }
}

/// The session id of the headers, if any. An id that is not text is refused: rmcp would ignore it.
fn session_id(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(SESSION_ID).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(id), None) => id.to_str().map(Some).map_err(|_| no_session()),
        _ => Err(no_session()),
    }
}

/// Reads the body, with a size limit and a deadline.
async fn read_body(
    request: Request,
    share: &Share<Identity>,
) -> Result<(Request, Bytes), Response> {
    let (parts, body) = request.into_parts();
    let reserved = match body::reserve(&parts.headers, MAX_BODY_BYTES, share) {
        Ok(reserved) => reserved,
        Err(error) => return Err(refuse(Request::from_parts(parts, body), &error)),
    };
    let (mut body, deadline) = (Some(body), Instant::now() + BODY_TIMEOUT);
    match body::read(
        &parts.headers,
        &mut body,
        MAX_BODY_BYTES,
        deadline,
        (share, reserved),
    )
    .await
    {
        Ok(bytes) => {
            let request = Request::from_parts(parts, Body::from(bytes.clone()));
            Ok((request, bytes))
        }
        Err(error) => {
            let request = Request::from_parts(parts, body.unwrap_or_default());
            Err(refuse(request, &error))
        }
    }
}

/// False only if the message is certainly not `initialize`: with a repeated `method`, rmcp may read either one.
fn may_open_session(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        method: Cow<'a, str>,
    }
    serde_json::from_slice::<Message<'_>>(body).map_or(true, |it| it.method == "initialize")
}

/// Keeps the request active until its response is written.
fn hold_until_end(response: Response, active: (TaskTrackerToken, Share<Identity>)) -> Response {
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &active;
            frame
        }))
    })
}

/// The same for a session that never existed, has ended, or belongs to another user.
fn no_session() -> Problem {
    let detail = "There is no such session; begin one with `initialize`.";
    Problem::new(Code::SessionNotFound, detail)
}

fn too_many_sessions(limit: LimitReached) -> Problem {
    match limit {
        LimitReached::Server => {
            let detail = "Too many sessions are open; try again shortly.";
            Problem::new(Code::SessionLimit, detail)
        }
        LimitReached::User => {
            let detail = "Too many sessions of this user are open; end some, with DELETE.";
            Problem::new(Code::UserSessionLimit, detail)
        }
    }
}

fn refuse(request: Request, error: &Problem) -> Response {
    let (parts, body) = request.into_parts();
    tracing::debug!(code = error.code.as_str(), "request refused");
    if !body.is_end_stream() && !parts.headers.contains_key(header::EXPECT) {
        tokio::spawn(body::discard(body, MAX_BODY_BYTES));
    }
    let id = parts.extensions.get::<RequestId>().cloned();
    error.respond(&id.unwrap_or_else(|| RequestId::from_headers(&parts.headers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_rmcp_might_read_as_initialize_may_open_a_session() {
        for opening in [
            r#"{"method": "initialize"}"#,
            r#"{"method": "\u0069nitialize"}"#,
            r#"{"method": "initialize", "method": "ping"}"#,
            r#"{"method": "ping", "method": "initialize"}"#,
            r#"[{"method": "initialize"}]"#,
            "{",
            "",
        ] {
            assert!(may_open_session(opening.as_bytes()), "{opening}");
        }
        assert!(!may_open_session(br#"{"id": 1, "method": "tools/list"}"#));
    }
}
