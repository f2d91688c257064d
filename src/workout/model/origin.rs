//! Of an imported workout: which one of which app it is, and the rows that it comes from.

use serde::{Deserialize, Serialize};

/// Where a workout comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Says which workout of which app it is.
    pub key: String,
    pub rows: ImportedRows,
}

/// The rows of a file that were imported to a workout, in the order of its exercises and sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportedRows(pub Vec<RowsOf>);

/// The rows of one exercise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowsOf {
    /// As the file calls the exercise, in lower case.
    pub name: String,
    /// Which of the places where the workout has it.
    pub nth: usize,
    pub numbers: Vec<String>,
}

impl ImportedRows {
    /// As the database has it.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Name, place and number of each row.
    pub fn ids(&self) -> impl Iterator<Item = (&str, usize, &str)> {
        self.0.iter().flat_map(|of| {
            let numbers = of.numbers.iter();
            numbers.map(move |number| (of.name.as_str(), of.nth, number.as_str()))
        })
    }
}
