//! The cost of a JSON text once it is parsed: a value takes as few as two bytes of text, and hundreds of bytes of memory.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

/// The most JSON values in one request. The longest history that Claude can read has a tenth of it.
pub const MAX_VALUES: usize = 100_000;

/// The memory of one value in a tree ([`serde_json::Value`]), in bytes: the worst is an object or a list of one value.
pub const VALUE_COST: usize = 320;

/// The number of values in valid JSON, found without parsing it; keys are not values.
pub fn count_values(json: &[u8]) -> usize {
    let (mut count, mut at) = (1, 0);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(json, at),
            b',' => count += 1,
            b'[' | b'{' => count += usize::from(!is_empty(&json[at..])),
            _ => {}
        }
    }
    count
}

/// An upper bound of the number of values, which is exact where it is more than [`MAX_VALUES`]. The bound of most texts takes
/// a tenth of the time of [`count_values`].
pub fn max_values(json: &[u8]) -> usize {
    // Each value but the first follows one of these.
    let separators = [b',', b'[', b'{'].map(|byte| memchr::memchr_iter(byte, json).count());
    let bound = 1 + separators.iter().sum::<usize>();
    if bound <= MAX_VALUES {
        bound
    } else {
        count_values(json)
    }
}

/// True if a list or an object that has just begun ends at once.
fn is_empty(rest: &[u8]) -> bool {
    let next = rest.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(next, Some(b']' | b'}'))
}

/// The position after a string that begins before `at`. Searches with `memchr`: a photo is a string of megabytes.
fn end_of_string(json: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', json.get(at..).unwrap_or_default()) {
        at += found + 1;
        if json[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    json.len()
}

/// The key by which `serde_json` makes a tree of a text, where [`serde_json::Value`] is read with its feature `raw_value`. No count
/// of values sees such a tree.
pub const RAW_VALUE_KEY: &str = "$serde_json::private::RawValue";

/// Checks JSON as strictly as [`serde_json::Value`] reads it, without a tree; and refuses [`RAW_VALUE_KEY`].
///
/// # Errors
/// `json` is invalid, or nested too deep.
pub fn check(json: &[u8]) -> serde_json::Result<()> {
    serde_json::from_slice::<Json>(json).map(drop)
}

/// Any valid JSON.
struct Json;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Json {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<Key, Self>()?.is_some() {}
        Ok(self)
    }
}

/// Any key but [`RAW_VALUE_KEY`].
struct Key;

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Self)
    }
}

impl Visitor<'_> for Key {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self, E> {
        if key == RAW_VALUE_KEY {
            return Err(E::custom("a key that is not allowed"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn values(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(values).sum(),
            Value::Object(fields) => fields.values().map(values).sum(),
            _ => 0,
        }
    }

    #[test]
    fn counts_every_value_and_no_key() {
        for value in [
            json!(0),
            json!("a, [b] {c} \" \\"),
            json!([]),
            json!({}),
            json!([[], {}, [[]], {"a": []}]),
            json!({"a,[": 1, "b\"": [1, 2, {"c": "\\"}], "d": {}}),
        ] {
            for text in [value.to_string(), format!("{value:#}")] {
                assert_eq!(count_values(text.as_bytes()), values(&value), "{text}");
                assert!(max_values(text.as_bytes()) >= values(&value), "{text}");
            }
        }
        assert_eq!(count_values(b"[ \n ]"), 1);
        let commas = format!("[\"{}\"]", ",".repeat(MAX_VALUES));
        assert_eq!(max_values(commas.as_bytes()), 2);
    }

    #[test]
    fn text_that_is_not_json_is_read_to_its_end() {
        for text in ["\"", "\"\\", "[", "{\"a", ""] {
            assert!(count_values(text.as_bytes()) <= 2, "{text}");
        }
    }

    #[test]
    fn json_without_a_tree_is_as_strict_as_a_tree() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        for text in [
            "null",
            "true",
            "-1",
            "1.5",
            "18446744073709551615",
            "1e400",
            "01",
            "\"a\\n\"",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "\"\t\"",
            "[]",
            "[1,]",
            "{}",
            "{\"a\": [{}, \"\\u0061\"]}",
            "{\"a\\ud800\": 0}",
            "{\"a\"}",
            "{1: 2}",
            "{} {}",
            "",
            "nul",
            &deep(127),
            &deep(128),
            &deep(100_000),
        ] {
            let tree = serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(check(text.as_bytes()).is_ok(), tree, "{text:.20}");
        }
        assert!(check(b"\"\xff\"").is_err());
        for key in [RAW_VALUE_KEY, r"\u0024serde_json::private::RawValue"] {
            assert!(check(format!("[{{\"a\":{{\"{key}\":\"[]\"}}}}]").as_bytes()).is_err());
        }
    }
}
