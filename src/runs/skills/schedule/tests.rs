use std::collections::BTreeSet;

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn times(cron: &str, zone: &str, after: &str, expected: &[&str]) {
    let schedule = Schedule::parse(cron, zone).unwrap();
    let found: Vec<_> = schedule
        .next_times(time(after), expected.len())
        .iter()
        .map(|at| at.to_zoned(schedule.zone.clone()).to_string())
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|text| text.split_once('[').unwrap().0)
        .collect();
    assert_eq!(found, expected, "{cron} in {zone}");
}

#[test]
fn a_local_time_that_does_not_come_runs_at_the_next_that_does() {
    // Berlin puts the clock forward from 2:00 to 3:00 on 2026-03-29.
    times(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-28T00:00Z",
        &[
            "2026-03-28T02:30:00+01:00",
            "2026-03-29T03:00:00+02:00",
            "2026-03-30T02:30:00+02:00",
        ],
    );
    // Several of them run once.
    times(
        "*/20 2,3 * * *",
        "Europe/Berlin",
        "2026-03-29T00:00Z",
        &["2026-03-29T03:00:00+02:00", "2026-03-29T03:20:00+02:00"],
    );
    times(
        "0 2 * * *",
        "America/New_York",
        "2026-03-08T00:00Z",
        &["2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"],
    );
    // Lord Howe moves by half an hour, from 2:00 to 2:30 on 2026-10-04.
    times(
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-03T00:00Z",
        &["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
    );
    // Samoa left out 2011-12-30.
    times(
        "0 12 * * *",
        "Pacific/Apia",
        "2011-12-29T23:00Z",
        &["2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"],
    );
}

#[test]
fn a_local_time_that_comes_twice_runs_once() {
    times(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24T00:00Z",
        &[
            "2026-10-24T02:30:00+02:00",
            "2026-10-25T02:30:00+02:00",
            "2026-10-26T02:30:00+01:00",
        ],
    );
    times(
        "*/30 1,2 * * *",
        "America/New_York",
        "2026-11-01T04:59Z",
        &[
            "2026-11-01T01:00:00-04:00",
            "2026-11-01T01:30:00-04:00",
            "2026-11-01T02:00:00-05:00",
        ],
    );
    // Lord Howe: 1:30 to 2:00 comes twice on 2026-04-05.
    times(
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T00:00Z",
        &["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"],
    );
    // Asked while the hour is repeated.
    times(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-25T01:10Z",
        &["2026-10-26T02:30:00+01:00"],
    );
}

/// The planned times by another way: the first minute at which the zone's clock shows a planned time or more, with the clock
/// read minute by minute.
fn by_hand(
    zone: &TimeZone,
    from: Timestamp,
    to: Timestamp,
    is_planned: impl Fn(DateTime) -> bool,
) -> BTreeSet<Timestamp> {
    let minute = SignedDuration::from_mins(1);
    let minutes =
        || std::iter::successors(Some(from), |at| Some(*at + minute)).take_while(|at| *at <= to);
    let clock: Vec<_> = minutes().map(|at| (at, zone.to_datetime(at))).collect();
    let (first, last) = (
        clock[0].1,
        clock.iter().map(|(_, local)| *local).max().unwrap(),
    );
    let mut latest = None;
    // Moments at which the clock shows more than ever before.
    let records: Vec<_> = clock
        .into_iter()
        .filter(|(_, local)| {
            let is_record = latest.is_none_or(|latest| *local > latest);
            latest = latest.max(Some(*local));
            is_record
        })
        .collect();
    let locals = std::iter::successors(Some(first), |local| Some(*local + minute))
        .take_while(|local| *local <= last);
    let shown = |planned: DateTime| {
        records
            .iter()
            .find(|(_, local)| *local >= planned)
            .unwrap()
            .0
    };
    locals
        .filter(|local| is_planned(*local))
        .map(shown)
        .collect()
}

#[test]
fn planned_times_agree_with_the_clock_read_minute_by_minute_over_changes_in_several_zones() {
    type Plan = (&'static str, fn(DateTime) -> bool);
    let plans: [Plan; 6] = [
        ("*/10 * * * *", |at| at.minute() % 10 == 0),
        ("30 2 * * *", |at| (at.hour(), at.minute()) == (2, 30)),
        ("15 1 * * *", |at| (at.hour(), at.minute()) == (1, 15)),
        ("0 0 * * *", |at| (at.hour(), at.minute()) == (0, 0)),
        ("0 */2 * * SUN", |at| {
            at.hour() % 2 == 0 && at.minute() == 0 && at.weekday() == jiff::civil::Weekday::Sunday
        }),
        ("45 1-3 * * *", |at| {
            (1..=3).contains(&at.hour()) && at.minute() == 45
        }),
    ];
    let changes = [
        ("Europe/Berlin", "2026-03-28T12:00Z"),
        ("Europe/Berlin", "2026-10-24T12:00Z"),
        ("America/New_York", "2026-03-07T12:00Z"),
        ("America/New_York", "2026-10-31T12:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T00:00Z"),
        ("America/Sao_Paulo", "2018-11-03T12:00Z"),
        ("America/Havana", "2026-10-31T12:00Z"),
        ("Pacific/Apia", "2011-12-29T12:00Z"),
        ("Asia/Kathmandu", "2026-06-01T00:00Z"),
    ];
    for (name, from) in changes {
        let from = time(from);
        let to = from + SignedDuration::from_hours(48);
        for (cron, is_planned) in plans {
            let schedule = Schedule::parse(cron, name).unwrap();
            let before = from - SignedDuration::from_secs(1);
            let mut found = BTreeSet::new();
            let mut after = before;
            while let Some(at) = schedule.next_after(after).filter(|at| *at <= to) {
                assert!(found.insert(at) && at > after);
                after = at;
            }
            let mut expected = by_hand(&schedule.zone, from, to, is_planned);
            expected.retain(|at| *at > before);
            assert_eq!(found, expected, "{cron} in {name} after {from}");
            // Asked at any moment, the answer is the same.
            for minutes in (0..48 * 60).step_by(7) {
                let at = from + SignedDuration::from_mins(minutes);
                let next = expected
                    .range((std::ops::Bound::Excluded(at), std::ops::Bound::Unbounded))
                    .next();
                if let Some(next) = next {
                    assert_eq!(
                        schedule.next_after(at),
                        Some(*next),
                        "{cron} in {name} after {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_zone_is_a_name_of_the_iana_database() {
    for zone in ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"] {
        assert!(Schedule::parse("0 0 * * *", zone).is_ok(), "{zone}");
    }
    for zone in [
        "",
        "Berlin",
        "UTC+1",
        "EST5EDT,M3.2.0,M11.1.0",
        "../etc/localtime",
        "+02:00",
    ] {
        let refused = Schedule::parse("0 0 * * *", zone).unwrap_err();
        assert_eq!(refused, InvalidSchedule::Zone, "{zone}");
    }
    let refused = Schedule::parse("@daily", "UTC").unwrap_err().to_string();
    assert!(
        refused.starts_with("cron: must have five fields"),
        "{refused}"
    );
}
