//! Values of rows that both databases store alike: times as milliseconds since 1970 (UTC), booleans as 0 and 1.

use jiff::Timestamp;
use sqlx::{Error, Row, any::AnyRow};

/// The placeholders of rows and columns: `($1, $2), ($3, $4)`.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| -> String {
        let cells: Vec<String> = (1..=columns)
            .map(|c| format!("${}", row * columns + c))
            .collect();
        format!("({})", cells.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// True if the text can be a stored id: `PostgreSQL` refuses NUL in any text.
pub(crate) fn is_storable(id: &str) -> bool {
    !id.contains('\0')
}

pub(crate) fn timestamp(row: &AnyRow, column: &str) -> Result<Timestamp, Error> {
    row.try_get(column).map(from_ms)
}

pub(crate) fn optional_timestamp(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, Error> {
    let ms: Option<i64> = row.try_get(column)?;
    Ok(ms.map(from_ms))
}

/// The time, or the nearest that there is: one such row must not make all the others unreadable.
pub(crate) fn from_ms(ms: i64) -> Timestamp {
    let (first, last) = (Timestamp::MIN, Timestamp::MAX);
    let ms = ms.clamp(first.as_millisecond(), last.as_millisecond());
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// A boolean that the query selects as 0 or 1, since `SQLite` has none.
pub(crate) fn boolean(row: &AnyRow, column: &str) -> Result<bool, Error> {
    Ok(row.try_get::<i64, _>(column)? == 1)
}

pub(crate) fn decode(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Decode(error.into())
}
