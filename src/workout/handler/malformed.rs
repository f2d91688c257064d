//! Errors for requests that rmcp could not read: it takes one with wrong parameters for a method of another name.

use rmcp::{
    ErrorData,
    model::{CustomRequest, ErrorCode},
};
use serde_json::Value;

/// The error: for a call of a tool it names the field and what it must be; any other method is not known.
pub(super) fn refusal(request: CustomRequest) -> ErrorData {
    if request.method != "tools/call" {
        return ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None);
    }
    let params = request.params.unwrap_or_default();
    ErrorData::invalid_params(fault(&params), None)
}

fn fault(params: &Value) -> String {
    if !params.is_object() {
        let kind = kind(params);
        return format!("params: {kind}; it must be an object with name and arguments");
    }
    let (name, arguments) = (&params["name"], &params["arguments"]);
    if !name.is_string() {
        let kind = kind(name);
        return format!("name: {kind}; it must be the name of a tool, as tools/list shows it");
    }
    if !arguments.is_object() && !arguments.is_null() {
        let kind = kind(arguments);
        return format!("arguments: {kind}; it must be an object with the tool's arguments");
    }
    "_meta: is not what the protocol says".to_owned()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "is missing",
        Value::Bool(_) => "is a truth value",
        Value::Number(_) => "is a number",
        Value::String(_) => "is a text",
        Value::Array(_) => "is a list",
        Value::Object(_) => "is an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fault_of_a_call_is_named() {
        for (params, message) in [
            (Value::Null, "params: is missing; it must be an object"),
            (json!([1]), "params: is a list; it must be an object"),
            (json!({"arguments": {}}), "name: is missing; it must be"),
            (json!({"name": 3}), "name: is a number; it must be"),
            (
                json!({"name": "t", "arguments": "{}"}),
                "arguments: is a text; it must be an object",
            ),
            (
                json!({"name": "t", "arguments": []}),
                "arguments: is a list; it must be an object",
            ),
        ] {
            let error = refusal(CustomRequest::new("tools/call", Some(params)));
            assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
            assert!(error.message.starts_with(message), "{}", error.message);
        }
        let error = refusal(CustomRequest::new("tools/sing", None));
        assert_eq!(error.code, ErrorCode::METHOD_NOT_FOUND);
        assert_eq!(error.message, "tools/sing");
    }
}
