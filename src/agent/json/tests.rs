use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_last_of_two_fields_counts_however_its_name_is_written_and_null_is_absent() {
    let json = r#" {"a": 1, "b": [2], "\u0061": "x", "c": 3, "c": null, "content":[], "c\u006fntent" : {}} "#;
    let object = Object::parse(json).unwrap();
    assert_eq!(object.get("a").map(RawValue::get), Some("\"x\""));
    assert_eq!(object.get("b").map(RawValue::get), Some("[2]"));
    assert!(object.get("c").is_none() && object.get("d").is_none());
    assert_eq!(object.get("content").map(RawValue::get), Some("{}"));
}

#[test]
fn anything_but_an_object_is_an_error() {
    for json in [
        "",
        "5",
        "null",
        "[{}]",
        "{",
        "{}}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"content\":[}",
        r#"{"\ud800": 1}"#,
    ] {
        assert!(Object::parse(json).is_err(), "{json}");
    }
}

#[test]
fn values_are_not_parsed_however_deep_or_large() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let json = format!(r#"{{"a": {deep}, "b": -1e400, "c": {{"d": "\ud83d\ude00"}}}}"#);
    let object = Object::parse(&json).unwrap();
    for (name, expected) in [
        ("a", &*deep),
        ("b", "-1e400"),
        ("c", r#"{"d": "\ud83d\ude00"}"#),
    ] {
        assert_eq!(object.get(name).map(RawValue::get), Some(expected));
    }
}

#[test]
fn a_list_is_parsed_object_by_object_and_an_error_names_the_item() {
    let parse = |json: &'static str| {
        parse_list(raw(json), "no list", "no object", |object| {
            object.string("a").map(|text| text.map(JsonStr::unescape))
        })
        .map_err(|invalid| invalid.in_field("list").to_string())
    };
    assert_eq!(
        parse(r#"[{"a": "x"}, {}]"#).unwrap(),
        [Some("x".into()), None]
    );
    for (json, expected) in [
        (r#"{"a": "x"}"#, "list: no list"),
        (r#""[""#, "list: no list"),
        ("[{}, 5]", "list[1]: no object"),
        ("[1e400]", "list[0]: no object"),
        ("[{}, {}, [{}]]", "list[2]: no object"),
        (r#"[{}, {"a": 5}]"#, "list[1].a: must be a string"),
    ] {
        assert_eq!(parse(json).unwrap_err(), expected);
    }
}

#[test]
fn fields_of_the_wrong_type_are_named() {
    let object = Object::parse(r#"{"yes": true, "no": false, "n": 5}"#).unwrap();
    assert_eq!(object.boolean("yes"), Ok(Some(true)));
    assert_eq!(object.boolean("no"), Ok(Some(false)));
    assert_eq!(object.boolean("absent"), Ok(None));
    let invalid = object.boolean("n").unwrap_err();
    assert_eq!(invalid.to_string(), "n: must be a boolean");
    let invalid = object.string("n").unwrap_err().in_item(3).in_field("m");
    assert_eq!(invalid.to_string(), "m[3].n: must be a string");
}

#[test]
fn only_strings_are_json_strings() {
    for other in ["5", "null", "[\"x\"]", "{\"x\":1}"] {
        assert!(JsonStr::new(raw(other)).is_none(), "{other}");
    }
}

proptest! {
    #[test]
    fn a_string_is_read_as_it_was_sent_and_serialized_as_the_same_bytes(sent in any::<String>(), escaped in any::<bool>()) {
        let mut json = json!(sent).to_string();
        if escaped {
            // As a client of ASCII only writes it.
            let units = sent.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
            json = format!("\"{}\"", units.collect::<String>());
        }
        let text = JsonStr::new(raw(&json)).unwrap();
        prop_assert_eq!(text.unescape(), &*sent);
        prop_assert_eq!(serde_json::to_string(&text).unwrap(), &*json);
        prop_assert_eq!(serde_json::to_value(text).unwrap(), Value::String(sent));
    }
}
