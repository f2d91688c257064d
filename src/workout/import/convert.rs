//! The workouts of a file to workouts of the log: names and units settled, times in the user's zone.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    columns::Problem,
    format::Format,
    names::Names,
    parse::Problems,
    record::{End, FileExercise, FileWorkout},
    sets::{NoSet, convert},
    units::Units,
    when::When,
};
use crate::workout::{
    dates,
    error::ToolError,
    figures::units::Unit,
    model::{Workout, WorkoutExercise},
    store::new_id,
};

/// As many as one workout of the log may have.
const MAX_EXERCISES: usize = 50;
const MAX_SETS: usize = 100;
const MAX_SETS_PER_WORKOUT: usize = 500;
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// A workout of a file, to be stored.
pub(super) struct Imported {
    pub workout: Workout,
    /// Says which workout of which app it is: the same in each of the app's exports.
    pub key: String,
    /// True if the file says its time, and not only its day.
    pub has_time: bool,
}

/// What the conversion needs, and what it finds out.
pub(super) struct Conversion<'a> {
    /// Those of the workouts.
    pub keys: Vec<String>,
    pub names: &'a Names<'a>,
    pub units: &'a Units,
    pub zone: &'a TimeZone,
    pub now: Timestamp,
    pub problems: &'a mut Problems,
    pub remarks: &'a mut BTreeMap<&'static str, usize>,
}

/// The keys of a file's workouts, of which [`Imported::key`] is one: by the app, the start, the name, and the place among those of
/// the same start and name.
pub(super) fn keys(format: Format, workouts: &[FileWorkout]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let key = |file: &FileWorkout| {
        let title = file.title.as_deref().unwrap_or_default().to_lowercase();
        let what = format!("{}\n{}\n{title}", format.as_str(), file.start);
        let nth = seen.entry(what.clone()).or_default();
        *nth += 1;
        let key = format!("{what}\n{nth}");
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, key.as_bytes()))
    };
    workouts.iter().map(key).collect()
}

impl Conversion<'_> {
    /// The workouts that have a set to be stored, oldest first.
    pub(super) fn run(mut self, workouts: &[FileWorkout]) -> Vec<Imported> {
        let mut converted: Vec<Imported> = Vec::new();
        for (file, key) in workouts.iter().zip(std::mem::take(&mut self.keys)) {
            match self.workout(file, self.units.of(file, &key)) {
                Ok(Some(workout)) => converted.push(Imported {
                    workout,
                    key,
                    has_time: !matches!(file.start, When::Date(_)),
                }),
                Ok(None) => self.remark("workouts without a set that can be imported"),
                Err(what) => self.problems.push(Problem {
                    line: file.line,
                    column: String::new(),
                    what,
                }),
            }
        }
        converted.sort_by_key(|imported| imported.workout.performed_at);
        for imported in &mut converted {
            // Ids are in the order of time.
            imported.workout.id = new_id();
        }
        converted
    }

    fn remark(&mut self, what: &'static str) {
        *self.remarks.entry(what).or_default() += 1;
    }

    /// The workout, with weights in the given unit where the file says none.
    fn workout(&mut self, file: &FileWorkout, unit: Unit) -> Result<Option<Workout>, String> {
        let performed_at = self.timestamp(file.start)?;
        let ended_at = self.end(file, performed_at);
        let mut exercises = Vec::new();
        for exercise in &file.exercises {
            exercises.extend(self.exercise(exercise, unit));
        }
        let sets: usize = exercises.iter().map(|e| e.sets.len()).sum();
        let most = exercises.iter().map(|e| e.sets.len()).max().unwrap_or(0);
        for (count, max, what) in [
            (exercises.len(), MAX_EXERCISES, "exercises"),
            (most, MAX_SETS, "sets of one exercise"),
            (sets, MAX_SETS_PER_WORKOUT, "sets"),
        ] {
            if count > max {
                return Err(format!(
                    "the workout has {count} {what}; at most {max} fit in one"
                ));
            }
        }
        Ok((sets > 0).then(|| Workout {
            id: String::new(),
            name: file.title.clone(),
            notes: file.notes.clone(),
            performed_at,
            ended_at,
            exercises,
        }))
    }

    /// The exercise, if its name is known and it has a set.
    fn exercise(&mut self, file: &FileExercise, unit: Unit) -> Option<WorkoutExercise> {
        let exercise = self.names.exercise(file)?;
        let mut sets = Vec::with_capacity(file.sets.len());
        for set in &file.sets {
            let mut lost = Vec::new();
            match convert(set, exercise, unit, &mut lost) {
                Ok(converted) => sets.push(converted),
                Err(NoSet::Nothing(what)) => self.remark(what),
                Err(NoSet::Wrong(what)) => self.problems.push(Problem {
                    line: set.line,
                    column: String::new(),
                    what,
                }),
            }
            for what in lost {
                self.remark(what);
            }
        }
        (!sets.is_empty()).then(|| WorkoutExercise {
            exercise_id: exercise.id.clone(),
            sets,
            superset_group: file.superset,
            notes: file.notes.clone(),
        })
    }

    /// The moment, up to now.
    fn timestamp(&self, when: When) -> Result<Timestamp, String> {
        let parsed = dates::parse_past("", &when.to_string(), self.zone, self.now);
        parsed.map_err(|error| match error {
            ToolError::Input(what) => what.trim_start_matches(": ").to_owned(),
            other => other.to_string(),
        })
    }

    /// When it ended: after its start, by a day at most.
    fn end(&mut self, file: &FileWorkout, start: Timestamp) -> Option<Timestamp> {
        let end = match file.end? {
            End::At(when) => self.timestamp(when).ok(),
            #[expect(clippy::cast_possible_truncation, reason = "whole seconds of a day")]
            End::After(seconds) => start
                .checked_add(SignedDuration::from_secs(seconds as i64))
                .ok(),
        };
        let fits = |end: &Timestamp| (start..=start + LONGEST).contains(end);
        let end = end.filter(fits);
        if end.is_none() {
            self.remark("workouts whose end is not within a day of their start, which is left out");
        }
        end
    }
}
