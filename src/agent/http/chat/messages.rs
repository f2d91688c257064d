//! The messages of a request: as they were received, or made of the request of another face.

use std::fmt;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    agent::{
        history::{self, History, Invalid},
        json::BlockPlace,
    },
    http::problem::Problem,
};

#[derive(Debug)]
pub enum Messages<'a> {
    Received(&'a RawValue),
    Translated(Translated),
}

/// Messages of another face in the format of `/chat`.
#[derive(Debug)]
pub struct Translated {
    pub json: Bytes,
    /// Of each message, its place in the request of the face, and the places of its blocks.
    pub places: Vec<(Place, Vec<Place>)>,
}

/// A place in the request of a face: a message, or an item of a list in it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    message: usize,
    item: Option<(&'static str, usize)>,
}

impl Place {
    pub fn message(message: usize) -> Self {
        let item = None;
        Self { message, item }
    }

    /// An item of the list `list` of this message.
    #[must_use]
    pub fn item(self, list: &'static str, at: usize) -> Self {
        let item = Some((list, at));
        Self { item, ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "messages[{}]", self.message)?;
        match self.item {
            Some((list, at)) => write!(f, ".{list}[{at}]"),
            None => Ok(()),
        }
    }
}

impl Messages<'_> {
    /// The bytes that are held beside the body of the request.
    pub(super) fn extra_bytes(&self) -> usize {
        match self {
            Self::Received(_) => 0,
            Self::Translated(translated) => translated.json.len(),
        }
    }

    /// Validates and repairs the messages. Long strings are shared with the body, or with what was made of it. `any_answer`: the
    /// user answers calls of the last message.
    pub(in crate::agent::http) fn parse(
        self,
        body: &Bytes,
        any_answer: bool,
    ) -> Result<History, Problem> {
        let parse = if any_answer {
            history::parse_with_last_calls
        } else {
            history::parse
        };
        let Translated { json, places } = match self {
            Self::Received(messages) => return Ok(parse(messages, body)?),
            Self::Translated(translated) => translated,
        };
        let messages = serde_json::from_slice(&json).map_err(|_| Problem::internal())?;
        let parsed = parse(messages, &json);
        Ok(parsed.map_err(|invalid| relocate(invalid, &places))?)
    }
}

/// The error with the place in the request of the face.
fn relocate(invalid: Invalid, places: &[(Place, Vec<Place>)]) -> Invalid {
    let place = match invalid.block_place() {
        None => return invalid,
        Some(BlockPlace { message, block }) => {
            places.get(message).map(|(of_message, of_blocks)| {
                let of_block = block.and_then(|block| of_blocks.get(block));
                of_block.unwrap_or(of_message)
            })
        }
    };
    match place {
        Some(place) => invalid.at(place),
        None => invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_place_of_the_block_in_the_request_of_the_face() {
        let (first, third) = (Place::message(0), Place::message(2));
        let places = [
            (first, vec![first.item("parts", 4)]),
            (third, vec![third.item("parts", 1)]),
        ];
        let invalid = |block: usize| {
            let invalid = Invalid::new("must be base64").in_field("data");
            let invalid = invalid.in_field("source").in_item(block);
            invalid.in_field("content").in_item(1).in_field("messages")
        };
        let shown = |invalid| relocate(invalid, &places).to_string();
        assert_eq!(shown(invalid(0)), "messages[2].parts[1]: must be base64");
        assert_eq!(shown(invalid(7)), "messages[2]: must be base64");
        let blank = Invalid::new("must not be blank").in_item(0);
        let blank = blank.in_field("messages");
        assert_eq!(shown(blank), "messages[0]: must not be blank");
        let whole = Invalid::new("must hold at least one message").in_field("messages");
        assert_eq!(shown(whole), "messages: must hold at least one message");
    }
}
