//! `list_exercises`, and the catalogue as a resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::input::answer;
use crate::{
    workout::call::{Answer, ToolError, quoted},
    workout::catalogue::{Catalogue, Exercise, muscles_named},
    workout::figures::units::{Unit, convert, round1, step_in},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListExercises {
    muscle_group: Option<String>,
    equipment: Option<String>,
    /// Words of the name
    query: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ExerciseList {
    count: usize,
    exercises: Vec<ExerciseView>,
}

#[derive(Serialize, JsonSchema)]
struct ExerciseView {
    id: String,
    name: String,
    description: String,
    primary_muscles: Vec<String>,
    secondary_muscles: Vec<String>,
    equipment: String,
    movement_pattern: String,
    bilateral: bool,
    /// kg
    step_increment: f64,
    step_increment_lb: f64,
    /// kg; 0 is none
    progression_limit: f64,
    progression_limit_lb: f64,
}

impl From<&Exercise> for ExerciseView {
    fn from(exercise: &Exercise) -> Self {
        let Exercise {
            step_increment,
            progression_limit,
            ..
        } = *exercise;
        let exercise = exercise.clone();
        Self {
            id: exercise.id,
            name: exercise.name,
            description: exercise.description,
            primary_muscles: exercise.primary_muscles,
            secondary_muscles: exercise.secondary_muscles,
            equipment: exercise.equipment,
            movement_pattern: exercise.movement_pattern,
            bilateral: exercise.bilateral,
            step_increment,
            step_increment_lb: step_in(step_increment, Unit::Lb),
            progression_limit,
            progression_limit_lb: round1(convert(progression_limit, Unit::Kg, Unit::Lb)),
        }
    }
}

pub(super) fn list(catalogue: &Catalogue, input: &ListExercises) -> Result<Answer, ToolError> {
    let muscle = given(input.muscle_group.as_deref());
    let muscles = muscle.map(muscles_named).transpose()?;
    let equipment = given(input.equipment.as_deref());
    if let Some(wanted) = equipment {
        known_equipment(catalogue, wanted)?;
    }
    let found: Vec<&Exercise> = catalogue
        .search(muscles, equipment, given(input.query.as_deref()))
        .collect();
    let lines = found.iter().map(|e| {
        format!(
            "{} ({}): {}; {}",
            e.name,
            e.id,
            e.primary_muscles.join(", "),
            e.equipment
        )
    });
    let mut text = format!("{} exercises", found.len());
    for line in lines {
        text.push('\n');
        text.push_str(&line);
    }
    let exercises: Vec<ExerciseView> = found.into_iter().map(ExerciseView::from).collect();
    answer(
        &ExerciseList {
            count: exercises.len(),
            exercises,
        },
        text,
    )
}

/// A blank filter is none.
fn given(filter: Option<&str>) -> Option<&str> {
    filter.map(str::trim).filter(|filter| !filter.is_empty())
}

fn known_equipment(catalogue: &Catalogue, wanted: &str) -> Result<(), ToolError> {
    if catalogue.search(None, Some(wanted), None).next().is_some() {
        return Ok(());
    }
    let mut known: Vec<&str> = catalogue
        .all()
        .iter()
        .map(|e| e.equipment.as_str())
        .collect();
    known.sort_unstable();
    known.dedup();
    Err(ToolError::at(
        "equipment",
        format!(
            "{} is unknown; it is one of {}",
            quoted(wanted),
            known.join(", ")
        ),
    ))
}

/// The whole catalogue, for the resource.
pub fn catalogue_json(catalogue: &Catalogue) -> Value {
    let exercises: Vec<ExerciseView> = catalogue.all().iter().map(ExerciseView::from).collect();
    json!({"count": exercises.len(), "exercises": exercises})
}
