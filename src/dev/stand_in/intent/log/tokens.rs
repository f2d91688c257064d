//! The text of a workout in tokens. Pure.

use super::pieces::{Piece, pieces};
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

/// Words that might add to a figure, or take from it.
const UNREADABLE: [&str; 5] = ["plus", "minus", "or", "half", "negative"];
/// Words that change nothing.
const SOFT: &str = "the|my|a|an|of|some|to|in|on|from|this|that|it|please|pls|i|did|just|now|as|well|too|also|me|workout|workouts|session|\
    training|exercise|each|done|was|were|today|todays|thanks|thank|you|weighted|heavy|light|easy|hard|working|work|top|down|weight|total|coach|entry|log";

pub(super) fn is_soft(word: &str) -> bool {
    SOFT.split('|').any(|soft| soft == word)
}

pub(super) fn unit(word: &str) -> Option<Unit> {
    match word {
        "lb" | "lbs" | "pound" | "pounds" => Some(Unit::Lb),
        "kg" | "kgs" | "kilo" | "kilos" | "kilogram" | "kilograms" => Some(Unit::Kg),
        _ => None,
    }
}

/// `None` if there is a sign or a word that might change the meaning.
pub(super) fn of(text: &str, names: &Names) -> Option<Vec<Token>> {
    let pieces = pieces(text, &names.patterns)?;
    if pieces
        .iter()
        .filter_map(Piece::word)
        .any(|word| UNREADABLE.contains(&word))
    {
        return None;
    }
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

pub(super) fn token(word: &str) -> Option<Token> {
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
        "and" | "then" => Token::Comma,
        word if is_soft(word) => return None,
        word => Token::Name(word.to_owned()),
    })
}
