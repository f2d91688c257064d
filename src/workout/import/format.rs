//! The formats, and which of them a header is.

use csv::StringRecord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    columns::{Column, Columns, Named},
    fitnotes, hevy, own, strong, table,
};
use crate::workout::error::ToolError;

/// The app that wrote a file; `csv` is this server's own export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Format {
    Strong,
    Hevy,
    #[serde(rename = "fitnotes")]
    FitNotes,
    Csv,
}

/// In the order of detection: the header of a later one may have the columns of an earlier one.
pub const FORMATS: [Format; 4] = [Format::Csv, Format::Hevy, Format::Strong, Format::FitNotes];

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Hevy => "hevy",
            Self::FitNotes => "fitnotes",
            Self::Csv => "csv",
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_lowercase();
        let format = FORMATS.into_iter().find(|format| format.as_str() == lower);
        format.ok_or_else(|| "must be strong, hevy, fitnotes or csv".to_owned())
    }

    /// The columns that it may have, by their names in all languages that are known.
    pub(super) fn columns(self) -> &'static [Named] {
        match self {
            Self::Strong => strong::COLUMNS,
            Self::Hevy => hevy::COLUMNS,
            Self::FitNotes => fitnotes::COLUMNS,
            Self::Csv => own::COLUMNS,
        }
    }

    /// The columns without which a file would be another format's, or misread: one of each group.
    fn needed(self) -> &'static [&'static [Column]] {
        match self {
            Self::Strong => strong::NEEDED,
            Self::Hevy => hevy::NEEDED,
            Self::FitNotes => fitnotes::NEEDED,
            Self::Csv => own::NEEDED,
        }
    }

    /// The first names of the needed columns that are not there.
    fn missing(self, columns: &Columns) -> Vec<&'static str> {
        let needed = self.needed().iter();
        let missing = needed.filter(|any| !any.iter().any(|column| columns.has(*column)));
        missing.map(|any| self.name(any)).collect()
    }

    /// The first name of the first one of the columns that the format has.
    fn name(self, any: &[Column]) -> &'static str {
        let named = self.columns().iter().find(|(of, _)| any.contains(of));
        named.map_or("", |(_, names)| names[0])
    }

    fn described(self) -> String {
        let needed = self.needed().iter();
        let names: Vec<&str> = needed.map(|any| self.name(any)).collect();
        let languages = match self {
            Self::Strong => " in English, German or French",
            Self::Hevy | Self::FitNotes | Self::Csv => "",
        };
        format!("{} ({}, …{languages})", self.as_str(), names.join(", "))
    }
}

/// The columns of the header in the given format, or in the first one whose needed columns it has.
pub(super) fn detect(
    header: &StringRecord,
    given: Option<Format>,
) -> Result<(Format, Columns), ToolError> {
    let formats: &[Format] = given.as_ref().map_or(&FORMATS, std::slice::from_ref);
    // The fewest missing columns so far.
    let mut nearest: Option<(Format, Vec<&str>)> = None;
    for format in formats {
        let columns = Columns::new(header, format.columns());
        let missing = format.missing(&columns);
        if missing.is_empty() {
            return Ok((*format, columns));
        }
        // Half of the columns tell what the file is meant to be.
        let is_like = given.is_some() || 2 * missing.len() <= format.needed().len();
        let is_nearer = nearest
            .as_ref()
            .is_none_or(|(_, of)| missing.len() < of.len());
        if is_like && is_nearer {
            nearest = Some((*format, missing));
        }
    }
    let shown = table::shown(header);
    let what = match nearest {
        Some((format, missing)) => format!(
            "of the format {} it lacks {}; its columns are {shown}",
            format.as_str(),
            missing.join(", ")
        ),
        None => format!("its header is that of no known format; its columns are {shown}"),
    };
    let known: Vec<String> = formats.iter().map(|format| format.described()).collect();
    Err(ToolError::Input(format!(
        "the file cannot be read: {what}; known are {}",
        known.join("; ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(header: &str) -> Result<Format, String> {
        let delimiter = if header.contains(';') { ';' } else { ',' };
        let header: StringRecord = header.split(delimiter).collect();
        let detected = detect(&header, None).map(|(format, _)| format);
        detected.map_err(|error| error.to_string())
    }

    #[test]
    fn the_headers_of_the_apps_are_known() {
        for (header, expected) in [
            (
                "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE",
                Format::Strong,
            ),
            (
                "Workout #;Date;Workout Name;Duration (sec);Exercise Name;Set Order;Weight (kg);Reps;RPE;Distance (meters);Seconds;Notes;Workout Notes",
                Format::Strong,
            ),
            (
                "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;Distance Unit;Seconds;Notes;Workout Notes;Workout Duration",
                Format::Strong,
            ),
            (
                "Datum;Workout-Name;Name der Übung;Reihenfolge festlegen;Gewicht;Wiederh.;RPE;Entfernung;Sekunden;Notizen;Workout-Notizen;Workout-Dauer",
                Format::Strong,
            ),
            (
                "Date,Nom de l'entraînement,Durée,Nom de l'exercice,Ordre de la série,Poids,Réps,Distance,Secondes,Notes,Notes d'entraînement,RPE",
                Format::Strong,
            ),
            (
                "title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,set_index,set_type,weight_lbs,reps,distance_miles,duration_seconds,rpe",
                Format::Hevy,
            ),
            (
                "Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,Comment",
                Format::FitNotes,
            ),
            (
                "Date,Exercise,Category,Weight (kg),Weight (lbs),Reps,Distance,Distance Unit,Time,Notes,Kind",
                Format::FitNotes,
            ),
            ("Date,Exercise,Category,Weight (kgs),Reps", Format::FitNotes),
            (super::super::own::HEADER, Format::Csv),
        ] {
            assert_eq!(format(header), Ok(expected), "{header}");
        }
    }

    #[test]
    fn an_unknown_header_is_shown_with_what_is_known() {
        let error = format("Activity ID,Activity Date").unwrap_err();
        for part in [
            "\"Activity ID\"",
            "strong (Date, ",
            "hevy (",
            "fitnotes (",
            "csv (",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn a_header_that_lacks_needed_columns_is_refused_and_they_are_named() {
        // Read all the same, its weights would be 0, and its rests sets.
        let spanish = "Datum;Workout-Name;Name der Übung;Orden;Peso;Wiederh.";
        let error = format(spanish).unwrap_err();
        let expected =
            "of the format strong it lacks Set Order, Weight; its columns are \"Datum\", ";
        assert!(error.contains(expected), "{error}");
        let error = format("Date,Exercise,Reps").unwrap_err();
        assert!(
            error.contains("of the format fitnotes it lacks Weight; "),
            "{error}"
        );
        let header: StringRecord = ["Date", "Exercise", "Reps"].into_iter().collect();
        let error = detect(&header, Some(Format::Hevy)).map(|_| ()).unwrap_err();
        let error = error.to_string();
        let expected =
            "of the format hevy it lacks title, start_time, exercise_title, weight_kg; its";
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("known are hevy (title, "), "{error}");
    }
}
