//! Message templates: bytes with a turn number that is replaced for each turn.

use std::sync::atomic::{AtomicU32, Ordering};

use memchr::memmem;

/// Digits of a turn number; the first one is the client's.
pub const DIGITS: usize = 8;
pub const RIDERS: u32 = 8;
/// Placeholder of the number.
pub const BLANK: Number = *b"########";

pub type Number = [u8; DIGITS];

/// Unique turn numbers.
#[derive(Default)]
pub struct Numbers(AtomicU32);

impl Numbers {
    pub fn next(&self, rider: u32) -> Number {
        let turn = self.0.fetch_add(1, Ordering::Relaxed) % 10_000_000;
        digits(rider * 10_000_000 + turn)
    }
}

pub fn digits(mut number: u32) -> Number {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    digits
}

/// The number's user: the `sub` of a token.
pub fn rider_of(number: &[u8]) -> String {
    format!("rider-{}", char::from(number[0]))
}

/// Bytes with the number at some offsets.
#[derive(Clone)]
pub struct Template {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Template {
    /// Finds the offsets of `number`.
    pub fn new(bytes: Vec<u8>, number: Number) -> Self {
        let places = memmem::find_iter(&bytes, &number).collect();
        Self { bytes, places }
    }

    pub fn has_places(&self) -> bool {
        !self.places.is_empty()
    }

    /// Appends the bytes with this number.
    pub fn fill(&self, number: Number, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        for place in &self.places {
            out[start + place..start + place + DIGITS].copy_from_slice(&number);
        }
    }
}

/// Marker of a turn in the user's last message, `[[k12345678]]`: the letter selects the reply of the fake Claude, the digits
/// are the turn number.
pub struct Marker {
    pub kind: u8,
    pub number: Number,
    /// Its offset: what follows belongs to this turn.
    pub at: usize,
}

impl Marker {
    pub fn text(kind: char, number: &str) -> String {
        format!("[[{kind}{number}]]")
    }

    pub fn find(body: &[u8]) -> Option<Self> {
        let at = memmem::rfind(body, b"[[")?;
        let (kind, rest) = body.get(at + 2..)?.split_first()?;
        let number = rest.first_chunk::<DIGITS>()?;
        Some(Self {
            kind: *kind,
            number: *number,
            at,
        })
    }
}

/// The number after the first `before`, as in `toolu_12345678`.
pub fn number_behind(body: &[u8], before: &[u8]) -> Option<Number> {
    let at = memmem::find(body, before)? + before.len();
    body.get(at..)?.first_chunk::<DIGITS>().copied()
}

/// The raw value of a member of the outermost object. `body` is one JSON object.
pub fn member<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (mut depth, mut at) = (0_u32, 0);
    while at < body.len() {
        match body[at] {
            b'"' => {
                let end = string_end(body, at)?;
                let is_key = depth == 1 && body.get(end) == Some(&b':');
                if is_key && &body[at + 1..end - 1] == name.as_bytes() {
                    return value(&body[end + 1..]);
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// A string with its quotes, or the text up to the next comma or brace.
fn value(rest: &[u8]) -> Option<&[u8]> {
    let end = match rest.first()? {
        b'"' => string_end(rest, 0)?,
        _ => rest.iter().position(|byte| matches!(byte, b',' | b'}'))?,
    };
    Some(&rest[..end])
}

/// The end of the string that begins at `at`.
fn string_end(body: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1;
    loop {
        end += memchr::memchr2(b'"', b'\\', body.get(end..)?)?;
        if body[end] == b'"' {
            return Some(end + 1);
        }
        end += 2;
    }
}
