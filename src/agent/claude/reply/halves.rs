//! Emojis that a server has split: half a surrogate pair at the end of one delta, the other half at the start of the next.

use std::{borrow::Cow, ops::Range};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::process::json::{ESCAPE, is_high, is_low, mend_str, utf16_escape};

/// The halves of surrogate pairs at both ends of a delta's text.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Halves {
    /// The second half of a pair.
    first: Option<u16>,
    /// The first half of a pair.
    last: Option<u16>,
}

impl Halves {
    /// Cuts the halves at the ends of a delta's text out of an event, and replaces all others by U+FFFD.
    pub(super) fn cut(event: &str) -> (Cow<'_, str>, Self) {
        let mut halves = Self::default();
        let Cow::Owned(mut mended) = mend_str(event) else {
            return (event.into(), halves);
        };
        // The mended event is as long as the event.
        if let Some(Range { start, end }) = delta_text(&mended) {
            let unit = |at| utf16_escape(event.as_bytes(), at);
            let last = end.checked_sub(ESCAPE).filter(|at| *at >= start);
            halves.last = last.and_then(unit).filter(|it| is_high(*it));
            if halves.last.is_some() {
                mended.replace_range(end - ESCAPE..end, "");
            }
            halves.first = unit(start).filter(|it| is_low(*it));
            if halves.first.is_some() {
                mended.replace_range(start..start + ESCAPE, "");
            }
        }
        (mended.into(), halves)
    }

    /// Completes the text of a delta. `half` is the one at the end of the block so far.
    pub(super) fn complete(self, half: &mut Option<u16>, mut text: String) -> String {
        if text.is_empty() && self == Self::default() {
            return text;
        }
        let units = half.take().into_iter().chain(self.first);
        let first: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        text.insert_str(0, &first);
        *half = self.last;
        text
    }
}

/// Where the text of a delta stands in an event, without its quotes.
fn delta_text(event: &str) -> Option<Range<usize>> {
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
        #[serde(borrow)]
        delta: Delta<'a>,
    }
    #[derive(Deserialize)]
    struct Delta<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
        #[serde(borrow)]
        text: Option<&'a RawValue>,
        #[serde(borrow)]
        partial_json: Option<&'a RawValue>,
        #[serde(borrow)]
        thinking: Option<&'a RawValue>,
    }
    let Event { r#type, delta } = serde_json::from_str(event).ok()?;
    let text = match &*delta.r#type {
        _ if r#type != "content_block_delta" => None,
        "text_delta" => delta.text,
        "input_json_delta" => delta.partial_json,
        "thinking_delta" => delta.thinking,
        _ => None,
    };
    let text = text?.get().strip_prefix('"')?.strip_suffix('"')?;
    let start = (text.as_ptr() as usize).checked_sub(event.as_ptr() as usize)?;
    Some(start..start + text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the texts of such deltas, as a block does.
    fn joined(pieces: &[Vec<u16>]) -> String {
        let (mut half, mut text) = (None, String::new());
        for piece in pieces {
            let units = piece.iter().map(|unit| format!("\\u{unit:04x}"));
            let escaped = units.collect::<Vec<_>>().concat();
            let event = format!(
                r#"{{"type":"content_block_delta","delta":{{"type":"text_delta","text":"{escaped}"}}}}"#
            );
            let (event, halves) = Halves::cut(&event);
            let event: serde_json::Value = serde_json::from_str(&event).unwrap();
            let piece = event["delta"]["text"].as_str().unwrap().to_owned();
            text.push_str(&halves.complete(&mut half, piece));
        }
        text.push_str(&Halves::default().complete(&mut half, " ".into()));
        text
    }

    #[test]
    fn halves_are_cut_only_at_the_ends_of_the_text_that_the_delta_is_of() {
        let cut = |event: &str| {
            let (event, Halves { first, last }) = Halves::cut(event);
            (event.into_owned(), first, last)
        };
        let pair = r#"{"type":"content_block_delta","text":"\ud83d\ude00"}"#;
        assert!(
            matches!(Halves::cut(pair), (Cow::Borrowed(_), halves) if halves == Halves::default())
        );
        for (kind, field) in [
            ("text_delta", "text"),
            ("input_json_delta", "partial_json"),
            ("thinking_delta", "thinking"),
        ] {
            let event = format!(
                r#"{{"\ud83d":"\ude00","delta":{{ "k\ud83d":"\ude00","{field}" : "\ude00 \" \ud83d","type":"{kind}"}},"type":"content_block_delta","x":"\ud83d"}}"#
            );
            let expected = format!(
                r#"{{"\ufffd":"\ufffd","delta":{{ "k\ufffd":"\ufffd","{field}" : " \" ","type":"{kind}"}},"type":"content_block_delta","x":"\ufffd"}}"#
            );
            assert_eq!(cut(&event), (expected, Some(0xde00), Some(0xd83d)));
        }
        for event in [
            r#"{"type":"content_block_start","delta":{"type":"text_delta","text":"\ud83d"}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","thinking":"\ud83d","partial_json":"\ude00"}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"citations_delta","text":"\ud83d","citation":{"cited_text":"\ude00"}}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"\"\ude00\ud83d\""}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":["\ude00"]}}"#,
        ] {
            let mended = event.replace("ud83d", "ufffd").replace("ude00", "ufffd");
            assert_eq!(cut(event), (mended, None, None));
        }
    }

    proptest! {
        #[test]
        fn a_text_does_not_depend_on_where_it_was_cut(
            units in prop::collection::vec(prop::sample::select(vec![0x61, 0xd83d, 0xde00, 0xd800, 0xdfff, 0x22, 0x5c]), 0..12),
            cuts in prop::collection::vec(0..4usize, 1..8),
        ) {
            let (mut pieces, mut rest) = (Vec::new(), &units[..]);
            for cut in cuts {
                let (piece, more) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece.to_vec());
                rest = more;
            }
            pieces.push(rest.to_vec());
            prop_assert_eq!(joined(&pieces), String::from_utf16_lossy(&units) + " ");
        }
    }
}
