//! What people write for times, and what a day and a week are in their zone. Weeks begin on Monday. Pure.

use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};

use super::call::{ToolError, quoted};

/// Clocks differ a little.
const SKEW_MS: i64 = 5 * 60 * 1000;
const DAY_MS: i64 = 86_400_000;
/// 1950: nobody's log is older.
const EARLIEST_MS: i64 = -631_152_000_000;

/// A moment that has passed, in milliseconds since 1970: RFC 3339, or a date and time of the zone, or a date of the
/// zone, which stands for its noon (or for now, while that day's noon is still to come).
pub fn past(place: &str, text: &str, zone: &TimeZone, now: Timestamp) -> Result<i64, ToolError> {
    let text = text.trim();
    let moment = if let Ok(moment) = text.parse::<Timestamp>() {
        moment
    } else if let Some(date) = date_alone(text) {
        let noon = in_zone(date.at(12, 0, 0, 0), zone, place)?;
        if date == now.to_zoned(zone.clone()).date() {
            noon.min(now)
        } else {
            noon
        }
    } else if let Ok(local) = text.parse::<civil::DateTime>() {
        in_zone(local, zone, place)?
    } else {
        return Err(ToolError::at(
            place,
            format!(
                "{} is no time; write 2026-11-21, 2026-11-21T18:30 or 2026-11-21T18:30:00-07:00",
                quoted(text)
            ),
        ));
    };
    let ms = moment.as_millisecond();
    if ms > now.as_millisecond() + SKEW_MS {
        let (given, now) = (local(ms, zone), local(now.as_millisecond(), zone));
        return Err(ToolError::at(
            place,
            format!(
                "{given} is in the future; now it is {now} in {}, the zone of times without one (client_timezone names another)",
                name_of(zone)
            ),
        ));
    }
    if ms < EARLIEST_MS {
        return Err(ToolError::at(
            place,
            "is too long ago; nothing before 1950 is kept",
        ));
    }
    Ok(ms)
}

/// A date alone; `parse` of a date would also take the date out of a date and time.
fn date_alone(text: &str) -> Option<civil::Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// A day, past or to come, as `2026-11-21`.
pub fn date(place: &str, text: &str) -> Result<civil::Date, ToolError> {
    let date = date_alone(text.trim()).filter(|date| (1950..=2200).contains(&date.year()));
    date.ok_or_else(|| {
        ToolError::at(
            place,
            format!("{} is no date; write 2026-11-21", quoted(text)),
        )
    })
}

/// The Monday of the week that `2026-11-21` or `2026-W47` names.
pub fn monday(place: &str, text: &str) -> Result<civil::Date, ToolError> {
    let wrong = || {
        ToolError::at(
            place,
            format!(
                "{} is no week; write a date in it (2026-11-21) or 2026-W47",
                quoted(text)
            ),
        )
    };
    let text = text.trim();
    let Some((year, week)) = text.split_once("-W").or_else(|| text.split_once("-w")) else {
        return date(place, text).map(monday_of).map_err(|_| wrong());
    };
    let (year, week) = (
        year.parse().map_err(|_| wrong())?,
        week.parse().map_err(|_| wrong())?,
    );
    let week = civil::ISOWeekDate::new(year, week, civil::Weekday::Monday).map_err(|_| wrong())?;
    let monday = week.date();
    if (1950..=2200).contains(&monday.year()) {
        Ok(monday)
    } else {
        Err(wrong())
    }
}

/// The Monday on or before the day.
pub fn monday_of(date: civil::Date) -> civil::Date {
    let days = i64::from(date.weekday().to_monday_zero_offset());
    date.saturating_sub(days.days())
}

/// The first moment of the day, in milliseconds since 1970.
pub fn start_of(date: civil::Date, zone: &TimeZone) -> i64 {
    let start = zone.to_ambiguous_zoned(date.at(0, 0, 0, 0)).compatible();
    start.map_or(0, |start| start.timestamp().as_millisecond())
}

/// The first moment of the last so many days, today being one of them.
pub fn days_ago(days: i64, zone: &TimeZone, now: Timestamp) -> i64 {
    start_of(today(zone, now).saturating_sub((days - 1).days()), zone)
}

pub fn today(zone: &TimeZone, now: Timestamp) -> civil::Date {
    now.to_zoned(zone.clone()).date()
}

/// The day, in the zone, of milliseconds since 1970.
pub fn day(ms: i64, zone: &TimeZone) -> civil::Date {
    moment(ms).to_zoned(zone.clone()).date()
}

/// Days since 1970, for trends over days.
#[expect(clippy::cast_precision_loss, reason = "days since 1970 are few")]
pub fn day_number(ms: i64, zone: &TimeZone) -> f64 {
    let start = day(ms, zone).at(0, 0, 0, 0).to_zoned(TimeZone::UTC);
    start.map_or(0.0, |start| {
        start.timestamp().as_millisecond().div_euclid(DAY_MS) as f64
    })
}

/// RFC 3339 with the zone's offset; `Z` for UTC.
pub fn local(ms: i64, zone: &TimeZone) -> String {
    let zoned = moment(ms).to_zoned(zone.clone());
    if zoned.offset().is_zero() {
        zoned.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    } else {
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

fn name_of(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// A zone by its IANA name.
pub fn zone(place: &str, name: &str) -> Result<TimeZone, ToolError> {
    let known = (name.len() <= 64)
        .then(|| TimeZone::get(name.trim()).ok())
        .flatten();
    known.ok_or_else(|| {
        ToolError::at(
            place,
            format!(
                "{} is no IANA time zone such as America/Denver",
                quoted(name)
            ),
        )
    })
}

fn in_zone(local: civil::DateTime, zone: &TimeZone, place: &str) -> Result<Timestamp, ToolError> {
    let zoned = zone.to_ambiguous_zoned(local).compatible();
    zoned
        .map(|zoned| zoned.timestamp())
        .map_err(|_| ToolError::at(place, "is out of range"))
}

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T18:00:00Z".parse().unwrap()
    }

    fn denver() -> TimeZone {
        TimeZone::get("America/Denver").unwrap()
    }

    fn read(text: &str, zone: &TimeZone) -> Result<String, String> {
        past("at", text, zone, now())
            .map(|ms| local(ms, zone))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn moments_are_read_in_the_users_zone_and_days_stand_for_their_noon() {
        let denver = denver();
        for (text, expected) in [
            ("2026-11-17T18:30:00-07:00", "2026-11-17T18:30:00-07:00"),
            ("2026-11-18T01:30:00Z", "2026-11-17T18:30:00-07:00"),
            ("2026-11-17T18:30", "2026-11-17T18:30:00-07:00"),
            ("2026-11-17 18:30:15", "2026-11-17T18:30:15-07:00"),
            ("2026-11-17", "2026-11-17T12:00:00-07:00"),
            ("2026-07-17", "2026-07-17T12:00:00-06:00"),
            (" 2026-11-21 ", "2026-11-21T11:00:00-07:00"),
        ] {
            assert_eq!(read(text, &denver).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(
            read("2026-11-17", &TimeZone::UTC).unwrap(),
            "2026-11-17T12:00:00Z"
        );
    }

    #[test]
    fn what_is_no_past_moment_is_refused_with_the_place_and_the_reason() {
        let error = read("2026-11-22", &denver()).unwrap_err();
        assert_eq!(
            error,
            "at: 2026-11-22T12:00:00-07:00 is in the future; now it is 2026-11-21T11:00:00-07:00 in America/Denver, the zone of \
             times without one (client_timezone names another)"
        );
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "17.11.2026",
            "12345678901",
            "1949-01-01",
            "9999-12-31T23:59:59Z",
            "2026-11-17T25:00",
        ] {
            assert!(
                read(text, &denver()).unwrap_err().starts_with("at: "),
                "{text}"
            );
        }
        assert!(
            read("2026-11-21T18:04:00Z", &denver()).is_ok(),
            "clocks differ a little"
        );
    }

    #[test]
    fn weeks_begin_on_monday_whichever_way_they_are_named() {
        let monday = |text| monday("week", text).map(|date| date.to_string()).ok();
        assert_eq!(monday("2026-11-21").as_deref(), Some("2026-11-16"));
        assert_eq!(monday("2026-11-16").as_deref(), Some("2026-11-16"));
        assert_eq!(monday("2026-11-22").as_deref(), Some("2026-11-16"));
        assert_eq!(monday("2026-W47").as_deref(), Some("2026-11-16"));
        assert_eq!(monday("2026-W01").as_deref(), Some("2025-12-29"));
        for text in ["", "2026-W54", "W47", "next", "2026-W", "99999-W01"] {
            assert_eq!(monday(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_begins_where_the_zone_says_also_when_midnight_is_missing() {
        let day = |text: &str| text.parse::<civil::Date>().unwrap();
        let at = |date, zone: &str| {
            local(
                start_of(day(date), &TimeZone::get(zone).unwrap()),
                &TimeZone::UTC,
            )
        };
        assert_eq!(at("2026-11-21", "America/Denver"), "2026-11-21T07:00:00Z");
        // Midnight does not exist in Beirut when summer time begins.
        assert_eq!(at("2026-03-29", "Asia/Beirut"), "2026-03-28T22:00:00Z");
        assert_eq!(super::day(0, &denver()).to_string(), "1969-12-31");
        assert!((day_number(86_400_000, &TimeZone::UTC) - 1.0).abs() < 1e-9);
        assert!(zone("z", "Mars/Olympus").is_err() && zone("z", "Europe/Berlin").is_ok());
    }
}
