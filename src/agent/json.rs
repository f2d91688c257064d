//! Zero-copy JSON parsing: the fields of objects as unparsed slices of the request body, and the places of invalid values.
//!
//! A long history is forwarded as the bytes that were received; only fields that must be checked are parsed.

use std::{borrow::Cow, fmt};

use memchr::memmem;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

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
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

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

/// Parses the objects of a list.
///
/// # Errors
/// `list` is not a list, an item is not an object, or `parse` refuses one.
pub fn parse_list<'a, T>(
    list: &'a RawValue,
    not_a_list: &'static str,
    not_an_object: &'static str,
    parse: impl Fn(Object<'a>) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    if !list.get().starts_with('[') {
        return Err(Invalid::new(not_a_list));
    }
    let Ok(objects) = serde_json::from_str::<Vec<Object<'a>>>(list.get()) else {
        let items: Vec<&RawValue> = serde_json::from_str(list.get()).unwrap_or_default();
        let is_other = |item: &&RawValue| !item.get().starts_with('{');
        let at = items.iter().position(is_other).unwrap_or_default();
        return Err(Invalid::new(not_an_object).in_item(at));
    };
    let parse_one = |(at, object)| parse(object).map_err(|invalid: Invalid| invalid.in_item(at));
    objects.into_iter().enumerate().map(parse_one).collect()
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

    pub fn unescape(self) -> Cow<'a, str> {
        let text = serde_json::from_str(self.0.get());
        text.map(|Unescaped(text)| text).unwrap_or_default()
    }

    /// The first byte, unless it begins an escape.
    pub fn first_byte(self) -> Option<u8> {
        let first = self.0.get().as_bytes().get(1).copied();
        first.filter(|byte| !matches!(byte, b'"' | b'\\'))
    }
}

/// Borrowed unless the string has escapes.
#[derive(Deserialize)]
struct Unescaped<'a>(#[serde(borrow)] Cow<'a, str>);

/// The position of the first escape that stands for half a surrogate pair. JSON's grammar allows it, but no string can
/// hold it.
pub fn lone_surrogate(json: &str) -> Option<usize> {
    let first = |prefix: &str| {
        let mut found = memmem::find_iter(json.as_bytes(), prefix);
        found.find(|at| is_lone_surrogate(json, *at))
    };
    [first("\\ud"), first("\\uD")].into_iter().flatten().min()
}

fn is_lone_surrogate(json: &str, at: usize) -> bool {
    let is_high = |at: usize| matches!(utf16_escape(json, at), Some(0xd800..0xdc00));
    let is_low = |at: usize| matches!(utf16_escape(json, at), Some(0xdc00..0xe000));
    let before = at.checked_sub("\\ud800".len());
    let after = at + "\\ud800".len();
    is_high(at) && !is_low(after) || is_low(at) && !before.is_some_and(is_high)
}

/// The UTF-16 unit that the escape at `at` stands for, if an escape begins there.
fn utf16_escape(json: &str, at: usize) -> Option<u16> {
    let before = json.as_bytes()[..at].iter().rev();
    let is_escaped = before.take_while(|byte| **byte == b'\\').count() % 2 == 1;
    let digits = json.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|_| !is_escaped)
}

#[cfg(test)]
mod tests;
