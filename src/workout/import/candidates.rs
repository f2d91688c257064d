//! Workouts of the log that may be those of a file, and which of them each one is.

use std::collections::{HashMap, HashSet};

use jiff::{Timestamp, ToSpan};

use super::{
    convert::Imported,
    parts::{is_same_set, is_similar},
};
use crate::workout::{
    db::UserTransaction,
    model::{ImportedRows, Workout, WorkoutExercise},
    store::{ImportedBefore, Page},
};

/// How far apart the same times can be in two time zones.
const ZONES: i64 = 26;
/// Workouts read at once.
const PAGE: i64 = 200;

/// A workout of the log that may be one of the file.
pub(super) struct Candidate {
    pub workout: Workout,
    before: Option<ImportedBefore>,
    /// The file has its key.
    is_in_file: bool,
    is_taken: bool,
}

impl Candidate {
    /// How it was imported, if it is of the app that the file is of.
    pub(super) fn of_same_app(
        &self,
        imported: &Imported,
    ) -> Option<(&ImportedBefore, &ImportedRows)> {
        let before = self.before.as_ref()?;
        let is_same = start_of(&before.key) == start_of(&imported.key);
        Some((before, before.rows.as_ref().filter(|_| is_same)?))
    }

    /// True if it is of the app that the file is of, where it has another name now, and much the same sets.
    fn is_renamed(&self, imported: &Imported) -> bool {
        let Some((before, rows)) = self.of_same_app(imported) else {
            return false;
        };
        let is_untouched = before.is_untouched;
        !self.is_in_file
            && nameless(&before.key) == nameless(&imported.key)
            && is_similar(&imported.version, &self.workout, rows, is_untouched)
    }
}

/// A key without the name.
fn nameless(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(rest, _)| rest)
}

/// What a key says of the app and the start.
fn start_of(key: &str) -> &str {
    key.split_once('.').map_or(key, |(start, _)| start)
}

/// In their order. Equal ones first: of two workouts at one time, each is found.
pub(super) const PASSES: [Pass; 4] = [Pass::Equal, Pass::Key, Pass::Time, Pass::Renamed];

#[derive(Clone, Copy)]
pub(super) enum Pass {
    /// The same app's workout, or one of the same time and name, with the same sets.
    Equal,
    /// The same app's workout.
    Key,
    /// One of the same time and name.
    Time,
    /// One of the same app and start with another name and much the same sets.
    Renamed,
}

/// Workouts of the log that may be those of a file.
pub(super) struct Candidates {
    pub all: Vec<Candidate>,
    by_key: HashMap<String, usize>,
    /// By what their keys say of the app and the start.
    by_start: HashMap<String, Vec<usize>>,
    by_time: HashMap<(i64, String), Vec<usize>>,
}

impl Candidates {
    pub(super) async fn read(
        tx: &mut UserTransaction,
        imported: &[Imported],
    ) -> Result<Self, sqlx::Error> {
        let mut candidates = Self {
            all: Vec::new(),
            by_key: HashMap::new(),
            by_start: HashMap::new(),
            by_time: HashMap::new(),
        };
        let (Some(first), Some(last)) = (imported.first(), imported.last()) else {
            return Ok(candidates);
        };
        let mut before = tx.imported_before().await?;
        let in_file: HashSet<&str> = imported.iter().map(|i| i.key.as_str()).collect();
        let starts: HashSet<&str> = imported.iter().map(|i| start_of(&i.key)).collect();
        let times: HashSet<(i64, String)> = imported.iter().map(|i| time(&i.workout)).collect();
        let at = |at: Timestamp, hours: i64| at.checked_add(hours.hours()).unwrap_or(at);
        let mut page = Page::newest(at(first.workout.performed_at, -ZONES), PAGE);
        page.before.0 = at(last.workout.performed_at, ZONES);
        loop {
            let workouts = tx.workouts(&page).await?;
            let Some(oldest) = workouts.last() else {
                break;
            };
            page.before = (oldest.performed_at, oldest.id.clone());
            for workout in workouts {
                let before = before.remove(&workout.id);
                let start = before.as_ref().map(|before| start_of(&before.key));
                if start.is_some_and(|start| starts.contains(start))
                    || times.contains(&time(&workout))
                {
                    candidates.add(workout, before, &in_file);
                }
            }
        }
        // What is left is of other times, or was moved in the log.
        before.retain(|_, before| starts.contains(start_of(&before.key)));
        let mut moved: Vec<(String, ImportedBefore)> = before.into_iter().collect();
        moved.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (id, before) in moved {
            if let Some(workout) = tx.workout(&id).await? {
                candidates.add(workout, Some(before), &in_file);
            }
        }
        Ok(candidates)
    }

    fn add(&mut self, workout: Workout, before: Option<ImportedBefore>, in_file: &HashSet<&str>) {
        let at = self.all.len();
        let key = before.as_ref().map(|before| before.key.as_str());
        let is_in_file = key.is_some_and(|key| in_file.contains(key));
        self.by_time.entry(time(&workout)).or_default().push(at);
        if let Some(ImportedBefore { key, .. }) = &before {
            self.by_key.insert(key.clone(), at);
            let of_start = self.by_start.entry(start_of(key).to_owned());
            of_start.or_default().push(at);
        }
        self.all.push(Candidate {
            workout,
            before,
            is_in_file,
            is_taken: false,
        });
    }

    /// Takes a workout of the log that is the imported one.
    pub(super) fn take(&mut self, imported: &Imported, pass: Pass) -> Option<usize> {
        let by_key = self.by_key.get(&imported.key).into_iter();
        let by_time = self.by_time.get(&time(&imported.workout));
        let by_time = by_time.into_iter().flatten();
        let by_start = self.by_start.get(start_of(&imported.key));
        let by_start = by_start.into_iter().flatten();
        // Another workout of the app, or the same with another name.
        let is_of_file = |at: &usize| self.all[*at].of_same_app(imported).is_some();
        let is_renamed = |at: &usize| self.all[*at].is_renamed(imported);
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
            Pass::Time => { by_time }.find(|at| free(at) && !is_of_file(at)),
            Pass::Renamed => { by_start }.find(|at| free(at) && is_renamed(at)),
        };
        let at = *at?;
        self.all[at].is_taken = true;
        Some(at)
    }
}

/// The minute and the name: some apps leave the seconds out.
fn time(workout: &Workout) -> (i64, String) {
    let minute = workout.performed_at.as_second().div_euclid(60);
    (minute, name_of(workout))
}

/// The name, however it is written.
pub(super) fn name_of(workout: &Workout) -> String {
    let name = workout.name.as_deref().unwrap_or_default();
    name.trim().to_lowercase()
}

/// True if both have the same sets and notes.
pub(super) fn is_equal(a: &Workout, b: &Workout) -> bool {
    let is_same = |(a, b): (&WorkoutExercise, &WorkoutExercise)| {
        a.exercise_id == b.exercise_id
            && a.superset_group == b.superset_group
            && a.notes == b.notes
            && a.sets.len() == b.sets.len()
            && a.sets.iter().zip(&b.sets).all(|(a, b)| is_same_set(a, b))
    };
    a.notes == b.notes
        && a.exercises.len() == b.exercises.len()
        && a.exercises.iter().zip(&b.exercises).all(is_same)
}
