//! Mends the results of `initialize`, which rmcp refuses for a member that nothing here reads.

use serde_json::{Map, Value, json};

/// The message with a name and a version of the server, and without what its result may hold besides the protocol version.
/// Other messages, and results without a version, stay as they are.
pub(super) fn mend_initialize_result(text: String) -> String {
    if !text.contains("protocolVersion") {
        return text;
    }
    let Ok(mut message) = serde_json::from_str::<Value>(&text) else {
        return text;
    };
    let result = message.get_mut("result").and_then(Value::as_object_mut);
    let Some((version, result)) =
        result.and_then(|it| Some((it.get("protocolVersion")?.as_str()?.to_owned(), it)))
    else {
        return text;
    };
    let info = result.get("serverInfo").and_then(Value::as_object);
    let member = |name: &str| match info.and_then(|info| info.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let info = json!({"name": member("name"), "version": member("version")});
    *result = Map::from_iter([
        ("protocolVersion".to_owned(), version.into()),
        // Servers list their tools whether they declare the capability or not.
        ("capabilities".to_owned(), json!({})),
        ("serverInfo".to_owned(), info),
    ]);
    message.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_results_with_a_protocol_version_are_mended() {
        let mended = |text: &str| mend_initialize_result(text.to_owned());
        let whole = |name: &str, version: &str| {
            json!({"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-11-25", "capabilities": {},
                "serverInfo": {"name": name, "version": version}}})
        };
        for (members, name, version) in [
            (json!({}), "", ""),
            (json!({"capabilities": null, "serverInfo": null}), "", ""),
            (json!({"capabilities": [], "serverInfo": []}), "", ""),
            (
                json!({"capabilities": {"tools": null, "experimental": {"x": true}}, "serverInfo": {"name": "s", "version": 2}, "instructions": 5}),
                "s",
                "2",
            ),
            (
                json!({"serverInfo": {"name": "s", "version": null, "icons": null}, "_meta": []}),
                "s",
                "",
            ),
        ] {
            let mut message = json!({"jsonrpc": "2.0", "id": 1, "result": members});
            message["result"]["protocolVersion"] = "2025-11-25".into();
            let mended: Value = serde_json::from_str(&mended(&message.to_string())).unwrap();
            assert_eq!(mended, whole(name, version), "{members}");
        }
        for other in [
            r#"{"result":{"protocolVersion":null}}"#,
            r#"{"result":["protocolVersion"]}"#,
            r#"{"method":"x","params":{"protocolVersion":"1"}}"#,
            r#"["protocolVersion"#,
        ] {
            assert_eq!(mended(other), other);
        }
    }
}
