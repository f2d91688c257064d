use super::*;

fn now() -> Timestamp {
    "2026-11-21T18:00:00Z".parse().unwrap()
}

fn denver() -> TimeZone {
    TimeZone::get("America/Denver").unwrap()
}

fn read(text: &str, zone: &TimeZone) -> Result<String, String> {
    parse_past("at", text, zone, now())
        .map(|at| local(at, zone))
        .map_err(|error| error.to_string())
}

#[test]
fn times_without_offset_are_in_the_users_zone_and_dates_mean_noon() {
    let denver = denver();
    for (text, expected) in [
        ("2026-11-17T18:30:00-07:00", "2026-11-17T18:30:00-07:00"),
        ("2026-11-18T01:30:00Z", "2026-11-17T18:30:00-07:00"),
        ("2026-11-17T18:30", "2026-11-17T18:30:00-07:00"),
        ("2026-11-17 18:30:15", "2026-11-17T18:30:15-07:00"),
        ("2026-11-17", "2026-11-17T12:00:00-07:00"),
        ("2026-07-17", "2026-07-17T12:00:00-06:00"),
        (" 2026-11-21 ", "2026-11-21T11:00:00-07:00"),
        ("20261117", "2026-11-17T12:00:00-07:00"),
        ("20261117T1830", "2026-11-17T18:30:00-07:00"),
        (
            "2026-11-17T18:30[Europe/Berlin]",
            "2026-11-17T10:30:00-07:00",
        ),
        (
            "2026-11-17T18:30:00+01:00[Europe/Berlin]",
            "2026-11-17T10:30:00-07:00",
        ),
        (
            "2026-11-17T17:30:00Z[Europe/Berlin]",
            "2026-11-17T10:30:00-07:00",
        ),
        ("2026-11-17[Europe/Berlin]", "2026-11-17T04:00:00-07:00"),
        ("20261117[Europe/Berlin]", "2026-11-17T04:00:00-07:00"),
    ] {
        assert_eq!(read(text, &denver).as_deref(), Ok(expected), "{text}");
    }
    assert_eq!(
        read("2026-11-17", &TimeZone::UTC).unwrap(),
        "2026-11-17T12:00:00Z"
    );
}

#[test]
fn invalid_and_future_times_are_errors_with_place_and_reason() {
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
        "2026-11-17T18:30[Mars/Olympus]",
        "2026-11-17T18:30[]",
        "2026-11-17T18:30:00+05:00[Europe/Berlin]",
        "[Europe/Berlin]",
        "20261317",
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
fn weeks_begin_on_monday_for_dates_and_iso_weeks() {
    let monday = |text| {
        parse_week("week", text, WeekStart::Monday)
            .map(|date| date.to_string())
            .ok()
    };
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
fn weeks_may_begin_on_sunday() {
    let sunday = |text| parse_week("week", text, WeekStart::Sunday).map(|date| date.to_string());
    for (text, first) in [
        ("2026-11-21", "2026-11-15"),
        ("2026-11-22", "2026-11-22"),
        ("2026-11-23", "2026-11-22"),
        ("20261123", "2026-11-22"),
        ("2026-W47", "2026-11-15"),
    ] {
        assert_eq!(sunday(text).ok().as_deref(), Some(first), "{text}");
    }
}

#[test]
fn a_day_without_midnight_begins_at_its_first_moment() {
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
    assert_eq!(
        super::day(Timestamp::UNIX_EPOCH, &denver()).to_string(),
        "1969-12-31"
    );
    let next_day = Timestamp::from_second(86_400).unwrap();
    assert!((day_number(next_day, &TimeZone::UTC) - 1.0).abs() < 1e-9);
    assert!(parse_zone("z", "Mars/Olympus").is_err() && parse_zone("z", "Europe/Berlin").is_ok());
}
