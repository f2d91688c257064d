//! Zero-copy JSON parsing: the fields of objects as unparsed slices of the request body, and the places of invalid values.
//!
//! A long history is forwarded as the bytes that were received; only fields that must be checked are parsed.

mod place;

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::claude::is_blank;
use crate::process::json::utf16_escape;

pub use place::BlockPlace;

/// The longest escape of a character of one byte: `\u0041`.
const MAX_ESCAPE: usize = 6;

/// An invalid value in a request: its place (`messages[3].content[0].type`) and the reason, the detail of a 422. Contains no
/// text from the client.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{}: {why}", .place.trim_start_matches('.'))]
pub struct Invalid {
    place: String,
    why: Cow<'static, str>,
}

impl Invalid {
    /// `why` the value is invalid. [`Self::in_field`] and [`Self::in_item`] add its place, innermost first.
    pub fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            place: String::new(),
            why: why.into(),
        }
    }

    /// The value is in the field `name`.
    #[must_use]
    pub fn in_field(mut self, name: &str) -> Self {
        self.place.insert_str(0, &format!(".{name}"));
        self
    }

    /// The value is in the item `at` of a list.
    #[must_use]
    pub fn in_item(mut self, at: usize) -> Self {
        self.place.insert_str(0, &format!("[{at}]"));
        self
    }
}

/// The fields of an object, in the order received.
#[derive(Debug)]
pub struct Object<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// # Errors
    /// `json` is not an object.
    pub fn parse(json: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// The field `name`, unless it is `null`. The last of several fields with one name counts.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let field = self.0.iter().rev().find(|(field, _)| field == name);
        field
            .map(|(_, value)| *value)
            .filter(|value| value.get() != "null")
    }

    /// The string in the field `name`, if there is one.
    ///
    /// # Errors
    /// The field holds something else.
    pub fn string(&self, name: &str) -> Result<Option<JsonStr<'a>>, Invalid> {
        let string = |value| {
            JsonStr::new(value).ok_or_else(|| Invalid::new("must be a string").in_field(name))
        };
        self.get(name).map(string).transpose()
    }

    /// The boolean in the field `name`, if there is one.
    ///
    /// # Errors
    /// The field holds something else.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Invalid> {
        match self.get(name).map(RawValue::get) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Invalid::new("must be a boolean").in_field(name)),
        }
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((Unescaped(name), value)) = map.next_entry()? {
                    fields.push((name, value));
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// Parses the objects of a list, one by one.
///
/// # Errors
/// `list` is not a list, an item is not an object, or `parse` refuses one.
pub fn parse_list<'a, T>(
    list: &'a RawValue,
    not_a_list: &'static str,
    not_an_object: &'static str,
    parse: impl Fn(Object<'a>) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    let mut parsed = Vec::new();
    let add = |object: Option<Object<'a>>| {
        let object = object.ok_or_else(|| Invalid::new(not_an_object));
        let item = object.and_then(&parse);
        parsed.push(item.map_err(|invalid| invalid.in_item(parsed.len()))?);
        Ok(())
    };
    let mut refused = None;
    let items = Items {
        add,
        refused: &mut refused,
    };
    let read = serde_json::Deserializer::from_str(list.get()).deserialize_seq(items);
    match (refused, read) {
        (Some(invalid), _) => Err(invalid),
        (None, Ok(())) => Ok(parsed),
        (None, Err(_)) => Err(Invalid::new(not_a_list)),
    }
}

/// Reads a list until `add` refuses an item; `None` is one that is not an object.
struct Items<'r, F> {
    add: F,
    refused: &'r mut Option<Invalid>,
}

impl<'de, F> Visitor<'de> for Items<'_, F>
where
    F: FnMut(Option<Object<'de>>) -> Result<(), Invalid>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items
            .next_element()
            .map_or(Some(None), |item| item.map(Some))
        {
            if let Err(invalid) = (self.add)(item) {
                let error = A::Error::custom(&invalid);
                *self.refused = Some(invalid);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A string as it was received: not unescaped, and serialized as the same bytes.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct JsonStr<'a>(&'a RawValue);

impl<'a> JsonStr<'a> {
    /// `None` if the value is not a string.
    pub fn new(value: &'a RawValue) -> Option<Self> {
        value.get().starts_with('"').then_some(Self(value))
    }

    /// In bytes, with the quotes and the escapes.
    pub fn raw_len(self) -> usize {
        self.0.get().len()
    }

    pub fn unescape(self) -> Cow<'a, str> {
        let text = serde_json::from_str(self.0.get());
        text.map(|Unescaped(text)| text).unwrap_or_default()
    }

    /// True if the string is `text`. A longer one is not unescaped.
    pub fn is(self, text: &str) -> bool {
        self.0.get().len() <= MAX_ESCAPE * text.len() + 2 && self.unescape() == text
    }

    /// True for only white space, see [`is_blank`]. Reads no further than the first other character.
    pub fn is_blank(self) -> bool {
        let mut rest = self.0.get().trim_matches('"');
        while let Some(first) = rest.chars().next() {
            let escape = rest.strip_prefix('\\').map(str::as_bytes);
            let (c, length) = match escape {
                None => (first, first.len_utf8()),
                Some([b'n' | b't' | b'r' | b'f', ..]) => (' ', 2),
                Some([b'u', ..]) => {
                    let unit = utf16_escape(rest.as_bytes(), 0).map(u32::from);
                    (unit.and_then(char::from_u32).unwrap_or('\u{fffd}'), 6)
                }
                Some(_) => return false,
            };
            if !is_blank(c.encode_utf8(&mut [0; 4])) {
                return false;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        true
    }
}

/// Borrowed unless the string has escapes.
#[derive(Deserialize)]
struct Unescaped<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests;
