//! Tool `list_exercises`.

use super::prelude::*;
use crate::workout::{
    catalogue::{Load, Measure, parse_muscles},
    figures::units::{convert, step_in},
};

/// Of more exercises, only what they are is shown.
const MAX_DETAILED: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListExercises {
    muscle_group: Option<String>,
    equipment: Option<String>,
    /// Words of the name
    query: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct ExerciseList {
    count: usize,
    exercises: Vec<ExerciseView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ExerciseView {
    id: String,
    name: String,
    primary_muscles: Vec<String>,
    equipment: String,
    #[serde(flatten)]
    details: Option<Details>,
}

#[derive(Serialize, JsonSchema)]
struct Details {
    description: String,
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
    const DESCRIPTION: &'static str = "The shared exercise catalogue, optionally filtered by muscle group (chest, back, quads, shoulders …), \
        equipment (barbell, dumbbell, cable …) or words of the name, the best match first.";
    const PERSONAL: bool = false;
    type Output = ExerciseList;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<ExerciseList>, ToolError> {
        let catalogue = ctx.catalogue;
        let muscles = filter(self.muscle_group.as_deref());
        let muscles = muscles.map(parse_muscles).transpose()?;
        let equipment = filter(self.equipment.as_deref());
        if let Some(equipment) = equipment {
            check_equipment(catalogue, equipment)?;
        }
        let found = catalogue.search(muscles, equipment, filter(self.query.as_deref()));
        let list = ExerciseList::new(&found, found.len() <= MAX_DETAILED);
        let mut lines = vec![format!("{} exercises", list.count)];
        lines.extend(list.exercises.iter().map(ExerciseView::text));
        lines.extend(list.notice.clone());
        Ok(Reply::new(list, lines.join("\n")))
    }
}

impl ExerciseList {
    fn new(found: &[&Exercise], detailed: bool) -> Self {
        let view = |exercise: &&Exercise| ExerciseView::new(exercise, detailed);
        let notice =
            format!("details are shown of up to {MAX_DETAILED} exercises; filter for fewer");
        Self {
            count: found.len(),
            exercises: found.iter().map(view).collect(),
            notice: (!detailed).then_some(notice),
        }
    }

    /// All exercises with all their details.
    pub fn detailed(catalogue: &Catalogue) -> Self {
        let all: Vec<&Exercise> = catalogue.all().iter().collect();
        Self::new(&all, true)
    }
}

/// A blank filter is none.
fn filter(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn check_equipment(catalogue: &Catalogue, text: &str) -> Result<(), ToolError> {
    if !catalogue.search(None, Some(text), None).is_empty() {
        return Ok(());
    }
    let all = catalogue.all().iter();
    let mut known: Vec<&str> = all.map(|e| e.equipment.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let (text, known) = (quoted(text), known.join(", "));
    Err(invalid!(
        "equipment",
        "{text} is unknown; it is one of {known}"
    ))
}

impl ExerciseView {
    fn new(exercise: &Exercise, detailed: bool) -> Self {
        let exercise = exercise.clone();
        let limit = convert(exercise.progression_limit, Unit::Kg, Unit::Lb);
        let details = || Details {
            description: exercise.description,
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
            details: detailed.then(details),
        }
    }

    fn text(&self) -> String {
        let muscles = self.primary_muscles.join(", ");
        format!("{} ({}): {muscles}; {}", self.name, self.id, self.equipment)
    }
}
