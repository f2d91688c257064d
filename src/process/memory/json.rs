//! The cost of a JSON text once it is parsed: a value takes as few as two bytes of text, and hundreds of bytes of memory.

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
}
