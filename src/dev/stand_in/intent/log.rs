//! Workouts to be logged: "log bench 3x5 at 185 lb". What cannot be read to the last word is not logged. Pure.

mod group;
mod sets;
mod tokens;

use jiff::civil::Date;

use super::{
    Intent,
    day::{self, Day},
};
use crate::{
    dev::stand_in::{names::Names, plain::Plain},
    workout::figures::units::Unit,
};
use tokens::Token;

/// A workout with everything that `create_workout` needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Workout {
    pub exercises: Vec<Entry>,
    /// Unless it is today.
    pub day: Option<Date>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The exercise's id, or the user's words where nothing goes by them.
    pub exercise: String,
    pub sets: Vec<Set>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Set {
    pub reps: u32,
    pub weight: f64,
    pub unit: Unit,
    pub rpe: Option<f64>,
}

/// Why nothing is logged yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Missing {
    /// Exercises and sets.
    Sets,
    Weight,
    Unit,
    Day,
    /// Some of the text means nothing here.
    Sense,
    /// Nobody said to log it.
    Order,
}

/// Verbs that are said of logs alone, and those that need a workout after them to be.
const LOG: &str = "log|record|write down|jot down";
const ADD: &str = "add|save|track|note|note down|enter|register|put in|put|store";
const REFUSED: &str =
    "dont|do not|not|never mind|nevermind|cancel|without|if|nothing|instead|should";
const DID: &str = "i did|i just did|just did|did|i finished|i hit|finished|done|i";
const IN_A_UNIT: &str = "in|its|it|was|is|that|thats|all|the|please|sorry|they|were|are|of|course|a|these|those|i|use|meant|mean";

/// The unit, if the text says nothing else.
pub(super) fn unit_alone(plain: &Plain) -> Option<Unit> {
    let rest = plain.without(IN_A_UNIT);
    let mut units = rest.split(' ').map(tokens::unit);
    let first = units.next()??;
    units.all(|unit| unit == Some(first)).then_some(first)
}

/// The workout that was to be logged and lacked nothing but the unit.
pub(super) fn completed(
    text: &str,
    unit: Unit,
    today: Option<Date>,
    names: &Names,
) -> Option<Workout> {
    let (rest, _) = order(text, &Plain::of(text))?;
    match read(&rest, None, today, names) {
        Err(Missing::Unit) => read(&rest, Some(unit), today, names).ok(),
        _ => None,
    }
}

/// An order to log something.
pub(super) fn ordered(
    text: &str,
    plain: &Plain,
    today: Option<Date>,
    names: &Names,
) -> Option<Intent> {
    let (rest, surely) = order(text, plain)?;
    match read(&rest, None, today, names) {
        Ok(workout) => Some(Intent::Log(workout)),
        Err(missing) => (surely || !matches!(missing, Missing::Sets | Missing::Sense))
            .then_some(Intent::LogMore(missing)),
    }
}

/// A workout that was told of without an order to log it.
pub(super) fn told(
    text: &str,
    plain: &Plain,
    today: Option<Date>,
    names: &Names,
) -> Option<Intent> {
    let verb = plain.verb(DID)?;
    let read = read(&after(text, verb)?, None, today, names);
    let whole = matches!(read, Ok(_) | Err(Missing::Unit | Missing::Weight));
    (whole && !plain.has("log|logged")).then_some(Intent::LogMore(Missing::Order))
}

/// What stands after the verb of an order, and whether the verb can only mean a log.
fn order(text: &str, plain: &Plain) -> Option<(String, bool)> {
    if plain.has(REFUSED) {
        return None;
    }
    if let Some(verb) = plain.verb(LOG) {
        return Some((after(text, verb)?, true));
    }
    let verb = plain.verb(ADD)?;
    Some((after(text, verb)?, false))
}

/// The lower-case text after the first place of these words.
fn after(text: &str, verb: &str) -> Option<String> {
    let text = text.to_lowercase().replace(['\'', '’'], "");
    let words: Vec<&str> = verb.split(' ').collect();
    let mut rest = text.as_str();
    for word in words {
        rest = after_word(rest, word)?;
    }
    Some(rest.to_owned())
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(word).find_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let whole = is_edge(before.chars().next_back()) && is_edge(after.chars().next());
        whole.then_some(after)
    })
}

fn read(
    text: &str,
    unit: Option<Unit>,
    today: Option<Date>,
    names: &Names,
) -> Result<Workout, Missing> {
    let (day, rest) = day::taken(text, today);
    let tokens = tokens::of(&rest, names).ok_or(Missing::Sense)?;
    if !tokens.iter().any(|token| matches!(token, Token::Number(_))) {
        return Err(Missing::Sets);
    }
    let day = match day {
        Day::None => None,
        Day::On(date) => Some(date),
        Day::Unclear => return Err(Missing::Day),
    };
    let unit = unit.or_else(|| only_unit(&tokens));
    let exercises: Result<Vec<Entry>, Missing> = entries(tokens)?
        .into_iter()
        .map(|(name, groups)| entry(&name, &groups, unit, names))
        .collect();
    Ok(Workout {
        exercises: exercises?,
        day,
    })
}

/// A unit that is given once counts for all.
fn only_unit(tokens: &[Token]) -> Option<Unit> {
    let mut units = tokens.iter().filter_map(|token| match token {
        Token::Unit(unit) => Some(*unit),
        _ => None,
    });
    let first = units.next()?;
    units.all(|unit| unit == first).then_some(first)
}

type Groups = Vec<Vec<Token>>;

/// What belongs to each exercise, in groups as commas part them. An exercise stands before its sets everywhere, or after
/// them everywhere.
fn entries(tokens: Vec<Token>) -> Result<Vec<(String, Groups)>, Missing> {
    let name_first = matches!(
        tokens.iter().find(|t| **t != Token::Comma),
        Some(Token::Name(_))
    );
    let mut entries: Vec<(Option<String>, Groups)> = vec![(None, vec![vec![]])];
    for token in tokens {
        let last = entries.last_mut().ok_or(Missing::Sense)?;
        match token {
            Token::Name(name) if name_first && last.0.is_some() => {
                entries.push((Some(name), vec![vec![]]));
            }
            Token::Name(name) if last.0.is_none() => last.0 = Some(name),
            Token::Name(_) => return Err(Missing::Sense),
            Token::Comma if !name_first && last.0.is_some() => entries.push((None, vec![vec![]])),
            Token::Comma => last.1.push(vec![]),
            token => last.1.last_mut().ok_or(Missing::Sense)?.push(token),
        }
    }
    let mut whole: Vec<(String, Groups)> = Vec::new();
    for (name, mut groups) in entries {
        groups.retain(|group| !group.is_empty());
        match (name, whole.last_mut()) {
            (Some(name), _) => whole.push((name, groups)),
            (None, Some(last)) => last.1.extend(groups),
            (None, None) if groups.is_empty() => {}
            (None, None) => return Err(Missing::Sense),
        }
    }
    Ok(whole)
}

fn entry(
    name: &str,
    groups: &[Vec<Token>],
    unit: Option<Unit>,
    names: &Names,
) -> Result<Entry, Missing> {
    let known = names.fitting(name);
    let bodyweight = known.is_some_and(|exercise| exercise.equipment == "bodyweight");
    let sets = sets::of(groups, bodyweight, unit)?;
    let exercise = known.map_or_else(|| name.to_owned(), |exercise| exercise.id.clone());
    Ok(Entry { exercise, sets })
}
