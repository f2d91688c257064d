//! Schemas that are mended: `user_id` is hidden from Claude and injected all the same.

use serde_json::{Value, json};

use crate::support::{
    fake_claude::Reply,
    scripted_mcp::{ScriptedMcp, result_of},
    test_app::TestApp,
};

/// The property `a`, and the form in which `user_id` is declared.
fn owner(user_id: &Value) -> Value {
    json!({"type": "object", "properties": {"user_id": user_id, "a": {}}})
}

/// Each a schema of a tool, an input that Claude writes, and the arguments that the server gets.
fn cases() -> Vec<(Value, Value, Value)> {
    let top = |schema: Value| {
        (
            schema,
            json!({"a": 1, "user_id": "bob"}),
            json!({"a": 1, "user_id": "sam"}),
        )
    };
    let inner = |schema: Value, input: Value, arguments: Value| {
        (
            json!({"properties": {"x": schema}}),
            json!({"x": input}),
            json!({"x": arguments}),
        )
    };
    let text = || json!({"type": "string"});
    vec![
        top(owner(&Value::Null)),
        top(owner(&json!({"required": true, "type": "any"}))),
        top(owner(&json!({"type": ["string", null]}))),
        top(
            json!({"type": null, "required": ["user_id", "user_id", null], "properties": {"user_id": text(), "a": null}}),
        ),
        top(
            json!({"properties": {"user_id": text(), "a": {}}, "dependencies": {"user_id": "a", "a": "user_id"}}),
        ),
        top(
            json!({"properties": {"user_id": {"minimum": 1, "exclusiveMinimum": true}, "a": {}}, "definitions": {"user_id": null}}),
        ),
        // Tuples of the drafts up to 2019-09.
        inner(
            json!({"items": [owner(&text()), {}], "additionalItems": owner(&text())}),
            json!([{"a": 1, "user_id": "bob"}, {"a": 2}, {"a": 3, "user_id": "bob"}]),
            json!([{"a": 1, "user_id": "sam"}, {"a": 2}, {"a": 3, "user_id": "sam"}]),
        ),
        // Schemas as types.
        inner(
            json!({"type": ["null", owner(&text())]}),
            json!({"a": 1, "user_id": "bob"}),
            json!({"a": 1, "user_id": "sam"}),
        ),
        inner(
            json!({"anyOf": [null, {"oneOf": [null, owner(&text())]}]}),
            json!({"a": 1, "user_id": "bob"}),
            json!({"a": 1, "user_id": "sam"}),
        ),
        // A name of drafts 4 to 7.
        (
            json!({"definitions": {"t": {"id": "#t", "properties": {"user_id": {}}}}, "properties": {"x": {"$ref": "#t"}}}),
            json!({"x": {"a": 1, "user_id": "bob"}}),
            json!({"x": {"a": 1, "user_id": "sam"}}),
        ),
        // References into a tuple and into what follows it.
        (
            json!({"definitions": {"t": {"items": [{}, owner(&text())], "additionalItems": {"properties": {"user_id": null}}}},
                "properties": {"x": {"$ref": "#/definitions/t/items/1"}, "y": {"$ref": "#/definitions/t/additionalItems"}}}),
            json!({"x": {"a": 1, "user_id": "bob"}, "y": {"a": 2}}),
            json!({"x": {"a": 1, "user_id": "sam"}, "y": {"a": 2, "user_id": "sam"}}),
        ),
        (
            json!({"properties": {"x": {"items": [{"properties": {"user_id": text(), "next": {"$ref": "#/properties/x/items/0"}}}]}}}),
            json!({"x": [{"next": {"next": {"user_id": "bob"}}}]}),
            json!({"x": [{"next": {"next": {"user_id": "sam"}, "user_id": "sam"}, "user_id": "sam"}]}),
        ),
    ]
}

#[tokio::test]
async fn a_mended_schema_hides_user_id_and_calls_carry_the_callers() {
    let cases = cases();
    let tools = cases.iter().enumerate();
    let tools =
        tools.map(|(n, (schema, ..))| json!({"name": format!("t{n:02}"), "inputSchema": schema}));
    let tools: Value = tools.collect();
    let server = ScriptedMcp::start(move |_, message| {
        let is_list = message["method"] == "tools/list";
        is_list.then(|| result_of(message, &json!({"tools": tools})))
    });
    let server = server.await;
    let app = TestApp::builder().mcp_url(server.url()).start().await;
    for (n, (schema, input, arguments)) in cases.iter().enumerate() {
        let name = format!("t{n:02}");
        app.claude.push_all([
            Reply::tool("toolu_1", &name, input.clone()),
            Reply::text("done"),
        ]);
        app.ask("go").await.ok();
        let sent = server.requests("tools/call", |_, message| message["params"].clone());
        let sent = sent.last().expect("a call");
        assert_eq!(sent["name"], *name, "{schema}");
        assert_eq!(sent["arguments"], *arguments, "{schema}");
    }
    let shown = app.claude.bodies()[0]["tools"].clone();
    let shown = shown.as_array().expect("tools");
    assert_eq!(shown.len(), cases.len());
    for tool in shown {
        let schema = &tool["input_schema"];
        assert!(!schema.to_string().contains("user_id"), "{schema}");
        for reference in references(schema) {
            let pointer = reference.trim_start_matches('#');
            let is_anchor = schema
                .to_string()
                .contains(&format!(r#""$anchor":"{pointer}""#));
            assert!(
                is_anchor || schema.pointer(pointer).is_some(),
                "{reference} in {schema}"
            );
        }
    }
}

fn references(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter()
                .chain(fields.values().flat_map(references))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => vec![],
    }
}
