//! Which workouts of a file are in the log already. Imports can be repeated: what is there is not added again.

use super::{
    candidates::{Candidate, Candidates, PASSES, is_equal, name_of},
    convert::Imported,
    versions::{Combined, combine},
};
use crate::workout::{
    db::UserTransaction,
    model::{Origin, Workout, WorkoutSet},
    store::ImportedWorkout,
};

/// What is to be done with the workouts of a file.
#[derive(Default)]
pub(super) struct Merge {
    pub new: Vec<ImportedWorkout>,
    /// Imported before, and with other sets in the file; the ids are those of the log.
    pub changed: Vec<ImportedWorkout>,
    /// For each of these in which weights have the same numbers in another unit, one of them.
    pub other_units: Vec<String>,
    /// In the log as in the file.
    pub same: usize,
    /// In the log with other sets or notes, as which they stay, and why.
    pub kept: Vec<(Workout, String)>,
}

/// Compares the workouts of a file, oldest first, with the log.
pub(super) async fn merge(
    tx: &mut UserTransaction,
    imported: Vec<Imported>,
) -> Result<Merge, sqlx::Error> {
    let mut candidates = Candidates::read(tx, &imported).await?;
    let mut found: Vec<Option<usize>> = vec![None; imported.len()];
    for pass in PASSES {
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
        merge.add(candidate, imported);
    }
    Ok(merge)
}

impl Merge {
    /// Adds a workout that the log has already.
    fn add(&mut self, candidate: &Candidate, imported: Imported) {
        let is_named = name_of(&candidate.workout) == name_of(&imported.workout);
        if is_equal(&candidate.workout, &imported.workout) && is_named {
            self.same += 1;
            return;
        }
        let Some((before, rows)) = candidate.of_same_app(&imported) else {
            let why = "it was logged by hand or by another app";
            self.kept.push((imported.workout, why.to_owned()));
            return;
        };
        let combined = combine(
            &candidate.workout,
            rows,
            before.is_untouched,
            &imported.version,
        );
        match combined {
            Combined::Kept(why) => self.kept.push((imported.workout, why)),
            Combined::Changed {
                mut workout,
                rows,
                is_edited,
            } => {
                let other_unit = other_unit(&candidate.workout, &workout);
                self.other_units.extend(other_unit);
                workout.id.clone_from(&candidate.workout.id);
                self.changed.push(ImportedWorkout {
                    workout,
                    origin: Origin {
                        key: imported.key,
                        rows,
                    },
                    is_edited,
                });
            }
        }
    }
}

fn stored(imported: Imported) -> ImportedWorkout {
    ImportedWorkout {
        workout: imported.workout,
        origin: Origin {
            key: imported.key,
            rows: imported.rows,
        },
        is_edited: false,
    }
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
