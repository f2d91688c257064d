//! Strings as they came: read only where somebody has to know what they say.

use std::borrow::Cow;

use memchr::memmem;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::Node;
use crate::agent::claude::is_blank;

/// A string.
#[derive(Debug, Clone, Copy)]
pub enum Text<'a> {
    /// As it came.
    Sent(&'a RawValue),
    Ours(&'static str),
}

impl<'a> Text<'a> {
    /// `None` if it is none.
    pub fn of(node: &Node<'a>) -> Option<Self> {
        match node {
            Node::Plain(value) if value.get().starts_with('"') => Some(Self::Sent(value)),
            _ => None,
        }
    }

    /// What it says.
    pub fn read(self) -> Cow<'a, str> {
        let json = match self {
            Self::Ours(text) => return text.into(),
            Self::Sent(value) => value.get(),
        };
        match json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'))
        {
            Some(plain) if memchr::memchr(b'\\', plain.as_bytes()).is_none() => plain.into(),
            _ => serde_json::from_str::<String>(json)
                .unwrap_or_default()
                .into(),
        }
    }

    /// See [`is_blank`].
    pub fn is_blank(self) -> bool {
        // Mostly the first letter tells, which spares the reading.
        let says = |first: &u8| first.is_ascii_graphic() && !matches!(first, b'"' | b'\\');
        match self {
            Self::Sent(value) if value.get().as_bytes().get(1).is_some_and(says) => false,
            _ => is_blank(&self.read()),
        }
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sent(value) => value.serialize(serializer),
            Self::Ours(text) => serializer.serialize_str(text),
        }
    }
}

/// Where in JSON an escape stands for half of a surrogate pair. The grammar allows it, but there is no such text.
pub fn half_a_pair(json: &str) -> Option<usize> {
    // Texts may consist of escapes, but few begin like a surrogate's.
    let first = |beginning: &str| {
        let mut found = memmem::find_iter(json.as_bytes(), beginning);
        found.find(|at| is_half_a_pair(json, *at))
    };
    [first("\\ud"), first("\\uD")].into_iter().flatten().min()
}

fn is_half_a_pair(json: &str, at: usize) -> bool {
    let is_high = |at: usize| matches!(escape(json, at), Some(0xd800..0xdc00));
    let is_low = |at: usize| matches!(escape(json, at), Some(0xdc00..0xe000));
    let before = at.checked_sub("\\ud800".len());
    let behind = at + "\\ud800".len();
    is_high(at) && !is_low(behind) || is_low(at) && !before.is_some_and(is_high)
}

/// The UTF-16 unit that the escape at `at` stands for, if one begins there.
fn escape(json: &str, at: usize) -> Option<u16> {
    let before = json.as_bytes()[..at].iter().rev();
    let is_escaped = before.take_while(|byte| **byte == b'\\').count() % 2 == 1;
    let digits = json.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|_| !is_escaped)
}
