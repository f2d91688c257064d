//! Validates requests: refuses what the Messages API refuses, and anything with a user id.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::blocks::{Place, check_block, text_block};
use crate::support::raw_http::Request;

/// Status, error type and message, as in the API's own error bodies.
pub(super) type Refusal = (u16, &'static str, String);
pub(super) type Check = Result<(), String>;

const TOP: [&str; 14] = [
    "model",
    "max_tokens",
    "messages",
    "system",
    "stream",
    "stop_sequences",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "cache_control",
    "metadata",
    "service_tier",
    "container",
];

/// The body, if the API would accept it. `paused`: replies that are accepted as the last message.
pub(super) fn check(request: &Request, paused: &[Vec<Value>]) -> Result<Value, Refusal> {
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/v1/messages") {
        return Err((
            404,
            "not_found_error",
            format!("{} {}", request.method, request.path),
        ));
    }
    credentials(&request.headers).map_err(|message| (401, "authentication_error", message))?;
    if request.body.len() > 32 * 1024 * 1024 {
        return Err((
            413,
            "request_too_large",
            "Request exceeds the maximum size".into(),
        ));
    }
    let invalid = |message| (400, "invalid_request_error", message);
    versions(&request.headers).map_err(invalid)?;
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| invalid(format!("The request body is not valid JSON: {error}")))?;
    top(&body, paused).map_err(invalid)?;
    super::binding::check(&body).map_err(invalid)?;
    Ok(body)
}

fn credentials(headers: &HeaderMap) -> Check {
    let keys = headers.get_all("x-api-key").iter().count();
    let bearers = headers.get_all(http::header::AUTHORIZATION).iter().count();
    ensure(keys + bearers == 1, || {
        format!("exactly one of x-api-key and Authorization, not {keys} and {bearers}")
    })
}

fn versions(headers: &HeaderMap) -> Check {
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        all.next()
            .filter(|_| all.next().is_none())
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    ensure(one("anthropic-version") == "2023-06-01", || {
        "anthropic-version: header is required".into()
    })?;
    ensure(one("content-type").starts_with("application/json"), || {
        "content-type must be application/json".into()
    })
}

fn top(body: &Value, paused: &[Vec<Value>]) -> Check {
    let body = known_keys("", body, &TOP)?;
    ensure(
        body.get("model")
            .is_some_and(|m| m.as_str().is_some_and(|m| !m.is_empty())),
        || "model: Field required".into(),
    )?;
    ensure(
        body.get("max_tokens")
            .and_then(Value::as_u64)
            .is_some_and(|n| n >= 1),
        || "max_tokens: Input should be greater than or equal to 1".into(),
    )?;
    ensure(body.get("stream") == Some(&Value::Bool(true)), || {
        "stream: this service always streams".into()
    })?;
    let breakpoints = count_breakpoints(body);
    ensure(breakpoints <= 4, || {
        format!("A maximum of 4 blocks with cache_control may be provided. Found {breakpoints}.")
    })?;
    system(body.get("system"))?;
    super::tools::check(body)?;
    let messages = body
        .get("messages")
        .and_then(Value::as_array)
        .filter(|messages| !messages.is_empty());
    let messages = messages.ok_or("messages: at least one message is required")?;
    for (n, message) in messages.iter().enumerate() {
        one_message(&format!("messages.{n}"), message)?;
    }
    super::pairing::check(messages)?;
    last_message(messages, paused)
}

fn system(system: Option<&Value>) -> Check {
    match system {
        None => Ok(()),
        Some(Value::String(text)) => ensure(!text.trim().is_empty(), || {
            "system: must not be blank".into()
        }),
        Some(Value::Array(blocks)) => blocks
            .iter()
            .enumerate()
            .try_for_each(|(n, block)| text_block(&format!("system.{n}"), block)),
        Some(_) => Err("system: Input should be a valid string or list".into()),
    }
}

fn one_message(at: &str, message: &Value) -> Check {
    let fields = known_keys(at, message, &["role", "content"])?;
    let place = match fields.get("role").and_then(Value::as_str) {
        Some("user") => Place::User,
        Some("assistant") => Place::Assistant,
        other => return Err(format!("{at}.role: {other:?}")),
    };
    match fields.get("content") {
        Some(Value::String(text)) => ensure(!text.trim().is_empty(), || {
            format!("{at}: all messages must have non-empty content")
        }),
        Some(Value::Array(blocks)) => {
            ensure(!blocks.is_empty(), || {
                format!("{at}: all messages must have non-empty content")
            })?;
            for (n, block) in blocks.iter().enumerate() {
                check_block(&format!("{at}.content.{n}"), block, place)?;
            }
            let last = blocks
                .last()
                .map_or("", |block| block["type"].as_str().unwrap_or_default());
            ensure(!last.ends_with("thinking"), || {
                format!("{at}: The final block in an assistant message cannot be `{last}`.")
            })
        }
        _ => Err(format!("{at}.content: Field required")),
    }
}

fn last_message(messages: &[Value], paused: &[Vec<Value>]) -> Check {
    let last = messages.last().expect("at least one");
    let mut content = last["content"].as_array().cloned().unwrap_or_default();
    for block in content.iter_mut().filter_map(Value::as_object_mut) {
        block.remove("cache_control");
    }
    ensure(last["role"] == "user" || paused.contains(&content), || {
        "This model does not support assistant message prefill. The conversation must end with a user message.".into()
    })
}

/// `cache_control`, if any, is one the API knows.
pub(super) fn breakpoint(at: &str, block: &Map<String, Value>) -> Check {
    let Some(control) = block.get("cache_control") else {
        return Ok(());
    };
    let control = known_keys(&format!("{at}.cache_control"), control, &["type", "ttl"])?;
    let known = control.get("type").is_some_and(|kind| kind == "ephemeral")
        && control
            .get("ttl")
            .is_none_or(|ttl| ttl == "5m" || ttl == "1h");
    ensure(known, || format!("{at}.cache_control: {control:?}"))
}

fn count_breakpoints(body: &Map<String, Value>) -> usize {
    fn count(value: &Value) -> usize {
        match value {
            Value::Array(items) => items.iter().map(count).sum(),
            Value::Object(fields) => {
                let inner = fields
                    .iter()
                    .filter(|(key, _)| !["input", "input_schema"].contains(&key.as_str()));
                usize::from(fields.contains_key("cache_control"))
                    + inner.map(|(_, value)| count(value)).sum::<usize>()
            }
            _ => 0,
        }
    }
    usize::from(body.contains_key("cache_control")) + body.values().map(count).sum::<usize>()
}

/// True if `user_id` is anywhere a key or in a list of property names.
pub(super) fn names_user_id(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            let listed = key == "required"
                && value
                    .as_array()
                    .is_some_and(|names| names.iter().any(|n| n == "user_id"));
            key == "user_id" || listed || names_user_id(value)
        }),
        Value::Array(items) => items.iter().any(names_user_id),
        _ => false,
    }
}

/// Checks that an object has only these keys, and no nulls.
pub(super) fn known_keys<'a>(
    at: &str,
    value: &'a Value,
    known: &[&str],
) -> Result<&'a Map<String, Value>, String> {
    let fields = value
        .as_object()
        .ok_or_else(|| format!("{at}: Input should be a valid dictionary"))?;
    for (key, value) in fields {
        ensure(known.contains(&key.as_str()), || {
            format!("{at}.{key}: Extra inputs are not permitted")
        })?;
        ensure(!value.is_null(), || format!("{at}.{key}: null"))?;
    }
    Ok(fields)
}

pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

pub(super) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(message()) }
}
