//! The body of `POST /chat`, but for the messages, which are `history`'s.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{error::ApiError, history::Invalid};

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

/// Values in a body; each takes 72 bytes or more in memory, but may be two in the body.
const MAX_VALUES: usize = 2_000_000;

/// The body as JSON, if it is, and if it is of a size that memory bears.
pub(super) fn read(bytes: &[u8]) -> Result<Value, ApiError> {
    // Looked through once for all its strings.
    let Ok(text) = simdutf8::basic::from_utf8(bytes) else {
        let good = std::str::from_utf8(bytes)
            .err()
            .map_or(0, |error| error.valid_up_to());
        let lines = bytes[..good].split(|byte| *byte == b'\n');
        let (line, column) = lines.fold((0, 0), |(line, _), text| (line + 1, text.len() + 1));
        return Err(not_json(line, column));
    };
    // A value takes a byte at least, and a separator.
    let refused = if bytes.len() <= MAX_VALUES || values(bytes) <= MAX_VALUES {
        match serde_json::from_str(text) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        }
    } else {
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => {
                let what = format!("must not hold more than {MAX_VALUES} values");
                return Err(Invalid::new("body", what).into());
            }
            Err(error) => error,
        }
    };
    let said = refused.to_string();
    let too_much = ["recursion limit exceeded", "number out of range"];
    let is_json = too_much.iter().any(|limit| said.starts_with(limit))
        && serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
    if !is_json {
        return Err(not_json(refused.line(), refused.column()));
    }
    let what = format!(
        "must not nest deeper than 127 levels nor hold a number beyond 1.7e308 (line {}, column {})",
        refused.line(),
        refused.column()
    );
    Err(Invalid::new("body", what).into())
}

/// At least as many values as the text holds, found without building them.
pub(super) fn values(bytes: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

fn not_json(line: usize, column: usize) -> ApiError {
    // serde_json's own words may quote the text; where it stopped is enough.
    ApiError::invalid_json(format!(
        "The body is not JSON in UTF-8 without a byte order mark (line {line}, column {column})."
    ))
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
    fn a_body_of_many_tiny_values_is_refused_before_it_fills_the_memory() {
        let many = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert_eq!(read(many.as_bytes()).unwrap_err().code, "invalid_request");
        assert_eq!(
            read(&many.as_bytes()[1..]).unwrap_err().code,
            "invalid_json"
        );
        let text = format!(
            "[\"{}\\\"{}\"]",
            ",".repeat(MAX_VALUES),
            "[".repeat(MAX_VALUES)
        );
        assert!(read(text.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_json_but_more_than_can_be_read_is_not_called_otherwise() {
        let deep = format!("{{\"x\": {}1{}}}", "[".repeat(200), "]".repeat(200));
        let end = deep.len() - 1;
        for (body, code) in [
            (deep.as_str(), "invalid_request"),
            ("{\"x\": -1e400}", "invalid_request"),
            (&deep[..end], "invalid_json"),
            ("{\"x\": 1e}", "invalid_json"),
        ] {
            assert_eq!(read(body.as_bytes()).unwrap_err().code, code, "{body}");
        }
    }

    #[test]
    fn what_is_no_utf_8_is_no_json_wherever_that_shows() {
        let deep = [
            b"{\"x\":\n",
            &b"[".repeat(200)[..],
            &b"]".repeat(200),
            b",\"\xff\": 1}",
        ]
        .concat();
        let many = [b"[\n", "0,".repeat(MAX_VALUES).as_bytes(), b"\"\xff\"]"].concat();
        for (body, column) in [
            (deep, 403),
            (many, 2 * MAX_VALUES + 2),
            (b"\n\xff".to_vec(), 1),
        ] {
            let error = read(&body).unwrap_err();
            assert_eq!(error.code, "invalid_json");
            let place = format!("(line 2, column {column}).");
            assert!(format!("{error:?}").contains(&place), "{error:?}");
        }
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
