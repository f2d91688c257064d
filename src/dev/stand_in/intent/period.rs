//! How far back somebody wants to look, and for how many repetitions somebody wants a weight. Pure.

mod since;

use jiff::{ToSpan, civil::Date};

use crate::dev::stand_in::plain::{Plain, number};

use since::{Bound, bound, days_since};

const DEFAULT_DAYS: u32 = 90;
const MAX_DAYS: u32 = 365;
const MAX_REPS: u32 = 100;

/// A time up to today.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Period {
    Days(u32),
    ThisYear,
    /// From the first of this month, the latest of its name.
    Since(i8),
}

impl Period {
    /// `None` if a time is named that is not understood.
    pub(crate) fn of(plain: &Plain) -> Option<Self> {
        if plain.has("this year|year to date|ytd|start of the year|beginning of the year") {
            return Some(Self::ThisYear);
        }
        match bound(plain) {
            Bound::Since(month) => Some(Self::Since(month)),
            Bound::None => Some(Self::counted(plain)),
            Bound::Unclear => None,
        }
    }

    fn counted(plain: &Plain) -> Self {
        if plain.has("half a year|half year") {
            return Self::Days(182);
        }
        let words = split(plain);
        let counted = words.windows(2).find_map(|pair| {
            let count = match pair[0].as_str() {
                "couple" => 2,
                word => number(word)?,
            };
            Some(count.saturating_mul(unit(&pair[1])?))
        });
        let named = || {
            let after = ["last", "past", "this", "a", "the", "previous"];
            let named = words.windows(2);
            named
                .filter(|pair| after.contains(&pair[0].as_str()))
                .find_map(|pair| unit(&pair[1]).filter(|days| *days > 1))
        };
        let ever = || plain.has("all time|ever|so far").then_some(MAX_DAYS);
        let days = counted.or_else(named).or_else(ever).unwrap_or(DEFAULT_DAYS);
        Self::Days(days.clamp(1, MAX_DAYS))
    }

    /// As the tools take it.
    pub(crate) fn days(self, today: Option<Date>) -> u32 {
        match self {
            Self::Days(days) => days,
            Self::ThisYear => days_since(today, 1),
            Self::Since(month) => days_since(today, month),
        }
    }
}

/// The day a week before.
pub(crate) fn week_before(today: Date) -> Option<Date> {
    today.checked_sub(7.days()).ok()
}

fn unit(word: &str) -> Option<u32> {
    match word {
        "d" | "day" | "days" => Some(1),
        "w" | "wk" | "wks" | "week" | "weeks" => Some(7),
        "fortnight" => Some(14),
        "mo" | "mos" | "mth" | "mths" | "month" | "months" => Some(30),
        "quarter" => Some(90),
        "y" | "yr" | "year" | "years" => Some(365),
        _ => None,
    }
}

/// The words, with `8wk` and `3x5` in their parts; and without what may stand between a number and what it counts.
fn split(plain: &Plain) -> Vec<String> {
    let parts = |word: &str| -> Vec<String> {
        let chars: Vec<char> = word.chars().collect();
        let runs = chars.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
        runs.map(|run| run.iter().collect()).collect()
    };
    let words = plain.words().into_iter().flat_map(parts);
    words
        .filter(|word| word != "of" && word != "full")
        .collect()
}

/// The repetitions that a weight is wanted for.
pub(super) fn reps(plain: &Plain) -> Option<u32> {
    if plain.has("a single|singles|one rep") {
        return Some(1);
    }
    let words = split(plain);
    let word = |at: usize| words.get(at).map(String::as_str);
    let found = (0..words.len()).find_map(|at| {
        let count = number(word(at)?)?;
        let before = at.checked_sub(1).and_then(word);
        let after = word(at + 1);
        let counts = matches!(after, Some("rep" | "reps" | "repetitions"))
            || (matches!(before, Some("for" | "sets" | "x" | "by"))
                && !matches!(after, Some("sets" | "x" | "by"))
                && after.is_none_or(|after| unit(after).is_none()));
        counts.then_some(count)
    });
    found.filter(|reps| (1..=MAX_REPS).contains(reps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_understood_in_words_and_figures() {
        for (text, days) in [
            ("over the last 2 months", 60),
            ("in 8 weeks", 56),
            ("the last 90 days", 90),
            ("past six weeks", 42),
            ("last 12wks", 84),
            ("half a year", 182),
            ("last year", 365),
            ("the past month", 30),
            ("a couple of months", 60),
            ("5 years", 365),
            ("since ever", 365),
            ("today", 90),
            ("", 90),
        ] {
            assert_eq!(
                Period::of(&Plain::of(text)),
                Some(Period::Days(days)),
                "{text}"
            );
        }
        let this_year = Period::of(&Plain::of("this year")).unwrap();
        assert_eq!(this_year.days(Some(jiff::civil::date(2026, 2, 1))), 32);
        assert_eq!(this_year.days(None), 365);
    }

    #[test]
    fn a_month_is_the_latest_of_its_name_and_what_is_no_period_is_not_guessed() {
        let today = Some(jiff::civil::date(2026, 11, 21));
        for (text, days) in [
            ("since January", 325),
            ("since nov", 21),
            ("from October on", 52),
            ("since december", 356),
        ] {
            let period = Period::of(&Plain::of(text)).unwrap();
            assert_eq!(period.days(today), days, "{text}");
        }
        for text in [
            "since my injury",
            "since monday",
            "since 2025",
            "since May 5",
            "in march",
            "from jan to march",
            "since june last year",
        ] {
            assert_eq!(Period::of(&Plain::of(text)), None, "{text}");
        }
        assert!(Period::of(&Plain::of("may I see it since last month")).is_some());
    }

    #[test]
    fn repetitions_are_told_from_other_numbers() {
        for (text, expected) in [
            ("squats for 5 reps", Some(5)),
            ("for five", Some(5)),
            ("3 sets of 8", Some(8)),
            ("3x5", Some(5)),
            ("3 x 12 today", Some(12)),
            ("for 3 sets", None),
            ("after 2 weeks", None),
            ("for 2 weeks", None),
            ("today", None),
        ] {
            assert_eq!(reps(&Plain::of(text)), expected, "{text}");
        }
    }
}
