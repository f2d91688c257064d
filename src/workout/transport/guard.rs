//! The checks between the network and rmcp, each a layer: where a request was sent to, whose it is, and which session.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::{Body, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Instrument;

use super::{Front, MAX_BODY_BYTES, sessions::Full};
use crate::{
    http::body, http::problem::ApiError, http::request_id::RequestId, workout::identity::Identity,
    workout::resource::Host,
};

const SESSION_ID: &str = "mcp-session-id";
/// Largest `initialize`.
const MAX_OPENING_BYTES: usize = 64 << 10;
/// A body that is not there by then is not waited for.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// `Host` and `Origin` name us: against pages that make their own name mean this machine (DNS rebinding).
pub(super) async fn local(
    State(front): State<Arc<Front>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let Some(host) = front.resource.host(request.uri(), headers) else {
        let detail = "This Host is not served here; it must be in MCP_ALLOWED_HOSTS.";
        return refuse(request, &forbidden("host_not_allowed", detail));
    };
    if !front.resource.allows_origin(headers) {
        let detail = "Pages of this Origin may not call; its host must be in MCP_ALLOWED_HOSTS.";
        return refuse(request, &forbidden("origin_not_allowed", detail));
    }
    request.extensions_mut().insert(host);
    next.run(request).await
}

/// Authenticates the request, or answers 401. The token goes no further.
pub(super) async fn authenticate(
    State(front): State<Arc<Front>>,
    Extension(host): Extension<Host>,
    mut request: Request,
    next: Next,
) -> Response {
    match front.authenticator.authenticate(request.headers()).await {
        Ok(identity) => {
            request.headers_mut().remove(header::AUTHORIZATION);
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(refusal) => {
            let document = front.resource.metadata_url(&host);
            let error = if refusal.token_given {
                ", error=\"invalid_token\""
            } else {
                ""
            };
            let challenge = format!("Bearer resource_metadata=\"{document}\"{error}");
            let unauthorized = ApiError::unauthorized(refusal.token_given);
            refuse(request, &unauthorized.challenging(challenge))
        }
    }
}

/// Lets a session be used by nobody but who opened it, and sees to it that there are not too many.
pub(super) async fn session(
    State(front): State<Arc<Front>>,
    Extension(identity): Extension<Identity>,
    request: Request,
    next: Next,
) -> Response {
    let named = match session_id(request.headers()) {
        Ok(id) => id.map(str::to_owned),
        Err(error) => return refuse(request, &error),
    };
    if let Some(id) = &named
        && !front.sessions.owns(&identity, id)
    {
        return refuse(request, &no_session());
    }
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    if front.life.draining.is_cancelled() {
        return refuse(request, &ApiError::shutting_down());
    }
    let under_way = front.life.calls.token();
    let (request, bytes) = match whole(request).await {
        Ok(whole) => whole,
        Err(refused) => return refused,
    };
    if let Err(error) = serde_json::from_slice::<Value>(&bytes) {
        return refuse(request, &ApiError::invalid_json(not_json(&error)));
    }
    let response = if named.is_none() && may_open_session(&bytes) {
        // A session keeps what its client says of itself.
        if bytes.trim_ascii().len() > MAX_OPENING_BYTES {
            return refuse(request, &ApiError::payload_too_large(MAX_OPENING_BYTES));
        }
        open(&front, &identity, request, next).await
    } else {
        next.run(request).await
    };
    until_its_end(response, under_way)
}

/// A request whose answer may carry a new session's id. It runs to that answer even if the client hangs up: otherwise
/// there could be sessions of nobody.
async fn open(front: &Arc<Front>, identity: &Identity, request: Request, next: Next) -> Response {
    let opening = match front.sessions.open(identity).await {
        Ok(opening) => opening,
        Err(full) => return refuse(request, &too_many_sessions(full)),
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
        // `CatchPanicLayer` sees what it would have seen.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => ApiError::shutting_down().respond(&RequestId::of(&HeaderMap::new())),
        },
    }
}

/// The id of the one session that is named, if any. rmcp would take one that is not text for none.
fn session_id(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut given = headers.get_all(SESSION_ID).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(id), None) => id.to_str().map(Some).map_err(|_| no_session()),
        _ => Err(no_session()),
    }
}

/// The request with its body read, within a limit and a time.
async fn whole(request: Request) -> Result<(Request, Bytes), Response> {
    let (parts, body) = request.into_parts();
    let (mut body, deadline) = (Some(body), Instant::now() + BODY_TIMEOUT);
    match body::read(&parts.headers, &mut body, MAX_BODY_BYTES, deadline).await {
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

fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("The body is not JSON, or nested too deep: line {line}, column {column}.")
}

/// Only `initialize` opens one. What is not clearly something else (a method named twice, say) might be it to rmcp.
fn may_open_session(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        method: Cow<'a, str>,
    }
    serde_json::from_slice::<Message<'_>>(body).map_or(true, |it| it.method == "initialize")
}

/// Keeps the token for as long as the answer is being written.
fn until_its_end(response: Response, under_way: TaskTrackerToken) -> Response {
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &under_way;
            frame
        }))
    })
}

fn forbidden(code: &'static str, detail: &'static str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, code, detail)
}

/// The same for a session that never was, that is over, and that is somebody else's.
fn no_session() -> ApiError {
    let detail = "There is no such session; begin one with `initialize`.";
    ApiError::new(StatusCode::NOT_FOUND, "session_not_found", detail)
}

fn too_many_sessions(full: Full) -> ApiError {
    let (status, detail) = match full {
        Full::Everybody => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many sessions are open; try again shortly.",
        ),
        Full::User => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many sessions of this user are open; end some, with DELETE.",
        ),
    };
    ApiError::new(status, "too_many_sessions", detail).after(30)
}

fn refuse(request: Request, error: &ApiError) -> Response {
    let (parts, body) = request.into_parts();
    tracing::debug!(code = error.code, "request refused");
    if !body.is_end_stream() && !parts.headers.contains_key(header::EXPECT) {
        tokio::spawn(body::discard(body, MAX_BODY_BYTES));
    }
    let id = parts.extensions.get::<RequestId>().cloned();
    error.respond(&id.unwrap_or_else(|| RequestId::of(&parts.headers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_rmcp_might_take_for_initialize_counts_as_opening_a_session() {
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
