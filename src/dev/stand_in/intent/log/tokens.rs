//! The text of a workout in tokens. Pure.

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

use crate::{dev::stand_in::names::Names, workout::figures::units::Unit};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// `x`, `×`, `*`, `by`.
    Times,
    /// `@`, `at`, `with`.
    At,
    For,
    Sets,
    Reps,
    Rpe,
    Bodyweight,
    Unit(Unit),
    /// Whatever parts one thing from the next.
    Comma,
    /// What an exercise is called, or may be.
    Name(String),
}

/// Words that change nothing.
const SOFT: &str = "the|my|a|an|of|some|to|in|on|from|this|that|it|please|pls|i|did|just|now|as|well|too|also|me|workout|workouts|session|\
    training|exercise|each|done|was|were|today|todays|thanks|thank|you|weighted|heavy|light|easy|hard|working|work|top|down|weight|total|coach|entry|log";

pub(super) fn unit(word: &str) -> Option<Unit> {
    match word {
        "lb" | "lbs" | "pound" | "pounds" => Some(Unit::Lb),
        "kg" | "kgs" | "kilo" | "kilos" | "kilogram" | "kilograms" => Some(Unit::Kg),
        _ => None,
    }
}

/// `None` if there is a sign that might change the meaning.
pub(super) fn of(text: &str, names: &Names) -> Option<Vec<Token>> {
    let pieces = pieces(text)?;
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        let words: Vec<&str> = pieces[at..].iter().map_while(Piece::word).collect();
        let (length, token) = match piece {
            Piece::Number(number) => (1, Some(Token::Number(*number))),
            Piece::Sign(token) => (1, Some(token.clone())),
            Piece::Word(_) => match names.at_start(&words) {
                Some((n, _)) if !is_unit_or_count(words[0]) => {
                    (n, Some(Token::Name(words[..n].join(" "))))
                }
                _ => (1, token(words[0])),
            },
        };
        let next = pieces.get(at + 1);
        // "on 11/20" is a date, "in kg" is said of all weights.
        match (
            piece.word(),
            next,
            next.and_then(Piece::word).and_then(unit),
        ) {
            (Some("on" | "from"), Some(Piece::Number(_)), _) => return None,
            (Some("in"), _, Some(_)) => tokens.push(Token::Comma),
            (Some("for"), Some(Piece::Word(word)), _) if word == "me" => {
                at += 2;
                continue;
            }
            _ => {}
        }
        at += length;
        push(&mut tokens, token);
    }
    Some(tokens)
}

fn is_unit_or_count(word: &str) -> bool {
    unit(word).is_some() || matches!(word, "x" | "sets" | "reps")
}

/// Words of a name that stand together are one name.
fn push(tokens: &mut Vec<Token>, token: Option<Token>) {
    match (tokens.last_mut(), token) {
        (Some(Token::Name(name)), Some(Token::Name(more))) => {
            name.push(' ');
            name.push_str(&more);
        }
        (_, Some(token)) => tokens.push(token),
        (_, None) => {}
    }
}

enum Piece {
    Word(String),
    Number(f64),
    Sign(Token),
}

impl Piece {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

fn token(word: &str) -> Option<Token> {
    if let Some(unit) = unit(word) {
        return Some(Token::Unit(unit));
    }
    if let Some(number) = crate::dev::stand_in::plain::number(word) {
        return Some(Token::Number(number.into()));
    }
    Some(match word {
        "x" | "by" | "times" => Token::Times,
        "at" | "with" | "using" | "w" => Token::At,
        "for" => Token::For,
        "set" | "sets" => Token::Sets,
        "rep" | "reps" | "repetitions" => Token::Reps,
        "rpe" => Token::Rpe,
        "bw" | "bodyweight" => Token::Bodyweight,
        "and" | "then" | "plus" => Token::Comma,
        word if SOFT.split('|').any(|soft| soft == word) => return None,
        word => Token::Name(word.to_owned()),
    })
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let text = slashes(text);
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
    let digit_follows = rest[sign.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
    let token = match sign {
        '×' | '*' | '✕' => Token::Times,
        '@' => Token::At,
        // A range, a bare fraction, or less than nothing.
        '.' | '#' | '-' | '–' | '—' | '−' if digit_follows => return None,
        ',' | ';' | '&' | '\n' | '.' => Token::Comma,
        '#' => Token::Unit(Unit::Lb),
        '%' | '~' | '/' | '<' | '>' | '=' | '≈' => return None,
        _ => return Some(()),
    };
    pieces.push(Piece::Sign(token));
    Some(())
}

/// Repetitions are parted by slashes too: `bench 5/5/4 at 100 kg`; three at least, right after a word and before the
/// weight or the end, for it may be a date.
fn slashes(text: &str) -> String {
    static LIST: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"([a-z]:?\s+)(\d{1,2}(?:/\d{1,2}){2,})(\s*(?:@|at\b|with\b|reps\b|$))";
        Regex::new(pattern).expect("a sound pattern")
    });
    LIST.replace_all(text, |found: &Captures<'_>| {
        format!("{}{}{}", &found[1], found[2].replace('/', ", "), &found[3])
    })
    .into_owned()
}

/// A number and its length. `82,5` is a fraction where a weight stands, and two numbers elsewhere.
fn number(text: &str, before: &[Piece]) -> Option<(f64, usize)> {
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let whole = digits(text);
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
