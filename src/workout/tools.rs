//! MCP tools. Each is an argument type that implements [`Tool`], in a file of its own; [`SPECS`] lists them all.

mod exercises;
mod export;
mod history;
mod import;
mod input;
mod intake;
mod measured;
mod next_weight;
mod paging;
mod plans;
mod prelude;
mod progress;
mod schema;
mod settings;
mod spec;
mod tool;
mod views;
mod volume;
mod wanted;
mod words;
mod workouts;

pub use exercises::ExerciseList;
pub use history::GetExerciseHistory;
pub use plans::{ListPlans, all_plans};
pub use progress::AnalyzeProgress;
pub use settings::GetSettings;
pub use spec::{Audience, SPECS, Spec, find, listed};
pub use tool::{Answer, Reply, Tool};
pub use views::WorkoutView;
pub use volume::CheckVolumeLandmarks;
