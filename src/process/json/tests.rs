use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::*;

#[test]
fn halves_are_found_next_to_pairs() {
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
        (r"\ud83d\\ude00", Some(0)),
        (r"\u\ud83d", Some(2)),
        (r"\ud83", None),
        (r"\u+d80", None),
    ] {
        let half = next_half(json.as_bytes(), 0);
        assert_eq!(half, at, "{json}");
    }
}

#[test]
fn halves_in_keys_and_values_are_read_as_replacement_characters() {
    let text = r#"{"a\ud83d": ["\ude00\ud83d\ude00", "\\ud83d"], "\uDC00\uD800": {}}"#;
    let mended = mend_text(text.to_owned());
    assert_eq!(mended.len(), text.len());
    let value: Value = serde_json::from_str(&mended).unwrap();
    let expected = json!({"a\u{fffd}": ["\u{fffd}😀", "\\ud83d"], "\u{fffd}\u{fffd}": {}});
    assert_eq!(value, expected);
    assert_eq!(mend_bytes(Bytes::from(text)), mended);
    assert_eq!(mend_str(text), mended);
}

#[test]
fn text_without_halves_is_not_copied() {
    let text = r#"["\ud83d\ude00", "\\ud83d"]"#;
    assert!(matches!(mend_str(text), Cow::Borrowed(_)));
    let bytes = Bytes::from(text.to_owned());
    assert_eq!(mend_bytes(bytes.clone()).as_ptr(), bytes.as_ptr());
    let unique = Bytes::from(r#""\ud83d""#.to_owned());
    let place = unique.as_ptr();
    assert_eq!(mend_bytes(unique).as_ptr(), place);
}

#[test]
fn words_for_numbers_beyond_the_range_become_null_outside_strings() {
    let text = r#"{"NaN": [NaN,-NaN, Infinity ,-Infinity, 1e400, -1E+999, 1e5, "1e400 \" é\é NaN", true, null, -0.5]}"#;
    let mended = mend_numbers(&text.replace(r"\é", r"\\é"));
    let value: Value = serde_json::from_str(&mended).unwrap();
    let expected = json!({"NaN": [null, null, null, null, null, null, 1e5, "1e400 \" é\\é NaN", true, null, -0.5]});
    assert_eq!(value, expected);
    for broken in ["\"", "\"\\", "\"\\é", "é", "NaNa", "{"] {
        assert_eq!(mend_numbers(broken), broken);
    }
}

/// The text that a JSON string without its quotes stands for, unit by unit.
fn slow_unescape(json: &str) -> String {
    let (mut units, mut chars) = (Vec::new(), json.chars());
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next().unwrap() {
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap());
                    continue;
                }
                'n' => '\n',
                c => c,
            },
            c => c,
        };
        units.extend(c.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16_lossy(&units)
}

proptest! {
    #[test]
    fn a_mended_string_reads_as_a_slow_reader_reads_it(parts in prop::collection::vec(
        prop::sample::select(vec!["\\\\", "\\u", "d800", "DC00", "dfff", "D83D", "ud83d", "\\ud83d", "\\uDE00", "0041", "u", "\\n", "x", "é", "😀"]), 0..12,
    )) {
        let json = format!("\"{}\"", parts.concat());
        let mended = mend_text(json.clone());
        prop_assert_eq!(mended.len(), json.len());
        let text = serde_json::from_str::<String>(&mended);
        if serde_json::from_str::<IgnoredAny>(&json).is_ok() {
            prop_assert_eq!(text.unwrap(), slow_unescape(&json[1..json.len() - 1]), "{}", json);
            prop_assert_eq!(mended == json, serde_json::from_str::<String>(&json).is_ok(), "{}", json);
        } else {
            prop_assert!(text.is_err(), "{}", json);
        }
    }

    #[test]
    fn any_bytes_are_mended_without_a_panic(mut bytes in prop::collection::vec(
        prop::sample::select(b"\\\\\\udDc8e0\"x\xf0\x9f".to_vec()), 0..40,
    )) {
        let halves = mend_halves(&mut bytes.clone());
        prop_assert_eq!(next_half(&bytes, 0).is_some(), halves);
        mend_halves(&mut bytes);
        prop_assert_eq!(next_half(&bytes, 0), None);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (mend_numbers(&text), prune(&text, 1));
    }

    #[test]
    fn numbers_in_range_stay_as_they_are(number in any::<f64>(), text in any::<String>()) {
        let json = json!({"n": number, "t": text, "i": u64::MAX}).to_string();
        prop_assert_eq!(mend_numbers(&json), json);
    }
}

#[test]
fn what_is_too_deep_becomes_null_and_nothing_else() {
    for (json, pruned) in [
        (r#"{"a":[[1,"]["],{}],"b":2}"#, r#"{"a":[null,null],"b":2}"#),
        (r#"[[ {"é":"\"[[["} ] , 1]"#, r"[[ null ] , 1]"),
        (r"[[]]", r"[[]]"),
        ("]]}[[[", "]]}[[null"),
        ("", ""),
    ] {
        assert_eq!(prune(json, 2), pruned, "{json}");
    }
    let deep = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(prune(&deep, 1), "[null]");
}
