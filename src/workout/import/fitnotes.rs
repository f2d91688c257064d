//! Exports of `FitNotes` (Android) and `FitNotes 2` (iOS): one row a set, a date without a time and no name of the workout; a day is
//! a workout.

use super::columns::{Column, Named, WEIGHT};

pub(super) const COLUMNS: &[Named] = &[
    (Column::Start, &["Date", "Datum"]),
    (Column::Exercise, &["Exercise", "Exercise Name", "Übung"]),
    (Column::Other, &["Category", "Kategorie", "Time Unit"]),
    (Column::Weight, &["Weight", "Gewicht"]),
    (
        Column::WeightKg,
        &["Weight (kg)", "Weight (kgs)", "Gewicht (kg)"],
    ),
    (Column::WeightLb, &["Weight (lbs)", "Weight (lb)"]),
    (Column::WeightUnit, &["Weight Unit", "Gewichtseinheit"]),
    (Column::Reps, &["Reps", "Wiederholungen"]),
    (Column::Distance, &["Distance", "Distanz"]),
    (Column::DistanceUnit, &["Distance Unit", "Distanzeinheit"]),
    (Column::Time, &["Time", "Zeit"]),
    (Column::Notes, &["Comment", "Notes", "Kommentar"]),
    (Column::SetKind, &["Kind", "Set Type"]),
    (Column::Rpe, &["RPE"]),
    (Column::Rir, &["RIR"]),
];

pub(super) const NEEDED: &[&[Column]] = &[
    &[Column::Start],
    &[Column::Exercise],
    WEIGHT,
    &[Column::Reps],
];
