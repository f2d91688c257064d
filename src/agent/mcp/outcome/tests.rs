use super::*;

fn outcome(answer: Value) -> Value {
    let outcome = CallOutcome::from_result(answer, 20);
    json!([outcome.is_error, outcome.content])
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn each_kind_of_content_becomes_what_claude_accepts() {
    let answer = json!({"content": [
        {"type": "text", "text": "a", "annotations": {"audience": ["user"]}},
        {"type": "text", "text": " "},
        {"type": "image", "mimeType": "image/png", "data": "aGk="},
        {"type": "resource", "resource": {"uri": "a://b", "text": "t"}},
    ]});
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}});
    assert_eq!(
        outcome(answer),
        json!([false, [text("a"), image, text("t")]])
    );
    for (item, note) in [
        (
            json!({"type": "audio", "mimeType": "audio/wav", "data": "aa"}),
            "[audio: audio/wav]",
        ),
        (
            json!({"type": "resource", "resource": {"uri": "a://b", "blob": "aGk="}}),
            "[a resource: a://b]",
        ),
        (
            json!({"type": "resource_link", "name": "n", "uri": "x://y"}),
            "[a link to a resource: n x://y]",
        ),
        (json!({"type": "video"}), "[content of type video]"),
        (
            json!({"type": "image", "mimeType": "image/tiff", "data": "aGk="}),
            "[an image, left out: image/tiff cannot be shown]",
        ),
        (
            json!({"type": "image", "mimeType": "image/png", "data": "A".repeat(8 << 20)}),
            "[an image, left out: larger than 5 MB]",
        ),
    ] {
        assert_eq!(
            CallOutcome::from_result(json!({"content": [item]}), 1000).content,
            [Block::text(note)]
        );
    }
}

#[test]
fn structured_content_speaks_when_nothing_else_does_and_emptiness_is_said() {
    assert_eq!(
        outcome(json!({"structuredContent": {"a": 1}})),
        json!([false, [text("{\"a\":1}")]])
    );
    assert_eq!(
        outcome(json!({"content": [text("x")], "structuredContent": {"a": 1}})),
        json!([false, [text("x")]])
    );
    assert_eq!(
        outcome(json!({})),
        json!([false, [text("The tool answered with nothing.")]])
    );
}

#[test]
fn structured_content_is_kept_beside_the_text_up_to_its_limit() {
    let structured = |content: Value| {
        let answer = json!({"content": [text("x")], "structuredContent": content});
        CallOutcome::from_result(answer, 20).structured
    };
    assert_eq!(structured(json!({"a": 1})), Some(json!({"a": 1})));
    assert_eq!(structured(Value::Null), None);
    // `{"a":"…"}` is eight bytes longer than what is in it.
    let sized = |n: usize| json!({"a": "x".repeat(n - 8)});
    assert_eq!(structured(sized(65_536)), Some(sized(65_536)));
    assert_eq!(structured(sized(65_537)), None);
    assert_eq!(CallOutcome::from_result(json!({}), 20).structured, None);
}

#[test]
fn an_error_is_text_alone_and_never_empty() {
    let image = json!({"type": "image", "mimeType": "image/png", "data": "aGk="});
    assert_eq!(
        outcome(json!({"isError": true, "content": [image]})),
        json!([true, [text("[an image]")]])
    );
    assert_eq!(
        outcome(json!({"isError": true})),
        json!([true, [text("The tool failed without saying why.")]])
    );
}

#[test]
fn a_long_result_is_cut_at_a_character_and_says_so() {
    let answer = json!({"content": [text(&"é".repeat(8)), text("ééé"), text("more")]});
    assert_eq!(
        outcome(answer),
        json!([
            false,
            [
                text(&"é".repeat(8)),
                text("éé"),
                text("[This result was too long: 6 bytes were cut off.]")
            ]
        ])
    );
}
