//! The columns of a file, by their names in its header; and the values of a row by column.

use std::collections::HashMap;

use csv::StringRecord;

use super::number::decimal;
use crate::workout::error::{quoted, truncated};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    /// A number that is the same for all rows of a workout.
    Workout,
    Start,
    End,
    /// Text, or seconds.
    Duration,
    Title,
    WorkoutNotes,
    Exercise,
    ExerciseId,
    Superset,
    Load,
    Notes,
    SetIndex,
    SetKind,
    Weight,
    WeightKg,
    WeightLb,
    WeightUnit,
    Reps,
    Seconds,
    /// `h:mm:ss`.
    Time,
    Distance,
    DistanceMetres,
    DistanceKilometres,
    DistanceMiles,
    DistanceUnit,
    Rpe,
    Rir,
    /// Known, and not imported.
    Other,
}

/// A column and its names. The first one is shown in messages.
pub(super) type Named = (Column, &'static [&'static str]);

/// Where the columns of a file are.
#[derive(Debug)]
pub(super) struct Columns {
    at: HashMap<Column, usize>,
    names: Vec<String>,
    /// Names of columns that are there twice, or not known.
    pub repeated: Vec<String>,
    pub unknown: Vec<String>,
}

impl Columns {
    pub(super) fn new(header: &StringRecord, known: &[Named]) -> Self {
        let mut columns = Self {
            at: HashMap::new(),
            names: header.iter().map(|name| truncated(name, 60)).collect(),
            repeated: Vec::new(),
            unknown: Vec::new(),
        };
        for (at, name) in header.iter().enumerate() {
            let plain = plain(name);
            let is_named = |names: &[&str]| names.iter().any(|known| self::plain(known) == plain);
            let found = known.iter().find(|(_, names)| is_named(names));
            match found {
                None if plain.is_empty() => {}
                None => columns.unknown.push(quoted(name)),
                Some((Column::Other, _)) => {}
                // The first one counts.
                Some((column, _)) if columns.at.contains_key(column) => {
                    columns.repeated.push(quoted(name));
                }
                Some((column, _)) => drop(columns.at.insert(*column, at)),
            }
        }
        columns
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.at.contains_key(&column)
    }

    /// The column's name in the file.
    pub(super) fn name(&self, column: Column) -> &str {
        let at = self.at.get(&column);
        at.map_or("", |at| self.names[*at].as_str())
    }
}

/// The words of a column's name, in lower case.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    pub line: u64,
    /// The column's name in the file; empty where it is about the whole line.
    pub column: String,
    pub what: String,
}

/// The values of one row.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub line: u64,
    pub columns: &'a Columns,
    pub values: &'a StringRecord,
    pub has_decimal_commas: bool,
}

impl<'a> Cells<'a> {
    /// The value without surrounding spaces; `None` if it is empty.
    pub(super) fn get(self, column: Column) -> Option<&'a str> {
        let value = self.values.get(*self.columns.at.get(&column)?)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// A number within the bounds.
    pub(super) fn number(self, column: Column, min: f64, max: f64) -> Result<Option<f64>, Problem> {
        let Some(text) = self.get(column) else {
            return Ok(None);
        };
        let number = decimal(text, self.has_decimal_commas)
            .ok_or_else(|| self.problem(column, format!("{} is no number", quoted(text))))?;
        if !(min..=max).contains(&number) {
            let what = format!("{} is not from {min} to {max}", quoted(text));
            return Err(self.problem(column, what));
        }
        Ok(Some(number))
    }

    /// Wrong is a row that ends before the last column with a name: the rest of it was cut off.
    pub(super) fn check_length(self) -> Result<(), Problem> {
        let names = &self.columns.names;
        let last = names.iter().rposition(|name| !name.trim().is_empty());
        let (values, expected) = (self.values.len(), last.map_or(0, |last| last + 1));
        if values >= expected {
            return Ok(());
        }
        Err(Problem {
            line: self.line,
            column: String::new(),
            what: format!("it has {values} of {expected} values: it was cut off"),
        })
    }

    pub(super) fn problem(self, column: Column, what: impl Into<String>) -> Problem {
        Problem {
            line: self.line,
            column: self.columns.name(column).to_owned(),
            what: what.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Named] = &[
        (Column::Title, &["Workout Name"]),
        (Column::Weight, &["Weight (kg)"]),
        (Column::Other, &["Category"]),
    ];

    #[test]
    fn names_are_compared_by_their_words() {
        let header: StringRecord = ["WORKOUT NAME", "weight_kg", "Category", "", "Mood"]
            .into_iter()
            .collect();
        let columns = Columns::new(&header, KNOWN);
        assert!(columns.has(Column::Title) && columns.has(Column::Weight));
        assert_eq!(columns.name(Column::Weight), "weight_kg");
        assert_eq!(columns.unknown, ["\"Mood\""]);
        assert_eq!(columns.repeated, [""; 0]);
    }

    #[test]
    fn of_a_repeated_column_the_first_counts() {
        let header: StringRecord = ["Weight (kg)", "Weight (kg)"].into_iter().collect();
        let columns = Columns::new(&header, KNOWN);
        let values: StringRecord = ["1", "2"].into_iter().collect();
        let cells = Cells {
            line: 2,
            columns: &columns,
            values: &values,
            has_decimal_commas: false,
        };
        assert_eq!(cells.get(Column::Weight), Some("1"));
        assert_eq!(columns.repeated, ["\"Weight (kg)\""]);
    }
}
