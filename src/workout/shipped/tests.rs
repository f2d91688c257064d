use std::collections::HashSet;

use super::*;
use crate::{workout::catalogue::MUSCLES, workout::plan::PlanSession};

fn exercises() -> Vec<Exercise> {
    parsed(EXERCISES)
}

#[test]
fn there_are_more_than_120_exercises_each_with_a_slug_and_a_name_of_its_own() {
    let exercises = exercises();
    assert!(exercises.len() >= 120, "{}", exercises.len());
    let ids: HashSet<&str> = exercises.iter().map(|e| e.id.as_str()).collect();
    let names: HashSet<String> = exercises.iter().map(|e| e.name.to_lowercase()).collect();
    assert_eq!((ids.len(), names.len()), (exercises.len(), exercises.len()));
    for id in ids {
        let slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(id.bytes().all(slug), "{id}");
    }
    assert!(exercises.is_sorted_by(|a, b| a.id < b.id));
}

#[test]
fn every_muscle_is_known_and_every_landmark_row_is_of_a_muscle() {
    for exercise in exercises() {
        assert!(!exercise.primary_muscles.is_empty(), "{}", exercise.id);
        let all: Vec<&String> = exercise
            .primary_muscles
            .iter()
            .chain(&exercise.secondary_muscles)
            .collect();
        let distinct: HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{}", exercise.id);
        for muscle in all {
            assert!(
                MUSCLES.contains(&muscle.as_str()),
                "{}: {muscle}",
                exercise.id
            );
        }
    }
    let rows: Vec<&str> = LANDMARKS
        .muscles
        .iter()
        .map(|row| row.muscle.as_str())
        .collect();
    let without: Vec<&&str> = MUSCLES.iter().filter(|m| !rows.contains(m)).collect();
    assert_eq!(
        without,
        [&"adductors", &"lower_back"],
        "no row is published for these"
    );
    assert!(rows.iter().all(|row| MUSCLES.contains(row)));
    assert!(!LANDMARKS.source.is_empty() && LANDMARKS.as_of.len() == 7);
}

#[test]
fn bilateral_dumbbell_and_kettlebell_exercises_say_what_the_weight_is_of() {
    for exercise in exercises().iter().filter(|exercise| exercise.bilateral) {
        let implement = exercise.equipment.as_str();
        if matches!(implement, "dumbbell" | "kettlebell") {
            let per = format!("Weight is per {implement}");
            assert!(exercise.description.contains(&per), "{}", exercise.id);
        }
    }
}

#[test]
fn steps_and_limits_are_loadable_and_go_together() {
    for exercise in exercises() {
        let (step, limit) = (exercise.step_increment, exercise.progression_limit);
        assert!((0.0..=10.0).contains(&step), "{}", exercise.id);
        assert_eq!(step > 0.0, limit > 0.0, "{}", exercise.id);
    }
}

#[test]
fn at_least_five_plans_are_shipped_of_exercises_that_exist() {
    let exercises = exercises();
    let ids: HashSet<&str> = exercises.iter().map(|e| e.id.as_str()).collect();
    let plans: Vec<ShippedPlan> = parsed(PLANS);
    assert!(plans.len() >= 5);
    for plan in plans {
        assert!(plan.duration_weeks > 0 && !plan.name.is_empty() && !plan.description.is_empty());
        let sessions: Vec<PlanSession> = serde_json::from_value(plan.sessions).unwrap();
        assert!(!sessions.is_empty());
        for exercise in sessions.iter().flat_map(|session| &session.exercises) {
            assert!(
                ids.contains(exercise.exercise_id.as_str()),
                "{}",
                exercise.exercise_id
            );
            assert!(exercise.sets > 0);
        }
    }
}
