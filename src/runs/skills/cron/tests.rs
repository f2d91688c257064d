use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime {
    text.parse().unwrap()
}

#[track_caller]
fn next(cron: &str, after: &str, expected: [&str; 3]) {
    let cron = Cron::parse(cron).unwrap();
    let mut times = std::iter::successors(cron.next(at(after)), |time| cron.next(*time));
    for expected in expected {
        assert_eq!(times.next(), Some(at(expected)), "{cron:?}");
    }
}

#[test]
fn steps_lists_ranges_and_names_are_read_as_vixies_cron_reads_them() {
    let begin = "2026-01-01T00:00";
    next(
        "*/25 * * * *",
        begin,
        ["2026-01-01T00:25", "2026-01-01T00:50", "2026-01-01T01:00"],
    );
    next(
        "5,10-12/2 8 * * *",
        begin,
        ["2026-01-01T08:05", "2026-01-01T08:10", "2026-01-01T08:12"],
    );
    next(
        "0 7 * * MON",
        begin,
        ["2026-01-05T07:00", "2026-01-12T07:00", "2026-01-19T07:00"],
    );
    next(
        "0 7 * * 7",
        begin,
        ["2026-01-04T07:00", "2026-01-11T07:00", "2026-01-18T07:00"],
    );
    next(
        "0 7 * * 0",
        begin,
        ["2026-01-04T07:00", "2026-01-11T07:00", "2026-01-18T07:00"],
    );
    next(
        "0 7 * * fri-Sun",
        begin,
        ["2026-01-02T07:00", "2026-01-03T07:00", "2026-01-04T07:00"],
    );
    next(
        "0 0 1 feb,JUL *",
        begin,
        ["2026-02-01T00:00", "2026-07-01T00:00", "2027-02-01T00:00"],
    );
    next(
        "0 0 29 2 *",
        begin,
        ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"],
    );
    next(
        "0 0 31 * *",
        begin,
        ["2026-01-31T00:00", "2026-03-31T00:00", "2026-05-31T00:00"],
    );
    next(
        "00 09 * * *",
        begin,
        ["2026-01-01T09:00", "2026-01-02T09:00", "2026-01-03T09:00"],
    );
}

#[test]
fn either_kind_of_day_comes_when_both_are_given() {
    let begin = "2026-01-01T00:00";
    next(
        "0 0 13 * FRI",
        begin,
        ["2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00"],
    );
    next(
        "0 0 30 2 MON",
        begin,
        ["2026-02-02T00:00", "2026-02-09T00:00", "2026-02-16T00:00"],
    );
    next(
        "0 0 1-31 * MON",
        begin,
        ["2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00"],
    );
    next(
        "0 0 */1 * MON",
        begin,
        ["2026-01-05T00:00", "2026-01-12T00:00", "2026-01-19T00:00"],
    );
}

#[test]
fn what_is_not_posix_or_never_comes_is_refused_with_the_reason() {
    let refused = |text: &str| Cron::parse(text).expect_err(text).to_string();
    let long = "1,".repeat(600);
    for (text, reason) in [
        ("", "it has 0"),
        ("0 0 * * * *", "it has 6"),
        ("0 0 * * * * 2026", "it has 7"),
        ("0 0 * *", "it has 4"),
        ("@daily", "names such as @daily are not known"),
        ("@every 5m", "names such as @daily are not known"),
        ("0 0 L * *", "day of month: `L` is no number from 1 to 31"),
        ("0 0 15W * *", "day of month: `15W`"),
        (
            "0 0 * * FRI#2",
            "day of week: `FRI#2` is no number from 0 to 7 or a name such as MON",
        ),
        ("0 0 * * 5L", "day of week: `5L`"),
        ("0 0 ? * MON", "day of month: `?`"),
        ("0 0 * * ?", "day of week: `?`"),
        ("0 0 1 * +MON", "day of week: `+MON`"),
        ("60 * * * *", "minute: `60` is no number from 0 to 59"),
        ("* 24 * * *", "hour: `24`"),
        ("* * 0 * *", "day of month: `0`"),
        ("* * 32 * *", "day of month: `32`"),
        (
            "* * * 13 *",
            "month: `13` is no number from 1 to 12 or a name such as FEB",
        ),
        ("* * * * 8", "day of week: `8`"),
        ("MON * * * *", "minute: `MON`"),
        ("* * * MON *", "month: `MON`"),
        ("* * * * JAN", "day of week: `JAN`"),
        ("* * * * MONDAY", "day of week: `MONDAY`"),
        (
            "5/10 * * * *",
            "minute: `5/10`: a step follows `*` or a range",
        ),
        (
            "*/0 * * * *",
            "minute: `*/0`: the step is no number from 1 to 59",
        ),
        ("*/90 * * * *", "minute: `*/90`"),
        ("/5 * * * *", "minute: `/5`"),
        ("*/ * * * *", "minute: `*/`"),
        (
            "30-10 * * * *",
            "minute: `30-10`: the range ends before it begins",
        ),
        (
            "* * * * MON-0",
            "day of week: `MON-0`: the range ends before it begins",
        ),
        ("1- * * * *", "minute: `` is no number"),
        ("1,,2 * * * *", "minute: `` is no number"),
        ("-1 * * * *", "minute: `` is no number"),
        ("+1 * * * *", "minute: `+1`"),
        ("001 * * * *", "minute: `001`"),
        ("\u{664} * * * *", "minute: `\u{664}`"),
        ("0 0 30 2 *", "never comes"),
        ("0 0 31 2,4,6,9,11 *", "never comes"),
        (&long, "longer than 1000"),
    ] {
        let said = refused(text);
        assert!(said.contains(reason), "{text}: {said}");
    }
}

/// What a field holds, told another way.
fn holds(field: &str, value: i8, min: i8, max: i8) -> bool {
    field.split(',').any(|part| {
        let (base, step) = part.split_once('/').unwrap_or((part, "1"));
        let (first, last) = match base.split_once('-') {
            _ if base == "*" => (min, max),
            Some((first, last)) => (first.parse().unwrap(), last.parse().unwrap()),
            None => (base.parse().unwrap(), base.parse().unwrap()),
        };
        (first..=last).contains(&value) && (value - first) % step.parse::<i8>().unwrap() == 0
    })
}

fn field(min: i8, max: i8) -> impl Strategy<Value = String> {
    let value = || min..=max;
    let part = prop_oneof![
        value().prop_map(|value| value.to_string()),
        (value(), value()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        (value(), value(), 1..=max).prop_map(|(a, b, step)| format!(
            "{}-{}/{step}",
            a.min(b),
            a.max(b)
        )),
        (1..=max).prop_map(|step| format!("*/{step}")),
    ];
    prop_oneof![
        2 => Just("*".to_owned()),
        3 => proptest::collection::vec(part, 1..3).prop_map(|parts| parts.join(",")),
    ]
}

proptest! {
    #[test]
    fn the_next_time_is_the_first_one_that_matches(
        fields in (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)),
        start in 0_i64..525_600,
    ) {
        let (minute, hour, day, month, weekday) = &fields;
        let Ok(cron) = Cron::parse(&format!("{minute} {hour} {day} {month} {weekday}")) else { return Ok(()) };
        let matches = |time: DateTime| {
            let sunday = time.weekday().to_sunday_zero_offset();
            let of_month = holds(day, time.day(), 1, 31);
            let of_week = holds(weekday, sunday, 0, 7) || (sunday == 0 && holds(weekday, 7, 0, 7));
            let is_any = |field: &str| field == "*" || field == "*/1";
            let day = if is_any(day) || is_any(weekday) { of_month && of_week } else { of_month || of_week };
            day && holds(minute, time.minute(), 0, 59) && holds(hour, time.hour(), 0, 23) && holds(month, time.month(), 1, 12)
        };
        let minutes = |minutes: i64| jiff::SignedDuration::from_mins(minutes);
        let start = at("2026-01-01T00:00") + minutes(start);
        let found = cron.next(start).unwrap();
        prop_assert!(matches(found));
        // Two days before it, at most.
        let mut earlier = start.max(found - minutes(2 * 1440)) + minutes(1);
        while earlier < found {
            prop_assert!(!matches(earlier), "{earlier} comes before {found}");
            earlier += minutes(1);
        }
    }
}
