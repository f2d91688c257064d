//! Dates and times: parsing of arguments, and days and weeks of a time zone. Pure.

use jiff::{Timestamp, ToSpan, civil, civil::Date, tz::TimeZone};

use super::{
    error::{ToolError, invalid, quoted},
    model::WeekStart,
};

/// Tolerance for the clocks of clients.
const CLOCK_SKEW_MINUTES: i64 = 5;
/// Dates that are accepted.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2200;

// Regular expressions of what is parsed here, for JSON Schemas: its form alone, since each is read by a model in every chat.
// The parsers take more forms, and refuse days that do not exist.
macro_rules! time_pattern {
    () => {
        r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?"
    };
}

/// `2026-11-21`.
pub const DATE_PATTERN: &str = r"^\d{4}-\d\d-\d\d$";
/// `2026-11-21`, `2026-11-21T18:30` or `2026-11-21T18:30:00-07:00`.
pub const TIME_PATTERN: &str = concat!("^", time_pattern!(), "$");
/// [`TIME_PATTERN`], or nothing.
pub const OPTIONAL_TIME_PATTERN: &str = concat!("^(", time_pattern!(), ")?$");
/// `2026-11-21` or `2026-W47`.
pub const WEEK_PATTERN: &str = r"^\d{4}-(W\d\d|\d\d-\d\d)$";

/// Parses a time up to now: RFC 3339, a date and time of the zone, or a date of the zone, which means its noon (or now,
/// if its noon is in the future). A zone in brackets (RFC 9557: `2026-11-21T18:30[Europe/Berlin]`) takes the place of `zone`.
pub fn parse_past(
    place: &str,
    text: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Timestamp, ToolError> {
    let text = text.trim();
    let no_time = || {
        invalid!(
            place,
            "{} is no time; write 2026-11-21, 2026-11-21T18:30 or 2026-11-21T18:30:00-07:00",
            quoted(text)
        )
    };
    let (local_text, named) = without_zone(place, text)?;
    let zone = named.as_ref().unwrap_or(zone);
    let at = if let Some(date) = bare_date(local_text) {
        let noon = in_zone(place, date.at(12, 0, 0, 0), zone)?;
        if date == day(now, zone) {
            noon.min(now)
        } else {
            noon
        }
    } else if named.is_some() && local_text.parse::<Timestamp>().is_ok() {
        // Refuses an offset that the zone does not have then.
        let zoned = text.parse::<jiff::Zoned>().map_err(|_| no_time())?;
        zoned.timestamp()
    } else if let Ok(at) = local_text.parse::<Timestamp>() {
        at
    } else if let Ok(local) = local_text.parse::<civil::DateTime>() {
        in_zone(place, local, zone)?
    } else {
        return Err(no_time());
    };
    if at > now + CLOCK_SKEW_MINUTES.minutes() {
        return Err(invalid!(
            place,
            "{} is in the future; now it is {} in {}, the zone of times without one (client_timezone names another)",
            local(at, zone),
            local(now, zone),
            zone.iana_name().unwrap_or("UTC")
        ));
    }
    if day(at, &TimeZone::UTC).year() < *YEARS.start() {
        return Err(invalid!(
            place,
            "{} is too long ago; nothing before 1950 is kept",
            quoted(text)
        ));
    }
    Ok(at)
}

/// Splits the zone in brackets off a time; annotations with a key (`[u-ca=iso8601]`) are none.
fn without_zone<'a>(place: &str, text: &'a str) -> Result<(&'a str, Option<TimeZone>), ToolError> {
    let Some((local, annotation)) = text.split_once('[') else {
        return Ok((text, None));
    };
    let name = annotation.trim_end_matches(']').trim_start_matches('!');
    parse_zone(place, name).map(|zone| (local, Some(zone)))
}

/// Parses a day, past or future: `2026-11-21`.
pub fn parse_date(place: &str, text: &str) -> Result<Date, ToolError> {
    let date = bare_date(text.trim()).filter(|date| YEARS.contains(&date.year()));
    date.ok_or_else(|| invalid!(place, "{} is no date; write 2026-11-21", quoted(text)))
}

/// Parses a day, or a time up to now, for its day.
pub fn parse_day(
    place: &str,
    text: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Date, ToolError> {
    let date = parse_date(place, text);
    date.or_else(|error| match parse_past(place, text, zone, now) {
        Ok(at) => Ok(day(at, zone)),
        Err(_) => Err(error),
    })
}

/// Parses a week, `2026-11-21` or `2026-W47`, to its first day. A week that begins on Sunday has the number of the Monday
/// after it.
pub fn parse_week(place: &str, text: &str, start: WeekStart) -> Result<Date, ToolError> {
    let text = text.trim();
    let day = match text.split_once("-W").or_else(|| text.split_once("-w")) {
        None => bare_date(text),
        Some((year, week)) => iso_week(year, week),
    };
    let first = day.map(|day| week_of(day, start));
    let first = first.filter(|first| YEARS.contains(&first.year()));
    first.ok_or_else(|| {
        invalid!(
            place,
            "{} is no week; write a date in it (2026-11-21) or 2026-W47",
            quoted(text)
        )
    })
}

fn iso_week(year: &str, week: &str) -> Option<Date> {
    let (year, week) = (year.parse().ok()?, week.parse().ok()?);
    let week = civil::ISOWeekDate::new(year, week, civil::Weekday::Monday);
    week.ok().map(civil::ISOWeekDate::date)
}

/// Parses the IANA name of a time zone.
pub fn parse_zone(place: &str, name: &str) -> Result<TimeZone, ToolError> {
    let short = Some(name.trim()).filter(|_| name.len() <= 64);
    let zone = short.and_then(|name| TimeZone::get(name).ok());
    zone.ok_or_else(|| {
        invalid!(
            place,
            "{} is no IANA time zone such as America/Denver",
            quoted(name)
        )
    })
}

/// A date without time, `2026-11-21` or `20261121`; `parse` alone would also accept a date with a time.
fn bare_date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let is_date = digits || text.len() == 10;
    is_date.then(|| text.parse().ok()).flatten()
}

fn in_zone(place: &str, local: civil::DateTime, zone: &TimeZone) -> Result<Timestamp, ToolError> {
    let zoned = zone.to_ambiguous_zoned(local).compatible();
    zoned
        .map(|zoned| zoned.timestamp())
        .map_err(|_| ToolError::at(place, "is out of range"))
}

/// The first day of the day's week.
pub fn week_of(date: Date, start: WeekStart) -> Date {
    let weekday = date.weekday();
    let days = match start {
        WeekStart::Monday => weekday.to_monday_zero_offset(),
        WeekStart::Sunday => weekday.to_sunday_zero_offset(),
    };
    date.saturating_sub(i64::from(days).days())
}

/// The Monday on or before the day.
pub fn monday_of(date: Date) -> Date {
    week_of(date, WeekStart::Monday)
}

/// The last day of a period of `weeks` weeks from `first`.
pub fn last_day(first: Date, weeks: i64) -> Date {
    first.saturating_add(weeks.weeks()).saturating_sub(1.day())
}

/// The start of the day.
pub fn start_of(date: Date, zone: &TimeZone) -> Timestamp {
    at_local(date.at(0, 0, 0, 0), zone)
}

/// The moment of a local time; where clocks change, as RFC 5545 says. 1970 if it is out of range.
pub fn at_local(local: civil::DateTime, zone: &TimeZone) -> Timestamp {
    let zoned = zone.to_ambiguous_zoned(local).compatible();
    zoned.map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// The start of the last `days` days, today included.
pub fn days_ago(days: i64, zone: &TimeZone, now: Timestamp) -> Timestamp {
    start_of(day(now, zone).saturating_sub((days - 1).days()), zone)
}

/// The day of a time in the zone.
pub fn day(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

/// Days since 1970, for trends over days.
pub fn day_number(at: Timestamp, zone: &TimeZone) -> f64 {
    f64::from((day(at, zone) - civil::date(1970, 1, 1)).get_days())
}

/// RFC 3339 in seconds with the zone's offset; `Z` for UTC.
pub fn local(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned(zone.clone());
    if zoned.offset().is_zero() {
        zoned.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    } else {
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

#[cfg(test)]
mod tests;
