//! Workouts to be logged: "log bench 3x5 at 185 lb". What cannot be read to the last word is not logged. Pure.

mod day;
mod entries;
mod group;
mod patterns;
mod pieces;
mod sets;
mod tokens;

use jiff::civil::Date;

use super::{Intent, signs};
use crate::{
    dev::stand_in::{names::Names, plain::Plain},
    workout::figures::units::Unit,
};
use day::{Day, Place, Taken};
use entries::Named;
pub(in crate::dev::stand_in) use patterns::Patterns;
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
    /// It was said as a question.
    Question,
    /// The exercise is held for a time.
    Time,
}

/// Verbs that are said of logs alone, and those that need a workout after them to be.
const LOG: &str = "log|record|write down|jot down";
const ADD: &str = "add|save|track|note|note down|enter|register|put in|put|store";
const REFUSED: &str =
    "dont|do not|not|no|never|nevermind|cancel|without|if|unless|but|nothing|instead|except|should";
const DID: &str = "i did|i just did|just did|did|i finished|i hit|finished|done|i";
const IN_A_UNIT: &str = "in|its|it|was|is|that|thats|all|the|please|sorry|they|were|are|of|course|a|these|those|i|use|meant|mean";

/// With which a question begins.
const ASKS: [&str; 4] = ["is", "was", "were", "are"];
/// The signs that are read; others might change the sense.
const SIGNS: &str = ",;.:&@#*×✕-/?";

/// The unit, if the text says nothing else and asks nothing.
pub(super) fn unit_alone(text: &str, plain: &Plain) -> Option<Unit> {
    let asks = plain
        .words()
        .first()
        .is_some_and(|first| ASKS.contains(first));
    if asks || !signs::all_known(text, ".,") {
        return None;
    }
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
    let plain = Plain::of(text);
    let (rest, _) = order(text, &plain)?;
    if is_question(text, &plain) || !signs::all_known(text, SIGNS) {
        return None;
    }
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
        Ok(_) | Err(Missing::Unit) if is_question(text, plain) => {
            Some(Intent::LogMore(Missing::Question))
        }
        Ok(_) | Err(Missing::Unit) if !signs::all_known(text, SIGNS) => {
            Some(Intent::LogMore(Missing::Sense))
        }
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

/// Whether the text asks rather than orders: "could you log it?" orders.
pub(super) fn is_question(text: &str, plain: &Plain) -> bool {
    let ending = |c: char| c.is_whitespace() || c == '?';
    let orders = plain.has("can you|could you|would you|will you")
        && !text.trim_end_matches(ending).contains('?');
    text.contains('?') && !orders
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
    let taken = day::taken(text, today, &names.patterns);
    let tokens = tokens::of(&taken.rest, names).ok_or(Missing::Sense)?;
    if !tokens.iter().any(|token| matches!(token, Token::Number(_))) {
        return Err(Missing::Sets);
    }
    let day = match taken.day {
        Day::Unsaid | Day::Today => None,
        Day::On(date) => Some(date),
        Day::Unclear => return Err(Missing::Day),
    };
    let entries = entries::of(tokens)?;
    if !is_of_all(&taken, &entries) {
        return Err(Missing::Day);
    }
    let exercises = entries::read(&entries, unit, names)?;
    Ok(Workout { exercises, day })
}

/// Whether the day, from where it stands, must be that of everything.
fn is_of_all(taken: &Taken, entries: &[Named]) -> bool {
    match taken.place {
        Place::Edge => true,
        Place::Early => entries.len() == 1,
        Place::Between => matches!(entries, [only] if only.groups.len() == 1),
        Place::OneSentence => false,
    }
}
