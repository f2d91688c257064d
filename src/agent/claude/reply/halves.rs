//! Emojis that a server has split: half a surrogate pair at the end of one delta, the other half at the start of the next.

use std::borrow::Cow;

use crate::process::json::{ESCAPE, Half, mend_halves, next_half};

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
    pub(super) fn cut(event: &[u8]) -> (Cow<'_, [u8]>, Self) {
        let mut halves = Self::default();
        let Some(mut next) = next_half(event, 0) else {
            return (event.into(), halves);
        };
        let mut event = event.to_vec();
        if memchr::memmem::find(&event, b"content_block_delta").is_some() {
            loop {
                let Half { at, unit } = next;
                let ends = event.get(at + ESCAPE) == Some(&b'"');
                let begins = begins_string(&event[..at]);
                let end = match next.is_high() {
                    true if ends => Some(&mut halves.last),
                    false if begins => Some(&mut halves.first),
                    _ => None,
                };
                let mut from = at + ESCAPE;
                if let Some(end @ None) = end {
                    *end = Some(unit);
                    event.drain(at..from);
                    from = at;
                }
                match next_half(&event, from) {
                    Some(half) => next = half,
                    None => break,
                }
            }
        }
        mend_halves(&mut event);
        (event.into(), halves)
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

/// True if a string begins at the end of `json`.
fn begins_string(json: &[u8]) -> bool {
    matches!(json, [.., before, b'"'] if *before != b'\\')
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
                r#"{{"type":"content_block_delta","index":0,"delta":{{"text":"{escaped}"}}}}"#
            );
            let (event, halves) = Halves::cut(event.as_bytes());
            let event: serde_json::Value = serde_json::from_slice(&event).unwrap();
            let piece = event["delta"]["text"].as_str().unwrap().to_owned();
            text.push_str(&halves.complete(&mut half, piece));
        }
        text.push_str(&Halves::default().complete(&mut half, " ".into()));
        text
    }

    #[test]
    fn an_event_without_halves_is_not_copied_and_others_are_mended() {
        let event = br#"{"type":"content_block_delta","text":"\ud83d\ude00"}"#;
        assert!(
            matches!(Halves::cut(event), (Cow::Borrowed(_), halves) if halves == Halves::default())
        );
        let start = br#"{"type":"content_block_start","text":"\ud83d"}"#;
        let (start, halves) = Halves::cut(start);
        assert_eq!(
            &*start,
            br#"{"type":"content_block_start","text":"\ufffd"}"#
        );
        assert_eq!(halves, Halves::default());
        let quoted = br#"{"type":"content_block_delta","text":"\"\ude00\ud83d\""}"#;
        let (quoted, halves) = Halves::cut(quoted);
        assert_eq!(
            &*quoted,
            br#"{"type":"content_block_delta","text":"\"\ufffd\ufffd\""}"#
        );
        assert_eq!(halves, Halves::default());
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
