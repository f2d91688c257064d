//! JSON-RPC errors in answers of the server, read kindly.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value, value::RawValue};

use crate::process::json::{mend_numbers, prune};

/// Of an error that is too deep for the parser, no more is read.
const MAX_DEPTH: usize = 100;

/// The JSON-RPC error in an answer to the request `id`. Servers that fail before they have read the request give it no id, or
/// an id of their own. Whatever the error is, the request was answered: a code that is none is that of an internal error.
pub(super) fn error_in(text: &str, id: &RequestId) -> Option<ServerJsonRpcMessage> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        jsonrpc: &'a RawValue,
        #[serde(borrow)]
        error: &'a RawValue,
        result: Option<IgnoredAny>,
    }
    let message: Message<'_> = serde_json::from_str(text).ok()?;
    if message.result.is_some() || message.jsonrpc.get() != "\"2.0\"" {
        return None;
    }
    let error = message.error.get();
    let tree = serde_json::from_str(error);
    let tree = tree.or_else(|_| serde_json::from_str(&prune(&mend_numbers(error), MAX_DEPTH)));
    let mut error: Map<String, Value> = tree.ok()?;
    let code = error.get("code").and_then(code);
    let data = error.remove("data").filter(|data| !data.is_null());
    let text = error.remove("message").unwrap_or_default();
    let error = ErrorData::new(code.unwrap_or(ErrorCode::INTERNAL_ERROR), words(text), data);
    Some(JsonRpcMessage::error(error, Some(id.clone())))
}

/// A whole number, as some serializers write it.
fn code(value: &Value) -> Option<ErrorCode> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let whole = text.strip_suffix(".0").unwrap_or(&text);
    whole.parse().ok().map(ErrorCode)
}

fn words(text: Value) -> String {
    match text {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_any_shape_is_an_answer() {
        let read = |error: &str| {
            let text = format!(r#"{{"jsonrpc":"2.0","id":7,"error":{error}}}"#);
            let read = serde_json::to_value(error_in(&text, &RequestId::Number(3))).unwrap();
            assert_eq!(read["id"], 3, "{error}");
            let error = &read["error"];
            (
                error["code"].as_i64().unwrap(),
                error["message"].as_str().unwrap().to_owned(),
            )
        };
        let some = |code, message: &str| (code, message.to_owned());
        for (error, expected) in [
            (r#"{"code":-32602,"message":"no"}"#, some(-32602, "no")),
            (r#"{"code":-32602,"message":null}"#, some(-32602, "")),
            (r#"{"code":-32602.0,"message":"no"}"#, some(-32602, "no")),
            (r#"{"code":"-32602"}"#, some(-32602, "")),
            (r#"{"code":3000000000,"message":"no"}"#, some(-32603, "no")),
            (r#"{"code":1e30,"message":5}"#, some(-32603, "5")),
            (
                r#"{"code":null,"message":{"a":1},"data":null}"#,
                some(-32603, r#"{"a":1}"#),
            ),
            (r#"{"code":1,"message":"no","data":[1e400]}"#, some(1, "no")),
        ] {
            assert_eq!(read(error), expected, "{error}");
        }
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"error":null}"#,
            r#"{"jsonrpc":"2.0","id":7,"error":"broken"}"#,
            r#"{"jsonrpc":"2.0","id":7,"error":{},"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":7}"#,
        ] {
            assert!(error_in(text, &RequestId::Number(3)).is_none(), "{text}");
        }
    }
}
