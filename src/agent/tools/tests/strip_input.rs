//! `user_id` in the inputs of tool calls.

use serde_json::json;

use crate::agent::tools::{InvalidInput, StrippedInput};

fn stripped(json: &str) -> String {
    let input = StrippedInput::parse(json).unwrap();
    serde_json::to_string(&input).unwrap()
}

#[test]
fn the_key_is_removed_at_any_depth_also_as_case_blind_parsers_read_it() {
    for key in [
        "user_id",
        "USER_ID",
        "User_Id",
        r"\u0075ser_id",
        "uſer_id",
        "user_ıd",
        "user_İd",
    ] {
        let input = format!(r#"{{"{key}":{{"a":1}},"b":[{{"{key}":2,"c":3}}],"{key}":null}}"#);
        assert_eq!(stripped(&input), r#"{"b":[{"c":3}]}"#, "{key}");
    }
    for other in [
        "userid", "user-id", "userId", "user_id ", "user_ids", "uzer_id",
    ] {
        let input = format!(r#"{{"{other}":1}}"#);
        assert_eq!(stripped(&input), input);
    }
}

#[test]
fn the_key_is_removed_in_texts_that_are_json() {
    let inner = json!({"user_id": "eve", "a": [{"USER_ID": 1}], "b": 60.0}).to_string();
    let text = json!({"x": inner, "y": json!([inner]).to_string()}).to_string();
    assert_eq!(
        stripped(&text),
        json!({"x": r#"{"a":[{}],"b":60.0}"#, "y": r#"["{\"a\":[{}],\"b\":60.0}"]"#}).to_string()
    );
    // What a laxer parser may read as JSON becomes unreadable for it too.
    for text in [r#"{"User_ID": NaN}"#, r#"{"\u0075ser_id": NaN}"#] {
        let input = json!({"x": text}).to_string();
        assert_eq!(
            stripped(&input),
            json!({"x": format!("text: {text}")}).to_string()
        );
    }
    let harmless = json!({"x": "{not json} about user_i"}).to_string();
    assert_eq!(stripped(&harmless), harmless);
}

#[test]
fn what_is_no_object_or_beyond_a_limit_is_refused() {
    for (input, fault) in [
        ("[]".to_owned(), InvalidInput::NotAnObject),
        ("{\"a\":".to_owned(), InvalidInput::NotAnObject),
        ("{} x".to_owned(), InvalidInput::NotAnObject),
        ("{\"a\":1e999}".to_owned(), InvalidInput::BeyondLimits),
        // serde_json would make a tree of it that is not counted.
        (
            r#"{"a":{"\u0024serde_json::private::RawValue":"[]"}}"#.to_owned(),
            InvalidInput::BeyondLimits,
        ),
        // 124 levels, most of them in a text.
        (
            json!({"a": [[[format!("{}{}", "[".repeat(120), "]".repeat(120))]]]}).to_string(),
            InvalidInput::BeyondLimits,
        ),
        (
            format!("{{\"a\":[{}0]}}", "0,".repeat(100_000)),
            InvalidInput::TooManyValues,
        ),
        (
            json!({"a": "x".repeat(4 << 20)}).to_string(),
            InvalidInput::TooLong,
        ),
    ] {
        assert_eq!(StrippedInput::parse(&input), Err(fault));
    }
    assert_eq!(
        stripped(" {\"b\" : 1, \"a\" : 1.50} "),
        "{\"b\":1,\"a\":1.5}"
    );
}
