//! Parses the events of a streaming reply.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::halves::Halves;
use crate::process::json::{mend_numbers, prune};

/// Of an event that is too deep for the parser, no more is read.
const MAX_DEPTH: usize = 100;

/// A fast path for the most frequent events, text and tool input, which avoids building a JSON tree.
#[derive(Deserialize)]
pub(super) struct FastDelta<'a> {
    pub(super) index: u64,
    #[serde(borrow, rename = "delta")]
    pub(super) piece: Piece<'a>,
}

#[derive(Deserialize)]
pub(super) struct Piece<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    pub(super) text: Option<String>,
    pub(super) partial_json: Option<String>,
}

impl<'a> FastDelta<'a> {
    /// `None` unless the event is written exactly as the API writes it. Other spellings, and texts with half a surrogate pair,
    /// are left to [`Event::parse`].
    pub(super) fn parse(event: &'a [u8]) -> Option<Self> {
        if !event.starts_with(br#"{"type":"content_block_delta","#) {
            return None;
        }
        let delta: Self = serde_json::from_slice(event).ok()?;
        let piece = &delta.piece;
        match &*piece.r#type {
            "text_delta" => piece.partial_json.is_none(),
            "input_json_delta" => piece.text.is_none() && piece.partial_json.is_some(),
            _ => false,
        }
        .then_some(delta)
    }
}

/// An event, and the halves of surrogate pairs at the ends of its delta's text.
pub(super) struct Event {
    pub(super) tree: Value,
    pub(super) halves: Halves,
}

impl Event {
    /// Reads what `serde_json` refuses although it is plain: halves of pairs, numbers out of range, deep values.
    pub(super) fn parse(event: &str) -> Option<Self> {
        Self::parse_shallow(event).or_else(|| {
            let event = mend_numbers(event);
            Self::parse_shallow(&event).or_else(|| Self::parse_deep(&event))
        })
    }

    fn parse_shallow(event: &str) -> Option<Self> {
        let (event, halves) = Halves::cut(event);
        let tree = serde_json::from_str(&event).ok()?;
        Some(Self { tree, halves })
    }

    /// What is too deep is left out, but for the input of a tool call, which its reader refuses. A block that would not be the
    /// same without it has no type, as it could not be returned to Claude.
    fn parse_deep(event: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Start<'a> {
            #[serde(borrow)]
            content_block: Call<'a>,
        }
        #[derive(Deserialize)]
        struct Call<'a> {
            #[serde(borrow)]
            input: Option<&'a RawValue>,
        }
        let (event, halves) = Halves::cut(event);
        let mut tree: Value = serde_json::from_str(&prune(&event, MAX_DEPTH)).ok()?;
        if tree["type"] == "content_block_start" {
            let block = &mut tree["content_block"];
            match block["type"].as_str() {
                Some("text" | "thinking" | "redacted_thinking") => {}
                Some("tool_use") => {
                    let start: Start<'_> = serde_json::from_str(&event).ok()?;
                    let input = start.content_block.input.map(RawValue::get);
                    block["input"] = input.into();
                }
                _ => *block = Value::Null,
            }
        }
        Some(Self { tree, halves })
    }
}
