//! Validation of the user's own exercises.

use crate::workout::{
    catalogue::{Load, Measure, muscles_of},
    model::MAX_EXERCISE_NAME_CHARS,
    tools::prelude::*,
};

/// In kg; of an exercise for which none is given.
const DEFAULT_STEP: f64 = 2.5;
/// In kg. No weights are smaller.
const MIN_STEP: f64 = 0.1;

// What is given of an exercise. The tools' schemas say what is required, and that there is nothing else: `serde` cannot where
// fields are flattened.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Changes {
    #[schemars(length(max = MAX_EXERCISE_NAME_CHARS), regex(pattern = NOT_BLANK))]
    name: Option<String>,
    #[schemars(length(min = 1, max = 17))]
    primary_muscles: Option<Vec<String>>,
    #[schemars(length(max = 17))]
    secondary_muscles: Option<Vec<String>>,
    #[schemars(length(max = 10), inner(length(max = MAX_EXERCISE_NAME_CHARS)))]
    aliases: Option<Vec<String>>,
    equipment: Option<String>,
    measure: Option<Measure>,
    /// What weight is
    load: Option<Load>,
    /// kg
    #[schemars(range(min = 0, max = 50))]
    step_increment: Option<f64>,
}

impl Changes {
    /// The exercise with what is given, validated. One without a name is new, and gets defaults.
    pub(super) fn applied_to(
        self,
        mut exercise: Exercise,
        catalogue: &Catalogue,
    ) -> Result<Exercise, ToolError> {
        let is_new = exercise.name.is_empty();
        if let Some(name) = self.name {
            exercise.name = free_name("name", &name, &exercise.id, catalogue)?;
        }
        if let Some(aliases) = &self.aliases {
            exercise.aliases = free_aliases(aliases, &exercise, catalogue)?;
        }
        if let Some(muscles) = &self.primary_muscles {
            exercise.primary_muscles = muscle_names("primary_muscles", muscles)?;
        }
        if let Some(muscles) = &self.secondary_muscles {
            exercise.secondary_muscles = muscle_names("secondary_muscles", muscles)?;
        }
        let Exercise {
            primary_muscles,
            secondary_muscles,
            ..
        } = &mut exercise;
        secondary_muscles.retain(|muscle| !primary_muscles.contains(muscle));
        if let Some(equipment) = non_blank(self.equipment) {
            exercise.equipment = catalogue.equipment("equipment", &equipment)?;
        }
        exercise.measure = self.measure.unwrap_or(exercise.measure);
        exercise.load = match self.load {
            None if is_new => usual_load(&exercise.equipment),
            given => given.unwrap_or(exercise.load),
        };
        exercise.step_increment = step(self.step_increment, &exercise, is_new)?;
        Ok(exercise.derived())
    }
}

/// A name with single spaces that no other exercise has.
fn free_name(
    place: &str,
    given: &str,
    id: &str,
    catalogue: &Catalogue,
) -> Result<String, ToolError> {
    let spaced = given.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = text(Some(spaced)).unwrap_or_default();
    if !name.chars().any(char::is_alphanumeric) {
        return Err(ToolError::at(place, "has no letter or digit"));
    }
    match catalogue.called(&name).filter(|other| other.id != id) {
        None => Ok(name),
        Some(other) => Err(invalid!(
            place,
            "{} is already {} ({})",
            quoted(&name),
            other.name,
            other.id
        )),
    }
}

fn free_aliases(
    given: &[String],
    exercise: &Exercise,
    catalogue: &Catalogue,
) -> Result<Vec<String>, ToolError> {
    let mut aliases: Vec<String> = Vec::new();
    for (at, alias) in given.iter().enumerate() {
        let place = format!("aliases[{at}]");
        let alias = free_name(&place, alias, &exercise.id, catalogue)?;
        if alias != exercise.name && !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    Ok(aliases)
}

/// The muscle groups that the words stand for, each once.
fn muscle_names(place: &str, given: &[String]) -> Result<Vec<String>, ToolError> {
    let mut muscles: Vec<String> = Vec::new();
    for (at, word) in given.iter().enumerate() {
        for muscle in muscles_of(&format!("{place}[{at}]"), word)? {
            if !muscles.iter().any(|known| known == muscle) {
                muscles.push((*muscle).to_owned());
            }
        }
    }
    Ok(muscles)
}

/// What the weight is with such equipment, as a rule.
fn usual_load(equipment: &str) -> Load {
    match equipment {
        "bodyweight" => Load::Added,
        "band" | "cardio_machine" | "none" | "rope" | "stability_ball" | "suspension" => Load::None,
        _ => Load::External,
    }
}

/// In kg: the given step, or the one so far. Help and nothing do not go up by a step.
fn step(given: Option<f64>, exercise: &Exercise, is_new: bool) -> Result<f64, ToolError> {
    let place = "step_increment";
    let by_weight = matches!(exercise.load, Load::External | Load::Added);
    match given {
        Some(step) if step > 0.0 && !by_weight => Err(invalid!(
            place,
            "is {step}, but weight goes up only where load is external or added; load is {}",
            exercise.load.as_str()
        )),
        Some(step) if step > 0.0 && step < MIN_STEP => Err(invalid!(
            place,
            "is {step}; give 0, or a number from {MIN_STEP}"
        )),
        Some(step) => Ok(step),
        None if !by_weight => Ok(0.0),
        None if is_new => Ok(DEFAULT_STEP),
        None => Ok(exercise.step_increment),
    }
}
