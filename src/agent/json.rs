//! JSON as it came, gone through once. Strings are borrowed, escapes and all, and go out as the bytes they were: a long
//! conversation is neither copied nor written anew.

mod text;

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

pub use text::{Text, half_a_pair};

/// The fields with an object or a list in them that is looked into.
const OPENED: [&str; 3] = ["messages", "content", "source"];

/// The fields of an object.
#[derive(Debug, Default)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'a> Fields<'a> {
    /// Those of the object that `text` is.
    ///
    /// # Errors
    /// It is no object, or no JSON; it holds [`half_a_pair`]; or, where it is looked into, it is deeper or a number is
    /// larger than `serde_json` can read.
    pub fn of(text: &'a str) -> serde_json::Result<Self> {
        let mut json = serde_json::Deserializer::from_str(text);
        let reader = Reader {
            text,
            opens_lists: false,
        };
        let node = reader.deserialize(&mut json)?;
        json.end()?;
        match node {
            Node::Object(fields) if half_a_pair(text).is_none() => Ok(fields),
            _ => Err(serde_json::Error::custom("not an object of texts")),
        }
    }

    /// The field of that name (of several the last), unless it is `null`.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        let named = self.0.iter().rev().find(|(field, _)| field == name);
        named
            .map(|(_, node)| node)
            .filter(|node| node.plain() != Some("null"))
    }

    /// The string of that name, if there is one; else what it must be.
    pub fn text(&self, name: &str) -> Result<Option<Text<'a>>, &'static str> {
        let text = |node| Text::of(node).ok_or("must be a string");
        self.get(name).map(text).transpose()
    }

    /// The boolean of that name, if there is one; else what it must be.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, &'static str> {
        match self.get(name).map(Node::plain) {
            None => Ok(None),
            Some(Some("true")) => Ok(Some(true)),
            Some(Some("false")) => Ok(Some(false)),
            Some(_) => Err("must be a boolean"),
        }
    }

    /// Takes out the field of that name (of several the last), `null` or not.
    pub fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let at = self.0.iter().rposition(|(field, _)| field == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

#[derive(Debug)]
pub enum Node<'a> {
    Object(Fields<'a>),
    /// Of objects; whatever else was in it is [`Node::Skipped`].
    List(Vec<Node<'a>>),
    /// Not looked into.
    Plain(&'a RawValue),
    Skipped,
}

impl<'a> Node<'a> {
    /// The JSON of something that was not looked into.
    pub fn plain(&self) -> Option<&'a str> {
        match self {
            Self::Plain(json) => Some(json.get()),
            _ => None,
        }
    }
}

struct Reader<'a> {
    /// All of it.
    text: &'a str,
    opens_lists: bool,
}

impl<'a> Reader<'a> {
    /// Whether an object or a list comes after this `name`, which is a part of the text.
    fn has_more_in(&self, name: &'a RawValue) -> bool {
        let at = name.get().as_ptr().addr() - self.text.as_ptr().addr();
        let behind = self.text.as_bytes().get(at + name.get().len()..);
        let mut behind = behind.into_iter().flatten();
        let between = |byte: &&u8| !matches!(byte, b':' | b' ' | b'\t' | b'\r' | b'\n');
        matches!(behind.find(between), Some(b'[' | b'{'))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'de> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'de> {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<&RawValue>()? {
            let is_opened = self.has_more_in(name);
            let name = Text::Sent(name).read();
            let node = if is_opened && OPENED.contains(&&*name) {
                map.next_value_seed(Self {
                    text: self.text,
                    opens_lists: true,
                })?
            } else {
                Node::Plain(map.next_value()?)
            };
            fields.push((name, node));
        }
        Ok(Node::Object(Fields(fields)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        if !self.opens_lists {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Node::Skipped);
        }
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Self {
            text: self.text,
            opens_lists: false,
        })? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node<'de>, E> {
        Ok(Node::Skipped)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node<'de>, E> {
        Ok(Node::Skipped)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node<'de>, E> {
        Ok(Node::Skipped)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node<'de>, E> {
        Ok(Node::Skipped)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node<'de>, E> {
        Ok(Node::Skipped)
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Skipped)
    }
}

#[cfg(test)]
mod tests;
