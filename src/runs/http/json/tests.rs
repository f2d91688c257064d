use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only parsed")]
struct Body {
    prompt: String,
    max_tokens: Option<u32>,
    steps: Option<Vec<Step>>,
    kind: Option<Kind>,
    only: Option<FromObject<Step>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only parsed")]
struct Step {
    prompt: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Skip,
    Queue,
}

fn refusal(body: &str) -> String {
    parse::<Body>(&Bytes::copy_from_slice(body.as_bytes()), 1)
        .expect_err(body)
        .to_string()
}

#[test]
fn a_refusal_names_the_place_and_what_is_wanted_and_quotes_no_value() {
    let table = [
        ("{}", "prompt: is missing"),
        (
            r#"{"prompt": "a", "secret": 1}"#,
            "secret: is no field of this request",
        ),
        (r#"{"prompt": 5}"#, "prompt: must be a string"),
        (
            r#"{"prompt": "a", "prompt": "b"}"#,
            "prompt: is given twice",
        ),
        (
            r#"{"prompt": "a", "maxTokens": "hunter2"}"#,
            "maxTokens: must be a whole number that is not negative, and not too large",
        ),
        (
            r#"{"prompt": "a", "maxTokens": -1}"#,
            "maxTokens: must be a whole number that is not negative, and not too large",
        ),
        (
            r#"{"prompt": "a", "steps": [{"prompt": "b"}, {"promt": "c"}]}"#,
            "steps[1].promt: is no field of this request",
        ),
        (
            r#"{"prompt": "a", "steps": [{}]}"#,
            "steps[0].prompt: is missing",
        ),
        (r#"{"prompt": "a", "steps": {}}"#, "steps: must be a list"),
        (
            r#"{"prompt": "a", "kind": "hunter2"}"#,
            "kind: must be `skip` or `queue`",
        ),
        ("5", "body: must be an object"),
        (r#"["a", null, null, null]"#, "body: must be an object"),
        (
            r#"{"prompt": "a", "kind": "x, expected hunter2"}"#,
            "kind: must be `skip` or `queue`",
        ),
        (
            r#"{"prompt": "a", "maxTokens": "x, expected hunter2"}"#,
            "maxTokens: must be a whole number that is not negative, and not too large",
        ),
        (
            r#"{"prompt": "a", "one": {"prompt": "b"}}"#,
            "one: is no field of this request",
        ),
        (
            r#"{"prompt": "a", "only": ["b"]}"#,
            "only: must be an object",
        ),
        (
            r#"{"prompt": "a", "only": {"promt": "b"}}"#,
            "only.promt: is no field of this request",
        ),
    ];
    for (body, expected) in table {
        assert_eq!(
            refusal(body),
            format!("invalid_request: {expected}"),
            "{body}"
        );
    }
    assert!(refusal("{").starts_with("invalid_json: "));
    assert!(refusal("\u{feff}{}").starts_with("invalid_json: "));
}

#[test]
fn long_names_are_cut_and_controls_left_out() {
    let long = "k".repeat(5000);
    let refusal = refusal(&format!(r#"{{"prompt": "a", "\u0007{long}": 1}}"#));
    let expected = format!(
        "invalid_request: {}: is no field of this request",
        &long[..MAX_PLACE]
    );
    assert_eq!(refusal, expected);
}

#[test]
fn null_fields_are_removed_at_any_depth_and_null_items_are_kept() {
    let value = json!({"a": null, "b": {"c": null, "d": 1}, "e": [{"f": null}, null]});
    assert_eq!(
        without_nulls(value),
        json!({"b": {"d": 1}, "e": [{}, null]})
    );
}
