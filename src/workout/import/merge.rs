//! Which workouts of a file are in the log already. Imports can be repeated: what is there is not added again.

use std::collections::{HashMap, HashSet};

use jiff::{Timestamp, ToSpan};

use super::convert::Imported;
use crate::workout::{
    db::UserTransaction,
    figures::units::convert,
    model::{Workout, WorkoutExercise, WorkoutSet},
    store::{ImportedWorkout, Page},
};

/// How far apart the same times can be in two time zones.
const ZONES: i64 = 26;
/// How far apart one weight in two units is, by the decimals that apps write.
const ROUNDING: f64 = 0.051;
/// Workouts read at once.
const PAGE: i64 = 200;

/// What is to be done with the workouts of a file.
#[derive(Default)]
pub(super) struct Merge {
    pub new: Vec<ImportedWorkout>,
    /// Imported before, not changed in the log since, and different in the file; the ids are those of the log.
    pub changed: Vec<ImportedWorkout>,
    /// For each of these in which weights have the same numbers in another unit, one of them.
    pub other_units: Vec<String>,
    /// In the log as in the file.
    pub same: usize,
    /// In the log, with other sets; it stays as it is.
    pub kept: Vec<Workout>,
}

/// A workout of the log that may be one of the file.
struct Candidate {
    workout: Workout,
    key: Option<String>,
    /// As it was imported.
    is_untouched: bool,
    is_taken: bool,
}

/// Compares the workouts of a file, oldest first, with the log.
pub(super) async fn merge(
    tx: &mut UserTransaction,
    imported: Vec<Imported>,
) -> Result<Merge, sqlx::Error> {
    let mut candidates = Candidates::read(tx, &imported).await?;
    let mut found: Vec<Option<usize>> = vec![None; imported.len()];
    // Equal ones first: of two workouts at one time, each is found.
    for pass in [Pass::Equal, Pass::Key, Pass::Time] {
        for (found, imported) in found.iter_mut().zip(&imported) {
            if found.is_none() {
                *found = candidates.take(imported, pass);
            }
        }
    }
    let mut merge = Merge::default();
    for (found, imported) in found.into_iter().zip(imported) {
        let Some(candidate) = found.map(|at| &candidates.all[at]) else {
            merge.new.push(stored(imported));
            continue;
        };
        if is_equal(&candidate.workout, &imported.workout) {
            merge.same += 1;
        } else if candidate.is_untouched && candidate.key.as_ref() == Some(&imported.key) {
            merge
                .other_units
                .extend(other_unit(&candidate.workout, &imported.workout));
            let mut changed = stored(imported);
            changed.workout.id.clone_from(&candidate.workout.id);
            // The zone may have been another.
            merge.changed.push(changed);
        } else {
            merge.kept.push(imported.workout);
        }
    }
    Ok(merge)
}

fn stored(imported: Imported) -> ImportedWorkout {
    ImportedWorkout {
        workout: imported.workout,
        key: imported.key,
    }
}

#[derive(Clone, Copy)]
enum Pass {
    /// The same app's workout, or one of the same time and name, with the same sets.
    Equal,
    /// The same app's workout.
    Key,
    /// One of the same time and name.
    Time,
}

struct Candidates {
    all: Vec<Candidate>,
    by_key: HashMap<String, usize>,
    by_time: HashMap<(i64, String), Vec<usize>>,
}

impl Candidates {
    async fn read(tx: &mut UserTransaction, imported: &[Imported]) -> Result<Self, sqlx::Error> {
        let mut candidates = Self {
            all: Vec::new(),
            by_key: HashMap::new(),
            by_time: HashMap::new(),
        };
        let (Some(first), Some(last)) = (imported.first(), imported.last()) else {
            return Ok(candidates);
        };
        let keys = tx.import_keys().await?;
        let known: HashSet<&str> = imported.iter().map(|i| i.key.as_str()).collect();
        let times: HashSet<(i64, String)> = imported.iter().map(|i| time(&i.workout)).collect();
        let at = |at: Timestamp, hours: i64| at.checked_add(hours.hours()).unwrap_or(at);
        let mut page = Page::newest(at(first.workout.performed_at, -ZONES), PAGE);
        page.before.0 = at(last.workout.performed_at, ZONES);
        loop {
            let workouts = tx.workouts(&page).await?;
            let Some(oldest) = workouts.last() else {
                return Ok(candidates);
            };
            page.before = (oldest.performed_at, oldest.id.clone());
            for workout in workouts {
                let import = keys.get(&workout.id);
                let key = import.map(|(key, _)| key.clone());
                let is_known = key.as_deref().is_some_and(|key| known.contains(key));
                if is_known || times.contains(&time(&workout)) {
                    let is_untouched = import.is_some_and(|(_, untouched)| *untouched);
                    candidates.add(workout, key, is_untouched);
                }
            }
        }
    }

    fn add(&mut self, workout: Workout, key: Option<String>, is_untouched: bool) {
        let at = self.all.len();
        self.by_time.entry(time(&workout)).or_default().push(at);
        if let Some(key) = &key {
            self.by_key.insert(key.clone(), at);
        }
        self.all.push(Candidate {
            workout,
            key,
            is_untouched,
            is_taken: false,
        });
    }

    /// Takes a workout of the log that is the imported one.
    fn take(&mut self, imported: &Imported, pass: Pass) -> Option<usize> {
        let by_key = self.by_key.get(&imported.key).into_iter();
        let by_time = self.by_time.get(&time(&imported.workout));
        let by_time = by_time.into_iter().flatten();
        let equal = |at: &usize| is_equal(&self.all[*at].workout, &imported.workout);
        let free = |at: &usize| !self.all[*at].is_taken;
        let at = match pass {
            Pass::Equal => by_key
                .chain(by_time)
                .filter(|at| free(at))
                .find(|at| equal(at)),
            Pass::Key => { by_key }.find(|at| free(at)),
            // A day without a time says too little.
            Pass::Time if !imported.has_time => None,
            Pass::Time => { by_time }.find(|at| free(at)),
        };
        let at = *at?;
        self.all[at].is_taken = true;
        Some(at)
    }
}

/// The minute and the name: some apps leave the seconds out.
fn time(workout: &Workout) -> (i64, String) {
    let name = workout.name.as_deref().unwrap_or_default();
    let minute = workout.performed_at.as_second().div_euclid(60);
    (minute, name.trim().to_lowercase())
}

/// True if both have the same sets and notes.
fn is_equal(a: &Workout, b: &Workout) -> bool {
    let is_same = |(a, b): (&WorkoutExercise, &WorkoutExercise)| {
        a.exercise_id == b.exercise_id
            && a.superset_group == b.superset_group
            && a.notes == b.notes
            && a.sets.len() == b.sets.len()
            && a.sets.iter().zip(&b.sets).all(is_same_set)
    };
    a.notes == b.notes
        && a.exercises.len() == b.exercises.len()
        && a.exercises.iter().zip(&b.exercises).all(is_same)
}

/// True if both are the same, or differ in the unit in which the same weight is given.
fn is_same_set((a, b): (&WorkoutSet, &WorkoutSet)) -> bool {
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

/// Of a workout in which a weight has the same number in another unit, the first one: `100 kg in the log, 100 lb in the file`.
fn other_unit(logged: &Workout, file: &Workout) -> Option<String> {
    let sets = |workout: &Workout| -> Vec<WorkoutSet> {
        let exercises = workout.exercises.iter();
        exercises.flat_map(|e| e.sets.clone()).collect()
    };
    let (logged, file) = (sets(logged), sets(file));
    let other = |(a, b): &(&WorkoutSet, &WorkoutSet)| {
        a.unit != b.unit && a.weight > 0.0 && (a.weight - b.weight).abs() < f64::EPSILON
    };
    let (a, b) = logged.iter().zip(&file).find(other)?;
    let (a, weight, b) = (a.unit.as_str(), a.weight, b.unit.as_str());
    Some(format!("{weight} {a} in the log, {weight} {b} in the file"))
}
