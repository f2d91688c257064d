//! Dates and times: parsing of arguments, and days and weeks of a time zone. Weeks begin on Monday. Pure.

use jiff::{Timestamp, ToSpan, civil, civil::Date, tz::TimeZone};

use super::error::{ToolError, invalid, quoted};

/// Tolerance for the clocks of clients.
const CLOCK_SKEW_MINUTES: i64 = 5;
/// Dates that are accepted.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2200;

/// Parses a time up to now: RFC 3339, a date and time of the zone, or a date of the zone, which means its noon (or now,
/// if its noon is in the future).
pub fn parse_past(
    place: &str,
    text: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Timestamp, ToolError> {
    let text = text.trim();
    let at = if let Ok(at) = text.parse::<Timestamp>() {
        at
    } else if let Some(date) = bare_date(text) {
        let noon = in_zone(place, date.at(12, 0, 0, 0), zone)?;
        if date == day(now, zone) {
            noon.min(now)
        } else {
            noon
        }
    } else if let Ok(local) = text.parse::<civil::DateTime>() {
        in_zone(place, local, zone)?
    } else {
        return Err(invalid!(
            place,
            "{} is no time; write 2026-11-21, 2026-11-21T18:30 or 2026-11-21T18:30:00-07:00",
            quoted(text)
        ));
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
            "is too long ago; nothing before 1950 is kept"
        ));
    }
    Ok(at)
}

/// Parses a day, past or future: `2026-11-21`.
pub fn parse_date(place: &str, text: &str) -> Result<Date, ToolError> {
    let date = bare_date(text.trim()).filter(|date| YEARS.contains(&date.year()));
    date.ok_or_else(|| invalid!(place, "{} is no date; write 2026-11-21", quoted(text)))
}

/// Parses a week, `2026-11-21` or `2026-W47`, to its Monday.
pub fn parse_week(place: &str, text: &str) -> Result<Date, ToolError> {
    let text = text.trim();
    let monday = match text.split_once("-W").or_else(|| text.split_once("-w")) {
        None => bare_date(text).map(monday_of),
        Some((year, week)) => iso_week(year, week),
    };
    let monday = monday.filter(|monday| YEARS.contains(&monday.year()));
    monday.ok_or_else(|| {
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

/// A date without time; `parse` alone would also accept a date with a time.
fn bare_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn in_zone(place: &str, local: civil::DateTime, zone: &TimeZone) -> Result<Timestamp, ToolError> {
    let zoned = zone.to_ambiguous_zoned(local).compatible();
    zoned
        .map(|zoned| zoned.timestamp())
        .map_err(|_| ToolError::at(place, "is out of range"))
}

/// The Monday on or before the day.
pub fn monday_of(date: Date) -> Date {
    let days = i64::from(date.weekday().to_monday_zero_offset());
    date.saturating_sub(days.days())
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
