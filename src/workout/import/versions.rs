//! Two versions of one workout: as the log has it from an earlier import, and as a file has it now.
//!
//! An import takes nothing away. A row is known by the name that the file has for its exercise and by its number, whatever the
//! name is taken for. What the file has replaces the log's only if the file has each row that was imported before.

use std::collections::{HashMap, HashSet};

use super::version::{Block, Id, Row, Version};
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

/// True if the file has each row that the log has from an import, with the same set unless it was changed in the log.
pub(super) fn has_all(
    file: &Version,
    workout: &Workout,
    rows: &ImportedRows,
    is_untouched: bool,
) -> bool {
    let in_file: HashMap<Id<'_>, &Row> = file.rows().collect();
    match is_untouched
        .then(|| Version::of_log(workout, rows))
        .flatten()
    {
        Some(logged) => logged.rows().all(|(id, row)| {
            let known = in_file.get(&id);
            known.is_some_and(|known| known.set.is_none() || known.set == row.set)
        }),
        None => rows.ids().all(|id| in_file.contains_key(&id)),
    }
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
    let in_file: HashSet<Id<'_>> = file.rows().map(|(id, _)| id).collect();
    let missing = rows.ids().filter(|id| !in_file.contains(id)).count();
    if missing == 0 {
        return changed(&newer(logged, file));
    }
    let in_log: HashMap<Id<'_>, &Row> = logged.rows().collect();
    let mut has_new = false;
    let mut is_consistent = true;
    for (id, row) in file.rows().filter(|(_, row)| row.set.is_some()) {
        match in_log.get(&id) {
            Some(known) => is_consistent &= known.set == row.set,
            None => has_new = true,
        }
    }
    if continues(logged, file) {
        return changed(&united(logged, &renumbered(logged, file)));
    }
    if has_new && is_consistent {
        return changed(&united(logged, file));
    }
    Combined::Kept(format!("the file lacks {missing} of its sets"))
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
    let mut version = file.clone();
    version.head.notes = version.head.notes.or_else(|| logged.head.notes.clone());
    version.head.ended_at = version.head.ended_at.or(logged.head.ended_at);
    for block in &mut version.blocks {
        let Some(known) = logged.block(block) else {
            continue;
        };
        block.notes = block.notes.take().or_else(|| known.notes.clone());
        let own: HashMap<&str, &Row> = { known.rows.iter() }
            .map(|row| (row.number.as_str(), row))
            .collect();
        let lacks = |row: &Row| row.set.is_none() && own.contains_key(row.number.as_str());
        if !block.rows.iter().any(lacks) {
            continue;
        }
        if block.exercise_id != known.exercise_id {
            // Its numbers may mean something else there.
            block.exercise_id.clone_from(&known.exercise_id);
            block.rows.clone_from(&known.rows);
            continue;
        }
        for row in block.rows.iter_mut().filter(|row| row.set.is_none()) {
            let known = own.get(row.number.as_str());
            row.set = known.and_then(|known| known.set.clone());
        }
    }
    version
}

/// True if the file goes on in the middle of the log's last exercise, where sets have no numbers.
fn continues(logged: &Version, file: &Version) -> bool {
    let (Some(last), Some(first)) = (logged.blocks.last(), file.blocks.first()) else {
        return false;
    };
    let is_known = |block: &Block| logged.blocks.iter().any(|known| known.name == block.name);
    let others = &file.blocks[1..];
    let is_numbered = |of: &Version| of.rows().any(|(_, row)| !row.number.starts_with('#'));
    let are_numbered = is_numbered(logged) || is_numbered(file);
    !are_numbered && last.name == first.name && !others.is_empty() && !others.iter().any(is_known)
}

/// The file's rows with the numbers that come after the log's.
fn renumbered(logged: &Version, file: &Version) -> Version {
    let mut version = file.clone();
    if let (Some(last), Some(first)) = (logged.blocks.last(), version.blocks.first_mut()) {
        let before = last.rows.len();
        first.nth = last.nth;
        for (at, row) in (before + 1..).zip(&mut first.rows) {
            row.number = format!("#{at}");
        }
    }
    version
}

/// The log's, and then what the file has beside it.
fn united(logged: &Version, file: &Version) -> Version {
    let mut version = logged.clone();
    version.head.notes = version.head.notes.or_else(|| file.head.notes.clone());
    version.head.ended_at = version.head.ended_at.or(file.head.ended_at);
    for block in &file.blocks {
        let mut known = version.blocks.iter_mut();
        let known = known.find(|known| known.name == block.name && known.nth == block.nth);
        let Some(known) = known else {
            version.blocks.push(block.clone());
            continue;
        };
        let mut new = block.clone();
        new.rows
            .retain(|row| !known.rows.iter().any(|other| other.number == row.number));
        if known.exercise_id != block.exercise_id {
            version.blocks.push(new);
            continue;
        }
        known.notes = known.notes.take().or(new.notes);
        known.rows.extend(new.rows);
        let number = |row: &Row| row.number.parse::<i64>().ok();
        if known.rows.iter().all(|row| number(row).is_some()) {
            // Parts may come in any order.
            known.rows.sort_by_key(number);
        }
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
