//! An exercise of the catalogue, and its database row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::{AnyPool, Row, any::AnyRow};

use super::{MAX_EXERCISES, names::normalize};

#[derive(Clone, Debug, Deserialize)]
pub struct Exercise {
    pub id: String,
    pub name: String,
    pub aliases: Vec<String>,
    pub description: String,
    pub primary_muscles: Vec<String>,
    pub secondary_muscles: Vec<String>,
    pub equipment: String,
    pub movement_pattern: String,
    /// Both limbs work at the same time.
    pub bilateral: bool,
    /// In kg; 0 without progression by weight.
    pub step_increment: f64,
    /// In kg; 0 is none.
    pub progression_limit: f64,
    /// What a set's reps count.
    pub measure: Measure,
    /// What a set's weight is.
    pub load: Load,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Measure {
    Reps,
    Seconds,
    Metres,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Load {
    External,
    Added,
    Assistance,
    None,
}

impl Measure {
    /// The word for it, also in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reps => "reps",
            Self::Seconds => "seconds",
            Self::Metres => "metres",
        }
    }
}

impl Load {
    /// The word for it, also in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Added => "added",
            Self::Assistance => "assistance",
            Self::None => "none",
        }
    }
}

impl Exercise {
    /// True if a one-rep maximum can be estimated: not where the load includes the unknown body weight, nor for carries, whose
    /// repetitions are steps or seconds, nor for cardio.
    pub fn has_maximum(&self) -> bool {
        let with_body = matches!(
            self.equipment.as_str(),
            "bodyweight" | "suspension" | "stability_ball" | "rope"
        );
        !with_body && self.movement_pattern != "carry" && !self.is_cardio()
    }

    /// True if its sets count toward the weekly volume of its muscles.
    pub fn counts_as_volume(&self) -> bool {
        !self.is_cardio()
    }

    fn is_cardio(&self) -> bool {
        self.movement_pattern == "cardio"
    }

    /// True if the text is its slug or its name, in any spelling; not for an alias.
    pub fn is_called(&self, text: &str) -> bool {
        let text = normalize(text);
        text == normalize(&self.id) || text == normalize(&self.name)
    }

    /// True if the muscle is among the primary or secondary ones.
    pub fn works(&self, muscle: &str) -> bool {
        let mut all = self.primary_muscles.iter().chain(&self.secondary_muscles);
        all.any(|m| m == muscle)
    }
}

/// All rows, including those added by an operator.
pub(super) async fn load(pool: &AnyPool) -> Result<Vec<Exercise>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, name, aliases, description, primary_muscles, secondary_muscles, equipment, movement_pattern,
                CASE WHEN bilateral THEN 1 ELSE 0 END AS bilateral, step_increment, progression_limit, measure, load
         FROM exercise ORDER BY id LIMIT $1",
    );
    let rows = rows.bind(MAX_EXERCISES).fetch_all(pool).await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &AnyRow) -> Result<Exercise, sqlx::Error> {
    Ok(Exercise {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        aliases: json(row, "aliases")?,
        description: row.try_get("description")?,
        primary_muscles: json(row, "primary_muscles")?,
        secondary_muscles: json(row, "secondary_muscles")?,
        equipment: row.try_get("equipment")?,
        movement_pattern: row.try_get("movement_pattern")?,
        bilateral: row.try_get::<i64, _>("bilateral")? == 1,
        step_increment: row.try_get("step_increment")?,
        progression_limit: row.try_get("progression_limit")?,
        measure: word(row, "measure")?,
        load: word(row, "load")?,
    })
}

fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(row.try_get(column)?).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn word<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, sqlx::Error> {
    let word = serde_json::Value::String(row.try_get(column)?);
    serde_json::from_value(word).map_err(|error| sqlx::Error::Decode(error.into()))
}
