//! What a file's version of a workout is to the log's: the whole of it, or a part with rows that are new.
//!
//! The file is the whole if it has each row that was imported, unless it has lines of a name that cannot be read and others that
//! changed: what it says replaces the log's. Otherwise it is a cut copy, a further part, or of a workout from which sets were deleted
//! in the app, which changes the numbers of those behind them: nothing of the log changes, and what is new is decided for each name.
//! If all rows that the file lacks stand before its own, or no row is in both, and none differs, it is a further part, and numbers tell
//! what is new. Otherwise, and in apps without numbers, a set is new that the file has more often than the log.

use std::collections::{HashMap, HashSet};

use super::version::{Id, Row, Version};
use crate::workout::{
    figures::units::convert,
    model::{ImportedRows, Workout, WorkoutSet},
};

/// How far apart one weight in two units is, by the decimals that apps write.
const ROUNDING: f64 = 0.051;

pub(super) enum Extent {
    /// It has each row that the log has.
    Whole,
    /// It lacks so many, and this is what the log lacks.
    Part { missing: usize, new: Version },
}

/// What the file's version is to that of the log.
pub(super) fn compare(logged: &Version, file: &Version) -> Extent {
    let in_file: HashSet<Id<'_>> = file.rows().map(|(id, _)| id).collect();
    let missing = logged
        .rows()
        .filter(|(id, _)| !in_file.contains(id))
        .count();
    let names: HashSet<&str> = file
        .blocks
        .iter()
        .map(|block| block.name.as_str())
        .collect();
    let names: HashMap<&str, Named<'_>> = { names.into_iter() }
        .map(|name| (name, Named::new(name, logged, file)))
        .collect();
    if missing == 0 && !names.values().any(Named::is_doubtful) {
        return Extent::Whole;
    }
    let new_rows = names.iter().flat_map(|(name, named)| {
        let new = named.new_rows().into_iter();
        new.map(move |((nth, number), _)| (*name, nth, number))
    });
    let new_rows: HashSet<Id<'_>> = new_rows.collect();
    let mut new = file.clone();
    for block in &mut new.blocks {
        let (name, nth) = (block.name.as_str(), block.nth);
        let is_new = |row: &Row| new_rows.contains(&(name, nth, row.number.as_str()));
        block.rows.retain(is_new);
    }
    new.blocks.retain(|block| !block.rows.is_empty());
    Extent::Part { missing, new }
}

/// True if at least half of the rows of one are in the other, with the same sets unless the log's workout was changed there.
pub(super) fn is_similar(
    file: &Version,
    workout: &Workout,
    rows: &ImportedRows,
    is_untouched: bool,
) -> bool {
    let in_file: HashMap<Id<'_>, &Row> = file.rows().collect();
    let logged = is_untouched.then(|| Version::of_log(workout, rows));
    let there = match logged.flatten() {
        Some(logged) => {
            let is_there = |(id, row): &(Id<'_>, &Row)| {
                let known = in_file.get(id);
                known.is_some_and(|known| known.set.is_none() || known.set == row.set)
            };
            logged.rows().filter(is_there).count()
        }
        None => rows.ids().filter(|id| in_file.contains_key(id)).count(),
    };
    there > 0 && 2 * there >= rows.ids().count().min(in_file.len())
}

/// The log's, and then what is new in the file.
pub(super) fn united(logged: &Version, new: Version) -> Version {
    let mut version = logged.clone();
    version.head.notes = version.head.notes.or(new.head.notes);
    version.head.ended_at = version.head.ended_at.or(new.head.ended_at);
    for mut block in new.blocks {
        let known = logged.places(&block).flat_map(|known| &known.rows);
        let mut taken: HashSet<String> = known.map(|row| row.number.clone()).collect();
        let (own, moved): (Vec<_>, Vec<_>) =
            { block.rows.iter_mut() }.partition(|row| !taken.contains(&row.number));
        taken.extend(own.iter().map(|row| row.number.clone()));
        for row in moved {
            row.number = free_number(&row.number, &taken);
            taken.insert(row.number.clone());
        }
        let known = { version.blocks.iter_mut() }
            .find(|known| known.is_place_of(&block) && known.exercise_id == block.exercise_id);
        let Some(known) = known else {
            version.blocks.push(block);
            continue;
        };
        known.notes = known.notes.take().or(block.notes);
        known.rows.extend(block.rows);
        let number = |row: &Row| row.number.parse::<i64>().ok();
        if known.rows.iter().all(|row| number(row).is_some()) {
            // Parts may come in any order.
            known.rows.sort_by_key(number);
        }
    }
    version
}

/// A number like the given one behind those that are taken.
fn free_number(like: &str, taken: &HashSet<String>) -> String {
    let mark = if like.starts_with('#') { "#" } else { "" };
    let mut numbers = (taken.len() + 1..).map(|number| format!("{mark}{number}"));
    let free = numbers.find(|number| !taken.contains(number));
    free.unwrap_or_default()
}

/// Place and number of a row among those of one name.
type Place<'a> = (usize, &'a str);

/// The rows of one name in both versions.
struct Named<'a> {
    logged: Vec<(Place<'a>, &'a WorkoutSet)>,
    file: Vec<(Place<'a>, Option<&'a WorkoutSet>)>,
    by_place: HashMap<Place<'a>, &'a WorkoutSet>,
}

impl<'a> Named<'a> {
    fn new(name: &str, logged: &'a Version, file: &'a Version) -> Self {
        let of = |version: &'a Version| {
            let rows = version.rows().filter(|((other, ..), _)| *other == name);
            rows.map(|((_, nth, number), row)| ((nth, number), row.set.as_ref()))
        };
        let logged: Vec<_> = of(logged)
            .filter_map(|(at, set)| Some((at, set?)))
            .collect();
        Self {
            by_place: logged.iter().copied().collect(),
            logged,
            file: of(file).collect(),
        }
    }

    /// The file's rows that can be read, each with the log's set of its place.
    fn both(&self) -> impl Iterator<Item = (&'a WorkoutSet, Option<&'a WorkoutSet>)> {
        let sets = self.file.iter().filter_map(|(at, set)| Some((at, (*set)?)));
        sets.map(|(at, set)| (set, self.by_place.get(at).copied()))
    }

    fn has_others(&self) -> bool {
        self.both()
            .any(|(set, known)| known.is_some_and(|known| !is_same_set(set, known)))
    }

    /// True if lines cannot be read and others say something else than the log: their numbers may have changed.
    fn is_doubtful(&self) -> bool {
        let mut file = self.file.iter();
        let is_unread = file.any(|(at, set)| set.is_none() && self.by_place.contains_key(at));
        is_unread && self.has_others()
    }

    /// True if the file is a further part of the workout.
    fn is_further_part(&self) -> bool {
        let number = |(nth, number): Place<'_>| Some((nth, number.parse::<i64>().ok()?));
        let logged: Option<Vec<_>> = self.logged.iter().map(|(at, _)| number(*at)).collect();
        let file: Option<HashSet<_>> = self.file.iter().map(|(at, _)| number(*at)).collect();
        let (Some(logged), Some(file)) = (logged, file) else {
            return false;
        };
        let Some(first) = file.iter().min() else {
            return false;
        };
        let is_apart = !logged.iter().any(|at| file.contains(at));
        let mut missing = logged.iter().filter(|at| !file.contains(at));
        !self.has_others() && (is_apart || missing.all(|at| at < first))
    }

    fn new_rows(&self) -> Vec<(Place<'a>, &'a WorkoutSet)> {
        let file = self.file.iter();
        let mut file: Vec<_> = file.filter_map(|(at, set)| Some((*at, (*set)?))).collect();
        if self.is_further_part() {
            file.retain(|(at, _)| !self.by_place.contains_key(at));
            return file;
        }
        let mut logged: Vec<&WorkoutSet> = self.logged.iter().map(|(_, set)| *set).collect();
        // The same ones first: others are theirs only if these are none's.
        let kinds: [fn(&WorkoutSet, &WorkoutSet) -> bool; 3] =
            [PartialEq::eq, is_same_set, has_same_numbers];
        for is_same in kinds {
            file.retain(|(_, set)| {
                let known = logged.iter().position(|known| is_same(set, known));
                known.map(|at| logged.remove(at)).is_none()
            });
        }
        file
    }
}

/// True if both are the same, or differ in the unit in which the same weight is given.
pub(super) fn is_same_set(a: &WorkoutSet, b: &WorkoutSet) -> bool {
    if a.unit == b.unit {
        return a == b;
    }
    let weight = convert(a.weight, a.unit, b.unit);
    let in_unit = WorkoutSet {
        weight: b.weight,
        unit: b.unit,
        ..a.clone()
    };
    in_unit == *b && (weight - b.weight).abs() <= ROUNDING
}

/// True if both are the same but for the unit, which may have been mistaken.
fn has_same_numbers(a: &WorkoutSet, b: &WorkoutSet) -> bool {
    let in_unit = WorkoutSet {
        unit: b.unit,
        ..a.clone()
    };
    in_unit == *b
}
