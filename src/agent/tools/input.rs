//! The input of a tool call, within the limits: stripped of identity, or as Claude wrote it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use super::identity::{InvalidInput, MAX_BYTES, MAX_DEPTH, StrippedInput};
use crate::process::{
    json::mend_str,
    memory::json::{MAX_VALUES, check},
};

/// The input of a tool call, to show and to keep in the conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CallInput {
    Stripped(StrippedInput),
    Written(WrittenInput),
}

impl Default for CallInput {
    fn default() -> Self {
        Self::Stripped(StrippedInput::default())
    }
}

impl CallInput {
    pub fn as_map(&self) -> &Map<String, Value> {
        match self {
            Self::Stripped(input) => input.as_map(),
            Self::Written(input) => input.as_map(),
        }
    }

    /// Copies the input only if there are other clones.
    pub fn into_map(self) -> Map<String, Value> {
        match self {
            Self::Stripped(input) => input.into_map(),
            Self::Written(input) => input.into_map(),
        }
    }
}

/// The input of a tool call as Claude wrote it, for tools that know no user. Clones share the input.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct WrittenInput(Arc<Map<String, Value>>);

impl WrittenInput {
    /// Parses an object, within the limits of [`StrippedInput::parse`].
    ///
    /// # Errors
    /// `json` is not an object, or beyond a limit.
    pub fn parse(json: &str) -> Result<Self, InvalidInput> {
        let json = mend_str(json);
        let raw: &RawValue = serde_json::from_str(&json).map_err(|_| InvalidInput::NotAnObject)?;
        let json = raw.get();
        if !json.starts_with('{') {
            return Err(InvalidInput::NotAnObject);
        }
        if json.len() > MAX_BYTES {
            return Err(InvalidInput::TooLong);
        }
        // Before the tree, which takes many times the memory of the text.
        let values = check(json.as_bytes()).map_err(|_| InvalidInput::BeyondLimits)?;
        if values > MAX_VALUES {
            return Err(InvalidInput::TooManyValues);
        }
        if depth(json) > MAX_DEPTH {
            return Err(InvalidInput::BeyondLimits);
        }
        let object = serde_json::from_str(json).map_err(|_| InvalidInput::BeyondLimits)?;
        Ok(Self(Arc::new(object)))
    }

    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Copies the input only if there are other clones.
    pub fn into_map(self) -> Map<String, Value> {
        Arc::unwrap_or_clone(self.0)
    }
}

/// How deep lists and objects are nested in valid JSON.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> String {
        format!(
            "{}{}",
            r#"{"a":"#.repeat(levels - 1) + "{",
            "}".repeat(levels)
        )
    }

    #[test]
    fn an_input_is_kept_as_it_was_written() {
        let written =
            r#"{"user_id":"bob","of":{"user_id":1},"text":"{\"user_id\":\"eve\"} \ud83d","n":1.5}"#;
        let input = WrittenInput::parse(written).unwrap();
        let expected = json!({"user_id": "bob", "of": {"user_id": 1}, "text": "{\"user_id\":\"eve\"} \u{fffd}", "n": 1.5});
        assert_eq!(Value::from(input.as_map().clone()), expected);
        assert_eq!(json!(CallInput::Written(input)), expected);
    }

    #[test]
    fn inputs_beyond_a_limit_are_refused() {
        let many = format!("{{\"a\":[{}0]}}", "0,".repeat(MAX_VALUES));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES));
        let raw = r#"{"a":{"$serde_json::private::RawValue":"[1]"}}"#.to_owned();
        for (json, expected) in [
            ("[]".to_owned(), InvalidInput::NotAnObject),
            ("{\"a\"".to_owned(), InvalidInput::NotAnObject),
            (nested(MAX_DEPTH + 1), InvalidInput::BeyondLimits),
            ("{\"a\":1e400}".to_owned(), InvalidInput::BeyondLimits),
            (raw, InvalidInput::BeyondLimits),
            (many, InvalidInput::TooManyValues),
            (long, InvalidInput::TooLong),
        ] {
            let start: String = json.chars().take(40).collect();
            assert_eq!(WrittenInput::parse(&json), Err(expected), "{start}");
        }
        assert!(WrittenInput::parse(&nested(MAX_DEPTH)).is_ok());
    }

    proptest! {
        #[test]
        fn brackets_in_strings_do_not_count(texts in prop::collection::vec("[\\[\\]{}\"\\\\a]{0,8}", 0..6)) {
            prop_assert_eq!(depth(&json!({"a": texts}).to_string()), 2);
        }
    }
}
