//! Database queries: the same SQL for `SQLite` and `PostgreSQL`, each scoped to the transaction's user.
//!
//! Times are stored as milliseconds since 1970 (UTC); outside this folder they are [`Timestamp`]s and dates.

mod calls;
mod history;
mod plans;
mod settings;
mod workouts;

use jiff::Timestamp;
use sqlx::{Error, Row, any::AnyRow};

pub use plans::MAX_USER_PLANS;
pub use workouts::Page;

/// A new id; ids sort by their creation time.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The placeholders of rows and columns: `($1, $2), ($3, $4)`.
fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| -> String {
        let cells: Vec<String> = (1..=columns)
            .map(|c| format!("${}", row * columns + c))
            .collect();
        format!("({})", cells.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// True if the text can be a stored id: `PostgreSQL` refuses NUL in any text.
fn is_storable(id: &str) -> bool {
    !id.contains('\0')
}

fn timestamp(row: &AnyRow, column: &str) -> Result<Timestamp, Error> {
    row.try_get(column).map(from_ms)
}

fn optional_timestamp(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, Error> {
    let ms: Option<i64> = row.try_get(column)?;
    Ok(ms.map(from_ms))
}

/// The time, or the nearest that there is: one such row must not make all the others unreadable.
fn from_ms(ms: i64) -> Timestamp {
    let (first, last) = (Timestamp::MIN, Timestamp::MAX);
    let ms = ms.clamp(first.as_millisecond(), last.as_millisecond());
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// A boolean that the query selects as 0 or 1, since `SQLite` has none.
fn boolean(row: &AnyRow, column: &str) -> Result<bool, Error> {
    Ok(row.try_get::<i64, _>(column)? == 1)
}

fn decode(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Decode(error.into())
}
