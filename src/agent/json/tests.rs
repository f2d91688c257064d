use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::agent::claude::is_blank;

/// `{"content": …}`, and what is read of it.
fn content(json: &str) -> serde_json::Result<Option<Node<'static>>> {
    let text: &str = format!("{{\"content\" :\n{json} }}").leak();
    Fields::of(text).map(|mut fields| fields.take("content"))
}

fn plain(json: &str) -> Node<'_> {
    Node::Plain(serde_json::from_str(json).unwrap())
}

#[test]
fn of_fields_of_one_name_the_last_counts_however_it_is_written_and_null_is_none() {
    let text = r#" {"a": 1, "b": [2], "\u0061": "x", "c": 3, "c": null, "content":[], "c\u006fntent" : {}} "#;
    let mut fields = Fields::of(text).unwrap();
    assert_eq!(fields.get("a").and_then(Node::plain), Some("\"x\""));
    assert_eq!(fields.get("b").and_then(Node::plain), Some("[2]"));
    assert!(fields.get("c").is_none() && fields.get("d").is_none());
    assert!(matches!(fields.get("content"), Some(Node::Object(_))));
    assert_eq!(fields.take("c").unwrap().plain(), Some("null"));
    assert!(fields.take("d").is_none());
}

#[test]
fn what_is_no_object_or_no_json_has_no_fields() {
    for text in [
        "",
        "5",
        "null",
        "[{}]",
        "{",
        "{}}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"content\":[}",
    ] {
        assert!(Fields::of(text).is_err(), "{text}");
    }
}

#[test]
fn what_may_hold_blocks_is_opened_and_everything_else_left_alone_however_deep() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let list = format!(
        r#"[{{"a": {deep}, "content": [{{"source": {{"data": "x"}}}}]}}, {deep}, 5, -1, 1.5, "\ud83d\ude00", true, null]"#
    );
    let Some(Node::List(items)) = content(&list).unwrap() else {
        panic!("a list")
    };
    let Some((Node::Object(first), rest)) = items.split_first() else {
        panic!("{items:?}")
    };
    assert_eq!(first.get("a").and_then(Node::plain), Some(&*deep));
    let Some(Node::List(inner)) = first.get("content") else {
        panic!("{first:?}")
    };
    let [Node::Object(inner)] = &inner[..] else {
        panic!("{inner:?}")
    };
    let Some(Node::Object(source)) = inner.get("source") else {
        panic!("{inner:?}")
    };
    assert_eq!(source.get("data").and_then(Node::plain), Some("\"x\""));
    assert_eq!(rest.len(), 7);
    assert!(rest.iter().all(|item| matches!(item, Node::Skipped)));
    for scalar in ["5", "true", "\"[\"", "\"{\""] {
        assert_eq!(content(scalar).unwrap().unwrap().plain(), Some(scalar));
    }
}

#[test]
fn what_no_number_can_be_is_an_error_only_where_it_is_looked_at_and_what_no_text_can_be_anywhere() {
    let deep = format!("{}5{}", "[{\"content\":".repeat(100), "}]".repeat(100));
    for read in [
        "[1e400]",
        &deep,
        r#""\ud800""#,
        r#"{"\ud800": 1}"#,
        r#"[{"a": ["\uDFFF"]}]"#,
    ] {
        assert!(content(read).is_err(), "{read}");
    }
    for unread in ["1e400", r#"[{"a": 1e400}]"#, r#"[["\\ud800"]]"#] {
        assert!(content(unread).is_ok(), "{unread}");
    }
}

#[test]
fn half_a_pair_is_found_next_to_whole_ones() {
    for (json, at) in [
        (r"\ud83d\ude00", None),
        (r"\ud83d\ude00\ud83D\uDe00", None),
        (r"\ud83d\ude00\ud800", Some(12)),
        (r"\ud83d\ude00\ude00", Some(12)),
        (r"\ud83d\ud83d\ude00", Some(0)),
        (r"\\ud83d\ude00", Some(7)),
        (r"\\\ud83d\ude00", None),
        (r"\ud83d \ude00", Some(0)),
        (r"\uDFFF\ud800", Some(0)),
        (r"\ud7ff\ue000\u0041\\ud800", None),
    ] {
        assert_eq!(half_a_pair(json), at, "{json}");
    }
}

#[test]
fn a_text_is_a_string() {
    for other in ["5", "null", "[\"x\"]", "{\"x\":1}"] {
        assert!(Text::of(&plain(other)).is_none(), "{other}");
    }
}

#[test]
fn blank_is_blank_in_escapes_too() {
    for (json, blank) in [
        (r#""""#, true),
        (r#"" ""#, true),
        (r#""\n\t\u00a0""#, true),
        ("\"\u{2003}\"", true),
        (r#""\u001f""#, true),
        (r#""\n.""#, false),
        (r#""\"""#, false),
        (r#""\\""#, false),
        (r#""x ""#, false),
        ("\"é\"", false),
    ] {
        assert_eq!(Text::of(&plain(json)).unwrap().is_blank(), blank, "{json}");
    }
    assert!(Text::Ours("").is_blank() && !Text::Ours("x").is_blank());
}

proptest! {
    #[test]
    fn half_a_pair_is_found_where_serde_json_finds_no_text(parts in prop::collection::vec(
        prop::sample::select(vec!["\\\\", "\\u", "d800", "DC00", "dfff", "D83D", "0041", "u", "\\n", "x", "é"]), 0..9,
    )) {
        let json = format!("\"{}\"", parts.concat());
        if serde_json::from_str::<IgnoredAny>(&json).is_ok() {
            let text = serde_json::from_str::<String>(&json);
            prop_assert_eq!(half_a_pair(&json).is_some(), text.is_err(), "{}", json);
        }
    }

    #[test]
    fn a_text_says_what_was_sent_and_goes_out_as_the_same_bytes(said in any::<String>(), escaped in any::<bool>()) {
        let mut json = json!(said).to_string();
        if escaped {
            // As a client of ASCII only writes it.
            let units = said.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
            json = format!("\"{}\"", units.collect::<String>());
        }
        let text = Text::of(&plain(&json)).unwrap();
        prop_assert_eq!(text.read(), &*said);
        prop_assert_eq!(text.is_blank(), is_blank(&said));
        prop_assert_eq!(serde_json::to_string(&text).unwrap(), &*json);
        prop_assert_eq!(serde_json::to_value(text).unwrap(), Value::String(said));
    }
}
