//! The body of `POST /chat`, but for the messages, which are `history`'s.

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::history::Invalid;

/// What a frontend posts. Fields that are not listed are ignored, here and in messages and blocks.
#[derive(Debug, PartialEq, ToSchema)]
pub struct ChatRequest {
    /// The whole conversation in Anthropic format: objects with `role` and `content` (a string or a list of blocks).
    /// The last one is the user's.
    #[schema(value_type = Vec<crate::claude::Message>, min_items = 1)]
    pub messages: Value,
    /// Whether to stream events; by default what the `Accept` header says.
    pub stream: Option<bool>,
    /// IANA name; unknown or missing: UTC.
    #[schema(example = "America/Denver")]
    pub client_timezone: Option<String>,
    /// What to call the user; cut at 100 characters.
    pub display_name: Option<String>,
}

pub(super) fn parse(request: Value) -> Result<ChatRequest, Invalid> {
    let Value::Object(mut request) = request else {
        return Err(Invalid::new("body", "must be an object with `messages`"));
    };
    let stream = match request.remove("stream") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(stream)) => Some(stream),
        Some(_) => return Err(Invalid::new("stream", "must be a boolean")),
    };
    Ok(ChatRequest {
        stream,
        client_timezone: text(&mut request, "client_timezone")?,
        display_name: text(&mut request, "display_name")?,
        messages: request
            .remove("messages")
            .ok_or_else(|| Invalid::new("messages", "is missing"))?,
    })
}

fn text(request: &mut Map<String, Value>, field: &str) -> Result<Option<String>, Invalid> {
    match request.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Invalid::new(field, "must be a string")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_counts_as_absent_and_unknown_fields_are_ignored() {
        let request = json!({"messages": [], "stream": null, "client_timezone": null, "display_name": null, "x": {}});
        let expected = ChatRequest {
            messages: json!([]),
            stream: None,
            client_timezone: None,
            display_name: None,
        };
        assert_eq!(parse(request), Ok(expected));
    }

    #[test]
    fn wrong_types_are_named() {
        for (request, expected) in [
            (json!([]), "body: must be an object with `messages`"),
            (json!({}), "messages: is missing"),
            (
                json!({"messages": [], "stream": "yes"}),
                "stream: must be a boolean",
            ),
            (
                json!({"messages": [], "client_timezone": 5}),
                "client_timezone: must be a string",
            ),
            (
                json!({"messages": [], "display_name": ["x"]}),
                "display_name: must be a string",
            ),
        ] {
            assert_eq!(parse(request).unwrap_err().to_string(), expected);
        }
    }
}
