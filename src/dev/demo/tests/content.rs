//! The workouts of the demo training.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::*;
use crate::{workout::figures::units::Unit, workout::model::WorkoutSet};

fn sets(training: &[Workout]) -> impl Iterator<Item = (&str, &WorkoutSet)> {
    let exercises = training.iter().flat_map(|workout| &workout.exercises);
    exercises.flat_map(|e| e.sets.iter().map(|set| (e.exercise_id.as_str(), set)))
}

/// The steps of the shipped exercises, in kg.
fn steps() -> HashMap<String, f64> {
    let shipped: Vec<Value> = serde_json::from_str(include_str!(
        "../../../workout/catalogue/data/exercises.json"
    ))
    .unwrap();
    let step = |exercise: &Value| {
        let id = exercise["id"].as_str().unwrap().to_owned();
        (id, exercise["step_increment"].as_f64().unwrap())
    };
    shipped.iter().map(step).collect()
}

#[test]
fn weights_are_lighter_after_the_holiday() {
    let training = training(date(2026, 11, 20), &denver());
    let back = gaps(&training, &denver())
        .iter()
        .position(|days| *days >= 14);
    let (before, after) = training.split_at(back.unwrap() + 1);
    for lift in [
        "barbell-bench-press",
        "barbell-back-squat",
        "barbell-deadlift",
    ] {
        let heaviest = |mut sets: Vec<f64>| {
            sets.sort_by(f64::total_cmp);
            sets.pop().unwrap()
        };
        let of = |training: &[Workout]| heaviest(weights(training, lift));
        let (before, after) = (of(&before[before.len() - 5..]), of(&after[..5]));
        assert!(after < before, "{lift}: {before} {after}");
    }
}

fn weights(training: &[Workout], lift: &str) -> Vec<f64> {
    let of_lift = sets(training).filter(|(slug, _)| *slug == lift);
    of_lift.map(|(_, set)| set.weight).collect()
}

#[test]
fn deload_has_fewer_and_lighter_sets_than_its_neighbours() {
    for today in todays() {
        let training = training(today, &denver());
        let mut weeks: BTreeMap<Date, (usize, f64)> = BTreeMap::new();
        for workout in &training {
            let week = dates::monday_of(day(workout, &denver()));
            for (_, set) in sets(std::slice::from_ref(workout)).filter(|(_, s)| !s.is_warmup) {
                let total = weeks.entry(week).or_default();
                total.0 += 1;
                total.1 += f64::from(set.reps) * set.weight;
            }
        }
        let deload = dates::monday_of(today).saturating_sub(7.weeks());
        let of = |weeks_later: i64| weeks[&deload.saturating_add((7 * weeks_later).days())];
        for neighbour in [-1, 1] {
            let ((sets, volume), (light, less)) = (of(neighbour), of(0));
            assert!(light * 3 <= sets * 2 && less < volume * 0.5, "{today}");
        }
        let named = |workout: &&Workout| workout.name.as_ref().unwrap().contains("deload");
        let named: Vec<_> = training.iter().filter(named).collect();
        assert_eq!(named.len(), 4);
        assert!(
            named
                .iter()
                .all(|w| dates::monday_of(day(w, &denver())) == deload)
        );
    }
}

#[test]
fn exercises_are_shipped_ones_and_weights_are_loadable() {
    let steps = steps();
    for today in todays() {
        for (slug, set) in sets(&training(today, &denver())) {
            let kg = steps[slug];
            let step = match set.unit {
                Unit::Kg => kg,
                Unit::Lb if slug == "barbell-overhead-press" => 2.5,
                Unit::Lb => 5.0,
            };
            let steps = if set.weight > 0.0 {
                set.weight / step
            } else {
                0.0
            };
            assert!((steps - steps.round()).abs() < 1e-9, "{slug} {set:?}");
            assert!((1..=30).contains(&set.reps), "{slug} {set:?}");
            assert!(set.rpe.is_none_or(|rpe| (6.0..=10.0).contains(&rpe)));
        }
    }
}

#[test]
fn sessions_have_five_or_six_exercises_of_a_few_sets() {
    for workout in training(date(2026, 11, 20), &denver()) {
        let deload = workout.name.as_ref().unwrap().contains("deload");
        assert!((5..=6).contains(&workout.exercises.len()), "{workout:?}");
        for exercise in &workout.exercises {
            let warm_ups = exercise.sets.iter().filter(|set| set.is_warmup).count();
            let first = exercise.exercise_id == workout.exercises[0].exercise_id;
            assert!(warm_ups == 0 || (first && warm_ups == 2), "{exercise:?}");
            let least = if deload { 1 } else { 2 };
            assert!((least..=5).contains(&exercise.sets.len()), "{exercise:?}");
        }
    }
}

#[test]
fn barbells_are_in_pounds_others_in_kilograms_and_some_in_both() {
    let training = training(date(2026, 11, 20), &denver());
    let mut units: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (slug, set) in sets(&training) {
        units.entry(slug).or_default().insert(set.unit.as_str());
    }
    let of = |names: &[&str]| -> Vec<&str> {
        let same = units
            .iter()
            .filter(|(_, units)| units.iter().eq(names.iter()));
        same.map(|(slug, _)| *slug).collect()
    };
    assert_eq!(
        of(&["lb"]),
        [
            "barbell-back-squat",
            "barbell-bench-press",
            "barbell-deadlift",
            "barbell-overhead-press"
        ]
    );
    assert_eq!(
        of(&["kg", "lb"]),
        ["leg-press", "lying-leg-curl", "standing-calf-raise"]
    );
    assert_eq!(units.len(), 21);
}

#[test]
fn some_sets_have_an_rpe_and_some_workouts_notes() {
    let training = training(date(2026, 11, 20), &denver());
    let all = sets(&training).count();
    let rated = sets(&training).filter(|(_, set)| set.rpe.is_some()).count();
    assert!(rated * 5 > all && rated * 2 < all, "{rated} of {all}");
    let noted = training.iter().filter(|w| w.notes.is_some()).count();
    assert!((12..=40).contains(&noted), "{noted}");
    let on_lifts = training.iter().flat_map(|workout| &workout.exercises);
    let on_lifts: Vec<&str> = on_lifts.filter_map(|e| e.notes.as_deref()).collect();
    assert!(on_lifts.contains(&"new belt") && on_lifts.contains(&"left shoulder a bit tight"));
}
