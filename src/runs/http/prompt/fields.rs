//! Checks of the fields that only prompts have. The errors name the field, and quote nothing but checked names.

use std::str::FromStr;

use super::inline::{InlineRequest, place};
use crate::{
    config::connections::ConnectionName,
    http::problem::Problem,
    runs::{
        http::{
            checks::{MAX_CONNECTIONS, check_depth, check_length, check_url, usable_headers},
            json::invalid,
            refused::no_encryption,
            rules::Rules,
        },
        model::Metadata,
    },
};

const MAX_SYSTEM_PROMPT: usize = 50_000;
/// In bytes of JSON.
const MAX_METADATA: usize = 16 * 1024;

pub(super) fn check_system_prompt(prompt: Option<&str>) -> Result<(), Problem> {
    check_length(
        "systemPrompt",
        prompt.unwrap_or_default(),
        MAX_SYSTEM_PROMPT,
    )
}

pub(super) fn check_metadata(metadata: Option<&Metadata>) -> Result<(), Problem> {
    for (_, value) in metadata.into_iter().flatten() {
        check_depth("metadata", value)?;
    }
    let length = metadata.map(serde_json::to_vec).transpose();
    match length {
        Ok(json) if json.as_ref().map_or(0, Vec::len) <= MAX_METADATA => Ok(()),
        _ => Err(invalid("metadata", "is larger than 16 KiB of JSON")),
    }
}

pub(super) fn check_model(rules: Rules<'_>, model: Option<&str>) -> Result<(), Problem> {
    let models = &rules.config.models;
    if model.is_none_or(|model| models.iter().any(|allowed| allowed == model)) {
        return Ok(());
    }
    let why = format!("must be one of {}", models.join(", "));
    Err(invalid("model", why))
}

pub(super) fn check_max_tokens(tokens: Option<u32>) -> Result<(), Problem> {
    match tokens {
        Some(0) => Err(invalid("maxTokens", "must be at least 1")),
        _ => Ok(()),
    }
}

pub(super) fn check_inline(
    rules: Rules<'_>,
    name: &str,
    connection: &InlineRequest,
) -> Result<(), Problem> {
    const FIELD: &str = "inlineConnections";
    if !rules.config.inline_connections {
        return Err(invalid(
            FIELD,
            "are not taken by this service (RUNS_INLINE_CONNECTIONS)",
        ));
    }
    ConnectionName::from_str(name).map_err(|error| invalid(FIELD, error.to_string()))?;
    let place = place(name);
    check_url(rules.guard, &format!("{place}.url"), &connection.url)?;
    let headers = connection.headers.clone().unwrap_or_default();
    let headers = usable_headers(&format!("{place}.headers"), &headers)?;
    if headers.iter().next().is_some() && !rules.encrypts {
        return Err(no_encryption());
    }
    Ok(())
}

/// Inline connections do not take the names of the operator's.
pub(super) fn check_inline_names<'a>(
    rules: Rules<'_>,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), Problem> {
    let (mut names, mut count) = (names, 0);
    let operators = names.find(|name| {
        count += 1;
        rules.has_operators_connection(name)
    });
    if let Some(name) = operators {
        let why = "is the name of a connection of the operator's";
        return Err(invalid(&place(name), why));
    }
    if count > MAX_CONNECTIONS {
        let why = format!("are more than {MAX_CONNECTIONS}");
        return Err(invalid("inlineConnections", why));
    }
    Ok(())
}
