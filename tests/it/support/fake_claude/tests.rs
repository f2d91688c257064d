//! The fake accepts valid requests and refuses invalid ones.

use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{checks::check, reply::Reply};
use crate::support::{mcp_tools::PIXEL, raw_http::Request};

fn good() -> Value {
    let result = json!({"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "no"}], "is_error": true});
    json!({
        "model": "m", "max_tokens": 1, "stream": true,
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "a", "description": "d", "input_schema": {"type": "object", "properties": {"x": {"type": "string"}}}}],
        "tool_choice": {"type": "none"},
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "", "signature": "s"},
                {"type": "tool_use", "id": "t1", "name": "a", "input": {"x": null}}]},
            {"role": "user", "content": [result, {"type": "text", "text": "so?"}]},
            {"role": "assistant", "content": "well"},
            {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}]}],
    })
}

fn refusal(body: &Value) -> Option<String> {
    refusal_with(body, &[("x-api-key", "k")])
}

fn refusal_with(body: &Value, credentials: &[(&'static str, &'static str)]) -> Option<String> {
    let mut headers = HeaderMap::new();
    let others = [
        ("anthropic-version", "2023-06-01"),
        ("content-type", "application/json"),
    ];
    for (name, value) in others.iter().chain(credentials) {
        headers.append(*name, HeaderValue::from_static(value));
    }
    let (method, path) = ("POST".to_owned(), "/v1/messages".to_owned());
    let request = Request {
        method,
        path,
        headers,
        body: body.to_string().into_bytes(),
    };
    check(&request, &[vec![json!({"type": "text", "text": "paused"})]])
        .err()
        .map(|(_, _, message)| message)
}

#[test]
fn a_valid_request_is_accepted() {
    assert_eq!(refusal(&good()), None);
    assert_eq!(
        refusal_with(&good(), &[("authorization", "Bearer k")]),
        None
    );
}

#[test]
fn exactly_one_credential_is_required() {
    assert!(refusal_with(&good(), &[]).is_some());
    assert!(
        refusal_with(
            &good(),
            &[("x-api-key", "k"), ("authorization", "Bearer k")]
        )
        .is_some()
    );
    assert!(refusal_with(&good(), &[("x-api-key", "k"), ("x-api-key", "k")]).is_some());
}

#[test]
fn a_paused_reply_may_be_the_last_message_and_no_other() {
    let ending = |text: &str| {
        let mut body = good();
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({"role": "assistant", "content": [{"type": "text", "text": text}]}));
        refusal(&body)
    };
    assert_eq!(ending("paused"), None);
    assert!(ending("prefill").is_some());
}

#[test]
fn requests_that_the_api_refuses_are_refused() {
    let deep = json!({"type": "object", "properties": {"o": {"type": "array", "items": {"properties": {"user_id": {}}}}}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let mark = json!({"type": "ephemeral"});
    let marked = json!({"type": "text", "text": "x", "cache_control": mark});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id});
    let picture = |kind: &str, data: &str| json!([{"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}]);
    let call =
        |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "a", "input": input});
    for (place, value) in [
        ("/max_tokens", json!(0)),
        ("/stream", json!(false)),
        ("/model", json!(null)),
        ("/messages", json!([])),
        ("/extra", json!(1)),
        ("/system", json!(" ")),
        ("/system/0/text", json!("")),
        ("/system/0/extra", json!(1)),
        ("/tools", json!([])),
        ("/tools/0/name", json!("a.b")),
        ("/tools/0/annotations", json!({})),
        ("/tools/0/description", json!(null)),
        (
            "/tools/1",
            json!({"name": "a", "input_schema": {"type": "object"}}),
        ),
        ("/tools/0/input_schema", json!({})),
        (
            "/tools/0/input_schema",
            json!({"type": "object", "anyOf": [{}]}),
        ),
        (
            "/tools/0/input_schema",
            json!({"type": "object", "properties": {"a b": {}}}),
        ),
        (
            "/tools/0/input_schema",
            json!({"type": "object", "properties": {"a": {"type": "text"}}}),
        ),
        (
            "/tools/0/input_schema",
            json!({"type": "object", "required": ["user_id"]}),
        ),
        ("/tools/0/input_schema", deep),
        ("/tool_choice/type", json!("never")),
        ("/messages/0/content", json!("")),
        ("/messages/0/content", json!([])),
        ("/messages/0/content", json!([text("")])),
        ("/messages/0/content", json!([text("\n")])),
        (
            "/messages/0/content",
            json!([marked, marked, marked, marked]),
        ),
        ("/messages/0/id", json!("m1")),
        ("/messages/0/role", json!("system")),
        ("/messages/0/content", json!([call("t9", json!({}))])),
        ("/messages/0/content", json!([result("t9")])),
        (
            "/messages/1/content",
            json!([call("t1", json!({})), {"type": "thinking", "thinking": "x", "signature": "s"}]),
        ),
        ("/messages/1/content/0/cache_control", mark.clone()),
        ("/messages/1/content/0/extra", json!(1)),
        ("/messages/1/content/1", call("t1", json!("{}"))),
        (
            "/messages/1/content/1",
            call("t1", json!({"deep": [{"user_id": 1}]})),
        ),
        ("/messages/1/content/1", call("t 1", json!({}))),
        ("/messages/1/content/1/partial_json", json!("")),
        ("/messages/1/content/2", call("t1", json!({}))),
        ("/messages/1/content/2", call("t2", json!({}))),
        ("/messages/1/content/2", result("t1")),
        ("/messages/2/content", json!([text("first"), result("t1")])),
        ("/messages/2/content", json!([result("t1"), result("t1")])),
        ("/messages/2/content", json!("no results")),
        ("/messages/2/content/0/content", json!([])),
        ("/messages/2/content/0/content", json!("")),
        ("/messages/2/content/0/content", picture("image/png", PIXEL)),
        ("/messages/2/content/0/name", json!("a")),
        ("/messages/3/content", json!([call("t1", json!({}))])),
        ("/messages/3/content", picture("image/png", PIXEL)),
        ("/messages/4/content", picture("image/png", "aGk")),
        ("/messages/4/content", picture("image/png", "")),
        ("/messages/4/content", picture("image/png", "aGk=")),
        ("/messages/4/content", picture("image/jpeg", PIXEL)),
        ("/messages/4/content", picture("image/tiff", PIXEL)),
        (
            "/messages/4/content",
            json!([{"type": "document", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}]),
        ),
        ("/messages/4/content", json!([{"type": "video"}])),
        ("/messages/4/role", json!("assistant")),
    ] {
        assert!(
            refusal(&with(place, &value)).is_some(),
            "{place} may not be {value}"
        );
    }
}

/// The valid request with one value replaced or added.
fn with(place: &str, value: &Value) -> Value {
    let mut body = good();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(items) if key.parse() == Ok(items.len()) => items.push(value.clone()),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
        parent => parent[key] = value.clone(),
    }
    body
}

#[test]
fn thinking_of_a_model_that_binds_is_accepted_after_exactly_what_it_was_created_after() {
    let mut first = good();
    first["model"] = "claude-sonnet-5-5".into();
    first["messages"] = json!([{"role": "user", "content": "hi"}]);
    let reply = Reply::empty().thinking("hm", "").and_text("x");
    let content = reply.for_request(&first).content;
    let content: Vec<Value> = content.iter().map(|block| block.whole.clone()).collect();
    let mut second = first.clone();
    second["messages"] = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": content},
        {"role": "user", "content": "so?"}]);
    second["system"][0]
        .as_object_mut()
        .unwrap()
        .remove("cache_control");
    assert_eq!(refusal(&second), None);
    for (place, value) in [
        ("/model", json!("claude-opus-5-5")),
        ("/system/0/text", json!("t")),
        ("/tools/0/description", json!("e")),
        ("/messages/0/content", json!("ho")),
    ] {
        let mut changed = second.clone();
        *changed.pointer_mut(place).unwrap() = value;
        let message = refusal(&changed).unwrap_or_default();
        let expected = "messages.1.content.0: Invalid `signature` in `thinking` block.";
        assert!(message.starts_with(expected), "{place}: {message}");
    }
    second["model"] = "claude-sonnet-5".into();
    second["messages"][1]["content"][0]["signature"] = "any".into();
    assert_eq!(refusal(&second), None);
}
