//! Faults of responses, in words for the log: the observation, and no text of the server's but short identifiers.

use std::sync::{Arc, Mutex, PoisonError};

use http::{StatusCode, header};
use rmcp::transport::streamable_http_client::StreamableHttpError;
use serde_json::error::Category;
use url::Url;

use super::{Error, unexpected};
use crate::{
    agent::mcp::bounded,
    upstream::{
        client::{Coded, check_coding, root},
        guard::is_refusal,
    },
};

const REDIRECT: &str = ", a redirect to ";

/// The last fault of a request: rmcp does not report all of them.
#[derive(Clone, Default)]
pub(in crate::agent::mcp) struct LastFault(Arc<Mutex<Option<String>>>);

impl LastFault {
    pub(in crate::agent::mcp) fn note(&self, fault: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    pub(in crate::agent::mcp) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Names an error of the transport.
pub(in crate::agent::mcp) fn name(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    Some(match error.downcast_ref::<Error>()? {
        StreamableHttpError::Client(error) if error.is_connect() => {
            format!("no connection ({})", bounded(&root(error)))
        }
        StreamableHttpError::Client(error) => {
            format!("the connection broke ({})", bounded(&root(error)))
        }
        StreamableHttpError::UnexpectedServerResponse(text) => text.to_string(),
        StreamableHttpError::ResponseBodyTooLarge { max_size } => {
            format!("an answer of more than {max_size} bytes")
        }
        StreamableHttpError::SessionExpired => "HTTP 404 for the session".to_owned(),
        _ => return None,
    })
}

/// The setting of our own server that a fault points to.
pub(in crate::agent::mcp) fn setting(fault: &str) -> Option<&'static str> {
    match fault {
        "HTTP 401" | "HTTP 403" => Some("PROG_STRENGTH_MCP_TOKEN"),
        "HTTP 404" => Some("PROG_STRENGTH_MCP_URL"),
        fault => redirect_setting(fault),
    }
}

/// As [`setting`], for a call: its 401 may be about the caller's own token.
pub(in crate::agent::mcp) fn redirect_setting(fault: &str) -> Option<&'static str> {
    fault.contains(REDIRECT).then_some("PROG_STRENGTH_MCP_URL")
}

/// True for an error of the transport before the server had anything to answer: it may come up soon.
pub(in crate::agent::mcp) fn is_unreachable(error: &(dyn std::error::Error + 'static)) -> bool {
    match error.downcast_ref::<Error>() {
        Some(StreamableHttpError::Client(error)) => error.is_connect() && !is_refusal(error),
        _ => false,
    }
}

/// The error for a status other than 2xx; a redirect is named with its target.
pub(super) fn status(response: &reqwest::Response) -> Error {
    let status = response.status();
    let target = response.headers().get(header::LOCATION);
    let target = target.filter(|_| status.is_redirection());
    let target = target.and_then(|it| response.url().join(it.to_str().ok()?).ok());
    let number = status.as_u16();
    unexpected(match target {
        Some(target) => {
            let origin = bounded(&target.origin().ascii_serialization());
            format!("HTTP {number}{REDIRECT}{origin}")
        }
        None => format!("HTTP {number}"),
    })
}

/// A redirect that is followed: it keeps the method and the origin, so the server gets nothing that it would not get otherwise.
pub(super) fn is_followed(status: StatusCode, target: &Url, previous: &[Url]) -> bool {
    let keeps_method = matches!(
        status,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let same = |url: &Url| url.origin() == target.origin();
    keeps_method && previous.len() <= super::MAX_REDIRECTS && previous.iter().all(same)
}

pub(super) fn coding(response: &reqwest::Response) -> Result<(), Error> {
    check_coding(response).map_err(|coded: Coded| unexpected(coded.to_string()))
}

pub(super) fn content_type(response: &reqwest::Response) -> Error {
    let value = response.headers().get(header::CONTENT_TYPE);
    let value = value.map(|value| bounded(&String::from_utf8_lossy(value.as_bytes())));
    unexpected(match value {
        Some(value) => format!("an answer of type {value}"),
        None => "an answer without a content type".to_owned(),
    })
}

/// Without serde's message, which may quote the answer.
pub(super) fn not_json(error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        Category::Data => "an answer that is not a JSON-RPC message",
        _ => "an answer that is not JSON",
    };
    let (line, column) = (error.line(), error.column());
    unexpected(match line {
        0 => what.to_owned(),
        _ => format!("{what} (line {line}, column {column})"),
    })
}
