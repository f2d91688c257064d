//! Strips `user_id` from the input of a tool call, in one pass: the input is copied without the key, and no tree is built.

mod copy;

use std::{borrow::Cow, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use copy::Stripped;

use crate::process::{json::mend_str, memory::json::MAX_VALUES};

/// The deepest input, texts that are JSON included: it is nested five levels deep in a request, and many JSON parsers stop at 128.
pub(in crate::agent::tools) const MAX_DEPTH: usize = 122;
/// The longest input, in bytes. Claude cannot write as much in one call.
pub(in crate::agent::tools) const MAX_BYTES: usize = 4 << 20;
/// The longest JSON in one text of an input, in bytes.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// Why an input is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInput {
    #[error("must be an object")]
    NotAnObject,
    #[error("must not nest deeper than {MAX_DEPTH} levels nor hold a number beyond 1.7e308")]
    BeyondLimits,
    #[error("must not be longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("must not hold more than {MAX_VALUES} values")]
    TooManyValues,
    #[error("must not hold a text of more than {MAX_TEXT_BYTES} bytes that is JSON")]
    LongText,
}

/// The input of a tool call without any `user_id`. Only [`StrippedInput::parse`] makes one. Clones share the input.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct StrippedInput(Arc<Map<String, Value>>);

impl StrippedInput {
    /// Parses an object, and removes the key `user_id` at any depth, also in texts that are JSON.
    ///
    /// # Errors
    /// `json` is not an object, or beyond a limit.
    pub fn parse(json: &str) -> Result<Self, InvalidInput> {
        let json = mend_str(json);
        let raw = serde_json::from_str(&json).map_err(|_| InvalidInput::NotAnObject)?;
        let StrippedJson { json, values } = StrippedJson::new(raw)?;
        if values > MAX_VALUES {
            return Err(InvalidInput::TooManyValues);
        }
        let object = serde_json::from_str(json.get()).map_err(|_| InvalidInput::BeyondLimits)?;
        Ok(Self(Arc::new(object)))
    }

    /// # Panics
    /// The input is beyond a limit.
    #[cfg(any(test, fuzzing))]
    pub fn strip(input: Map<String, Value>) -> Self {
        Self::parse(&Value::from(input).to_string()).expect("an input within the limits")
    }

    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Copies the input only if there are other clones.
    pub fn into_map(self) -> Map<String, Value> {
        Arc::unwrap_or_clone(self.0)
    }
}

/// The JSON of an input without any `user_id`.
#[derive(Debug)]
pub struct StrippedJson<'a> {
    /// As it was received, if it holds none.
    pub json: Cow<'a, RawValue>,
    /// The number of values, those in texts included.
    pub values: usize,
}

impl<'a> StrippedJson<'a> {
    /// Strips an input, as [`StrippedInput::parse`] does.
    ///
    /// # Errors
    /// As [`StrippedInput::parse`].
    pub fn new(input: &'a RawValue) -> Result<Self, InvalidInput> {
        let json = input.get();
        if !json.starts_with('{') {
            return Err(InvalidInput::NotAnObject);
        }
        if json.len() > MAX_BYTES {
            return Err(InvalidInput::TooLong);
        }
        let stripped = Stripped::copy(json)?;
        let json = if stripped.removed {
            let owned = String::from_utf8(stripped.json).map(RawValue::from_string);
            let owned = owned.ok().and_then(Result::ok);
            Cow::Owned(owned.ok_or(InvalidInput::BeyondLimits)?)
        } else {
            Cow::Borrowed(input)
        };
        Ok(Self {
            json,
            values: stripped.values,
        })
    }
}
