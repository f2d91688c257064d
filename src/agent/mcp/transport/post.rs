//! POST requests to the server: rmcp's own client reads 16 MB of an answer and parses it at once.

use std::{collections::HashMap, sync::Arc};

use http::{HeaderName, HeaderValue, StatusCode, header};
use reqwest::RequestBuilder;
use rmcp::{
    model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage},
    transport::streamable_http_client::StreamableHttpPostResponse as Response,
};

use super::{Error, fault, reading::Reading, unexpected};

const SESSION_ID: &str = "mcp-session-id";
const JSON: &str = "application/json";
pub(super) const EVENT_STREAM: &str = "text/event-stream";
/// No more than this is read of an error response.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// A request's target and headers.
pub(super) struct Target {
    pub(super) uri: Arc<str>,
    pub(super) session: Option<Arc<str>>,
    pub(super) token: Option<String>,
    pub(super) headers: HashMap<HeaderName, HeaderValue>,
}

impl Target {
    /// Adds the headers to a request.
    pub(super) fn request(&self, request: RequestBuilder) -> RequestBuilder {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.clone()));
        let mut request = request
            .headers(headers.collect())
            .header(header::ACCEPT, format!("{EVENT_STREAM}, {JSON}"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(session) = &self.session {
            request = request.header(SESSION_ID, session.as_ref());
        }
        request
    }
}

/// Sends a message. `reading` is `None` for one that gets no answer.
pub(super) async fn post(
    http: &reqwest::Client,
    message: &ClientJsonRpcMessage,
    target: Target,
    reading: Option<Reading>,
) -> Result<Response, Error> {
    let request = target
        .request(http.post(target.uri.as_ref()))
        .header(header::CONTENT_TYPE, JSON)
        .body(serde_json::to_vec(message)?);
    let response = request.send().await?;
    let status = response.status();
    if status == StatusCode::NOT_FOUND && target.session.is_some() {
        return Err(Error::SessionExpired);
    }
    match reading {
        _ if !status.is_success() => {
            let refused = fault::status(&response);
            let error = match reading {
                Some(reading) => json_rpc_error(response, &reading).await,
                None => None,
            };
            error.map_or(Err(refused), |error| Ok(Response::Json(error, None)))
        }
        Some(reading) => answer(response, reading).await,
        None => Ok(Response::Accepted),
    }
}

async fn answer(response: reqwest::Response, reading: Reading) -> Result<Response, Error> {
    let status = response.status();
    if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
        return Err(unexpected(format!(
            "HTTP {} without an answer",
            status.as_u16()
        )));
    }
    fault::coding(&response)?;
    let session = response.headers().get(SESSION_ID);
    let session = session.and_then(|id| id.to_str().ok().map(str::to_owned));
    if has_type(&response, EVENT_STREAM) {
        let events = reading.events(response.bytes_stream());
        return Ok(Response::Sse(events, session));
    }
    if !has_type(&response, JSON) {
        return Err(fault::content_type(&response));
    }
    let body = reading.body(response, usize::MAX).await?;
    let message = answer_to(&reading.id, reading.message(body)?)?;
    Ok(Response::Json(message, session))
}

/// The JSON-RPC error in an error response: an answer of the server, unless the status says that it refused the request.
async fn json_rpc_error(
    response: reqwest::Response,
    reading: &Reading,
) -> Option<ServerJsonRpcMessage> {
    let is_refusal = matches!(response.status().as_u16(), 401 | 403 | 429);
    if is_refusal || fault::coding(&response).is_err() || !has_type(&response, JSON) {
        return None;
    }
    let body = reading.body(response, MAX_ERROR_BYTES).await.ok()?;
    let message = reading.message(body).ok()?;
    matches!(message, JsonRpcMessage::Error(_)).then_some(message)
}

/// True for the media type in any case, with or without parameters.
pub(super) fn has_type(response: &reqwest::Response, media_type: &str) -> bool {
    let value = response.headers().get(header::CONTENT_TYPE);
    let value = value.map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let essence = value.and_then(|mut parts| parts.next());
    essence.is_some_and(|it| it.trim_ascii().eq_ignore_ascii_case(media_type.as_bytes()))
}

/// Fails on an answer to another request, for which rmcp would wait forever.
fn answer_to(id: &RequestId, answer: ServerJsonRpcMessage) -> Result<ServerJsonRpcMessage, Error> {
    match &answer {
        JsonRpcMessage::Response(response) if response.id != *id => {
            Err(unexpected("an answer to another request"))
        }
        _ => Ok(answer),
    }
}
