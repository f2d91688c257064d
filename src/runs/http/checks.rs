//! Checks that several kinds of requests have in common. The errors name the field, and quote nothing of the client's.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use serde_json::Value;

use super::{app::App, choice::Connections, json::invalid, refused::Refused, rules::Rules};
use crate::{
    agent::claude::is_blank,
    config::connections::ServerHeaders,
    http::{
        header::single,
        problem::{Code, Problem},
    },
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

/// The connections that a request may use: those of the choice, some `others`, and the stored ones of its owner.
pub(super) struct Usable<'a> {
    app: &'a App,
    owner: &'a UserId,
    choice: &'a Connections,
    others: BTreeSet<&'a String>,
    /// Read when a name is none of the rest.
    stored: Option<BTreeSet<String>>,
}

impl<'a> Usable<'a> {
    pub(super) fn new(
        app: &'a App,
        owner: &'a UserId,
        choice: &'a Connections,
        others: impl Iterator<Item = &'a String>,
    ) -> Self {
        Self {
            app,
            owner,
            choice,
            others: others.collect(),
            stored: None,
        }
    }

    /// Checks that each of these connections can be used. `field` holds them.
    pub(super) async fn check(&mut self, field: &str, names: &[String]) -> Result<(), Refused> {
        if names.len() > MAX_CONNECTIONS {
            let why = format!("are more than {MAX_CONNECTIONS}");
            return Err(invalid(field, why).into());
        }
        for (at, name) in names.iter().enumerate() {
            let known = self.choice.contains(name) || self.others.contains(name);
            if !known && !self.is_stored(name).await? {
                let detail =
                    format!("{field}[{at}]: names no connection that this request can use");
                return Err(Problem::new(Code::UnknownConnection, detail).into());
            }
        }
        Ok(())
    }

    /// The operator's connections are none of the caller's, also where the request may not use them.
    async fn is_stored(&mut self, name: &str) -> Result<bool, Refused> {
        if self.app.rules().has_operators_connection(name) {
            return Ok(false);
        }
        let stored = match &mut self.stored {
            Some(stored) => stored,
            unread => unread.insert(self.app.store.connection_names(self.owner).await?),
        };
        Ok(stored.contains(name))
    }
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
    check_request_id(name, id)?;
    Ok(Some(id.to_owned()))
}

/// `field` holds a request id.
pub(super) fn check_request_id(field: &str, id: &str) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if (1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(plain) {
        return Ok(());
    }
    Err(invalid_request_id(field))
}

pub(super) fn invalid_request_id(field: &str) -> Problem {
    invalid(field, "must be 1 to 100 of A-Z, a-z, 0-9, `_` and `-`")
}
