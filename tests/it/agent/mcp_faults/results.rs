//! Conversion of tool results for Claude.

use serde_json::{Value, json};

use super::{obedient, obedient_with, obeying};
use crate::{
    support::helpers::{bad, good, last_content, result_of},
    support::{
        bad_mcp::{BadMcp, Quirk},
        mcp_tools::{PIXEL, picture},
        test_app::TestApp,
    },
};

/// The result with these content blocks.
fn with(content: Value) -> Value {
    let mut result = good("");
    result["content"] = content;
    result
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[tokio::test]
async fn an_image_becomes_an_image_block() {
    let app = obedient().await;
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}});
    assert_eq!(result_of(&app, "picture").await, with(json!([image])));
    assert_eq!(
        last_content(&app.claude.bodies()[1]),
        [with(json!([image]))]
    );
}

#[tokio::test]
async fn an_image_of_more_than_5_mb_becomes_a_note() {
    let app = obedient().await;
    let note = "[an image, left out: larger than 5 MB]";
    assert_eq!(
        result_of(&app, r#"picture {"bytes": 5300000}"#).await,
        good(note)
    );
}

#[tokio::test]
async fn the_limit_on_text_does_not_apply_to_images() {
    let app = obedient().await;
    let source = json!({"type": "base64", "media_type": "image/png", "data": picture(3_000_000)});
    let whole = with(json!([{"type": "image", "source": source}]));
    let result = result_of(&app, r#"picture {"bytes": 3000000}"#).await;
    // Not `assert_eq!`: it would print megabytes.
    assert!(result == whole, "{} blocks", result["content"]);
    assert!(last_content(&app.claude.bodies()[1]) == [whole]);
}

#[tokio::test]
async fn text_and_embedded_text_are_passed_on_and_the_rest_is_described() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, "mixed").await,
        with(json!([
            text("first"),
            text("embedded text"),
            text("[a link to a resource: all workouts workout://all]"),
            text("[audio: audio/wav]")
        ]))
    );
}

#[tokio::test]
async fn content_of_an_unknown_type_is_described() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    assert_eq!(
        result_of(&app, "unknown_content").await,
        with(json!([
            text("[content of type video]"),
            text("beside a video")
        ]))
    );
}

#[tokio::test]
async fn a_result_without_content_is_its_structure_or_says_that_it_is_empty() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, "structured").await,
        good(r#"{"workouts":3,"last":"w1"}"#)
    );
    assert_eq!(
        result_of(&app, "empty").await,
        good("The tool answered with nothing.")
    );
}

#[tokio::test]
async fn an_error_result_is_text_alone_and_never_empty() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, "fail_empty").await,
        bad("The tool failed without saying why.")
    );
    let mut both = with(json!([text("see for yourself"), text("[an image]")]));
    both["is_error"] = true.into();
    assert_eq!(result_of(&app, "fail_with_picture").await, both);
}

#[tokio::test]
async fn a_long_result_is_cut_at_a_character_and_says_so() {
    let app = obeying(TestApp::builder().env("AGENT_MAX_TOOL_RESULT_BYTES", "1001")).await;
    assert_eq!(
        result_of(&app, r#"big {"letter": "é", "bytes": 600}"#).await,
        with(json!([
            text(&"é".repeat(500)),
            text("[This result was too long: 200 bytes were cut off.]")
        ]))
    );
    assert_eq!(
        result_of(&app, r#"big {"letter": "é", "bytes": 500}"#).await,
        good(&"é".repeat(500))
    );
}

#[tokio::test]
async fn a_result_may_have_100_000_bytes_by_default() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, r#"big {"bytes": 100000}"#).await,
        good(&"a".repeat(100_000))
    );
    assert_eq!(
        result_of(&app, "big").await,
        with(json!([
            text(&"a".repeat(100_000)),
            text("[This result was too long: 100000 bytes were cut off.]")
        ]))
    );
}

#[tokio::test]
async fn an_image_of_5_mb_is_passed_on() {
    let app = obedient().await;
    let result = result_of(&app, r#"picture {"bytes": 5000000}"#).await;
    let data = &result["content"][0]["source"]["data"];
    assert!(data.as_str().expect("base64").len() > 6_600_000);
}

#[tokio::test]
async fn of_many_blocks_the_first_1000_are_passed_on() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    let result = result_of(&app, "blocks").await;
    let blocks = result["content"].as_array().expect("a list");
    assert_eq!(blocks.len(), 1001);
    assert_eq!(blocks[999], text("x"));
    assert_eq!(
        blocks[1000],
        text("[500 more content blocks were left out.]")
    );
}
