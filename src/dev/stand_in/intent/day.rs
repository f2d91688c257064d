//! The day on which something was done, taken out of the text. Pure.

use std::sync::LazyLock;

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use regex_lite::{Captures, Regex};

use crate::dev::stand_in::plain::number;

/// What a text says of the day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Day {
    /// Nothing, or that it is today.
    None,
    On(Date),
    /// A day was named, but not one on which something can have been done; or nobody knows what day it is.
    Unclear,
}

static DAY: LazyLock<Regex> = LazyLock::new(|| {
    let days = "mondays?|mon|tuesdays?|tues?|wednesdays?|wed|thursdays?|thurs?|fridays?|fri|saturdays?|sat|sundays?|sun";
    let pattern = format!(
        r"\b(?:(?:on|from|for|this|of) )*(?:(?P<iso>\d{{4}}-\d\d?-\d\d?)|(?P<ago>\w+) days? ago|(?P<word>yesterdays?|last night|today'?s?|tonight|this (?:morning|afternoon|evening)|tomorrow|next \w+|last (?:week|month)|(?:\w+) weeks? ago)|(?P<last>last )?(?P<weekday>{days}))\b",
    );
    Regex::new(&pattern).expect("a sound pattern")
});

/// The day that the lower-case text names, and the text without it.
pub(super) fn taken(text: &str, today: Option<Date>) -> (Day, String) {
    let mut day = Day::None;
    let mut named = 0;
    let rest = DAY.replace_all(text, |found: &Captures<'_>| {
        let this = read(found, today);
        if this != Day::None {
            named += 1;
            day = this;
        }
        " "
    });
    let rest = rest.into_owned();
    if named > 1 {
        return (Day::Unclear, rest);
    }
    (day, rest)
}

fn read(found: &Captures<'_>, today: Option<Date>) -> Day {
    let group = |name| found.name(name).map(|group| group.as_str());
    let of = |date: Option<Date>| match (date, today) {
        (Some(date), Some(today)) if date == today => Day::None,
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
            "tonight" => Day::None,
            _ if word.starts_with("today") || word.starts_with("this ") => Day::None,
            _ => Day::Unclear,
        };
    }
    let latest = || {
        let weekday = weekday(group("weekday")?)?;
        let passed = i64::from(weekday.until(today?.weekday()));
        let passed = if passed == 0 && group("last").is_some() {
            7
        } else {
            passed
        };
        today?.checked_sub(passed.days()).ok()
    };
    of(latest())
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
        for (text, expected) in [
            ("bench yesterday", Day::On(date(2026, 11, 20))),
            ("bench on tuesday", Day::On(date(2026, 11, 17))),
            ("last tuesdays bench", Day::On(date(2026, 11, 17))),
            ("bench on saturday", Day::None),
            ("bench last saturday", Day::On(date(2026, 11, 14))),
            ("bench on sun", Day::On(date(2026, 11, 15))),
            ("bench on 2026-11-03", Day::On(date(2026, 11, 3))),
            ("bench three days ago", Day::On(date(2026, 11, 18))),
            ("bench today", Day::None),
            ("bench", Day::None),
            ("bench tomorrow", Day::Unclear),
            ("bench on 2026-11-22", Day::Unclear),
            ("bench on 2026-13-41", Day::Unclear),
            ("bench last week", Day::Unclear),
            ("bench next monday", Day::Unclear),
            ("bench on monday and tuesday", Day::Unclear),
        ] {
            assert_eq!(taken(text, saturday).0, expected, "{text}");
        }
        assert_eq!(taken("bench yesterday", None).0, Day::Unclear);
        assert_eq!(
            taken("bench 3x5 on tuesday at 9", saturday).1,
            "bench 3x5   at 9"
        );
    }
}
