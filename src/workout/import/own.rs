//! This server's own export, the format `csv`: what `export` writes and `import` reads back.
//!
//! One row a set. `workout` numbers the workouts of one start, `set` the sets of an exercise; times are RFC 3339 in UTC;
//! `workout_notes` stand in the first row of a workout and `exercise_notes` in the first one of an exercise; `exercise_id` is the
//! slug, and `exercise` its name; `load` is what weights of an own exercise are; `set_kind` is `normal`, `warm_up`, `drop`, `failure` or `failed_attempt`.

use super::columns::{Column, Named};

/// The columns, in the order in which they are written.
pub const HEADER: &str = "workout,started_at,ended_at,workout_name,workout_notes,exercise,exercise_id,superset,exercise_notes,\
set,set_kind,weight,weight_unit,reps,seconds,metres,rpe,rir,load";

pub(super) const COLUMNS: &[Named] = &[
    (Column::Workout, &["workout"]),
    (Column::Start, &["started_at"]),
    (Column::End, &["ended_at"]),
    (Column::Title, &["workout_name"]),
    (Column::WorkoutNotes, &["workout_notes"]),
    (Column::Exercise, &["exercise"]),
    (Column::ExerciseId, &["exercise_id"]),
    (Column::Superset, &["superset"]),
    (Column::Notes, &["exercise_notes"]),
    (Column::SetIndex, &["set"]),
    (Column::SetKind, &["set_kind"]),
    (Column::Weight, &["weight"]),
    (Column::WeightUnit, &["weight_unit"]),
    (Column::Reps, &["reps"]),
    (Column::Seconds, &["seconds"]),
    (Column::DistanceMetres, &["metres"]),
    (Column::Rpe, &["rpe"]),
    (Column::Rir, &["rir"]),
    (Column::Load, &["load"]),
];

pub(super) const REQUIRED: &[Column] = &[Column::Start, Column::Exercise, Column::SetKind];
