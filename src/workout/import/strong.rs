//! Strong's exports: one row a set, separated by commas or semicolons, with the workout repeated in each.
//!
//! Known headers, all of files in public repositories:
//!
//! - `Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE`; the same with
//!   `Weight Unit`, `Distance Unit` and `Workout Duration`.
//! - `Workout #;Date;Workout Name;Duration (sec);Exercise Name;Set Order;Weight (kg);Reps;RPE;Distance (meters);Seconds;Notes;
//!   Workout Notes`.
//! - German: `Datum,Workout-Name,Dauer,Name der Übung,Reihenfolge festlegen,Gewicht,Wiederh.,Entfernung,Sekunden,Notizen,
//!   Workout-Notizen,RPE`, on Android `Workout-Dauer` (jjaju/statlift, `columns.json` at 3cc1c3c2).
//! - French: `Date,Nom de l'entraînement,Durée,Nom de l'exercice,Ordre de la série,Poids,Réps,Distance,Secondes,Notes,
//!   Notes d'entraînement,RPE` (Martsk23/fitness-recomp, `tests/fixtures/strong-export-reel.csv` at 5ab972bb, a real export).
//!
//! No name is here that no file has: a column of another name is reported, and one that is needed refuses the file.

use super::{
    columns::{Cells, Column, Named, WEIGHT},
    record::{RowKind, parse_kind},
};
use crate::workout::model::SetKind;

pub(super) const COLUMNS: &[Named] = &[
    (Column::Start, &["Date", "Datum"]),
    (
        Column::Title,
        &["Workout Name", "Workout-Name", "Nom de l'entraînement"],
    ),
    (
        Column::Exercise,
        &["Exercise Name", "Name der Übung", "Nom de l'exercice"],
    ),
    (
        Column::SetIndex,
        &["Set Order", "Reihenfolge festlegen", "Ordre de la série"],
    ),
    (Column::Workout, &["Workout #", "Workout Number"]),
    (
        Column::Duration,
        &[
            "Duration",
            "Duration (sec)",
            "Workout Duration",
            "Dauer",
            "Workout-Dauer",
            "Durée",
        ],
    ),
    (Column::Weight, &["Weight", "Gewicht", "Poids"]),
    (Column::WeightKg, &["Weight (kg)", "Weight (kgs)"]),
    (Column::WeightLb, &["Weight (lb)", "Weight (lbs)"]),
    (Column::WeightUnit, &["Weight Unit"]),
    (Column::Reps, &["Reps", "Wiederh.", "Réps"]),
    (Column::Rpe, &["RPE"]),
    (Column::Distance, &["Distance", "Entfernung"]),
    (
        Column::DistanceMetres,
        &["Distance (meters)", "Distance (m)"],
    ),
    (
        Column::DistanceKilometres,
        &["Distance (km)", "Distance (kilometers)"],
    ),
    (
        Column::DistanceMiles,
        &["Distance (mi)", "Distance (miles)"],
    ),
    (Column::DistanceUnit, &["Distance Unit"]),
    (Column::Seconds, &["Seconds", "Sekunden", "Secondes"]),
    (Column::Notes, &["Notes", "Exercise Notes", "Notizen"]),
    (
        Column::WorkoutNotes,
        &["Workout Notes", "Workout-Notizen", "Notes d'entraînement"],
    ),
];

/// Without the order of sets, rests and warm-ups would be sets.
pub(super) const NEEDED: &[&[Column]] = &[
    &[Column::Start],
    &[Column::Title],
    &[Column::Exercise],
    &[Column::SetIndex],
    WEIGHT,
    &[Column::Reps],
];

/// `Set Order` is a number, or a letter for the kind of a set; rests and notes have words.
pub(super) fn kind(cells: Cells<'_>) -> RowKind {
    let Some(order) = cells.get(Column::SetIndex) else {
        return RowKind::Set(SetKind::Normal, None);
    };
    if let Ok(index) = order.parse() {
        return RowKind::Set(SetKind::Normal, Some(index));
    }
    let letter = order.trim_end_matches(|c: char| c.is_ascii_digit());
    match letter.to_lowercase().as_str() {
        "w" => RowKind::Set(SetKind::WarmUp, None),
        "d" => RowKind::Set(SetKind::Drop, None),
        "f" => RowKind::Set(SetKind::Failure, None),
        "note" | "notes" | "notiz" | "remarque" => RowKind::Note,
        "rest timer" | "rest" | "minuteur de repos" | "ruhezeit" => RowKind::Rest,
        // A timer in another language counts nothing but seconds.
        _ if letter.chars().count() > 1 && counts_nothing(cells) => RowKind::Rest,
        _ => match parse_kind(order) {
            Some(kind) => RowKind::Set(kind, None),
            None => RowKind::Other(None),
        },
    }
}

fn counts_nothing(cells: Cells<'_>) -> bool {
    let counted = [
        Column::Weight,
        Column::WeightKg,
        Column::WeightLb,
        Column::Reps,
        Column::Distance,
        Column::DistanceMetres,
    ];
    counted
        .iter()
        .filter_map(|column| cells.get(*column))
        .all(|value| value.chars().all(|c| matches!(c, '0' | '.' | ',')))
}
