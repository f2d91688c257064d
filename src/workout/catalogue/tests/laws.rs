//! Laws that hold for the names of all exercises.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::workout::catalogue::names::words;

/// Every name and alias, and its exercise.
fn named() -> impl Iterator<Item = (&'static str, &'static Exercise)> {
    catalogue().all().flat_map(|exercise| {
        let names = std::iter::once(&exercise.name).chain(&exercise.aliases);
        names.map(move |name| (name.as_str(), exercise))
    })
}

fn found(name: &str) -> Option<&'static str> {
    // Not `find`, whose errors rank all exercises.
    let exercise = catalogue().found(name, MAX_VARIANTS)?;
    Some(&exercise.id)
}

/// The name is that of the exercise, or of none.
fn never_another(name: &str, exercise: &Exercise) {
    let found = found(name);
    let is_own = found.is_none_or(|id| id == exercise.id);
    assert!(is_own, "{name}: {found:?}, not {}", exercise.id);
}

#[test]
fn no_name_is_that_of_two_exercises() {
    let mut owners: HashMap<String, &str> = HashMap::new();
    for (name, exercise) in named() {
        let normalized = normalize(name);
        for key in [normalized.replace(' ', ""), normalized] {
            let owner = owners.entry(key).or_insert(&exercise.id);
            assert_eq!(*owner, exercise.id, "{name}");
        }
    }
}

#[test]
fn each_name_finds_its_exercise_in_any_case_and_hyphenation() {
    for (name, exercise) in named() {
        for written in [name.to_uppercase(), name.replace(' ', "-")] {
            assert_eq!(found(&written), Some(exercise.id.as_str()), "{written}");
        }
    }
}

#[test]
fn no_name_with_a_plural_a_filler_or_its_equipment_finds_another_exercise() {
    for (name, exercise) in named() {
        let equipment = exercise.equipment.replace('_', " ");
        never_another(&format!("{name}s"), exercise);
        never_another(&format!("{name} (Each Side)"), exercise);
        never_another(&format!("{name} - Old"), exercise);
        never_another(&format!("{name} ({equipment})"), exercise);
    }
}

#[test]
fn what_is_left_over_decides_nothing() {
    for (name, _) in named() {
        for more in ["xyzzy", "panatta"] {
            let written = format!("{name} {more}");
            assert_eq!(found(&written), None, "{written}");
        }
    }
}

proptest! {
    #[test]
    fn the_order_of_words_makes_no_other_exercise(
        (exercise, shuffled) in (0..named().count()).prop_flat_map(|at| {
            let (name, exercise) = named().nth(at).expect("there are so many");
            (Just(exercise), Just(words(name)).prop_shuffle())
        })
    ) {
        never_another(&shuffled.join(" "), exercise);
    }
}
