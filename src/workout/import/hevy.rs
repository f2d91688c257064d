//! Hevy's export: one row a set, `"8 Apr 2026, 16:50"`, kilograms and kilometres or pounds and miles in the names of the columns.
//! `set_type` is `normal`, `warmup`, `dropset` or `failure`; `set_index` begins at 0 for each exercise.

use super::columns::{Column, Named, WEIGHT};

pub(super) const COLUMNS: &[Named] = &[
    (Column::Title, &["title"]),
    (Column::Start, &["start_time"]),
    (Column::End, &["end_time"]),
    (Column::WorkoutNotes, &["description"]),
    (Column::Exercise, &["exercise_title"]),
    (Column::Superset, &["superset_id"]),
    (Column::Notes, &["exercise_notes"]),
    (Column::SetIndex, &["set_index"]),
    (Column::SetKind, &["set_type"]),
    (Column::WeightKg, &["weight_kg"]),
    (Column::WeightLb, &["weight_lbs", "weight_lb"]),
    (Column::Reps, &["reps"]),
    (Column::DistanceKilometres, &["distance_km"]),
    (Column::DistanceMiles, &["distance_miles", "distance_mi"]),
    (Column::DistanceMetres, &["distance_meters", "distance_m"]),
    (Column::Seconds, &["duration_seconds"]),
    (Column::Rpe, &["rpe"]),
];

pub(super) const NEEDED: &[&[Column]] = &[
    &[Column::Title],
    &[Column::Start],
    &[Column::Exercise],
    WEIGHT,
    &[Column::Reps],
];
