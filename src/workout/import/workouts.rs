//! Puts the rows of a file together to workouts, exercises and sets.

use std::collections::HashMap;

use super::{
    copies,
    record::{FileExercise, FileSet, FileWorkout},
    rows::FileRow,
    when::When,
};
use crate::workout::model::MAX_EXERCISE_NOTES_CHARS;

/// The workouts of a file, in the order of their first rows.
#[derive(Default)]
pub(super) struct Workouts {
    /// Rows whose notes there was no room for.
    pub cut_notes: usize,
    all: Vec<Building>,
    by_key: HashMap<Key, usize>,
    /// The workout and the part of the file that the last row is of.
    last: Option<(usize, usize)>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    number: Option<String>,
    start: When,
    title: Option<String>,
}

struct Building {
    workout: FileWorkout,
    /// Earlier ones of the same workout, in a file that has it several times.
    copies: Vec<Vec<FileExercise>>,
    /// The number of its last set within the exercise.
    last_index: Option<i64>,
    last_superset: Option<String>,
    /// The ids that the file has for supersets.
    supersets: Vec<String>,
}

impl Workouts {
    /// Adds a row, of the given part of the file. Apps write the rows of a workout together: where it begins again after others
    /// or in another part, it is a copy, or the rest of it.
    pub(super) fn add(&mut self, row: FileRow, part: usize) {
        let key = Key {
            number: row.workout.clone(),
            start: row.start,
            title: row.title.clone(),
        };
        let at = *self.by_key.entry(key).or_insert_with(|| {
            self.all.push(Building::new(&row));
            self.all.len() - 1
        });
        if self.last.replace((at, part)) != Some((at, part)) {
            self.all[at].begin_copy();
        }
        if !self.all[at].add(row) {
            self.cut_notes += 1;
        }
    }

    /// The workouts, and how many of the rows are repeated in them.
    pub(super) fn finish(self) -> (Vec<FileWorkout>, usize) {
        let mut repeated = 0;
        let united = self.all.into_iter().map(|building| {
            let Building {
                mut workout,
                copies,
                ..
            } = building;
            if !copies.is_empty() {
                let last = std::mem::take(&mut workout.exercises);
                (workout.exercises, repeated) = copies::unite(copies, last, repeated);
            }
            workout
        });
        (united.collect(), repeated)
    }
}

impl Building {
    fn new(row: &FileRow) -> Self {
        Self {
            workout: FileWorkout {
                line: row.line,
                number: row.workout.clone(),
                start: row.start,
                end: None,
                title: row.title.clone(),
                notes: None,
                exercises: Vec::new(),
            },
            copies: Vec::new(),
            last_index: None,
            last_superset: None,
            supersets: Vec::new(),
        }
    }

    fn begin_copy(&mut self) {
        if self.workout.exercises.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.workout.exercises);
        self.copies.push(before);
        (self.last_index, self.last_superset) = (None, None);
    }

    /// Adds the row; false if there was no room for its notes.
    fn add(&mut self, row: FileRow) -> bool {
        self.workout.end = self.workout.end.or(row.end);
        if self.workout.notes.is_none() {
            self.workout.notes = row.workout_notes;
        }
        let restarts = match (self.last_index, row.index) {
            (Some(last), Some(index)) => index <= last,
            _ => false,
        };
        let last = self.workout.exercises.last();
        let is_same =
            last.is_some_and(|last| last.name == row.exercise && last.id == row.exercise_id);
        if !is_same || restarts || row.superset != self.last_superset {
            let superset = row.superset.as_ref().map(|id| self.superset(id));
            self.workout.exercises.push(FileExercise {
                name: row.exercise,
                id: row.exercise_id,
                superset,
                load: row.load,
                notes: None,
                sets: Vec::new(),
            });
            self.last_superset = row.superset;
            self.last_index = None;
        }
        if row.index.is_some() {
            self.last_index = row.index;
        }
        let Some(exercise) = self.workout.exercises.last_mut() else {
            return true;
        };
        let number = row.index;
        let numbered = row.set.map(|set| FileSet { number, ..set });
        exercise.sets.extend(numbered);
        row.notes
            .is_none_or(|note| add_note(&mut exercise.notes, note))
    }

    /// The number of a superset: the file's own, or its place among those of the workout.
    fn superset(&mut self, id: &str) -> i64 {
        if let Some(number) = id.parse().ok().filter(|n| (0..=1000).contains(n)) {
            return number;
        }
        let known = self.supersets.iter().position(|known| known == id);
        let at = known.unwrap_or_else(|| {
            self.supersets.push(id.to_owned());
            self.supersets.len() - 1
        });
        i64::try_from(at).unwrap_or_default() + 1
    }
}

/// Notes are repeated in each row of an exercise, or differ from set to set. False if there is no room for one.
fn add_note(notes: &mut Option<String>, note: String) -> bool {
    let Some(all) = notes else {
        *notes = Some(note);
        return true;
    };
    if *all == note || all.lines().any(|line| line == note) {
        return true;
    }
    let fits = all.chars().count() + 1 + note.chars().count() <= MAX_EXERCISE_NOTES_CHARS;
    if fits {
        *all = format!("{all}\n{note}");
    }
    fits
}
