//! Strong's exports: one row a set, separated by commas or semicolons, with the workout repeated in each.
//!
//! Known headers: `Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE`, the
//! same with `Weight Unit` and `Distance Unit`, and `Workout #;Date;Workout Name;Duration (sec);Exercise Name;Set Order;
//! Weight (kg);Reps;RPE;Distance (meters);Seconds;Notes;Workout Notes`; German and French ones.

use super::{
    columns::{Cells, Column, Named},
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
        &[
            "Exercise Name",
            "Name der Übung",
            "Übungsname",
            "Nom de l'exercice",
        ],
    ),
    (
        Column::SetIndex,
        &[
            "Set Order",
            "Satzreihenfolge",
            "Satz-Reihenfolge",
            "Reihenfolge der Sätze",
            "Reihenfolge festlegen",
            "Ordre de la série",
            "Ordre des séries",
        ],
    ),
    (
        Column::Workout,
        &["Workout #", "Workout Number", "Workout-Nr."],
    ),
    (
        Column::Duration,
        &[
            "Duration",
            "Duration (sec)",
            "Workout Duration",
            "Dauer",
            "Dauer (Sek)",
            "Trainingsdauer",
            "Durée",
            "Durée (sec)",
        ],
    ),
    (Column::Weight, &["Weight", "Gewicht", "Poids"]),
    (
        Column::WeightKg,
        &["Weight (kg)", "Weight (kgs)", "Gewicht (kg)", "Poids (kg)"],
    ),
    (
        Column::WeightLb,
        &[
            "Weight (lb)",
            "Weight (lbs)",
            "Gewicht (lb)",
            "Gewicht (lbs)",
            "Poids (lb)",
            "Poids (lbs)",
        ],
    ),
    (
        Column::WeightUnit,
        &["Weight Unit", "Gewichtseinheit", "Unité de poids"],
    ),
    (
        Column::Reps,
        &[
            "Reps",
            "Wiederh.",
            "Wdh.",
            "Wiederholungen",
            "Réps",
            "Répétitions",
        ],
    ),
    (Column::Rpe, &["RPE"]),
    (
        Column::Distance,
        &["Distance", "Entfernung", "Distanz", "Strecke"],
    ),
    (
        Column::DistanceMetres,
        &[
            "Distance (meters)",
            "Distance (m)",
            "Entfernung (Meter)",
            "Distanz (Meter)",
            "Distance (mètres)",
        ],
    ),
    (
        Column::DistanceKilometres,
        &["Distance (km)", "Distance (kilometers)"],
    ),
    (
        Column::DistanceMiles,
        &["Distance (mi)", "Distance (miles)"],
    ),
    (
        Column::DistanceUnit,
        &[
            "Distance Unit",
            "Entfernungseinheit",
            "Distanzeinheit",
            "Unité de distance",
        ],
    ),
    (Column::Seconds, &["Seconds", "Sekunden", "Secondes"]),
    (Column::Notes, &["Notes", "Exercise Notes", "Notizen"]),
    (
        Column::WorkoutNotes,
        &[
            "Workout Notes",
            "Workout-Notizen",
            "Trainingsnotizen",
            "Notes de l'entraînement",
        ],
    ),
];

pub(super) const REQUIRED: &[Column] = &[Column::Start, Column::Title, Column::Exercise];

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
        "rest timer" | "rest" | "minuteur de repos" | "ruhe-timer" | "pausen-timer" => {
            RowKind::Rest
        }
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
