//! Dates and times as training apps write them, in the languages of their exports.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
};

/// A moment of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum When {
    Date(Date),
    /// In the user's time zone.
    Local(DateTime),
    /// The file says the offset.
    Instant(Timestamp),
}

/// The order of day and month in `03/04/2026`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// English, German, French, Spanish, Portuguese, Italian and Dutch months by how they begin; longer beginnings first.
const MONTHS: [(&str, i8); 37] = [
    ("jan", 1),
    ("jän", 1),
    ("ene", 1),
    ("gen", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("mar", 3),
    ("mär", 3),
    ("maa", 3),
    ("mrt", 3),
    ("mrz", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("juin", 6),
    ("jun", 6),
    ("giu", 6),
    ("juil", 7),
    ("jul", 7),
    ("lug", 7),
    ("aug", 8),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("nov", 11),
    ("d", 12),
];

impl When {
    /// Parses `2026-04-08`, `2026-04-08 16:50:00`, `8 Apr 2026, 16:50`, `Apr 8, 2026, 4:50 PM`, `08.04.2026 16:50`, `04/08/2026`
    /// (by the order), or RFC 3339 with an offset.
    pub(super) fn parse(text: &str, order: DateOrder) -> Option<Self> {
        let text = text.trim();
        if text.len() > 60 {
            return None;
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self::Instant(at));
        }
        // The T of ISO 8601, not that of a month.
        let spaced = match text.as_bytes().get(10) {
            Some(b'T') if text.is_char_boundary(10) => text.replacen('T', " ", 1),
            _ => text.to_owned(),
        };
        let words: Vec<String> = spaced
            .split(|c: char| c.is_whitespace() || c == ',')
            .map(|word| word.trim_end_matches('.').to_lowercase())
            .filter(|word| !matches!(word.as_str(), "" | "de" | "um" | "at" | "à" | "uhr"))
            .collect();
        let is_time = |word: &String| word.contains(':');
        let (date, time) = words.split_at(words.iter().position(is_time).unwrap_or(words.len()));
        let date = date_of(date, order)?;
        if time.is_empty() {
            return Some(Self::Date(date));
        }
        Some(Self::Local(date.to_datetime(time_of(time)?)))
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::Local(at) => at.fmt(f),
            Self::Instant(at) => at.fmt(f),
        }
    }
}

fn date_of(words: &[String], order: DateOrder) -> Option<Date> {
    if let [one] = words {
        return numeric_date(one, order);
    }
    let [first, second, year] = words else {
        return None;
    };
    let (day, month) = match month_of(second) {
        Some(month) => (first, month),
        None => (second, month_of(first)?),
    };
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    Date::new(year_of(year)?, month, day.parse().ok()?).ok()
}

fn numeric_date(text: &str, order: DateOrder) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let parts: Vec<&str> = text.split(['-', '.', '/']).collect();
    let [a, b, c] = parts[..] else {
        return None;
    };
    let numbers = parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()));
    if !numbers {
        return None;
    }
    let small = |text: &str| text.parse::<i8>().ok();
    let (year, month, day) = match order {
        _ if a.len() == 4 => (a, b, c),
        DateOrder::MonthFirst if text.contains('/') => (c, a, b),
        _ => (c, b, a),
    };
    Date::new(year_of(year)?, small(month)?, small(day)?).ok()
}

/// Four digits: nothing is said of the century of two.
fn year_of(text: &str) -> Option<i16> {
    let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn month_of(word: &str) -> Option<i8> {
    let is_word = word.chars().count() >= 3 && word.chars().all(char::is_alphabetic);
    let month = MONTHS.iter().find(|(begin, _)| word.starts_with(begin));
    month.filter(|_| is_word).map(|(_, month)| *month)
}

fn time_of(words: &[String]) -> Option<Time> {
    let (clock, half) = match words {
        [clock] => match clock
            .strip_suffix("am")
            .or_else(|| clock.strip_suffix("pm"))
        {
            Some(bare) => (bare, Some(&clock[bare.len()..])),
            None => (clock.as_str(), None),
        },
        [clock, half] => (clock.as_str(), Some(half.as_str())),
        _ => return None,
    };
    // Some exports have fractions of a second.
    let clock = match clock.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b.is_ascii_digit()) => whole,
        _ => clock,
    };
    let mut parts = clock.split(':');
    let mut part = || parts.next().map(str::parse::<i8>);
    let hour = part()?.ok()?;
    let minute = part()?.ok()?;
    let second = part().transpose().ok()?.unwrap_or(0);
    let hour = match (half.map(|half| half.replace('.', "")).as_deref(), hour) {
        (Some("am"), 12) => 0,
        (None, hour) | (Some("am"), hour @ 1..=11) | (Some("pm"), hour @ 12) => hour,
        (Some("pm"), hour @ 1..=11) => hour + 12,
        _ => return None,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// What dates with slashes say of their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slashes {
    /// No date needs an order, or all that do allow this one only.
    Clear(DateOrder),
    /// `03/04/2026` may be both.
    Ambiguous,
}

impl Slashes {
    pub(super) fn of(dates: impl Iterator<Item = impl AsRef<str>>) -> Self {
        let (mut any, mut day_first, mut month_first) = (false, false, false);
        for date in dates {
            let first = date
                .as_ref()
                .trim()
                .split([' ', ',', 'T'])
                .next()
                .unwrap_or_default();
            let parts: Vec<i32> = first.split('/').filter_map(|p| p.parse().ok()).collect();
            if let [a, b, year] = parts[..]
                && year > 31
            {
                any = true;
                day_first |= a > 12;
                month_first |= b > 12;
            }
        }
        match (any, day_first, month_first) {
            (true, false, false) => Self::Ambiguous,
            (_, _, true) => Self::Clear(DateOrder::MonthFirst),
            _ => Self::Clear(DateOrder::DayFirst),
        }
    }
}

#[cfg(test)]
mod tests {
    use DateOrder::{DayFirst, MonthFirst};

    use super::*;

    fn shown(text: &str, order: DateOrder) -> String {
        When::parse(text, order).map_or_else(|| "none".to_owned(), |when| when.to_string())
    }

    #[test]
    fn dates_and_times_are_read_in_the_forms_of_the_apps() {
        for text in [
            "2026-04-08 16:50:00",
            "2026-04-08T16:50",
            "2026-04-08 16:50:00.000",
            "8 Apr 2026, 16:50",
            "Apr 8, 2026, 4:50 PM",
            "Apr 8, 2026, 4:50\u{202f}PM",
            "April 8th, 2026 4:50pm",
            "8. Apr. 2026, 16:50",
            "8 avr. 2026, 16:50",
            "8 APR 2026, 16:50",
            "8 de abr. de 2026, 16:50",
            "08.04.2026 16:50",
            "08/04/2026 16:50",
        ] {
            assert_eq!(shown(text, DayFirst), "2026-04-08T16:50:00", "{text}");
        }
        assert_eq!(shown("04/08/2026 16:50", MonthFirst), "2026-04-08T16:50:00");
        for text in [
            "2026-04-08",
            "20260408",
            "8.4.2026",
            "2026/04/08",
            "8 april 2026",
        ] {
            assert_eq!(shown(text, DayFirst), "2026-04-08", "{text}");
        }
        let offset = "2026-04-08T16:50:00+02:00";
        assert_eq!(shown(offset, DayFirst), "2026-04-08T14:50:00Z");
        assert_eq!(
            shown("12 Jan 2026, 12:05 AM", DayFirst),
            "2026-01-12T00:05:00"
        );
    }

    #[test]
    fn months_are_known_in_seven_languages() {
        let months = [
            "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
            "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
            "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
            "ene feb mar abr may jun jul ago sept oct nov dic",
            "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
            "gen feb mar apr mag giu lug ago set ott nov dic",
            "jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec.",
        ];
        for language in months {
            for (number, month) in (1..).zip(language.split(' ')) {
                let text = format!("3 {month} 2026, 18:00");
                let expected = format!("2026-{number:02}-03T18:00:00");
                assert_eq!(shown(&text, DayFirst), expected, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for bad in [
            "",
            "yesterday",
            "2026-02-30",
            "2026-13-01",
            "0000-01-01 00:00:00 x",
            "32 Foo 2026, 10:00",
            "8 Apr 26",
            "2026-04-08 25:00",
            "2026-04-08 16:50:00.0x",
            "2026-04-08 13:00 PM",
            "08-04",
            "1e308",
            "2026-04-08 16",
        ] {
            assert_eq!(shown(bad, DayFirst), "none", "{bad}");
        }
    }

    #[test]
    fn the_order_of_slashes_comes_from_the_dates_that_allow_one_only() {
        let of = |dates: &[&str]| Slashes::of(dates.iter().copied());
        assert_eq!(
            of(&["04/05/2024", "13/05/2024 10:00"]),
            Slashes::Clear(DayFirst)
        );
        assert_eq!(
            of(&["04/05/2024", "05/13/2024"]),
            Slashes::Clear(MonthFirst)
        );
        assert_eq!(of(&["04/05/2024"]), Slashes::Ambiguous);
        assert_eq!(of(&["2024-05-04", "2024/05/04"]), Slashes::Clear(DayFirst));
    }
}
