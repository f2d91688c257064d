//! Checks that several kinds of requests have in common. The errors name the field, and quote nothing of the client's.

use std::{collections::BTreeMap, str::FromStr};

use http::HeaderMap;
use serde_json::Value;

use super::{
    app::App, choice::Connections, extract::single, json::invalid, refused::Refused, rules::Rules,
};
use crate::{
    agent::claude::is_blank,
    config::connections::{ConnectionName, OWN_CONNECTION, ServerHeaders},
    http::problem::{Code, Problem},
    runs::model::UserId,
    upstream::guard::Guard,
};

/// The headers of a connection, as clients send them: by name; `null` is no value.
pub(super) type Headers = BTreeMap<String, Option<String>>;

const MAX_PROMPT: usize = 100_000;
const MAX_REQUEST_ID: usize = 100;
/// Connections of one run.
pub(super) const MAX_CONNECTIONS: usize = 64;
const MAX_URL: usize = 2048;
/// Lists and objects within one another. Readers of JSON give up at 128, and what is stored has more around it.
const MAX_DEPTH: usize = 100;
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// `field` holds a prompt. Lengths are in Unicode scalar values.
pub(super) fn check_prompt(field: &str, prompt: &str) -> Result<(), Problem> {
    if is_blank(prompt) {
        return Err(invalid(field, "is blank"));
    }
    check_length(field, prompt, MAX_PROMPT)
}

pub(super) fn check_length(field: &str, text: &str, max: usize) -> Result<(), Problem> {
    // A scalar value has a byte at least.
    if text.len() > max && text.chars().count() > max {
        return Err(invalid(field, format!("is longer than {max} characters")));
    }
    Ok(())
}

/// Any JSON of the client's that is kept: one that is nested too deep could not be read again.
pub(super) fn check_depth(field: &str, value: &Value) -> Result<(), Problem> {
    if is_deep(value, MAX_DEPTH) {
        let why = format!("is nested deeper than {MAX_DEPTH} levels");
        return Err(invalid(field, why));
    }
    Ok(())
}

/// True if there are more than `levels` of lists and objects.
pub(super) fn is_deep(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deep(item, below)),
        Value::Object(fields) => fields.values().any(|field| is_deep(field, below)),
        _ => false,
    }
}

/// The names of hosts are judged when they are dialled.
pub(super) fn check_url(guard: &Guard, field: &str, url: &str) -> Result<(), Problem> {
    if url.len() > MAX_URL {
        return Err(invalid(field, format!("is longer than {MAX_URL} bytes")));
    }
    let judged = guard.judge(url);
    judged
        .map(drop)
        .map_err(|refused| invalid(field, refused.to_string()))
}

/// Callbacks need a secret to sign them, and go to public places.
pub(super) fn check_callback(rules: Rules<'_>, url: Option<&str>) -> Result<(), Problem> {
    let Some(url) = url else {
        return Ok(());
    };
    if rules.config.callback_secrets.is_empty() {
        let why = "cannot be used: this service has no secret to sign callbacks (CALLBACK_SECRET)";
        return Err(invalid("callbackUrl", why));
    }
    check_url(rules.guard, "callbackUrl", url)
}

/// The headers that have a value, as a client may set them. `field` holds them.
pub(super) fn usable_headers(field: &str, headers: &Headers) -> Result<ServerHeaders, Problem> {
    let given = headers
        .iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)));
    ServerHeaders::new(given).map_err(|error| invalid(field, error.to_string()))
}

/// Checks that the request may use each of these connections.
pub(super) async fn check_connections<'a>(
    app: &App,
    owner: &UserId,
    choice: &Connections,
    (field, names): (&str, &[String]),
    inline: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), Refused> {
    if names.len() > MAX_CONNECTIONS {
        let why = format!("are more than {MAX_CONNECTIONS}");
        return Err(invalid(field, why).into());
    }
    for (at, name) in names.iter().enumerate() {
        let known = choice.contains(name) || inline.clone().any(|inline| inline == name);
        if !known && !is_stored(app, owner, name).await? {
            let detail = format!("{field}[{at}]: names no connection that this request can use");
            return Err(Problem::new(Code::UnknownConnection, detail).into());
        }
    }
    Ok(())
}

/// The operator's connections are none of the caller's, also where the request may not use them.
async fn is_stored(app: &App, owner: &UserId, name: &str) -> Result<bool, Refused> {
    if name == OWN_CONNECTION || ConnectionName::from_str(name).is_err() {
        return Ok(false);
    }
    if app.rules().has_operators_connection(name) {
        return Ok(false);
    }
    Ok(app.store.connection(owner, name).await?.is_some())
}

/// The request id: of the field, or of the header `Idempotency-Key`.
pub(super) fn request_id(
    headers: &HeaderMap,
    field: Option<&str>,
) -> Result<Option<String>, Problem> {
    let header = headers
        .contains_key(IDEMPOTENCY_KEY)
        .then(|| single(headers, IDEMPOTENCY_KEY).unwrap_or_default());
    let (name, id) = match (field, header) {
        (Some(field), Some(header)) if field != header => {
            let why = "differs from the header Idempotency-Key";
            return Err(invalid("requestId", why));
        }
        (Some(id), _) => ("requestId", id),
        (None, Some(id)) => ("Idempotency-Key", id),
        (None, None) => return Ok(None),
    };
    if !is_request_id(id) {
        let why = "must be 1 to 100 of A-Z, a-z, 0-9, `_` and `-`";
        return Err(invalid(name, why));
    }
    Ok(Some(id.to_owned()))
}

pub(super) fn is_request_id(id: &str) -> bool {
    (1..=MAX_REQUEST_ID).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
