//! Parses the body of `POST /chat`, except for the messages, which `history` parses.

use serde::de::IgnoredAny;
use utoipa::ToSchema;

use crate::{
    agent::history::Invalid,
    agent::json::{Fields, Node, half_a_pair},
    http::problem::Problem,
};

/// What a frontend posts. Fields that are not listed are ignored, here and in messages and blocks.
#[derive(Debug, ToSchema)]
pub struct ChatRequest<'a> {
    /// The whole conversation in Anthropic format: objects with `role` and `content` (a string or a list of blocks).
    /// The last one is the user's.
    #[schema(value_type = Vec<crate::agent::claude::Message>, min_items = 1)]
    pub messages: Node<'a>,
    /// Whether to stream events; by default what the `Accept` header says.
    pub stream: Option<bool>,
    /// IANA name; unknown or missing: UTC.
    #[schema(example = "America/Denver")]
    pub client_timezone: Option<String>,
    /// What to call the user; cut at 100 characters.
    pub display_name: Option<String>,
}

/// The most JSON values in a body: one takes two bytes of the body, and 200 in memory.
const MAX_VALUES: usize = 2_000_000;

/// The request, if the body is JSON, holds at most [`MAX_VALUES`] values, and is an object of the right shape.
pub(super) fn read(bytes: &[u8]) -> Result<ChatRequest<'_>, Problem> {
    // Once for all its strings.
    let Ok(text) = simdutf8::basic::from_utf8(bytes) else {
        let good = std::str::from_utf8(bytes)
            .err()
            .map_or(0, |error| error.valid_up_to());
        return Err(not_json(bytes, good));
    };
    // Each value takes at least a byte and a separator.
    let fits = bytes.len() <= MAX_VALUES || values(bytes) <= MAX_VALUES;
    let is_object = text.trim_ascii_start().starts_with('{');
    let read = (fits && is_object).then(|| Fields::of(text));
    if let Some(Ok(body)) = read {
        return Ok(parse(body)?);
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(not_json_from(error.line(), error.column()));
    }
    if let Some(at) = half_a_pair(text) {
        return Err(not_json(bytes, at));
    }
    let why = match read {
        _ if !fits => format!("must not hold more than {MAX_VALUES} values"),
        Some(Err(error)) => format!(
            "must not nest deeper than 127 levels nor hold a number beyond 1.7e308 (line {}, column {})",
            error.line(),
            error.column()
        ),
        _ => "must be an object with `messages`".to_owned(),
    };
    Err(Invalid::new("body", why).into())
}

/// An upper bound of the number of values, found without building them.
pub(super) fn values(bytes: &[u8]) -> usize {
    let (mut count, mut at) = (1, 0);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b',' | b'[' | b'{' => count += 1,
            _ => {}
        }
    }
    count
}

/// Strings may be photos of megabytes.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found + 1;
        if bytes[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// `at`: the first byte that is not valid.
fn not_json(bytes: &[u8], at: usize) -> Problem {
    let lines = bytes[..at].split(|byte| *byte == b'\n');
    let (line, column) = lines.fold((0, 0), |(line, _), text| (line + 1, text.len() + 1));
    not_json_from(line, column)
}

fn not_json_from(line: usize, column: usize) -> Problem {
    // serde_json's own message may quote the text.
    Problem::invalid_json(format!(
        "The body is not JSON in UTF-8 without a byte order mark (line {line}, column {column})."
    ))
}

fn parse(mut body: Fields<'_>) -> Result<ChatRequest<'_>, Invalid> {
    let stream = body.boolean("stream");
    let stream = stream.map_err(|why| Invalid::new("stream", why))?;
    Ok(ChatRequest {
        stream,
        client_timezone: text(&body, "client_timezone")?,
        display_name: text(&body, "display_name")?,
        messages: body
            .take("messages")
            .ok_or_else(|| Invalid::new("messages", "is missing"))?,
    })
}

fn text(fields: &Fields<'_>, field: &str) -> Result<Option<String>, Invalid> {
    let text = fields.text(field);
    let text = text.map_err(|why| Invalid::new(field, why))?;
    Ok(text.map(|text| text.read().into_owned()))
}

#[cfg(test)]
mod tests;
