//! Database queries: the same SQL for `SQLite` and `PostgreSQL`, each scoped to the transaction's user.
//!
//! Times are stored as milliseconds since 1970 (UTC); outside this folder they are [`jiff::Timestamp`]s and dates.

mod calls;
mod exercises;
mod history;
mod import;
mod plans;
mod settings;
mod workouts;

use crate::database::row::{
    boolean, decode, is_storable, optional_timestamp, placeholders, timestamp,
};
pub use exercises::MAX_USER_EXERCISES;
pub use history::WorkoutSets;
pub use import::{ImportedBefore, ImportedWorkout, LoggedUnits};
pub use plans::MAX_USER_PLANS;
pub use workouts::Page;

/// A new id; ids sort by their creation time.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
