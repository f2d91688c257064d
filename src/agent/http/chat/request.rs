//! Parses the body of `POST /chat`, except for the messages, which `agent::history` parses.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::messages::Messages;
use crate::{
    agent::{
        approvals::{ApprovalAnswer, ApprovalAnswers, parse_answers},
        claude,
        json::{Invalid, Object},
    },
    http::{json, problem::Problem},
    process::memory::json::MAX_VALUES,
};

/// The body of a request. Fields that are not listed are ignored, here and in messages and blocks.
#[derive(Debug, ToSchema)]
pub struct ChatRequest<'a> {
    /// The whole conversation in Anthropic format: objects with `role` and `content` (a string or a list of blocks).
    /// The last one is the user's.
    #[schema(value_type = Vec<RequestMessage>, min_items = 1)]
    pub messages: Messages<'a>,
    /// Whether to stream events; by default what the `Accept` header says.
    pub stream: Option<bool>,
    /// IANA name; unknown or missing: UTC.
    #[schema(example = "America/Denver")]
    pub client_timezone: Option<String>,
    /// What to call the user; cut at 100 characters.
    pub display_name: Option<String>,
    /// The user's answers to the `approvals` of the last turn, one for each; or an empty list: the client can ask the user, and
    /// calls that need a confirmation wait for it. Without it they are refused.
    #[schema(value_type = Option<Vec<ApprovalAnswer>>, max_items = 10000)]
    pub approvals: Option<ApprovalAnswers>,
    /// The bytes that a face keeps of the body, besides the messages, until the turn has ended.
    #[schema(ignore)]
    pub kept: usize,
}

/// Reads the body of a face, which holds so many values, as a request to `/chat`; and what the face needs of it to render the turn.
pub(in crate::agent::http) type ReadRequest<T> =
    for<'a> fn(&'a [u8], usize) -> Result<(ChatRequest<'a>, T), Problem>;

/// A message of a request, for the `OpenAPI` document; `agent::history` parses messages.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document")]
pub(in crate::agent::http) struct RequestMessage {
    role: claude::Role,
    content: RequestContent,
}

#[derive(serde::Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the OpenAPI document")]
enum RequestContent {
    Text(String),
    Blocks(Vec<claude::Block>),
}

/// Parses a body that [`object`] accepts, with valid fields.
pub(super) fn read(bytes: &[u8], values: usize) -> Result<(ChatRequest<'_>, ()), Problem> {
    Ok((parse(&object(bytes, values)?)?, ()))
}

/// The messages of a body that [`object`] accepts, whatever else is in it.
pub(in crate::agent::http) fn read_messages(
    bytes: &[u8],
    values: usize,
) -> Result<&RawValue, Problem> {
    Ok(messages(&object(bytes, values)?)?)
}

/// Parses a body without halves of surrogate pairs ([`mend_bytes`](crate::process::json::mend_bytes)) that is JSON, holds at
/// most [`MAX_VALUES`] `values`, and is an object.
pub(in crate::agent::http) fn object(bytes: &[u8], values: usize) -> Result<Object<'_>, Problem> {
    let text = json::text(bytes)?;
    let fits = values <= MAX_VALUES;
    if fits && let Ok(body) = Object::parse(text) {
        return Ok(body);
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(json::not_json(error.line(), error.column()));
    }
    let why = if fits {
        "must be an object with `messages`".to_owned()
    } else {
        format!("must not hold more than {MAX_VALUES} values")
    };
    Err(Invalid::new(why).in_field("body").into())
}

fn parse<'a>(body: &Object<'a>) -> Result<ChatRequest<'a>, Invalid> {
    Ok(ChatRequest {
        messages: Messages::Received(messages(body)?),
        stream: body.boolean("stream")?,
        client_timezone: text(body, "client_timezone")?,
        display_name: text(body, "display_name")?,
        approvals: body.get("approvals").map(parse_answers).transpose()?,
        kept: 0,
    })
}

/// A field with a text, if there is one.
pub(in crate::agent::http) fn text(
    body: &Object<'_>,
    field: &str,
) -> Result<Option<String>, Invalid> {
    let text = body.string(field)?;
    Ok(text.map(|text| text.unescape().into_owned()))
}

pub(in crate::agent::http) fn messages<'a>(body: &Object<'a>) -> Result<&'a RawValue, Invalid> {
    let missing = || Invalid::new("is missing").in_field("messages");
    body.get("messages").ok_or_else(missing)
}

#[cfg(test)]
mod tests;
