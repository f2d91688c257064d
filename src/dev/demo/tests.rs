//! The demo training on many dates. `content`: its workouts. `database`: filling and resetting. `tool_results`: what the
//! tools report about it.

mod content;
mod database;
mod tool_results;

use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;

fn denver() -> TimeZone {
    TimeZone::get("America/Denver").unwrap()
}

/// Every weekday, the days around both changes of the clock, month ends, a turn of the year and a leap day.
fn todays() -> Vec<Date> {
    let week = (16..=22).map(|day| date(2026, 11, day));
    let special = [
        date(2026, 3, 8),
        date(2026, 3, 9),
        date(2026, 11, 1),
        date(2026, 11, 2),
        date(2026, 5, 31),
        date(2026, 4, 30),
        date(2027, 1, 1),
        date(2028, 2, 29),
        date(2028, 3, 1),
    ];
    week.chain(special).collect()
}

/// Ids differ from run to run.
fn without_ids(mut training: Vec<Workout>) -> Vec<Workout> {
    for workout in &mut training {
        workout.id.clear();
    }
    training
}

fn day(workout: &Workout, zone: &TimeZone) -> Date {
    dates::day(workout.performed_at, zone)
}

/// Days from each session to the next.
fn gaps(training: &[Workout], zone: &TimeZone) -> Vec<i32> {
    let days: Vec<Date> = training.iter().map(|w| day(w, zone)).collect();
    let gap = |pair: &[Date]| (pair[1] - pair[0]).get_days();
    days.windows(2).map(gap).collect()
}

#[test]
fn training_of_a_day_is_the_same_except_for_ids() {
    for today in todays() {
        let (a, b) = (training(today, &denver()), training(today, &denver()));
        let ids: BTreeSet<&str> = a.iter().chain(&b).map(|w| w.id.as_str()).collect();
        assert_eq!(ids.len(), a.len() + b.len());
        assert_eq!(without_ids(a), without_ids(b), "{today}");
    }
}

#[test]
fn training_of_the_next_day_extends_todays() {
    let monday = without_ids(training(date(2026, 11, 16), &denver()));
    for today in 17..=22 {
        let later = without_ids(training(date(2026, 11, today), &denver()));
        assert_eq!(later[..monday.len()], monday[..], "{today}");
        assert!(later.len() - monday.len() <= 4);
    }
}

#[test]
fn training_lasts_seven_months_and_ends_one_or_two_days_ago() {
    for zone in [
        "America/Denver",
        "UTC",
        "Pacific/Kiritimati",
        "Asia/Kolkata",
    ] {
        let zone = TimeZone::get(zone).unwrap();
        for today in todays() {
            let training = training(today, &zone);
            assert!((105..=115).contains(&training.len()), "{today}");
            let days = |workout| (today - day(workout, &zone)).get_days();
            assert!((210..=216).contains(&days(&training[0])), "{today}");
            assert!((1..=2).contains(&days(training.last().unwrap())), "{today}");
        }
    }
}

#[test]
fn sessions_follow_each_other_at_sensible_hours() {
    let zone = denver();
    for today in todays() {
        let training = training(today, &zone);
        assert!(training.is_sorted_by_key(|workout| workout.performed_at));
        for workout in &training {
            let ended = workout.ended_at.unwrap();
            let minutes = ended.duration_since(workout.performed_at).as_mins();
            assert!((50..=90).contains(&minutes), "{minutes}");
            let hour = workout.performed_at.to_zoned(zone.clone()).hour();
            assert!([9, 10, 11, 17, 18, 19].contains(&hour), "{today} {hour}");
            assert_eq!(dates::day(ended, &zone), day(workout, &zone));
        }
    }
}

#[test]
fn training_has_exactly_one_gap_of_two_weeks() {
    for today in todays() {
        let gaps = gaps(&training(today, &denver()), &denver());
        let long: Vec<i32> = gaps.iter().copied().filter(|days| *days >= 14).collect();
        assert!(matches!(long[..], [15..=17]), "{today} {long:?}");
        let rest = gaps.iter().filter(|days| **days < 14);
        assert!(rest.clone().all(|days| (1..=5).contains(days)), "{today}");
    }
}
