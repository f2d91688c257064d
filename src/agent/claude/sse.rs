//! Server-sent events out of bytes that arrive in any pieces (WHATWG HTML, section 9.2.6).

use bytes::{Buf, Bytes};
use memchr::memchr2;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// More than this without a line's end is no event stream.
const MAX_EVENT: usize = 16 * 1024 * 1024;

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("an event is too large")]
pub struct TooLarge;

/// Collects bytes, hands out the `data` of each complete event. Event names are not needed: `data.type` repeats them.
///
/// An event that lies whole in one piece, as nearly all do, is a part of that piece and no copy.
#[derive(Default)]
pub struct Decoder {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    data: Data,
    after_cr: bool,
    started: bool,
}

impl Decoder {
    /// Takes the next bytes and appends the data of the events they complete to `events`.
    pub fn push(&mut self, piece: &Bytes, events: &mut impl Extend<Bytes>) -> Result<(), TooLarge> {
        let mut at = 0;
        while at < piece.len() {
            if std::mem::take(&mut self.after_cr) && piece[at] == b'\n' {
                at += 1;
                continue;
            }
            let Some(length) = memchr2(b'\n', b'\r', &piece[at..]) else {
                self.line.extend_from_slice(&piece[at..]);
                break;
            };
            let end = at + length;
            self.after_cr = piece[end] == b'\r';
            let line = if self.line.is_empty() {
                piece.slice(at..end)
            } else {
                self.line.extend_from_slice(&piece[at..end]);
                std::mem::take(&mut self.line).into()
            };
            at = end + 1;
            self.end_of_line(line, events);
        }
        if self.line.len() + self.data.len() > MAX_EVENT {
            Err(TooLarge)
        } else {
            Ok(())
        }
    }

    fn end_of_line(&mut self, mut line: Bytes, events: &mut impl Extend<Bytes>) {
        if !std::mem::replace(&mut self.started, true) && line.starts_with(BYTE_ORDER_MARK) {
            line.advance(BYTE_ORDER_MARK.len());
        }
        if line.is_empty() {
            events.extend(self.data.take());
        } else if let Some(value) = field(&line, b"data") {
            self.data.add(line.slice_ref(value));
        }
    }
}

/// The data of the present event: seldom more than one line.
#[derive(Default)]
enum Data {
    #[default]
    None,
    Line(Bytes),
    Lines(Vec<u8>),
}

impl Data {
    fn add(&mut self, line: Bytes) {
        *self = match std::mem::take(self) {
            Self::None => Self::Line(line),
            Self::Line(first) => Self::Lines([&first[..], b"\n", &line].concat()),
            Self::Lines(mut lines) => {
                lines.push(b'\n');
                lines.extend_from_slice(&line);
                Self::Lines(lines)
            }
        };
    }

    fn take(&mut self) -> Option<Bytes> {
        match std::mem::take(self) {
            Self::None => None,
            Self::Line(line) => Some(line),
            Self::Lines(lines) => Some(lines.into()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Line(line) => line.len(),
            Self::Lines(lines) => lines.len(),
        }
    }
}

/// The value of a line `name: value`, `name:value` or `name`.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(&[]),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        for piece in pieces {
            let piece = Bytes::copy_from_slice(piece);
            decoder.push(&piece, &mut events).unwrap();
        }
        events
            .into_iter()
            .map(|data| String::from_utf8(data.to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn comments_names_and_unknown_fields_are_passed_over_and_an_unfinished_event_is_none() {
        let text =
            "\u{feff}: hi\nevent: x\ndata: a\ndata:b\nid: 1\n\n\n\ndata\n\ndatum: z\n\ndata: never";
        assert_eq!(decode([text.as_bytes()]), ["a\nb", ""]);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut decoder = Decoder::default();
        assert_eq!(
            decoder.push(&vec![b'x'; MAX_EVENT + 1].into(), &mut vec![]),
            Err(TooLarge)
        );
    }

    #[test]
    fn an_event_without_end_is_refused_as_well() {
        let line = [&b"data: "[..], &vec![b'x'; MAX_EVENT / 4], b"\n"].concat();
        let (mut decoder, mut events, line) = (Decoder::default(), vec![], line.into());
        for _ in 0..3 {
            assert_eq!(decoder.push(&line, &mut events), Ok(()));
        }
        assert_eq!(decoder.push(&line, &mut events), Err(TooLarge));
        assert_eq!(events, [""; 0]);
    }

    proptest! {
        #[test]
        fn events_are_the_same_however_the_bytes_are_cut(
            events in prop::collection::vec(prop::collection::vec("[a-zé🏋 {}:]{0,12}", 1..4), 0..6),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
            cuts in prop::collection::vec(1..7usize, 1..40),
        ) {
            let mut text = String::new();
            for lines in &events {
                text.extend(lines.iter().map(|line| format!("data: {line}{end}")));
                text.push_str(end);
            }
            let (mut pieces, mut rest) = (Vec::new(), text.as_bytes());
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (piece, more) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = more;
            }
            let expected: Vec<String> = events.iter().map(|lines| lines.join("\n")).collect();
            prop_assert_eq!(decode(pieces), expected);
        }
    }
}
