//! Answers messages: limits, checks of the body, the ids of requests, and new sessions; then rmcp.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use rmcp::model::{ErrorData, RequestId as MessageId, ServerJsonRpcMessage};
use tracing::Instrument;

use super::{
    HttpState, MAX_BODY_BYTES,
    message::Message,
    refuse::refuse,
    request_ids::ReservedId,
    sessions::{LimitReached, session_id},
};
use crate::{
    http::{
        body::{self, hold_until_written},
        problem::{Code, Problem},
        request_id::RequestId,
    },
    process::{json::mend_bytes, memory::Share},
    workout::identity::Identity,
};

/// What a message takes until its response is written and its handler has ended: rmcp keeps the extensions of the request for
/// that long, also when the client disconnects.
struct Held {
    _share: Share<Identity>,
    _id: Option<ReservedId>,
}

/// Checks a message and passes it on.
pub(super) async fn answer(
    state: &Arc<HttpState>,
    identity: &Identity,
    session: Option<&str>,
    request: Request,
    next: Next,
) -> Response {
    if state.lifecycle.is_draining() {
        return refuse(request, &Problem::shutting_down());
    }
    let active = state.lifecycle.begin();
    let share = match state.limits.message(identity) {
        Ok(share) => share,
        Err(exceeded) => return refuse(request, &exceeded.into()),
    };
    let (mut request, bytes) = match read_body(request, &share).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let message = match Message::check(&bytes, &share) {
        Ok(message) => message,
        Err(error) => return refuse(request, &error),
    };
    drop(bytes);
    let mut reserved = None;
    if let (Some(session), Some(id)) = (session, &message.id) {
        reserved = state.request_ids.reserve(session, id);
        if reserved.is_none() {
            return id_in_use(id);
        }
    }
    let held = Arc::new(Held {
        _share: share,
        _id: reserved,
    });
    request.extensions_mut().insert(held.clone());
    let response = if session.is_none() && message.may_initialize {
        open(state, identity, request, next).await
    } else {
        next.run(request).await
    };
    hold_until_written(response, (active, held))
}

/// The JSON-RPC error of a request whose id another request in the same session has.
fn id_in_use(id: &MessageId) -> Response {
    let message = "Another request with this id is being answered in this session.";
    let error = ErrorData::invalid_request(message, None);
    let message = ServerJsonRpcMessage::error(error, Some(id.clone()));
    (StatusCode::BAD_REQUEST, Json(message)).into_response()
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
    let (mut body, taken) = (Some(body), (share, reserved));
    match body::read(&parts.headers, &mut body, MAX_BODY_BYTES, None, taken).await {
        Ok(bytes) => {
            let bytes = mend_bytes(bytes);
            let request = Request::from_parts(parts, Body::from(bytes.clone()));
            Ok((request, bytes))
        }
        Err(error) => {
            let request = Request::from_parts(parts, body.unwrap_or_default());
            Err(refuse(request, &error))
        }
    }
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
