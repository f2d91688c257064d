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
}

/// What was taken from public sources is stated with its commit and date, in the data and beside the figures.
#[test]
fn landmarks_state_their_commit_and_date() {
    let sources = include_str!("../../figures/SOURCES.md");
    let commit = "dc689d3d88fd8ccc54d890ee554fb3467e188ff3";
    assert_eq!(
        (LANDMARKS.commit.as_str(), LANDMARKS.as_of.as_str()),
        (commit, "2025-11-01")
    );
    assert!(LANDMARKS.source_url.contains(commit));
    for said in [commit, "2025-11-01", "melvio/lifting-volumes-overview"] {
        assert!(sources.contains(said), "{said}");
    }
    for doi in [
        "10.1080/07303084.1993.10606684",
        "10.1519/JSC.0000000000001049",
        "10.1007/s40279-025-02344-w",
    ] {
        assert!(sources.contains(doi), "{doi}");
    }
    // Each row of the table is written out there too, as it is in the data.
    for row in &LANDMARKS.muscles {
        let marks = &row.landmarks;
        let cells = [marks.mv, marks.mev, marks.mav, marks.mrv, row.days];
        let cells = cells.map(|range| format!("{}-{}", range.min, range.max));
        let by_days = (2..=5).map(|days| match row.mrv_for(days) {
            Some(mrv) if mrv.max.is_none() => format!("{}+", mrv.min),
            mrv => mrv.map_or_else(String::new, |mrv| mrv.min.to_string()),
        });
        let by_days: Vec<String> = by_days.collect();
        let line = format!(
            "| {} | {} | {} |",
            row.muscle,
            cells.join(" | "),
            by_days.join(" / ")
        );
        assert!(sources.contains(&line), "{line}");
    }
}

#[test]
fn mrv_follows_the_training_days() {
    let of = |muscle: &str, days: usize| {
        let mrv = LANDMARKS.get(muscle)?.mrv_for(days)?;
        Some((mrv.min, mrv.max))
    };
    assert_eq!(of("chest", 0), None);
    assert_eq!(of("chest", 1), Some((5.0, Some(12.0))));
    assert_eq!(of("chest", 2), Some((20.0, Some(20.0))));
    assert_eq!(of("chest", 4), Some((30.0, Some(30.0))));
    assert_eq!(of("chest", 5), Some((35.0, None)));
    assert_eq!(of("chest", 7), Some((35.0, None)));
    assert_eq!(of("front_delts", 3), Some((16.0, None)));
    assert_eq!(of("neck", 3), None);
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
        let weighed = exercise.lifted(50.0, Some(80.0)).is_some();
        assert!(!weighed || measure == Measure::Reps, "{id}");
    }
}

#[test]
fn what_is_lifted_follows_measure_and_load() {
    let all = exercises();
    let lifted = |id: &str, weight: f64, body: Option<f64>| {
        let exercise = all.iter().find(|exercise| exercise.id == id);
        exercise.expect("a slug").lifted(weight, body)
    };
    for (id, with_body, without) in [
        ("barbell-bench-press", Some(20.0), Some(20.0)),
        ("pull-up", Some(100.0), None),
        ("dip", Some(100.0), None),
        ("assisted-pull-up", Some(60.0), None),
        ("band-assisted-pull-up", Some(60.0), None),
        ("bench-dip", None, None),
        ("push-up", None, None),
        ("ab-wheel-rollout", None, None),
        ("plank", None, None),
        ("dumbbell-farmers-carry", None, None),
        ("running", None, None),
    ] {
        assert_eq!(lifted(id, 20.0, Some(80.0)), with_body, "{id}");
        assert_eq!(lifted(id, 20.0, None), without, "{id}");
    }
    let step = |id: &str| all.iter().find(|e| e.id == id).map(Exercise::step);
    assert_eq!(step("assisted-dip"), Some(5.0));
    assert_eq!(step("band-assisted-pull-up"), Some(0.0));
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
