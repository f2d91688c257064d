//! Request `_meta`: the chat request id, the idempotency key of a tool call, and the client's time zone.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::model::{JsonObject, MetaObject};
use serde_json::Value;

use super::{dates, error::ToolError};

const REQUEST_ID: &str = "fitness.progstrength/request_id";
const TOOL_USE_ID: &str = "fitness.progstrength/tool_use_id";
const TIME_ZONE: &str = "fitness.progstrength/client_timezone";

/// The id of the chat request that caused this call, for the log.
pub fn request_id(meta: &MetaObject) -> Option<&str> {
    let id = meta.get(REQUEST_ID).and_then(Value::as_str)?;
    let valid = id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
    valid.then_some(id)
}

/// Idempotency key of a tool call, stored with what it creates: a digest of the tool's name, the chat request's id and
/// Claude's tool-use id.
pub fn call_id(tool: &str, meta: &MetaObject) -> Option<String> {
    let text = |key| {
        meta.get(key)
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())
    };
    let (request, tool_use) = (text(REQUEST_ID)?, text(TOOL_USE_ID)?);
    let all = serde_json::json!([tool, request, tool_use]).to_string();
    Some(BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, all.as_bytes())))
}

/// The client's time zone, from the arguments or else from `_meta`.
pub fn time_zone(
    arguments: &mut JsonObject,
    meta: &MetaObject,
) -> Result<Option<jiff::tz::TimeZone>, ToolError> {
    let argument = match arguments.shift_remove("client_timezone") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.trim().is_empty()),
        Some(_) => return Err(ToolError::at("client_timezone", "must be a string")),
    };
    if let Some(name) = argument {
        return dates::parse_zone("client_timezone", &name).map(Some);
    }
    // An unknown zone in `_meta` counts as none.
    let in_meta = meta.get(TIME_ZONE).and_then(Value::as_str);
    Ok(in_meta.and_then(|name| dates::parse_zone("", name).ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> JsonObject {
        value.as_object().cloned().expect("an object")
    }

    fn meta(value: &Value) -> MetaObject {
        MetaObject(object(value))
    }

    #[test]
    fn the_call_id_depends_on_tool_request_and_tool_use() {
        let id = |tool: &str, request: Value, tool_use: Value| {
            call_id(
                tool,
                &meta(&json!({REQUEST_ID: request, TOOL_USE_ID: tool_use})),
            )
        };
        let one = id("log", json!("r"), json!("t"));
        assert!(one.is_some());
        assert_eq!(id("log", json!("r"), json!("t")), one);
        for other in [
            id("plan", json!("r"), json!("t")),
            id("log", json!("r2"), json!("t")),
            id("log", json!("r"), json!("t2")),
            id("log", json!("r t"), json!("")),
            id("log", json!("r\",\"t"), json!("t")),
            id("log", json!(1), json!("t")),
            id("log", json!("r"), json!(null)),
        ] {
            assert_ne!(other, one);
        }
        assert_eq!(id("log", json!(""), json!("t")), None);
        assert_eq!(call_id("log", &meta(&json!({REQUEST_ID: "r"}))), None);
    }

    #[test]
    fn a_zone_in_the_arguments_wins_over_one_in_meta() {
        let zone = |arguments: Value, noted: Value| {
            let mut arguments = object(&arguments);
            let zone = time_zone(&mut arguments, &meta(&noted));
            assert_eq!(arguments, JsonObject::new());
            let zone = zone.map(|zone| zone.map(|zone| zone.iana_name().map(str::to_owned)));
            zone.map(Option::flatten).map_err(|error| error.to_string())
        };
        let (denver, tokyo) = (
            json!({"client_timezone": "America/Denver"}),
            json!({TIME_ZONE: "Asia/Tokyo"}),
        );
        assert_eq!(
            zone(denver, tokyo.clone()),
            Ok(Some("America/Denver".to_owned()))
        );
        for none in [
            json!({}),
            json!({"client_timezone": null}),
            json!({"client_timezone": " "}),
        ] {
            assert_eq!(zone(none, tokyo.clone()), Ok(Some("Asia/Tokyo".to_owned())));
        }
        assert_eq!(zone(json!({}), json!({TIME_ZONE: "Mars"})), Ok(None));
        assert_eq!(zone(json!({}), json!({TIME_ZONE: 1})), Ok(None));
        let mars = zone(json!({"client_timezone": "Mars"}), tokyo);
        assert_eq!(
            mars,
            Err("client_timezone: \"Mars\" is no IANA time zone such as America/Denver".to_owned())
        );
    }
}
