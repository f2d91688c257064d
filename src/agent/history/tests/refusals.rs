//! Invalid histories, and the place that the error names.

use serde_json::{Value, json};

use super::parse;

fn fault(messages: &Value) -> String {
    parse(messages).unwrap_err().to_string()
}

fn user(block: &Value) -> Value {
    json!([{"role": "user", "content": [block]}])
}

fn assistant(block: &Value) -> Value {
    json!([{"role": "assistant", "content": [block]}, {"role": "user", "content": "x"}])
}

fn image(source: &Value) -> Value {
    user(&json!({"type": "image", "source": source}))
}

#[test]
fn invalid_values_are_named_with_their_place() {
    let b64 = |media: &str, data: &str| {
        image(&json!({"type": "base64", "media_type": media, "data": data}))
    };
    for (messages, expected) in [
        (json!("x"), "messages: must be a list of messages"),
        (json!([]), "messages: must hold at least one message"),
        (
            json!([5]),
            "messages[0]: must be an object with `role` and `content`",
        ),
        (
            json!([{"role": "system", "content": "x"}]),
            "messages[0].role: must be `user` or `assistant`",
        ),
        (
            json!([{"role": "user"}]),
            "messages[0].content: must be a string or a list of content blocks",
        ),
        (
            json!([{"role": "user", "content": " \n"}]),
            "messages[0]: the last message must not be blank",
        ),
        (
            json!([{"role": "user", "content": []}]),
            "messages[0]: the last message must not be blank",
        ),
        (
            json!([{"role": "user", "content": [{"type": "text", "text": " "}, {"type": "text", "text": ""}]}]),
            "messages[0]: the last message must not be blank",
        ),
        (
            json!([{"role": "assistant", "content": "x"}]),
            "messages[0]: the last message must be the user's",
        ),
        (
            user(&json!({"type": "text"})),
            "messages[0].content[0].text: is missing",
        ),
        (
            user(&json!({"text": "x"})),
            "messages[0].content[0].type: must be a string",
        ),
        (
            user(&json!({"type": "text", "text": 5})),
            "messages[0].content[0].text: must be a string",
        ),
        (
            user(&json!({"type": "tool_use"})),
            "messages[0].content[0]: a user message may hold blocks of type text, image, document and tool_result",
        ),
        (
            assistant(&json!({"type": "server_tool_use"})),
            "messages[0].content[0]: an assistant message may hold blocks of type text, tool_use, thinking and redacted_thinking",
        ),
        (
            b64("image/tiff", "aGk="),
            "messages[0].content[0].source.media_type: must be image/png, image/jpeg, image/gif, image/webp",
        ),
        (
            b64("image/png", "data:image/png,aGk="),
            "messages[0].content[0].source.data: must be base64",
        ),
        (
            b64("image/png", &format!("{}=={}", "a".repeat(4094), "aGk=")),
            "messages[0].content[0].source.data: must be base64",
        ),
        (
            b64("image/png", "data:image/png;base64,aGk="),
            "messages[0].content[0].source.data: must be the bytes of image/png, image/jpeg, image/gif, image/webp",
        ),
        (
            image(&json!({"type": "file", "file_id": "f"})),
            "messages[0].content[0].source.type: must be base64 or url",
        ),
        (
            user(
                &json!({"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": "aGk="}}),
            ),
            "messages[0].content[0].source.media_type: must be application/pdf",
        ),
        (
            assistant(&json!({"type": "tool_use", "id": "a b", "name": "x", "input": {}})),
            "messages[0].content[0].id: must match [A-Za-z0-9_-]+",
        ),
        (
            assistant(&json!({"type": "tool_use", "id": "a", "name": "x", "input": "{}"})),
            "messages[0].content[0].input: must be an object",
        ),
        (
            user(&json!({"type": "tool_result", "tool_use_id": "t", "content": 5})),
            "messages[0].content[0].content: must be a string or a list of content blocks",
        ),
        (
            user(&json!({"type": "tool_result", "tool_use_id": "t"})),
            "messages[0]: holds only results of tool calls that the message before does not make",
        ),
    ] {
        assert_eq!(fault(&messages), expected);
    }
}

#[test]
fn exceeded_limits_are_named_with_their_place() {
    for (messages, expected) in [
        (
            assistant(
                &json!({"type": "tool_use", "id": "a", "name": "x".repeat(129), "input": {}}),
            ),
            "messages[0].content[0].name: must be 1 to 128 of A-Z a-z 0-9 _ -",
        ),
        (
            assistant(
                &json!({"type": "image", "source": {"type": "url", "url": "https://example.org/x.png"}}),
            ),
            "messages[0].content[0]: an assistant message may hold blocks of type text, tool_use, thinking and redacted_thinking",
        ),
        (
            image(&json!({"type": "url", "url": "ftp://example.org/x.png"})),
            "messages[0].content[0].source.url: must be an https URL",
        ),
        (
            image(&json!({"type": "url", "url": "http://example.org/x.png"})),
            "messages[0].content[0].source.url: must be an https URL",
        ),
        (
            image(&json!({"type": "url", "url": "https://eve@example.org/x.png"})),
            "messages[0].content[0].source.url: must not hold a user name or password",
        ),
        (
            image(&json!({"type": "url", "url": "https://@example.org/x.png"})),
            "messages[0].content[0].source.url: must not hold a user name or password",
        ),
        (
            image(&json!({"type": "url", "url": "https:///example.org/x.png"})),
            "messages[0].content[0].source.url: must be an https URL",
        ),
        (
            image(&json!({"type": "url", "url": "https:example.org/x.png"})),
            "messages[0].content[0].source.url: must be an https URL",
        ),
        (
            image(&json!({"type": "url", "url": "https:\\\\example.org/x.png"})),
            "messages[0].content[0].source.url: must be an https URL",
        ),
        (
            image(&json!({"type": "url", "url": " https://example.org/x.png"})),
            "messages[0].content[0].source.url: must be an https URL",
        ),
        (
            image(&json!({"type": "url", "url": "https://exam\tple.org/x.png"})),
            "messages[0].content[0].source.url: must hold no white space, control characters or backslashes",
        ),
        (
            image(&json!({"type": "url", "url": "https://example.org\\@localhost/x.png"})),
            "messages[0].content[0].source.url: must hold no white space, control characters or backslashes",
        ),
        (
            image(&json!({"type": "url", "url": "https://example.org/my squat.png"})),
            "messages[0].content[0].source.url: must hold no white space, control characters or backslashes",
        ),
        (
            image(&json!({"type": "url", "url": "https://[::ffff:10.0.0.1]/x.png"})),
            "messages[0].content[0].source.url: must name a public host",
        ),
        (
            user(
                &json!({"type": "document", "source": {"type": "url", "url": "https://mcp:8000/x.pdf"}}),
            ),
            "messages[0].content[0].source.url: must name a public host",
        ),
        (
            user(
                &json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": " \n"}}),
            ),
            "messages[0].content[0].source.data: must not be blank",
        ),
    ] {
        assert_eq!(fault(&messages), expected);
    }
}

#[test]
fn tool_inputs_nested_deeper_than_122_levels_are_refused() {
    let call = |levels: usize| {
        let input = (1..levels).fold(json!(1), |inner, _| json!([inner]));
        let call = json!({"type": "tool_use", "id": "a", "name": "x", "input": {"a": input}});
        let result = json!({"type": "tool_result", "tool_use_id": "a"});
        json!([{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}])
    };
    let sent = parse(&call(122)).unwrap().conversation.messages();
    assert_eq!(sent[1]["content"], call(122)[0]["content"]);
    let deep = (0..122).fold(json!(1), |inner, _| json!([inner]));
    for input in [
        json!({"a": deep, "b": 1}),
        json!({"a": [deep[0], 1], "b": [[1]]}),
    ] {
        let mut call = call(1);
        call[0]["content"][0]["input"] = input;
        assert!(fault(&call).contains("must not nest deeper than 122 levels"));
    }
    for levels in [123, 200] {
        assert_eq!(
            fault(&call(levels)),
            "messages[0].content[0].input: must not nest deeper than 122 levels nor hold a number beyond 1.7e308"
        );
    }
}

#[test]
fn tool_inputs_beyond_the_limits_are_refused() {
    let call = |input: &Value| {
        let call = json!({"type": "tool_use", "id": "a", "name": "x", "input": input});
        let result = json!({"type": "tool_result", "tool_use_id": "a"});
        json!([{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}])
    };
    let zeros = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
    let texts = |count: usize| json!({"x": vec![zeros(30_000); count]});
    let accepted = [
        json!({"x": zeros(32_767)}),
        // Text that is not JSON, and text that does not look like it.
        json!({"x": zeros(40_000) + "]"}),
        json!({"x": "a".repeat(100_000)}),
        texts(3),
    ];
    for input in accepted {
        assert!(parse(&call(&input)).is_ok());
    }
    for (input, why) in [
        (
            json!({"x": [zeros(32_768)]}),
            "must not hold a text of more than 65536 bytes that is JSON",
        ),
        (
            json!({"x": json!([zeros(32_766)]).to_string()}),
            "must not hold a text of more than 65536 bytes that is JSON",
        ),
        (texts(4), "must not hold more than 100000 values"),
        (
            json!({"x": "a".repeat(4 << 20)}),
            "must not be longer than 4194304 bytes",
        ),
    ] {
        let fault = parse(&call(&input)).unwrap_err().to_string();
        assert_eq!(fault, format!("messages[0].content[0].input: {why}"));
    }
    // Together.
    let two: Vec<Value> = [texts(2), texts(2)]
        .iter()
        .flat_map(|input| call(input).as_array().cloned().unwrap_or_default())
        .collect();
    let fault = parse(&two.into()).unwrap_err().to_string();
    assert_eq!(
        fault,
        "messages: must not hold tool inputs with more than 100000 values"
    );
}
