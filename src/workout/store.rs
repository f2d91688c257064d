//! The queries: each scoped by the transaction's user, the same for `SQLite` and `PostgreSQL`.

mod history;
mod plans;
mod settings;
mod workouts;

pub use history::ExerciseSession;
pub use plans::{MAX_USER_PLANS, NewPlan, Plan, PlanChange};
pub use settings::{MAX_HISTORY_DAYS, Settings};
pub use workouts::{Page, Workout, WorkoutExercise, WorkoutSet};

/// `($1, $2), ($3, $4)`: as many rows and columns as given.
fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| -> String {
        let cells: Vec<String> = (1..=columns)
            .map(|c| format!("${}", row * columns + c))
            .collect();
        format!("({})", cells.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Whether a text could name anything stored: `PostgreSQL` refuses this character in any text.
fn could_be_stored(text: &str) -> bool {
    !text.contains('\0')
}

/// A new id; ids sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
