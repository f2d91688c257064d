//! Tool `list_exercises`.

use super::prelude::*;
use crate::workout::{
    catalogue::parse_muscles,
    figures::units::{convert, step_in},
};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListExercises {
    muscle_group: Option<String>,
    equipment: Option<String>,
    /// Words of the name
    query: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct ExerciseList {
    count: usize,
    exercises: Vec<ExerciseView>,
}

#[derive(Serialize, JsonSchema)]
struct ExerciseView {
    #[serde(flatten)]
    exercise: Exercise,
    step_increment_lb: f64,
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
        let exercises: Vec<ExerciseView> = found.into_iter().map(ExerciseView::from).collect();
        let mut lines = vec![format!("{} exercises", exercises.len())];
        lines.extend(exercises.iter().map(ExerciseView::text));
        let count = exercises.len();
        Ok(Reply {
            data: ExerciseList { count, exercises },
            text: lines.join("\n"),
        })
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

impl From<&Exercise> for ExerciseView {
    fn from(exercise: &Exercise) -> Self {
        let limit = convert(exercise.progression_limit, Unit::Kg, Unit::Lb);
        Self {
            exercise: exercise.clone(),
            step_increment_lb: step_in(exercise.step_increment, Unit::Lb),
            progression_limit_lb: round1(limit),
        }
    }
}

impl ExerciseView {
    fn text(&self) -> String {
        let e = &self.exercise;
        let muscles = e.primary_muscles.join(", ");
        format!("{} ({}): {muscles}; {}", e.name, e.id, e.equipment)
    }
}
