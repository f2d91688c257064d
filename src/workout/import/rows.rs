//! One row of a file, read by its columns: the same for all formats but for what kind of row it is.

use super::{
    columns::{Cells, Column, Problem},
    format::Format,
    number::{Pair, duration},
    quantities::{MAX_COUNT, distance, weight},
    record::{End, FileSet, RowKind, parse_kind},
    strong,
    when::{DateOrder, When},
};
use crate::workout::{
    catalogue::Load,
    error::quoted,
    model::{MAX_EXERCISE_NOTES_CHARS, MAX_NAME_CHARS, MAX_NOTES_CHARS, SetKind},
};

/// Longer ones come from a workout that was not ended.
const MAX_WORKOUT_SECONDS: f64 = 86_400.0;

/// A row that says something.
#[derive(Debug)]
pub(super) struct FileRow {
    pub line: u64,
    pub workout: Option<String>,
    pub start: When,
    pub end: Option<End>,
    pub title: Option<String>,
    pub workout_notes: Option<String>,
    pub exercise: String,
    pub exercise_id: Option<String>,
    pub superset: Option<String>,
    pub notes: Option<String>,
    /// What the weights of the exercise are.
    pub load: Option<Load>,
    /// The number of the set within its exercise.
    pub index: Option<i64>,
    pub set: Option<FileSet>,
    /// Why the set cannot be read.
    pub problem: Option<Problem>,
    /// What was not taken as it stands.
    pub remarks: Vec<&'static str>,
}

/// Reads the row; `None` for a rest.
pub(super) fn read(
    cells: Cells<'_>,
    format: Format,
    order: DateOrder,
) -> Result<Option<FileRow>, Problem> {
    let kind = match format {
        Format::Strong => strong::kind(cells),
        Format::Hevy | Format::FitNotes | Format::Csv => kind_in_words(cells),
    };
    let mut remarks = Vec::new();
    let (kind, index) = match kind {
        RowKind::Rest => return Ok(None),
        RowKind::Note => (None, None),
        RowKind::Set(kind, index) => (Some(kind), index),
        RowKind::Other(index) => {
            remarks.push("sets of an unknown kind, taken for normal ones");
            (Some(SetKind::Normal), index)
        }
    };
    // What a line is about is read also if it was cut off.
    let length = cells.check_length();
    let empty = || cells.problem(Column::Start, "is empty");
    let start = when(cells, Column::Start, order).and_then(|start| start.ok_or_else(empty));
    let start = match start {
        Ok(start) => start,
        Err(problem) => return Err(length.err().unwrap_or(problem)),
    };
    // Longer texts are cut; those of a user's own log are not longer.
    let mut text = |column, max| cells.get(column).and_then(|t| clean(t, max, &mut remarks));
    let exercise = text(Column::Exercise, MAX_NAME_CHARS);
    let exercise_id = text(Column::ExerciseId, MAX_NAME_CHARS);
    let exercise = exercise.or_else(|| exercise_id.clone());
    let Some(exercise) = exercise else {
        return Err(length
            .err()
            .unwrap_or(cells.problem(Column::Exercise, "is empty")));
    };
    let mut row = FileRow {
        line: cells.line,
        // Strong's counts all workouts of the file.
        workout: text(Column::Workout, MAX_NAME_CHARS).filter(|_| format == Format::Csv),
        title: text(Column::Title, MAX_NAME_CHARS),
        workout_notes: text(Column::WorkoutNotes, MAX_NOTES_CHARS),
        superset: text(Column::Superset, MAX_NAME_CHARS),
        notes: text(Column::Notes, MAX_EXERCISE_NOTES_CHARS),
        start,
        end: None,
        exercise,
        exercise_id,
        load: load(cells),
        index,
        set: None,
        problem: None,
        remarks: Vec::new(),
    };
    let read = length.and_then(|()| {
        row.end = end(cells, order, &mut remarks)?;
        kind.map(|kind| set(cells, kind)).transpose()
    });
    match read {
        Ok(set) => (row.set, row.remarks) = (set, remarks),
        Err(problem) => {
            row.set = kind.map(|_| FileSet::wrong(cells.line));
            row.problem = Some(problem);
        }
    }
    Ok(Some(row))
}

/// The word of our own files.
fn load(cells: Cells<'_>) -> Option<Load> {
    let word = cells.get(Column::Load)?;
    serde_json::from_value(word.to_lowercase().into()).ok()
}

/// A set of the kind in its column, with its number where the format has one.
fn kind_in_words(cells: Cells<'_>) -> RowKind {
    let index = cells.get(Column::SetIndex);
    let index = index.and_then(|index| index.parse().ok());
    match parse_kind(cells.get(Column::SetKind).unwrap_or_default()) {
        Some(kind) => RowKind::Set(kind, index),
        None => RowKind::Other(index),
    }
}

fn when(cells: Cells<'_>, column: Column, order: DateOrder) -> Result<Option<When>, Problem> {
    let Some(text) = cells.get(column) else {
        return Ok(None);
    };
    let when = When::parse(text, order);
    let no_date = || {
        let what = format!(
            "{} is no date or time, such as 2026-04-08 16:50",
            quoted(text)
        );
        cells.problem(column, what)
    };
    when.map(Some).ok_or_else(no_date)
}

/// An end or a duration that cannot be read costs no set.
fn end(
    cells: Cells<'_>,
    order: DateOrder,
    remarks: &mut Vec<&'static str>,
) -> Result<Option<End>, Problem> {
    if let Some(end) = when(cells, Column::End, order)? {
        return Ok(Some(End::At(end)));
    }
    let Some(text) = cells.get(Column::Duration) else {
        return Ok(None);
    };
    match duration(text, Pair::HoursMinutes) {
        Some(seconds) if seconds > MAX_WORKOUT_SECONDS => {
            remarks.push("rows of workouts of more than a day, whose end is left out");
            Ok(None)
        }
        Some(seconds) => Ok((seconds >= 1.0).then_some(End::After(seconds.round()))),
        None => {
            remarks.push("rows with a duration of the workout that cannot be read");
            Ok(None)
        }
    }
}

fn set(cells: Cells<'_>, kind: SetKind) -> Result<FileSet, Problem> {
    let (weight, unit) = weight(cells)?;
    let (distance, length) = distance(cells)?;
    let seconds = match cells.get(Column::Time) {
        Some(text) => {
            let seconds = duration(text, Pair::MinutesSeconds).filter(|s| *s <= MAX_COUNT);
            let what = || format!("{} is no duration, such as 0:01:30", quoted(text));
            Some(seconds.ok_or_else(|| cells.problem(Column::Time, what()))?)
        }
        None => cells.number(Column::Seconds, 0.0, MAX_COUNT)?,
    };
    let counted = |number: Option<f64>| number.filter(|n| *n > 0.0);
    Ok(FileSet {
        line: cells.line,
        number: None,
        is_wrong: false,
        kind,
        weight,
        unit,
        reps: cells.number(Column::Reps, 0.0, MAX_COUNT)?,
        seconds: counted(seconds),
        distance: counted(distance),
        length,
        rpe: counted(cells.number(Column::Rpe, 0.0, 10.0)?),
        rir: cells.number(Column::Rir, 0.0, 10.0)?,
    })
}

/// The text without control characters (but line ends and tabs) and surrounding spaces, cut to its maximum; blank is none.
fn clean(text: &str, max_chars: usize, remarks: &mut Vec<&'static str>) -> Option<String> {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text: String = text.chars().filter(kept).take(max_chars + 1).collect();
    let mut text = text.trim().to_owned();
    if let Some((end, _)) = text.char_indices().nth(max_chars) {
        text.truncate(end);
        text.truncate(text.trim_end().len());
        remarks.push("rows with a text that is too long, which was cut");
    }
    (!text.is_empty()).then_some(text)
}
