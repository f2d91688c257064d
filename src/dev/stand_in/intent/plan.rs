//! Plans: which one somebody wants made, and which of the plans there are comes closest. Only a text that says nothing but
//! this, to its last word, is an order. Pure.

use super::{Intent, log::is_question, signs};
use crate::dev::stand_in::plain::{Plain, number};

/// A plan that was ordered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wish {
    /// Words of the plans' names, each of which must be there.
    words: Vec<&'static str>,
    days: Option<u32>,
    pub weeks: Option<u32>,
}

const ORDERS: &str = "create|make|build|generate|design|set up|setup|set me up|put together|draft|prepare|craft|compose|\
    give me a|give me an|write me a|write me an";
const NOUNS: &str = "plan|split|program|programme|routine|schedule|regimen";
const ABOUT: &str = "what|which|show|list|create|make|build|need|want|have|available|should|suggest|recommend|new|set|give|start|write";
/// Questions of other kinds, and an exercise with a plan's noun in its name.
const OTHERS: &str = "workouts|exercises|volume|split squat*|weight|progress*";
/// Words of an order that change nothing.
const FILLER: &str = "a|an|and|for|gym|good|great|kindly|lasting|lifting|me|myself|new|nice|of|over|please|pls|plz|\
    simple|style|thank|thanks|training|weekly|with|workout|you|long";
const DAYS: &str = "day|days|d|x|times|sessions|session|workouts";
const WEEKS: &str = "week|weeks|wk|wks";
/// The signs that are read; others might change the sense.
const SIGNS: &str = ",.:;-/&?";

/// What people say, and the words that a fitting plan has in its name.
const KINDS: &[(&str, &[&str])] = &[
    ("deload|deloading", &["deload"]),
    ("upper lower|lower upper|ul", &["upper", "lower"]),
    (
        "ppl|push pull legs|push pull leg|push pull|push legs pull",
        &["push", "pull", "legs"],
    ),
    ("fullbody|whole body|total body", &["full", "body"]),
    (
        "dumbbell|dumbbells|dumbell|dumbells|db|home|at home",
        &["dumbbells"],
    ),
    (
        "5x5|5 x 5|five by five|novice|beginner|beginners|linear progression|starter",
        &["novice"],
    ),
    (
        "bodybuilding|bodybuilder|hypertrophy|upper focus|upper body",
        &["bodybuilding"],
    ),
    (
        "strength|powerlifting|wave|waves|intermediate",
        &["strength"],
    ),
];

/// An order for a plan, or a question about plans.
pub(super) fn asked(text: &str, plain: &Plain) -> Option<Intent> {
    if let Some(wish) = ordered(text, plain) {
        return Some(Intent::CreatePlan(wish));
    }
    let about = plain.has(NOUNS) || plain.has("plans|programs|splits|routines");
    (about && plain.has(ABOUT) && !plain.has(OTHERS)).then_some(Intent::Plans)
}

fn ordered(text: &str, plain: &Plain) -> Option<Wish> {
    if is_question(text, plain) || !signs::all_known(text, SIGNS) {
        return None;
    }
    let words = plain.after_verb(ORDERS)?;
    let mut reading = Reading::default();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        rest = &rest[reading.read(rest)?..];
    }
    reading.noun.then_some(reading.wish)
}

/// An order, as far as it has been read.
#[derive(Default)]
struct Reading {
    wish: Wish,
    noun: bool,
}

impl Reading {
    /// How many words were read; `None` if they are none of an order's.
    fn read(&mut self, words: &[&str]) -> Option<usize> {
        if let Some((length, kind)) = kind(words) {
            self.noun |= kind.contains(&"deload");
            self.wish.words.extend(kind);
            return Some(length);
        }
        if let Some((length, days)) = counted(words, DAYS) {
            return self.wish.days.replace(days).is_none().then_some(length);
        }
        if let Some((length, weeks)) = counted(words, WEEKS) {
            return self.wish.weeks.replace(weeks).is_none().then_some(length);
        }
        match words {
            [noun, ..] if is_in(NOUNS, noun) => self.noun = true,
            ["week", ..] if self.wish.words.contains(&"deload") => {}
            ["a" | "per" | "each" | "every", "week", ..] if self.wish.days.is_some() => {
                return Some(2);
            }
            [filler, ..] if is_in(FILLER, filler) => {}
            _ => return None,
        }
        Some(1)
    }
}

fn is_in(list: &str, word: &str) -> bool {
    list.split('|').any(|listed| listed == word)
}

/// The kind with which the words begin, in the longest way to say it.
fn kind(words: &[&str]) -> Option<(usize, &'static [&'static str])> {
    let ways = KINDS.iter().flat_map(|(said, kind)| {
        let ways = said
            .split('|')
            .map(|way| way.split(' ').collect::<Vec<_>>());
        ways.filter(|way| words.starts_with(way))
            .map(|way| (way.len(), *kind))
    });
    ways.max_by_key(|(length, _)| *length)
}

/// The number before one of these words, written with it or apart.
fn counted(words: &[&str], units: &str) -> Option<(usize, u32)> {
    let word = words.first()?;
    let end = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    let (digits, unit) = word.split_at(end);
    if !digits.is_empty() && is_in(units, unit) {
        return Some((1, digits.parse().ok()?));
    }
    let apart = words.get(1).is_some_and(|unit| is_in(units, unit));
    Some((2, number(word).filter(|_| apart)?))
}

impl Wish {
    /// Whether a plan of this name, with so many sessions a week in words of the list, is meant.
    pub(crate) fn fits(&self, name: &str, sessions: &str) -> bool {
        let name = Plain::of(name);
        let spelled = name.words().join(" ").replace("fullbody", "full body");
        let has = |word: &&str| spelled.split(' ').any(|w| w == *word);
        let days = sessions.split(' ').next().and_then(number);
        let wanted = !self.words.is_empty() || self.days.is_some();
        wanted && self.words.iter().all(has) && self.days.is_none_or(|wanted| days == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Option<Wish> {
        match asked(text, &Plain::of(text)) {
            Some(Intent::CreatePlan(wish)) => Some(wish),
            _ => None,
        }
    }

    #[test]
    fn kinds_days_and_weeks_are_read_from_an_order() {
        let wished = wish("Please build me a 4-day upper/lower split for eight weeks").unwrap();
        assert_eq!(
            wished,
            Wish {
                words: vec!["upper", "lower"],
                days: Some(4),
                weeks: Some(8)
            }
        );
        assert!(wished.fits("Upper/Lower 4 Days", "4 sessions a week for 8 weeks"));
        assert!(!wished.fits("Upper/Lower 4 Days", "3 sessions a week for 8 weeks"));
        assert!(!wished.fits("Full Body 3 Days", "4 sessions a week"));
        assert_eq!(wish("create a 5x5 program").unwrap().days, None);
        assert_eq!(wish("create a plan 3x a week").unwrap().days, Some(3));
        assert!(
            !wish("create a plan")
                .unwrap()
                .fits("Full Body 3 Days", "3 sessions a week")
        );
    }

    #[test]
    fn questions_and_refusals_create_nothing() {
        for text in [
            "what plan should I create?",
            "how do I create a plan?",
            "don't create a plan",
            "I need a plan",
            "can I make a plan?",
            "please do not make a 4 day split",
            "create no workout",
            "create no upper/lower plan",
            "create the plan",
            "create a 3 or 4 day plan",
            "create a 3-day 4-day plan",
            "create a plan + a split",
            "create a 4-day upper/lower split?",
            "give me the upper lower plan",
        ] {
            assert_eq!(wish(text), None, "{text}");
        }
    }
}
