//! The tools: what each is called, takes, gives and does. [`run`] is the only way to one.

mod exercises;
mod history;
mod input;
mod next_weight;
mod plans;
mod progress;
mod settings;
mod spec;
mod volume;
mod workouts;

use rmcp::model::JsonObject;

use super::call::{Answer, Call, ToolError};
use super::catalogue::Catalogue;
pub use exercises::catalogue_json;
pub use history::history_json;
pub use input::parsed;
pub use plans::plans_json;
pub use settings::settings_json;
pub use spec::{Audience, SPECS, Spec, listed};
pub use volume::{VolumeReport, report as volume_report};

/// The catalogue is everybody's: this one tool needs no user.
pub const LIST_EXERCISES: &str = "list_exercises";

/// Answers `list_exercises`.
pub fn run_list_exercises(
    catalogue: &Catalogue,
    arguments: JsonObject,
) -> Result<Answer, ToolError> {
    exercises::list(catalogue, &parsed(arguments)?)
}

/// Runs a tool about a user's data; `None` if there is none of that name.
pub async fn run(
    name: &str,
    call: &Call<'_>,
    arguments: JsonObject,
) -> Option<Result<Answer, ToolError>> {
    macro_rules! with {
        ($tool:path) => {
            match parsed(arguments) {
                Ok(input) => $tool(call, input).await,
                Err(error) => Err(error),
            }
        };
    }
    Some(match name {
        "list_workouts" => with!(workouts::list),
        "create_workout" => with!(workouts::create),
        "update_workout" => with!(workouts::update),
        "delete_workout" => with!(workouts::delete),
        "get_exercise_history" => with!(history::get),
        "analyze_progress" => with!(progress::analyze),
        "suggest_next_weight" => with!(next_weight::suggest),
        "check_volume_landmarks" => with!(volume::check),
        "list_plans" => with!(plans::list),
        "create_workout_plan" => with!(plans::create),
        "modify_plan" => with!(plans::modify),
        "activate_plan" => with!(plans::activate),
        "get_settings" => with!(settings::get),
        "update_settings" => with!(settings::update),
        _ => return None,
    })
}
