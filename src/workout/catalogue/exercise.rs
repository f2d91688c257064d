//! An exercise of the catalogue, and its database row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::{AnyPool, Row, any::AnyRow};

use super::{MAX_EXERCISES, names::normalize};

/// A plate of an assistance machine, in kg.
const ASSISTANCE_STEP: f64 = 5.0;

#[derive(Clone, Debug, PartialEq, Deserialize)]
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
    /// A user's own, not one of the shared ones.
    #[serde(default)]
    pub own: bool,
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

    /// A measure by any of its usual names, in lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "rep" | "reps" | "repetition" | "repetitions" => Some(Self::Reps),
            "s" | "sec" | "secs" | "second" | "seconds" => Some(Self::Seconds),
            "m" | "meter" | "meters" | "metre" | "metres" => Some(Self::Metres),
            _ => None,
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
    /// All that is lifted in a repetition with this weight, for a maximum and for volume. `body` is the lifter's weight, in the
    /// same unit. `None` where it is not known: of exercises that lift a part of the body, without a body weight, without load,
    /// and where no repetitions are counted.
    pub fn lifted(&self, weight: f64, body: Option<f64>) -> Option<f64> {
        if self.measure != Measure::Reps || self.is_cardio() {
            return None;
        }
        match self.load {
            Load::External => Some(weight),
            Load::Added if self.lifts_the_body() => Some(body? + weight),
            Load::Assistance => Some((body? - weight).max(0.0)),
            Load::Added | Load::None => None,
        }
    }

    /// The weight increment in kg; 0 without progression by weight. A machine takes a plate less of assistance.
    pub fn step(&self) -> f64 {
        let plate = self.load == Load::Assistance && self.equipment == "machine";
        if plate && self.step_increment <= 0.0 {
            ASSISTANCE_STEP
        } else {
            self.step_increment
        }
    }

    /// True if the body weight is part of what is lifted, so that it makes figures of weight possible.
    pub fn needs_body_weight(&self) -> bool {
        self.measure == Measure::Reps
            && match self.load {
                Load::Added => self.lifts_the_body(),
                Load::Assistance => true,
                Load::External | Load::None => false,
            }
    }

    /// True if the hands carry the whole body, as in pull-ups and dips. Of push-ups, crunches and the like it is a part that no
    /// figure is known for.
    fn lifts_the_body(&self) -> bool {
        let name = normalize(&self.name);
        let named = |words: &[&str]| name.split(' ').any(|word| words.contains(&word));
        self.movement_pattern == "vertical_pull"
            || named(&["dip"]) && !named(&["bench", "chair", "hip"])
    }

    /// A user's own exercise with nothing said of it.
    pub fn own() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            aliases: Vec::new(),
            description: String::new(),
            primary_muscles: Vec::new(),
            secondary_muscles: Vec::new(),
            equipment: "other".to_owned(),
            movement_pattern: "other".to_owned(),
            bilateral: true,
            step_increment: 0.0,
            progression_limit: 0.0,
            measure: Measure::Reps,
            load: Load::External,
            own: true,
        }
    }

    /// The own exercise with what follows from the rest: time and distance without load or equipment are cardio, those with a
    /// weight are carries or holds.
    #[must_use]
    pub fn derived(mut self) -> Self {
        let free = matches!(self.equipment.as_str(), "none" | "cardio_machine" | "rope");
        let pattern = match (self.measure, self.load) {
            (Measure::Reps, _) => "other",
            (_, Load::None) if free => "cardio",
            (_, Load::External) => "carry",
            _ => "other",
        };
        pattern.clone_into(&mut self.movement_pattern);
        self.description = match self.measure {
            Measure::Reps => String::new(),
            measure => format!("Log the {} as reps.", measure.as_str()),
        };
        self
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
        aliases: from_json(row, "aliases")?,
        description: row.try_get("description")?,
        primary_muscles: from_json(row, "primary_muscles")?,
        secondary_muscles: from_json(row, "secondary_muscles")?,
        equipment: row.try_get("equipment")?,
        movement_pattern: row.try_get("movement_pattern")?,
        bilateral: row.try_get::<i64, _>("bilateral")? == 1,
        step_increment: row.try_get("step_increment")?,
        progression_limit: row.try_get("progression_limit")?,
        measure: from_word(row, "measure")?,
        load: from_word(row, "load")?,
        own: false,
    })
}

/// A column of JSON text.
pub(in crate::workout) fn from_json<T: DeserializeOwned>(
    row: &AnyRow,
    column: &str,
) -> Result<T, sqlx::Error> {
    serde_json::from_str(row.try_get(column)?).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A column with the word for a [`Measure`] or [`Load`].
pub(in crate::workout) fn from_word<T: DeserializeOwned>(
    row: &AnyRow,
    column: &str,
) -> Result<T, sqlx::Error> {
    let word = serde_json::Value::String(row.try_get(column)?);
    serde_json::from_value(word).map_err(|error| sqlx::Error::Decode(error.into()))
}
