//! Repairs of JSON that peers send and that `serde_json` refuses although its meaning is plain: halves of surrogate pairs,
//! numbers that no `f64` holds, and what is nested too deep.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use memchr::{memchr2, memmem};

/// The length of an escape such as `\ud83d`.
pub const ESCAPE: usize = 6;
/// Stands for half a surrogate pair; as long as the escape that it replaces, but for `\u`.
const REPLACEMENT: &[u8] = b"fffd";

/// The position of the first half of a surrogate pair without the other half, at or after `from`: JSON's grammar allows it,
/// but no string can hold it.
fn next_half(json: &[u8], from: usize) -> Option<usize> {
    let escapes = memmem::Finder::new(b"\\u");
    let mut at = from;
    loop {
        at += escapes.find(json.get(at..)?)?;
        match utf16_escape(json, at) {
            Some(unit) if is_high(unit) && utf16_escape(json, at + ESCAPE).is_some_and(is_low) => {
                at += 2 * ESCAPE;
            }
            Some(unit) if is_high(unit) || is_low(unit) => return Some(at),
            Some(_) => at += ESCAPE,
            None => at += 2,
        }
    }
}

/// Replaces each half of a surrogate pair by U+FFFD, in place. False if there is none.
pub fn mend_halves(json: &mut [u8]) -> bool {
    let mut from = 0;
    while let Some(half) = next_half(json, from) {
        from = half + ESCAPE;
        json[half + 2..from].copy_from_slice(REPLACEMENT);
    }
    from > 0
}

/// The text with [`mend_halves`]. Copied only if it has halves and is shared.
pub fn mend_bytes(json: Bytes) -> Bytes {
    if next_half(&json, 0).is_none() {
        return json;
    }
    let mut json = BytesMut::from(json);
    mend_halves(&mut json);
    json.freeze()
}

/// The text with [`mend_halves`].
pub fn mend_text(json: String) -> String {
    if next_half(json.as_bytes(), 0).is_none() {
        return json;
    }
    let mut json = json.into_bytes();
    mend_halves(&mut json);
    // It stays UTF-8: ASCII is replaced by ASCII.
    String::from_utf8(json).unwrap_or_default()
}

/// The text with [`mend_halves`], as long as before.
pub fn mend_str(json: &str) -> Cow<'_, str> {
    match next_half(json.as_bytes(), 0) {
        None => json.into(),
        Some(_) => mend_text(json.to_owned()).into(),
    }
}

/// Replaces what stands for a number that no `f64` holds by `null`: `NaN`, `Infinity` (as Python and JavaScript write
/// them), `1e400`. Strings stay as they are.
pub fn mend_numbers(json: &str) -> String {
    let (mut mended, mut rest) = (String::with_capacity(json.len()), json);
    while !rest.is_empty() {
        let end = if rest.starts_with('"') {
            end_of_string(rest)
        } else {
            let is_word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            word.max(rest.chars().next().map_or(0, char::len_utf8))
        };
        let (token, after) = rest.split_at(end);
        mended.push_str(if is_no_number(token) { "null" } else { token });
        rest = after;
    }
    mended
}

/// Replaces the objects and lists that are more than `depth` deep by `null`: parsers bound the depth.
pub fn prune(json: &str, depth: usize) -> String {
    let (mut pruned, mut rest, mut open) = (String::new(), json, 0);
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => end_of_string(rest),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        if matches!(first, '{' | '[') {
            open += 1;
            if open == depth + 1 {
                pruned.push_str("null");
            }
        }
        if open <= depth {
            pruned.push_str(token);
        }
        if matches!(first, '}' | ']') {
            open = open.saturating_sub(1);
        }
        rest = after;
    }
    pruned
}

/// The length of the string that `json` begins with.
fn end_of_string(json: &str) -> usize {
    let mut at = 1;
    while let Some(found) = memchr2(b'"', b'\\', json.as_bytes().get(at..).unwrap_or_default()) {
        at += found + 1;
        if json.as_bytes()[at - 1] == b'"' {
            return at;
        }
        // The escaped character may have several bytes.
        at += json[at..].chars().next().map_or(0, char::len_utf8);
    }
    json.len()
}

/// `f64` reads `NaN` and `Infinity` as Rust writes them, in any case and with a sign.
fn is_no_number(token: &str) -> bool {
    token.parse().is_ok_and(|number: f64| !number.is_finite())
}

/// The UTF-16 unit that the escape at `at` stands for, if an escape begins there.
pub fn utf16_escape(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    let digits = digits.iter().try_fold(0, |unit, digit| {
        Some(unit << 4 | char::from(*digit).to_digit(16)?)
    });
    let before = json[..at].iter().rev();
    let is_escaped = before.take_while(|byte| **byte == b'\\').count() % 2 == 1;
    u16::try_from(digits?).ok().filter(|_| !is_escaped)
}

/// True for the first half of a surrogate pair.
pub fn is_high(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

/// True for the second half of a surrogate pair.
pub fn is_low(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

#[cfg(test)]
mod tests;
