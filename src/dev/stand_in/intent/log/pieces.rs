//! The text of a workout in words, numbers and signs. Pure.

use regex_lite::Captures;

use super::{
    patterns::Patterns,
    tokens::{Token, token, unit},
};
use crate::{dev::stand_in::intent::signs, workout::figures::units::Unit};

pub(super) enum Piece {
    Word(String),
    Number(f64),
    Sign(Token),
}

impl Piece {
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// `None` if there is a sign that might change the meaning.
pub(super) fn pieces(text: &str, patterns: &Patterns) -> Option<Vec<Piece>> {
    let text = slashes(text, patterns);
    let mut rest = text.as_str();
    let mut pieces = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            let (number, length) = number(rest, &pieces)?;
            pieces.push(Piece::Number(number));
            length
        } else if first.is_alphabetic() {
            let end = rest
                .find(|c: char| !c.is_alphabetic())
                .unwrap_or(rest.len());
            words(&rest[..end], &mut pieces);
            end
        } else {
            sign(first, rest, &mut pieces)?;
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    Some(pieces)
}

/// Letters that stand together: one word, but for `60kgx5`.
fn words(letters: &str, pieces: &mut Vec<Piece>) {
    match letters
        .strip_suffix('x')
        .filter(|unit_of| unit(unit_of).is_some())
    {
        Some(unit) => {
            pieces.push(Piece::Word(unit.to_owned()));
            pieces.push(Piece::Sign(Token::Times));
        }
        None => pieces.push(Piece::Word(letters.to_owned())),
    }
}

fn sign(sign: char, rest: &str, pieces: &mut Vec<Piece>) -> Option<()> {
    let next = rest[sign.len_utf8()..].chars().next();
    let digit_follows = next.is_some_and(|c| c.is_ascii_digit());
    let token = match sign {
        '×' | '*' | '✕' => Token::Times,
        '@' => Token::At,
        // A range, a bare fraction, a time, or less than nothing.
        '.' | '#' | '-' if digit_follows => return None,
        ':' if digit_follows && matches!(pieces.last(), Some(Piece::Number(_))) => return None,
        '-' => return dash(next, pieces),
        ',' | ';' | '&' | '\n' | '.' => Token::Comma,
        '#' => Token::Unit(Unit::Lb),
        ':' | '?' => return Some(()),
        _ if sign.is_whitespace() || signs::mean_nothing(sign) => return Some(()),
        _ => return None,
    };
    pieces.push(Piece::Sign(token));
    Some(())
}

/// Inside a word it means nothing, and elsewhere it parts a name from its sets; after a number it may mean a range, and
/// after "at" less than nothing.
fn dash(next: Option<char>, pieces: &mut Vec<Piece>) -> Option<()> {
    let in_a_word = next.is_some_and(char::is_alphabetic);
    let parts = match pieces.last() {
        None | Some(Piece::Sign(Token::Comma)) => true,
        Some(Piece::Word(word)) => matches!(token(word), None | Some(Token::Name(_))),
        Some(Piece::Number(_)) => in_a_word,
        Some(Piece::Sign(_)) => false,
    };
    if !parts {
        return None;
    }
    if !in_a_word {
        pieces.push(Piece::Sign(Token::Comma));
    }
    Some(())
}

fn slashes(text: &str, patterns: &Patterns) -> String {
    let parted =
        |found: &Captures<'_>| format!("{}{}{}", &found[1], found[2].replace('/', ", "), &found[3]);
    patterns.slashes.replace_all(text, parted).into_owned()
}

/// A number and its length. `82,5` is a fraction where a weight stands, and two numbers elsewhere.
fn number(text: &str, before: &[Piece]) -> Option<(f64, usize)> {
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let whole = digits(text);
    // Half of a number that somebody has written in two parts.
    if whole > 1 && text.starts_with('0') {
        return None;
    }
    let (sign, after) = (
        text[whole..].chars().next(),
        text.get(whole + 1..).unwrap_or_default(),
    );
    let fraction = digits(after);
    if fraction == 0 || !matches!(sign, Some('.' | ',')) {
        return Some((text[..whole].parse().ok()?, whole));
    }
    let end = whole + 1 + fraction;
    let after = &text[end..];
    if sign == Some(',') {
        let more = after.starts_with(',') && digits(&after[1..]) > 0;
        let listed = matches!(before.last(), Some(Piece::Sign(Token::Comma)));
        let letters = after.trim_start();
        let word = &letters[..letters
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(letters.len())];
        let at = match before.last() {
            Some(Piece::Sign(Token::At)) => true,
            Some(Piece::Word(word)) => matches!(word.as_str(), "at" | "with"),
            _ => false,
        };
        if more || listed || !(at || unit(word).is_some()) {
            return Some((text[..whole].parse().ok()?, whole));
        }
        // A thousand, perhaps.
        if fraction > 2 {
            return None;
        }
    } else if after.starts_with('.') && digits(&after[1..]) > 0 {
        // A date, perhaps.
        return None;
    }
    Some((
        format!("{}.{}", &text[..whole], &text[whole + 1..end])
            .parse()
            .ok()?,
        end,
    ))
}
