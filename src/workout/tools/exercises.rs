//! Tools for exercises: `list_exercises`, and `create_exercise` and `update_exercise` for the user's own.

mod own;
mod own_input;

use super::prelude::*;
use crate::workout::{
    catalogue::{Load, Measure, parse_muscles},
    figures::units::{convert, step_in},
};

pub(super) use own::{CreateExercise, UpdateExercise};

/// Of more exercises, only what they are is shown.
const MAX_DETAILED: usize = 20;
const DEFAULT_EXERCISES: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListExercises {
    /// chest, shoulders, quads …
    muscle_group: Option<String>,
    /// barbell, cable, bodyweight …
    equipment: Option<String>,
    query: Option<String>,
    /// Default 100
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// The last `next_offset`
    #[schemars(range(min = 0, max = 100_000))]
    offset: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
pub struct ExerciseList {
    /// All that were found
    count: usize,
    exercises: Vec<ExerciseView>,
    /// There are more: give this as offset
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct ExerciseView {
    id: String,
    name: String,
    primary_muscles: Vec<String>,
    equipment: String,
    /// Private to the user
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own: bool,
    #[serde(flatten)]
    details: Option<Details>,
}

#[derive(Serialize, JsonSchema)]
struct Details {
    description: String,
    /// Of own ones
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    secondary_muscles: Vec<String>,
    movement_pattern: String,
    bilateral: bool,
    /// What reps counts
    measure: Measure,
    /// What weight is: lifted, added to the body, help, or nothing
    load: Load,
    /// kg; 0 without progression by weight
    step_increment: f64,
    step_increment_lb: f64,
    /// kg; 0 is none
    progression_limit: f64,
    progression_limit_lb: f64,
}

impl Tool for ListExercises {
    const NAME: &'static str = "list_exercises";
    const TITLE: &'static str = "List exercises";
    const DESCRIPTION: &'static str = "Exercises, the user's own included, by muscle, equipment or name (query), the best match first; of up to 20, what reps and weight mean (seconds, metres, per dumbbell). Other tools take names as people say them: no need to look them up.";
    const PERSONAL: bool = false;
    type Output = ExerciseList;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<ExerciseList>, ToolError> {
        let catalogue = ctx.catalogue().await?;
        let muscles = filter(self.muscle_group.as_deref());
        let muscles = muscles.map(parse_muscles).transpose()?;
        let equipment = filter(self.equipment.as_deref());
        let equipment = equipment.map(|given| catalogue.equipment("equipment", given));
        let equipment = equipment.transpose()?;
        let query = filter(self.query.as_deref());
        let found = catalogue.search(muscles, equipment.as_deref(), query);
        let from = self.offset.unwrap_or(0).min(found.len());
        let limit = self.limit.unwrap_or(DEFAULT_EXERCISES);
        let page = &found[from..(from + limit).min(found.len())];
        let mut list = ExerciseList::new(page, page.len() <= MAX_DETAILED);
        list.exercises
            .truncate(fitting(&list.exercises, PAGE_BYTES));
        let next = from + list.exercises.len();
        list.next_offset = (next < found.len()).then_some(next);
        list.count = found.len();
        let mut lines = vec![format!("{} exercises", list.count)];
        lines.extend(list.exercises.iter().map(ExerciseView::text));
        lines.extend(list.next_offset.map(|next| format!("more: offset={next}")));
        let brief = page.len() > MAX_DETAILED;
        let notice =
            format!("details are shown of up to {MAX_DETAILED} exercises; filter for fewer");
        Ok(Reply::new(list, lines.join("\n")).with_notice(brief.then_some(notice)))
    }
}

impl ExerciseList {
    fn new(found: &[&Exercise], detailed: bool) -> Self {
        let view = |exercise: &&Exercise| ExerciseView::new(exercise, detailed);
        Self {
            count: found.len(),
            exercises: found.iter().map(view).collect(),
            next_offset: None,
        }
    }

    /// All exercises with all their details.
    pub fn detailed(catalogue: &Catalogue) -> Self {
        let all: Vec<&Exercise> = catalogue.all().collect();
        Self::new(&all, true)
    }
}

/// A blank filter is none.
fn filter(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

impl ExerciseView {
    fn new(exercise: &Exercise, detailed: bool) -> Self {
        let exercise = exercise.clone();
        let limit = convert(exercise.progression_limit, Unit::Kg, Unit::Lb);
        let aliases = exercise.aliases;
        let aliases = if exercise.own { aliases } else { Vec::new() };
        let details = Details {
            description: exercise.description,
            aliases,
            secondary_muscles: exercise.secondary_muscles,
            movement_pattern: exercise.movement_pattern,
            bilateral: exercise.bilateral,
            measure: exercise.measure,
            load: exercise.load,
            step_increment: exercise.step_increment,
            step_increment_lb: step_in(exercise.step_increment, Unit::Lb),
            progression_limit: exercise.progression_limit,
            progression_limit_lb: round1(limit),
        };
        Self {
            id: exercise.id,
            name: exercise.name,
            primary_muscles: exercise.primary_muscles,
            equipment: exercise.equipment,
            own: exercise.own,
            details: detailed.then_some(details),
        }
    }

    fn text(&self) -> String {
        let muscles = self.primary_muscles.join(", ");
        let own = if self.own { ", the user's own" } else { "" };
        let (name, id, equipment) = (&self.name, &self.id, &self.equipment);
        format!("{name} ({id}{own}): {muscles}; {equipment}")
    }
}
