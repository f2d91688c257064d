//! Shared by the fuzz targets: values made from a fuzzer's bytes, and the replay of its findings.
//!
//! A target is a function from bytes that panics when an invariant is violated. It is a module `fuzz` beside the code it
//! tests (`claude`, `chat`, `history`, `tools`, `mcp`, `jwks`, `token`, `prompt`, `message`), which only tests and fuzzers compile. `fuzz/` holds the programs that
//! run the targets, and `fuzz/seeds` the inputs that every `cargo test` replays.

use serde_json::{Map, Value};

/// Choices read from a fuzzer's bytes: changing a byte changes one choice. After the end, all bytes are zero.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The unread bytes.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }

    /// One of `words`, or up to seven bytes as they are.
    pub fn text(&mut self, words: &[&str]) -> String {
        match self.below(words.len() + 1) {
            0 => {
                let length = self.below(8).min(self.0.len());
                let (text, rest) = self.0.split_at(length);
                self.0 = rest;
                String::from_utf8_lossy(text).into_owned()
            }
            n => words[n - 1].to_owned(),
        }
    }

    /// Any JSON, at most `depth` deep, with `words` for its texts and keys.
    pub fn json(&mut self, depth: usize, words: &[&str]) -> Value {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => self.flag().into(),
            2 => self.byte().into(),
            3 => (f64::from(self.byte()) / 8.0 - 4.0).into(),
            4 | 5 => self.text(words).into(),
            6 => (0..self.below(4))
                .map(|_| self.json(depth - 1, words))
                .collect(),
            _ => self.object(depth - 1, words).into(),
        }
    }

    /// Any object whose values are at most `depth` deep.
    pub fn object(&mut self, depth: usize, words: &[&str]) -> Map<String, Value> {
        (0..self.below(5))
            .map(|_| (self.text(words), self.json(depth, words)))
            .collect()
    }
}

/// Reference implementation of the repair of halves: the text with U+FFFD for each half of a surrogate pair, escape by escape.
pub fn without_halves(json: &str) -> String {
    with_halves_as(json, "\\ufffd")
}

/// As [`without_halves`], with any other text for each half.
pub fn with_halves_as(json: &str, replacement: &str) -> String {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        let are_digits = digits.bytes().all(|b| b.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| are_digits)
    };
    let (mut mended, mut at) = (String::new(), 0);
    while let Some(c) = json[at..].chars().next() {
        let length = match (c, unit(at)) {
            (_, Some(0xd800..0xdc00)) if matches!(unit(at + 6), Some(0xdc00..0xe000)) => 12,
            (_, Some(_)) => 6,
            ('\\', None) => json[at..].chars().take(2).map(char::len_utf8).sum(),
            _ => c.len_utf8(),
        };
        let is_half = length == 6 && matches!(unit(at), Some(0xd800..0xe000));
        mended.push_str(if is_half {
            replacement
        } else {
            &json[at..at + length]
        });
        at += length;
    }
    mended
}

/// Runs a target with each of its seeds.
#[cfg(test)]
pub(crate) fn replay(name: &str, target: fn(&[u8])) {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(name);
    let mut played = 0;
    for seed in std::fs::read_dir(&seeds).unwrap() {
        let path = seed.unwrap().path();
        // Printed only if this one fails.
        println!("{}", path.display());
        target(&std::fs::read(path).unwrap());
        played += 1;
    }
    assert!(played > 0, "no seeds in {}", seeds.display());
}
