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
    record::{End, FileExercise, FileSet, FileWorkout},
    sets::{NoSet, convert},
    units::Units,
    version::{Block, Row, Version},
    when::When,
    words::{ARGUMENTS, Words},
};
use crate::workout::{
    catalogue::Exercise,
    dates,
    error::ToolError,
    figures::units::Unit,
    model::{ImportedRows, MAX_ALL_NOTES_CHARS, Workout, WorkoutSet, check_size},
    store::new_id,
};

const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// A workout of a file, to be stored.
pub(super) struct Imported {
    pub workout: Workout,
    /// The workout with the rows of the file, also those that cannot be stored.
    pub version: Version,
    pub rows: ImportedRows,
    /// Says which workout of which app it is: the same in each of the app's exports. Its parts are the app and the start, the file's
    /// number, and the name.
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
    pub words: Words,
}

/// The keys of a file's workouts, of which [`Imported::key`] is one: by the app, the start and the file's number; the name, and the
/// place among those that are alike in all of it.
pub(super) fn keys(format: Format, workouts: &[FileWorkout]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let key = |file: &FileWorkout| {
        let title = file.title.as_deref().unwrap_or_default().to_lowercase();
        let number = file.number.as_deref().unwrap_or_default();
        let start = format!("{}\n{}", format.as_str(), file.start);
        let nth = seen.entry(format!("{start}\n{number}\n{title}"));
        let nth = nth.and_modify(|nth| *nth += 1).or_insert(1);
        let [start, number] = [start.as_str(), number].map(hash);
        format!("{start}.{number}.{}", hash(&format!("{title}\n{nth}")))
    };
    workouts.iter().map(key).collect()
}

fn hash(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    let bytes: &[u8] = digest.as_ref();
    BASE64_URL_SAFE_NO_PAD.encode(&bytes[..16])
}

impl Conversion<'_> {
    /// The workouts that have a set to be stored, oldest first.
    pub(super) fn run(mut self, workouts: &[FileWorkout]) -> Vec<Imported> {
        let mut converted: Vec<Imported> = Vec::new();
        for (file, key) in workouts.iter().zip(std::mem::take(&mut self.keys)) {
            match self.workout(file, self.units.of(file, &key)) {
                Ok(Some(version)) => {
                    let (workout, rows) = version.stored();
                    converted.push(Imported {
                        workout,
                        version,
                        rows,
                        key,
                        has_time: !matches!(file.start, When::Date(_)),
                    });
                }
                // Each of its lines is named already.
                Ok(None) if file.exercises.iter().all(FileExercise::is_wrong) => {}
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
    fn workout(&mut self, file: &FileWorkout, unit: Unit) -> Result<Option<Version>, String> {
        if file.exercises.iter().all(FileExercise::is_wrong) {
            return Ok(None);
        }
        let performed_at = self.timestamp(file.start)?;
        let ended_at = self.end(file, performed_at);
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut blocks = Vec::with_capacity(file.exercises.len());
        for exercise in &file.exercises {
            let mut block = self.block(exercise, unit);
            let nth = places.entry(block.name.clone()).or_default();
            block.nth = *nth;
            *nth += 1;
            blocks.push(block);
        }
        self.cut_notes(&mut blocks);
        let head = Workout {
            id: String::new(),
            name: file.title.clone(),
            notes: file.notes.clone(),
            performed_at,
            ended_at,
            exercises: Vec::new(),
        };
        let version = Version::new(head, blocks);
        let exercises = version.stored().0.exercises;
        check_size(&exercises).map_err(|oversize| format!("the workout has {oversize}"))?;
        Ok((!exercises.is_empty()).then_some(version))
    }

    /// The rows of an exercise. Those of an unknown one have no sets.
    fn block(&mut self, file: &FileExercise, unit: Unit) -> Block {
        let exercise = self.names.exercise(file);
        let mut unnumbered = 0;
        let mut rows = Vec::with_capacity(file.sets.len());
        for set in &file.sets {
            let number = set.number.map(|number| number.to_string());
            let number = number.unwrap_or_else(|| {
                unnumbered += 1;
                format!("#{unnumbered}")
            });
            let exercise = exercise.filter(|_| !set.is_wrong);
            let set = exercise.and_then(|exercise| self.set(set, exercise, unit));
            rows.push(Row { number, set });
        }
        Block {
            // Own exercises can be renamed.
            name: file.id.as_ref().unwrap_or(&file.name).to_lowercase(),
            nth: 0,
            exercise_id: exercise.map(|exercise| exercise.id.clone()),
            superset: file.superset,
            notes: file.notes.clone(),
            rows,
        }
    }

    fn set(&mut self, set: &FileSet, exercise: &Exercise, unit: Unit) -> Option<WorkoutSet> {
        let mut lost = Vec::new();
        let converted = match convert(set, exercise, unit, &mut lost) {
            Ok(converted) => Some(converted),
            Err(NoSet::Nothing(what)) => {
                self.remark(what);
                None
            }
            Err(NoSet::Wrong(what)) => {
                self.problems.push(Problem {
                    line: set.line,
                    column: String::new(),
                    what,
                });
                None
            }
        };
        for what in lost {
            self.remark(what);
        }
        converted
    }

    /// Cuts the notes of exercises to what fits in one workout.
    fn cut_notes(&mut self, blocks: &mut [Block]) {
        let mut room = MAX_ALL_NOTES_CHARS;
        for notes in blocks.iter_mut().map(|block| &mut block.notes) {
            let Some(text) = notes else { continue };
            let chars = text.chars().count();
            if chars > room {
                *text = text.chars().take(room).collect();
                self.remark("notes of exercises that were cut to what fits in one workout");
            }
            room -= chars.min(room);
            *notes = notes.take().filter(|text| !text.is_empty());
        }
    }

    /// The moment, up to now.
    fn timestamp(&self, when: When) -> Result<Timestamp, String> {
        let parsed = dates::parse_past("", &when.to_string(), self.zone, self.now);
        parsed.map_err(|error| match error {
            ToolError::Input(what) => {
                { what.trim_start_matches(": ") }.replace(ARGUMENTS.time_zone, self.words.time_zone)
            }
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
