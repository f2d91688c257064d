//! Which exercises the names of a file are for. Each name is looked up once.

use std::collections::{BTreeMap, HashMap};

use tokio::task::yield_now;

use super::{
    parse::Parsed,
    record::{FileExercise, FileWorkout},
};
use crate::workout::{
    catalogue::{Catalogue, Exercise},
    error::{ToolError, quoted},
};

/// Most names in one file: apps have some hundred exercises.
const MAX_NAMES: usize = 1000;
/// Suggestions for a name that is not found.
const SUGGESTIONS: usize = 3;

/// The names of a file, in the order in which they appear.
pub(super) struct Names<'a> {
    names: Vec<Name<'a>>,
    by_name: HashMap<(String, Option<String>), usize>,
}

pub(super) struct Name<'a> {
    /// As the app calls it.
    pub text: String,
    /// Our slug, in our own files.
    id: Option<String>,
    pub sets: usize,
    pub exercise: Option<&'a Exercise>,
}

impl<'a> Names<'a> {
    /// Looks up the names of the workouts; `given` decides what it has a name for.
    pub(super) async fn resolve(
        parsed: &Parsed,
        given: &BTreeMap<String, String>,
        catalogue: &'a Catalogue,
    ) -> Result<Self, ToolError> {
        let mut all = Self::collect(&parsed.workouts)?;
        let mut decided = HashMap::new();
        for (name, exercise) in given {
            let lower = name.trim().to_lowercase();
            if !all
                .names
                .iter()
                .any(|of_file| of_file.text.to_lowercase() == lower)
            {
                let what = format!("{} is no name of the file", quoted(name));
                return Err(ToolError::at(parsed.words.names, what));
            }
            let found = catalogue.find(exercise);
            let found = found.map_err(|error| ToolError::at(parsed.words.names, error))?;
            decided.insert(lower, found);
        }
        for name in &mut all.names {
            let decided = decided.get(&name.text.to_lowercase()).copied();
            name.exercise = decided.or_else(|| find(name, catalogue));
            // Thousands of look-ups take a while.
            yield_now().await;
        }
        Ok(all)
    }

    fn collect(workouts: &[FileWorkout]) -> Result<Self, ToolError> {
        let mut all = Self {
            names: Vec::new(),
            by_name: HashMap::new(),
        };
        let exercises = workouts.iter().flat_map(|workout| &workout.exercises);
        for exercise in exercises.filter(|exercise| !exercise.is_wrong()) {
            let key = (exercise.name.clone(), exercise.id.clone());
            let at = *all.by_name.entry(key).or_insert_with(|| {
                all.names.push(Name {
                    text: exercise.name.clone(),
                    id: exercise.id.clone(),
                    sets: 0,
                    exercise: None,
                });
                all.names.len() - 1
            });
            let sets = exercise.sets.iter().filter(|set| !set.is_wrong);
            all.names[at].sets += sets.count();
            if all.names.len() > MAX_NAMES {
                return Err(ToolError::Input(format!(
                    "the file cannot be read: it has more than {MAX_NAMES} names of exercises"
                )));
            }
        }
        Ok(all)
    }

    pub(super) fn exercise(&self, of: &FileExercise) -> Option<&'a Exercise> {
        let at = self.by_name.get(&(of.name.clone(), of.id.clone()))?;
        self.names[*at].exercise
    }

    pub(super) fn all(&self) -> &[Name<'a>] {
        &self.names
    }
}

fn find<'a>(name: &Name<'_>, catalogue: &'a Catalogue) -> Option<&'a Exercise> {
    let by_id = name.id.as_ref().and_then(|id| catalogue.by_id(id));
    by_id.or_else(|| catalogue.find(&name.text).ok())
}

/// Names of the catalogue that are near, best first.
pub(super) fn suggestions(name: &str, catalogue: &Catalogue) -> Vec<String> {
    let near = catalogue.search(None, None, Some(name)).into_iter();
    near.take(SUGGESTIONS).map(|e| e.name.clone()).collect()
}
