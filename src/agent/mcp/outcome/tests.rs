use serde_json::json;

use super::*;

/// The first bytes of a PNG.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";

fn outcome(answer: Value) -> Value {
    let outcome = CallOutcome::from_result(answer, 20.into());
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
        {"type": "image", "mimeType": "image/png", "data": PNG},
        {"type": "resource", "resource": {"uri": "a://b", "text": "t"}},
    ]});
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}});
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
            CallOutcome::from_result(json!({"content": [item]}), 1000.into()).content,
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
        CallOutcome::from_result(answer, 20.into()).structured
    };
    assert_eq!(structured(json!({"a": 1})), Some(json!({"a": 1})));
    assert_eq!(structured(Value::Null), None);
    // `{"a":"…"}` is eight bytes longer than what is in it.
    let sized = |n: usize| json!({"a": "x".repeat(n - 8)});
    assert_eq!(structured(sized(65_536)), Some(sized(65_536)));
    assert_eq!(structured(sized(65_537)), None);
    assert_eq!(
        CallOutcome::from_result(json!({}), 20.into()).structured,
        None
    );
}

#[test]
fn an_error_is_text_alone_and_never_empty() {
    let image = json!({"type": "image", "mimeType": "image/png", "data": PNG});
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

fn content(item: &Value) -> Vec<Block> {
    CallOutcome::from_result(json!({"content": [item]}), 1000.into()).content
}

#[test]
fn the_bytes_of_an_image_decide_its_media_type_and_flaws_of_its_base64_are_mended() {
    let (data_url, lines) = (
        format!("data:image/jpeg;base64,{PNG}"),
        "iVBORw0KGgoA\r\nAAANSUhEUg==\r\n",
    );
    let shown = [Block::Image {
        source: json!({"type": "base64", "media_type": "image/png", "data": PNG}),
    }];
    for (declared, data) in [
        (json!("image/png"), PNG),
        (json!("image/jpeg"), PNG),
        (json!("IMAGE/JPG; a=b"), PNG),
        (json!("text/html"), PNG),
        (json!("application/octet-stream"), PNG),
        (Value::Null, PNG),
        (json!("image/png"), &PNG[..22]),
        (json!("image/png"), lines),
        (json!("image/png"), &data_url),
    ] {
        let image = json!({"type": "image", "mimeType": declared, "data": data});
        assert_eq!(content(&image), shown, "{image}");
        let blob = json!({"uri": "a://b", "mimeType": declared, "blob": data});
        assert_eq!(
            content(&json!({"type": "resource", "resource": blob})),
            shown,
            "{blob}"
        );
    }
}

#[test]
fn an_image_without_the_bytes_of_one_becomes_a_note() {
    // `<html></html>`, the beginning of a HEIC and of a PDF, and no base64.
    for data in [
        "PGh0bWw+PC9odG1sPg==",
        "AAAAGGZ0eXBoZWljAAAAAA==",
        "JVBERi0xLjcK",
        "",
        "#",
    ] {
        for (declared, why) in [
            ("image/png", "its bytes are not PNG, JPEG, GIF or WebP"),
            ("image/JPG", "its bytes are not PNG, JPEG, GIF or WebP"),
            ("image/heic", "image/heic cannot be shown"),
        ] {
            let image = json!({"type": "image", "mimeType": declared, "data": data});
            assert_eq!(
                content(&image),
                [Block::text(format!("[an image, left out: {why}]"))]
            );
        }
        let resource = json!({"uri": "a://b", "mimeType": "image/png", "blob": data});
        let resource = json!({"type": "resource", "resource": resource});
        assert_eq!(content(&resource), [Block::text("[a resource: a://b]")]);
    }
    let wide = "iVBORw0KGgoAAAANSUhEUgAAI0EAAAABCAYAAAA=";
    let image = json!({"type": "image", "mimeType": "image/png", "data": wide});
    let note = "[an image, left out: wider or higher than 8000 pixels]";
    assert_eq!(content(&image), [Block::text(note)]);
}

#[test]
fn attachments_are_collected_within_their_limit_and_only_when_asked_for() {
    let answer = json!({"content": [
        {"type": "text", "text": "aGk="},
        {"type": "image", "mimeType": "image/png", "data": PNG},
        {"type": "audio", "mimeType": "audio/wav", "data": "aGk"},
        {"type": "resource", "resource": {"uri": "a://b/c.bin", "mimeType": "x/y", "blob": "data:x/y;base64,aGkh"}},
        {"type": "resource", "resource": {"uri": "a://b", "text": "t"}},
        {"type": "audio", "data": "*"},
        {"type": "image", "data": "AAAA"},
    ]});
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let attachment = |uri: Option<&str>, mime_type: &str, data: &[u8]| Attachment {
        uri: uri.map(str::to_owned),
        mime_type: mime_type.into(),
        data: data.to_vec().into(),
    };
    let limits = ResultLimits {
        text: 1000,
        attachments: png.len() + 5,
    };
    let outcome = CallOutcome::from_result(answer.clone(), limits);
    let expected = Attachments {
        items: vec![
            attachment(None, "image/png", png),
            attachment(None, "audio/wav", b"hi"),
            attachment(Some("a://b/c.bin"), "x/y", b"hi!"),
        ],
        left_out: 2,
    };
    assert_eq!(outcome.attachments, expected);
    let plain = CallOutcome::from_result(answer, 1000.into());
    assert_eq!(plain.content, outcome.content);
    assert_eq!(plain.attachments, Attachments::default());
}
