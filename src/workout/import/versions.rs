//! Two versions of one workout: as the log has it from an earlier import, and as a file has it now.
//!
//! An import takes nothing away. A row is known by the name that the file has for its exercise and by its number, whatever the
//! name is taken for. What the file has replaces the log's only if it is the whole workout (`parts`).

use std::collections::{HashMap, HashSet};

use super::{
    parts::{Extent, compare, united},
    version::{Block, Id, Row, Version},
};
use crate::workout::model::{ImportedRows, Workout, check_size};

/// What becomes of a workout of the log.
pub(super) enum Combined {
    /// It becomes this.
    Changed {
        workout: Workout,
        rows: ImportedRows,
        /// It was changed in the log since it was imported, and only sets are added.
        is_edited: bool,
    },
    /// It stays, for this reason.
    Kept(String),
}

/// What becomes of the log's workout beside that of the file.
pub(super) fn combine(
    workout: &Workout,
    rows: &ImportedRows,
    is_untouched: bool,
    file: &Version,
) -> Combined {
    let untouched = is_untouched.then(|| Version::of_log(workout, rows));
    let combined = match untouched.flatten() {
        Some(logged) => combine_untouched(&logged, rows, file),
        None => grown(workout, rows, file),
    };
    if let Combined::Changed {
        workout: changed, ..
    } = &combined
    {
        if let Err(what) = check_size(&changed.exercises) {
            return Combined::Kept(format!("with what the file has, {what}"));
        }
        if changed.exercises == workout.exercises
            && changed.notes == workout.notes
            && changed.name == workout.name
        {
            return Combined::Kept(lacking(rows, file));
        }
    }
    combined
}

fn combine_untouched(logged: &Version, rows: &ImportedRows, file: &Version) -> Combined {
    match compare(logged, file) {
        Extent::Whole => changed(&newer(logged, file)),
        Extent::Part { new, .. } if !new.blocks.is_empty() => changed(&united(logged, new)),
        Extent::Part { missing: 0, .. } => Combined::Kept(lacking(rows, file)),
        Extent::Part { missing, .. } => {
            Combined::Kept(format!("the file lacks {missing} of its sets"))
        }
    }
}

fn changed(version: &Version) -> Combined {
    let (workout, rows) = version.stored();
    Combined::Changed {
        workout,
        rows,
        is_edited: false,
    }
}

/// Why the log's workout stays although the file has all of its rows.
fn lacking(rows: &ImportedRows, file: &Version) -> String {
    let unread = file.rows().filter(|(_, row)| row.set.is_none());
    let unread: HashSet<Id<'_>> = unread.map(|(id, _)| id).collect();
    let unread = rows.ids().filter(|id| unread.contains(id)).count();
    if unread > 0 {
        format!(
            "{unread} of its sets are lines of the file that are wrong, or of names that are no exercise"
        )
    } else {
        "the file lacks its notes".to_owned()
    }
}

/// The file's, with the log's sets where the file has none that can be stored, and the log's notes where the file has none.
fn newer(logged: &Version, file: &Version) -> Version {
    let mut version = Version::new(file.head.clone(), Vec::new());
    version.head.notes = version.head.notes.or_else(|| logged.head.notes.clone());
    version.head.ended_at = version.head.ended_at.or(logged.head.ended_at);
    for block in &file.blocks {
        let known: Vec<&Block> = logged.places(block).collect();
        let rows = known.iter().flat_map(|known| &known.rows);
        let own: HashMap<&str, &Row> = rows.map(|row| (row.number.as_str(), row)).collect();
        let lacks = |row: &Row| row.set.is_none() && own.contains_key(row.number.as_str());
        let is_same = |known: &&Block| known.exercise_id == block.exercise_id;
        if block.rows.iter().any(lacks) && !known.iter().all(is_same) {
            // Its numbers may mean something else there.
            version.blocks.extend(known.into_iter().cloned());
            continue;
        }
        let mut block = block.clone();
        let notes = known.first().and_then(|known| known.notes.clone());
        block.notes = block.notes.or(notes);
        for row in block.rows.iter_mut().filter(|row| row.set.is_none()) {
            let known = own.get(row.number.as_str());
            row.set = known.and_then(|known| known.set.clone());
        }
        version.blocks.push(block);
    }
    version
}

/// A workout that was changed in the log, with the rows of the file that were never imported.
fn grown(workout: &Workout, rows: &ImportedRows, file: &Version) -> Combined {
    let imported: HashSet<Id<'_>> = rows.ids().collect();
    let mut new = file.clone();
    for block in &mut new.blocks {
        let (name, nth) = (block.name.as_str(), block.nth);
        let is_new = |row: &Row| !imported.contains(&(name, nth, row.number.as_str()));
        block.rows.retain(is_new);
    }
    let (added, new_rows) = new.stored();
    if added.exercises.is_empty() {
        return Combined::Kept("it was changed in the log since it was imported".to_owned());
    }
    let mut workout = workout.clone();
    for exercise in added.exercises {
        let mut logged = workout.exercises.iter_mut();
        match logged.rfind(|logged| logged.exercise_id == exercise.exercise_id) {
            Some(logged) => logged.sets.extend(exercise.sets),
            None => workout.exercises.push(exercise),
        }
    }
    let mut rows = rows.clone();
    rows.0.extend(new_rows.0);
    Combined::Changed {
        workout,
        rows,
        is_edited: true,
    }
}
