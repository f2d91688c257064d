//! Request `_meta`: the chat request id, the idempotency key of a tool call, and the client's time zone.

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::model::{JsonObject, MetaObject};
use serde_json::Value;

use super::{dates, error::ToolError};

const REQUEST_ID: &str = "fitness.progstrength/request_id";
const TURN_ID: &str = "fitness.progstrength/turn_id";
const TOOL_USE_ID: &str = "fitness.progstrength/tool_use_id";
const TIME_ZONE: &str = "fitness.progstrength/client_timezone";

/// The id of the chat request that caused this call, for the log.
pub fn request_id(meta: &MetaObject) -> Option<&str> {
    let id = meta.get(REQUEST_ID).and_then(Value::as_str)?;
    let valid = id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
    valid.then_some(id)
}

/// The idempotency key of a tool call, stored with what it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// A digest of the tool's name, the agent's turn id and Claude's tool-use id.
    pub id: String,
    /// A digest of the arguments, which differ between two calls to which a client gave one id.
    pub arguments: String,
}

/// The idempotency key, if `_meta` has both ids. The chat request's id is none: clients choose it, and may repeat it.
pub fn call(tool: &str, arguments: &JsonObject, meta: &MetaObject) -> Option<Call> {
    let text = |key| {
        meta.get(key)
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())
    };
    let (turn, tool_use) = (text(TURN_ID)?, text(TOOL_USE_ID)?);
    let ids = serde_json::json!([tool, turn, tool_use]).to_string();
    let mut hash = Context::new(&SHA256);
    hash_object(&mut hash, arguments);
    Some(Call {
        id: BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, ids.as_bytes())),
        arguments: BASE64_URL_SAFE_NO_PAD.encode(hash.finish()),
    })
}

/// Hashes the object as JSON with its keys in order and with integers without a fraction, so that `60.0` equals `60`.
fn hash_object(hash: &mut Context, object: &JsonObject) {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    hash.update(b"{");
    for (key, value) in entries {
        hash.update(serde_json::json!(key).to_string().as_bytes());
        hash.update(b":");
        hash_value(hash, value);
        hash.update(b",");
    }
    hash.update(b"}");
}

fn hash_value(hash: &mut Context, value: &Value) {
    match value {
        Value::Object(object) => hash_object(hash, object),
        Value::Array(items) => {
            hash.update(b"[");
            for item in items {
                hash_value(hash, item);
                hash.update(b",");
            }
            hash.update(b"]");
        }
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            // Every other float prints a fraction or an exponent; `+ 0.0` makes `-0.0` positive.
            Some(float) if float.fract() == 0.0 => {
                hash.update(format!("{:.0}", float + 0.0).as_bytes());
            }
            _ => hash.update(number.to_string().as_bytes()),
        },
        scalar => hash.update(scalar.to_string().as_bytes()),
    }
}

/// The client's time zone, from the arguments or else from `_meta`.
pub fn time_zone(
    arguments: &mut JsonObject,
    meta: &MetaObject,
) -> Result<Option<jiff::tz::TimeZone>, ToolError> {
    let argument = match arguments.shift_remove("client_timezone") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => {
            let none = name.trim().is_empty() || name.trim().eq_ignore_ascii_case("null");
            Some(name).filter(|_| !none)
        }
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
    fn the_call_id_depends_on_tool_turn_and_tool_use() {
        let id = |tool: &str, turn: Value, tool_use: Value| {
            let meta = meta(&json!({TURN_ID: turn, TOOL_USE_ID: tool_use}));
            call(tool, &JsonObject::new(), &meta).map(|call| call.id)
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
        for meta in [
            json!({TURN_ID: "r"}),
            json!({REQUEST_ID: "r", TOOL_USE_ID: "t"}),
        ] {
            let meta = super::tests::meta(&meta);
            assert_eq!(call("log", &JsonObject::new(), &meta), None);
        }
    }

    #[test]
    fn the_digest_depends_on_what_the_arguments_say_and_not_on_how() {
        let digest = |arguments: &str| {
            let arguments = serde_json::from_str(arguments).expect("an object");
            let meta = meta(&json!({TURN_ID: "r", TOOL_USE_ID: "t"}));
            call("log", &arguments, &meta).expect("both ids").arguments
        };
        let same = [
            r#"{"a": 60, "b": [{"c": 0, "d": "x"}], "e": 1e20}"#,
            r#"{ "e":100000000000000000000, "b":[{"d":"\u0078","c":-0.0}],"a":6.00e1}"#,
        ];
        assert_eq!(digest(same[0]), digest(same[1]));
        let mut different: Vec<_> = [
            "{}",
            r#"{"a": 60}"#,
            r#"{"a": 60.5}"#,
            r#"{"a": "60"}"#,
            r#"{"a": -60}"#,
            r#"{"a": null}"#,
            r#"{"a": [60]}"#,
            r#"{"a": [6, 0]}"#,
            r#"{"a": [0, 6]}"#,
            r#"{"a": {"b": 1}, "c": 1}"#,
            r#"{"a": {"b": 1, "c": 1}}"#,
            r#"{"a": 9007199254740993}"#,
            r#"{"a": 9007199254740992.0}"#,
            r#"{"a": "1,\"b\":2"}"#,
            r#"{"a": "1", "b": 2}"#,
        ]
        .map(digest)
        .into();
        let all = different.len();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), all);
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
            json!({"client_timezone": "null"}),
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
