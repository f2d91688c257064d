//! Times that are named by their beginning: "since January". What is no month is not guessed. Pure.

use jiff::civil::Date;

use super::{MAX_DAYS, unit};
use crate::dev::stand_in::plain::{Plain, number};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What after a month makes it a year's, or the beginning of a time that is over.
const ENDS: [&str; 6] = ["to", "until", "till", "through", "last", "of"];

/// From the first of the month, the latest of its name, to today, both included.
pub(super) fn days_since(today: Option<Date>, month: i8) -> u32 {
    let days = today.and_then(|today| {
        let year = today.year() - i16::from(month > today.month());
        let first = Date::new(year, month, 1).ok()?;
        let days = today.since((jiff::Unit::Day, first)).ok()?.get_days();
        u32::try_from(days + 1).ok()
    });
    days.map_or(MAX_DAYS, |days| days.clamp(1, MAX_DAYS))
}

/// A time that is named, not counted.
pub(super) enum Bound {
    None,
    Since(i8),
    Unclear,
}

pub(super) fn bound(plain: &Plain) -> Bound {
    let words = plain.words();
    let month = |word: &str| {
        let is_month = |name: &&str| *name == word || word.len() >= 3 && name.starts_with(word);
        let at = MONTHS.iter().position(is_month)?;
        i8::try_from(at + 1).ok()
    };
    for pair in words.windows(2).enumerate() {
        let (at, [before, word]) = pair else { continue };
        let next = words.get(at + 2);
        let dated = next.is_some_and(|next| {
            next.starts_with(|c: char| c.is_ascii_digit()) || ENDS.contains(next)
        });
        match (*before, month(word)) {
            ("since" | "from", Some(month)) if !dated => return Bound::Since(month),
            ("since" | "from" | "in" | "during", Some(_)) => return Bound::Unclear,
            ("since", None) if !is_counted(&words[at + 1..]) => return Bound::Unclear,
            _ => {}
        }
    }
    Bound::None
}

/// "since ever", "since last month", "since 3 weeks".
fn is_counted(words: &[&str]) -> bool {
    match words {
        ["ever", ..] => true,
        ["last" | "the" | "a" | "past", rest @ ..] => is_counted(rest),
        [one, two, ..] if number(one).is_some() => unit(two).is_some(),
        [one, ..] => unit(one).is_some(),
        [] => false,
    }
}
