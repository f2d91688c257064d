//! The day on which something was done, taken out of the text. Pure.

use std::ops::Range;

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use regex_lite::Captures;

use super::{patterns::Patterns, tokens::is_soft};
use crate::dev::stand_in::plain::number;

/// What a text says of the day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Day {
    /// Nothing.
    Unsaid,
    Today,
    On(Date),
    /// A day was named, but not one on which something can have been done, or two; or nobody knows what day it is.
    Unclear,
}

/// Where the day is named, and so of how much it is said; the more doubtful the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Before or after everything else: said of all.
    Edge,
    /// Before any figure: said of the first exercise at least.
    Early,
    /// Between figures: said of one group at least.
    Between,
    /// In one of several sentences with figures: nobody knows.
    OneSentence,
}

pub(super) struct Taken {
    pub day: Day,
    pub place: Place,
    /// The text without the day.
    pub rest: String,
}

/// The day that the lower-case text names, and the text without it.
pub(super) fn taken(text: &str, today: Option<Date>, patterns: &Patterns) -> Taken {
    let (mut day, mut place) = (Day::Unsaid, Place::Edge);
    for found in patterns.day.captures_iter(text) {
        let this = read(&found, today);
        day = if day == Day::Unsaid || day == this {
            this
        } else {
            Day::Unclear
        };
        place = found
            .get(0)
            .map_or(place, |whole| place.max(placed(text, whole.range())));
    }
    Taken {
        day,
        place,
        rest: patterns.day.replace_all(text, " ").into_owned(),
    }
}

fn placed(text: &str, day: Range<usize>) -> Place {
    let (before, after) = (&text[..day.start], &text[day.end..]);
    let start = before
        .rmatch_indices(is_stop)
        .find(|(at, _)| ends_sentence(text, *at))
        .map_or(0, |(at, _)| at + 1);
    let end = after
        .match_indices(is_stop)
        .map(|(at, _)| day.end + at)
        .find(|at| ends_sentence(text, *at))
        .unwrap_or(text.len());
    let with = has_figure(&text[start..day.start]) || has_figure(&text[day.end..end]);
    let others = has_figure(&text[..start]) || has_figure(&text[end..]);
    if with && others {
        Place::OneSentence
    } else if is_all_soft(before) || is_all_soft(after) {
        Place::Edge
    } else if !has_figure(before) {
        Place::Early
    } else {
        Place::Between
    }
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '\n')
}

/// The point in 82.5 does not.
fn ends_sentence(text: &str, at: usize) -> bool {
    !text[at + 1..].starts_with(|c: char| c.is_ascii_digit())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty())
}

fn has_figure(text: &str) -> bool {
    words(text).any(|word| word.contains(|c: char| c.is_ascii_digit()) || number(word).is_some())
}

fn is_all_soft(text: &str) -> bool {
    words(text).all(is_soft)
}

fn read(found: &Captures<'_>, today: Option<Date>) -> Day {
    let group = |name| found.name(name).map(|group| group.as_str());
    let of = |date: Option<Date>| match (date, today) {
        (Some(date), Some(today)) if date == today => Day::Today,
        (Some(date), Some(today)) if date < today => Day::On(date),
        (Some(date), None) => Day::On(date),
        _ => Day::Unclear,
    };
    if let Some(date) = group("iso") {
        return of(date.parse().ok());
    }
    let back = |days: i64| of(today.and_then(|today| today.checked_sub(days.days()).ok()));
    if let Some(count) = group("ago") {
        return number(count).map_or(Day::Unclear, |days| back(days.into()));
    }
    if let Some(word) = group("word") {
        return match word {
            "yesterday" | "yesterdays" | "last night" => back(1),
            _ if ["today", "tonight", "this "]
                .iter()
                .any(|now| word.starts_with(now)) =>
            {
                Day::Today
            }
            _ => Day::Unclear,
        };
    }
    // "This Sunday" and "for Monday" are said of days to come.
    let lead = group("lead").unwrap_or_default();
    if ["this ", "for ", "coming "]
        .iter()
        .any(|ahead| lead.contains(ahead))
    {
        return Day::Unclear;
    }
    of(latest(group("weekday"), group("last").is_some(), today))
}

/// The latest day of this name; the one before, where today is one and "last" was said.
fn latest(name: Option<&str>, last: bool, today: Option<Date>) -> Option<Date> {
    let (weekday, today) = (weekday(name?)?, today?);
    let passed = match i64::from(weekday.until(today.weekday())) {
        0 if last => 7,
        passed => passed,
    };
    today.checked_sub(passed.days()).ok()
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name.get(..3)? {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_the_latest_of_their_name_that_are_not_in_the_future() {
        let saturday = Some(date(2026, 11, 21));
        let patterns = Patterns::new();
        for (text, expected) in [
            ("bench yesterday", Day::On(date(2026, 11, 20))),
            ("bench on tuesday", Day::On(date(2026, 11, 17))),
            ("last tuesdays bench", Day::On(date(2026, 11, 17))),
            ("bench on saturday", Day::Today),
            ("bench last saturday", Day::On(date(2026, 11, 14))),
            ("bench on sun", Day::On(date(2026, 11, 15))),
            ("bench on 2026-11-03", Day::On(date(2026, 11, 3))),
            ("bench three days ago", Day::On(date(2026, 11, 18))),
            ("bench today", Day::Today),
            ("todays bench tonight", Day::Today),
            ("bench", Day::Unsaid),
            ("bench tomorrow", Day::Unclear),
            ("bench on 2026-11-22", Day::Unclear),
            ("bench on 2026-13-41", Day::Unclear),
            ("bench last week", Day::Unclear),
            ("bench next monday", Day::Unclear),
            ("bench this sunday", Day::Unclear),
            ("bench for monday", Day::Unclear),
            ("bench on monday and tuesday", Day::Unclear),
            ("bench yesterday and squat today", Day::Unclear),
        ] {
            assert_eq!(taken(text, saturday, &patterns).day, expected, "{text}");
        }
        assert_eq!(taken("bench yesterday", None, &patterns).day, Day::Unclear);
        assert_eq!(
            taken("bench 3x5 on tuesday at 9", saturday, &patterns).rest,
            "bench 3x5   at 9"
        );
    }

    #[test]
    fn what_a_day_is_said_of_depends_on_its_place() {
        let patterns = Patterns::new();
        for (text, expected) in [
            ("yesterdays bench 3x5 at 82.5 kg, squat 3x5", Place::Edge),
            ("bench 3x5, squat 3x5 yesterday please", Place::Edge),
            ("bench 3x5.\nsquat 3x5.\nyesterday", Place::Edge),
            ("bench yesterday: 3x5, squat 3x5", Place::Early),
            ("bench 3x5 yesterday, squat three", Place::Between),
            ("bench 3x5\nyesterday\nsquat 3x5", Place::Between),
            ("bench 3x5. squat 3x5 yesterday", Place::OneSentence),
        ] {
            assert_eq!(taken(text, None, &patterns).place, expected, "{text}");
        }
    }
}
