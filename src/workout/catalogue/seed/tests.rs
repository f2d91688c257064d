use std::collections::HashSet;

use super::*;
use crate::workout::{
    catalogue::{Load, MUSCLES, Measure, landmarks::LANDMARKS},
    model::PlanSession,
};

fn exercises() -> Vec<Exercise> {
    parse(EXERCISES)
}

#[test]
fn at_least_400_exercises_have_unique_slugs_and_names() {
    let exercises = exercises();
    assert!(exercises.len() >= 400, "{}", exercises.len());
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
fn muscles_of_exercises_and_landmarks_are_known() {
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
        [&"adductors", &"lower_back", &"neck"],
        "no row is published for these"
    );
    assert!(rows.iter().all(|row| MUSCLES.contains(row)));
    assert!(!LANDMARKS.source.is_empty() && LANDMARKS.as_of.len() == 7);
}

#[test]
fn bilateral_dumbbell_and_kettlebell_exercises_describe_their_weight() {
    for exercise in exercises().iter().filter(|exercise| exercise.bilateral) {
        let implement = exercise.equipment.as_str();
        if matches!(implement, "dumbbell" | "kettlebell") {
            let per = format!("Weight is per {implement}");
            assert!(exercise.description.contains(&per), "{}", exercise.id);
        }
    }
}

#[test]
fn steps_and_limits_are_both_set_or_both_zero() {
    for exercise in exercises() {
        let (step, limit) = (exercise.step_increment, exercise.progression_limit);
        assert!((0.0..=10.0).contains(&step), "{}", exercise.id);
        assert_eq!(step > 0.0, limit > 0.0, "{}", exercise.id);
    }
}

#[test]
fn measures_and_loads_agree_with_equipment_and_steps() {
    for exercise in exercises() {
        let id = &exercise.id;
        let (measure, load) = (exercise.measure, exercise.load);
        // Help and nothing do not go up by a step.
        let by_weight = matches!(load, Load::External | Load::Added);
        assert!(by_weight || exercise.step_increment == 0.0, "{id}");
        let free = matches!(exercise.equipment.as_str(), "bodyweight" | "none" | "band");
        assert!(!free || load != Load::External || id == "rucking", "{id}");
        let carried = exercise.movement_pattern == "carry";
        assert!(!carried || measure != Measure::Reps, "{id}");
        let unit = measure.as_str();
        let says = |verb: &str| {
            exercise
                .description
                .contains(&format!("{unit}{verb} as reps"))
        };
        let said = ["", " held", " walked"].into_iter().any(says);
        assert!(said || measure == Measure::Reps, "{id}");
        if exercise.has_maximum() && measure != Measure::Reps {
            // As in earlier versions.
            assert_eq!(id, "plate-pinch-hold");
        }
    }
}

#[test]
fn at_least_five_plans_use_existing_exercises() {
    let exercises = exercises();
    let ids: HashSet<&str> = exercises.iter().map(|e| e.id.as_str()).collect();
    let plans: Vec<ShippedPlan> = parse(PLANS);
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
