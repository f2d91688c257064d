//! JSON-RPC errors in answers of the server, read kindly.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

/// The JSON-RPC error in an answer to the request `id`. Servers that fail before they have read the request give it no id, or
/// an id of their own.
pub(super) fn error_in(text: &str, id: &RequestId) -> Option<ServerJsonRpcMessage> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        jsonrpc: &'a RawValue,
        #[serde(borrow)]
        error: Error<'a>,
        result: Option<IgnoredAny>,
    }
    #[derive(Deserialize)]
    struct Error<'a> {
        code: i32,
        #[serde(default)]
        message: String,
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }
    let message: Message<'_> = serde_json::from_str(text).ok()?;
    let is_error = message.result.is_none() && message.jsonrpc.get() == "\"2.0\"";
    let Error {
        code,
        message,
        data,
    } = message.error;
    let data = data.and_then(|data| serde_json::from_str(data.get()).ok());
    let error = ErrorData::new(ErrorCode(code), message, data);
    is_error.then(|| JsonRpcMessage::error(error, Some(id.clone())))
}
