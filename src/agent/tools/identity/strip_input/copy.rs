//! Copies JSON without the key `user_id`: a visitor that writes what it is shown.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer, Serialize,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{InvalidInput, MAX_DEPTH, MAX_TEXT_BYTES};
use crate::{
    agent::tools::identity::{is_user_id, looks_like_json, mentions_user_id},
    process::memory::json::{MAX_VALUES, RAW_VALUE_KEY},
};

/// The copy of a JSON text, and what was found in it.
#[derive(Default)]
pub(super) struct Stripped {
    pub(super) json: Vec<u8>,
    pub(super) removed: bool,
    /// The number of values, those in texts included.
    pub(super) values: usize,
    fault: Option<InvalidInput>,
}

impl Stripped {
    /// Copies an object without the key `user_id`.
    pub(super) fn copy(json: &str) -> Result<Self, InvalidInput> {
        let mut stripped = Self::with_capacity(json.len());
        match stripped.append(json, MAX_DEPTH) {
            Ok(()) => Ok(stripped),
            Err(_) => Err(stripped.fault.unwrap_or(InvalidInput::BeyondLimits)),
        }
    }

    fn with_capacity(bytes: usize) -> Self {
        Self {
            json: Vec::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// An error without a `fault` means that `json` cannot be parsed.
    fn append(&mut self, json: &str, depth_left: usize) -> serde_json::Result<()> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        Copy {
            to: self,
            depth_left,
        }
        .deserialize(&mut deserializer)?;
        deserializer.end()
    }

    fn refuse<E: Error>(&mut self, fault: InvalidInput) -> E {
        self.fault = Some(fault);
        E::custom(fault)
    }

    fn count_value<E: Error>(&mut self, values: usize) -> Result<(), E> {
        self.values += values;
        if self.values > MAX_VALUES {
            return Err(self.refuse(InvalidInput::TooManyValues));
        }
        Ok(())
    }

    fn write<E: Error>(&mut self, scalar: impl Serialize) -> Result<(), E> {
        self.count_value(1)?;
        serde_json::to_writer(&mut self.json, &scalar).map_err(E::custom)
    }

    /// The text as it is forwarded. Some servers parse a text that looks like JSON.
    fn strip_text<'t, E: Error>(
        &mut self,
        text: &'t str,
        depth_left: usize,
    ) -> Result<Cow<'t, str>, E> {
        if !looks_like_json(text) {
            return Ok(text.into());
        }
        if text.len() > MAX_TEXT_BYTES && serde_json::from_str::<IgnoredAny>(text).is_ok() {
            return Err(self.refuse(InvalidInput::LongText));
        }
        let mut inner = Self::with_capacity(text.len().min(MAX_TEXT_BYTES));
        let stripped = match inner.append(text, depth_left) {
            Ok(()) if inner.removed => String::from_utf8(inner.json).map_err(E::custom)?,
            Ok(()) => {
                self.count_value(inner.values)?;
                return Ok(text.into());
            }
            Err(_) => match inner.fault {
                Some(fault) => return Err(self.refuse(fault)),
                // A laxer parser may read what this one does not (`NaN`, lone surrogates): make it unreadable for both.
                None if mentions_user_id(text) || text.contains("\\u") => format!("text: {text}"),
                None => return Ok(text.into()),
            },
        };
        self.removed = true;
        self.count_value(inner.values)?;
        Ok(stripped.into())
    }
}

/// Copies one value.
struct Copy<'a> {
    to: &'a mut Stripped,
    /// Of lists and objects in each other, also over texts that are JSON.
    depth_left: usize,
}

impl Copy<'_> {
    /// Begins a list or an object; returns the depth that is left for its values.
    fn open<E: Error>(&mut self, bracket: u8) -> Result<usize, E> {
        self.to.count_value(1)?;
        self.to.json.push(bracket);
        let left = self.depth_left.checked_sub(1);
        left.ok_or_else(|| self.to.refuse(InvalidInput::BeyondLimits))
    }
}

impl<'de> DeserializeSeed<'de> for Copy<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Copy<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.to.write(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.to.write(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.to.write(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.to.write(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.to.write(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let text = self.to.strip_text(text, self.depth_left)?;
        self.to.write(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let depth_left = self.open(b'[')?;
        let to = self.to;
        let mut first = true;
        loop {
            let end = to.json.len();
            if !std::mem::take(&mut first) {
                to.json.push(b',');
            }
            let copy = Copy { to, depth_left };
            if items.next_element_seed(copy)?.is_none() {
                to.json.truncate(end);
                to.json.push(b']');
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        let depth_left = self.open(b'{')?;
        let to = self.to;
        let begin = to.json.len();
        while let Some(Key(key)) = fields.next_key()? {
            if is_user_id(&key) {
                to.removed = true;
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            if *key == *RAW_VALUE_KEY {
                return Err(to.refuse(InvalidInput::BeyondLimits));
            }
            if to.json.len() > begin {
                to.json.push(b',');
            }
            serde_json::to_writer(&mut to.json, &*key).map_err(A::Error::custom)?;
            to.json.push(b':');
            fields.next_value_seed(Copy { to, depth_left })?;
        }
        to.json.push(b'}');
        Ok(())
    }
}

/// Borrowed unless it has escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
