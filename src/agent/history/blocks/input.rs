//! The input of a tool call: forwarded as it came, without the user's id.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use crate::{
    agent::history::{Invalid, place::Place},
    agent::json::{Fields, Node},
    agent::tools::{may_name_user, without_identity},
};

/// Of what is forwarded, which is five levels down: many readers of JSON give up at 128 in all.
const MAX_DEPTH: usize = 122;

/// The field `input` of a call.
pub(super) fn input<'a>(
    place: &Place<'_>,
    object: &Fields<'a>,
) -> Result<Cow<'a, RawValue>, Invalid> {
    let place = place.field("input");
    let input = match object.get("input") {
        Some(Node::Plain(input)) if input.get().starts_with('{') => *input,
        _ => return Err(Invalid::new(place, "must be an object")),
    };
    read(input).map_err(|_| {
        let limits = format!(
            "must not nest deeper than {MAX_DEPTH} levels nor hold a number beyond 1.7e308"
        );
        Invalid::new(place, limits)
    })
}

fn read(input: &RawValue) -> serde_json::Result<Cow<'_, RawValue>> {
    let mut forwarded = Cow::Borrowed(input);
    if may_name_user(input.get()) {
        let mut input = serde_json::from_str::<Map<String, Value>>(input.get())?;
        without_identity(&mut input);
        forwarded = Cow::Owned(to_raw_value(&input)?);
    }
    let Levels(levels) = serde_json::from_str(forwarded.get())?;
    if levels > MAX_DEPTH {
        return Err(serde::de::Error::custom("too deep"));
    }
    Ok(forwarded)
}

/// How many lists and objects are in each other, at most.
struct Levels(usize);

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counting)
    }
}

struct Counting;

impl<'de> Visitor<'de> for Counting {
    type Value = Levels;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Levels, A::Error> {
        let mut most = 0;
        while let Some((_, Levels(levels))) = map.next_entry::<IgnoredAny, _>()? {
            most = most.max(levels);
        }
        Ok(Levels(most + 1))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Levels, A::Error> {
        let mut most = 0;
        while let Some(Levels(levels)) = list.next_element()? {
            most = most.max(levels);
        }
        Ok(Levels(most + 1))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Levels, E> {
        Ok(Levels(0))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Levels, E> {
        Ok(Levels(0))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Levels, E> {
        Ok(Levels(0))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Levels, E> {
        Ok(Levels(0))
    }

    fn visit_str<E>(self, _: &str) -> Result<Levels, E> {
        Ok(Levels(0))
    }

    fn visit_unit<E>(self) -> Result<Levels, E> {
        Ok(Levels(0))
    }
}
