//! A workout with the rows of the file that it comes from.

use crate::workout::model::{ImportedRows, RowsOf, Workout, WorkoutExercise, WorkoutSet};

/// A workout with the rows that it comes from.
#[derive(Clone)]
pub(super) struct Version {
    /// Without its exercises.
    pub head: Workout,
    pub blocks: Vec<Block>,
}

/// The rows of one exercise that follow one another.
#[derive(Clone)]
pub(super) struct Block {
    /// As the file calls the exercise, in lower case.
    pub name: String,
    /// Which of the places where the workout has it.
    pub nth: usize,
    /// `None` if the name is no known exercise.
    pub exercise_id: Option<String>,
    pub superset: Option<i64>,
    pub notes: Option<String>,
    pub rows: Vec<Row>,
}

#[derive(Clone)]
pub(super) struct Row {
    /// The set's number in the file; `#2` is the second one without.
    pub number: String,
    /// `None` if the file does not say what could be stored.
    pub set: Option<WorkoutSet>,
}

/// Name, place and number of a row.
pub(super) type Id<'a> = (&'a str, usize, &'a str);

impl Version {
    pub(super) fn new(head: Workout, blocks: Vec<Block>) -> Self {
        Self { head, blocks }
    }

    /// The log's, if it is as it was imported.
    pub(super) fn of_log(workout: &Workout, rows: &ImportedRows) -> Option<Self> {
        let mut head = workout.clone();
        let exercises = std::mem::take(&mut head.exercises);
        if exercises.len() != rows.0.len() {
            return None;
        }
        let blocks = exercises.into_iter().zip(&rows.0).map(|(exercise, of)| {
            let numbered = of.numbers.iter().zip(exercise.sets);
            let rows = numbered.map(|(number, set)| Row {
                number: number.clone(),
                set: Some(set),
            });
            Block {
                name: of.name.clone(),
                nth: of.nth,
                exercise_id: Some(exercise.exercise_id),
                superset: exercise.superset_group,
                notes: exercise.notes,
                rows: rows.collect(),
            }
        });
        let blocks = blocks.collect();
        Some(Self { head, blocks })
    }

    /// The workout as it is stored, and its rows.
    pub(super) fn stored(&self) -> (Workout, ImportedRows) {
        let mut workout = self.head.clone();
        let mut rows = Vec::new();
        for block in &self.blocks {
            let stored = block.rows.iter().filter(|row| row.set.is_some());
            let numbers: Vec<String> = stored.map(|row| row.number.clone()).collect();
            let Some(exercise_id) = block.exercise_id.clone().filter(|_| !numbers.is_empty())
            else {
                continue;
            };
            workout.exercises.push(WorkoutExercise {
                exercise_id,
                sets: { block.rows.iter() }
                    .filter_map(|row| row.set.clone())
                    .collect(),
                superset_group: block.superset,
                notes: block.notes.clone(),
            });
            rows.push(RowsOf {
                name: block.name.clone(),
                nth: block.nth,
                numbers,
            });
        }
        (workout, ImportedRows(rows))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (Id<'_>, &Row)> {
        self.blocks.iter().flat_map(|block| {
            let rows = block.rows.iter();
            rows.map(move |row| ((block.name.as_str(), block.nth, row.number.as_str()), row))
        })
    }

    /// Its blocks of the same name and place: several, if the name was taken for several exercises.
    pub(super) fn places(&self, of: &Block) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.is_place_of(of))
    }
}

impl Block {
    /// True if both have the same name and place.
    pub(super) fn is_place_of(&self, other: &Self) -> bool {
        self.name == other.name && self.nth == other.nth
    }
}
