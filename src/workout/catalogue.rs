//! Exercise catalogue: lookup by slug, name or alias, tolerant of spelling, never a guess. Its folder holds the reference
//! data shipped with the server: exercises, plans, muscle groups and volume landmarks.

mod exercise;
pub mod landmarks;
mod muscles;
mod names;
pub mod seed;

use std::collections::HashMap;

use sqlx::AnyPool;

use super::error::{ToolError, quoted};
pub use exercise::Exercise;
pub use muscles::{MUSCLES, parse_muscles};
use names::{any_has_words, keys, lowercase_words, normalize, similarity, words};

/// Most exercises that are loaded.
pub const MAX_EXERCISES: i64 = 1000;

/// All exercises, in memory.
pub struct Catalogue {
    exercises: Vec<Exercise>,
    /// For each exercise: its name and aliases, normalised.
    names: Vec<Vec<String>>,
    /// From slugs, names, aliases and their [`keys`] to indices.
    index: HashMap<String, usize>,
}

impl Catalogue {
    /// Loads the exercises of the database.
    pub async fn load(pool: &AnyPool) -> Result<Self, sqlx::Error> {
        Ok(Self::new(exercise::load(pool).await?))
    }

    /// The shipped exercises, without a database.
    pub fn shipped() -> Self {
        Self::new(seed::exercises())
    }

    fn new(mut exercises: Vec<Exercise>) -> Self {
        // `by_id` searches by bytes, but databases sort by their locale.
        exercises.sort_by(|a, b| a.id.cmp(&b.id));
        let mut index = HashMap::new();
        for (at, exercise) in exercises.iter().enumerate() {
            for name in [&exercise.id, &exercise.name] {
                index.insert(normalize(name), at);
            }
        }
        let names: Vec<Vec<String>> = exercises.iter().map(normalized_names).collect();
        // An exercise's exact name takes precedence over spelling variants of another one's.
        for variant in 0..keys("").len() {
            for (at, names) in names.iter().enumerate() {
                for name in names {
                    index.entry(keys(name)[variant].clone()).or_insert(at);
                }
            }
        }
        Self {
            exercises,
            names,
            index,
        }
    }

    pub fn all(&self) -> &[Exercise] {
        &self.exercises
    }

    /// The exercise with exactly this slug.
    pub fn by_id(&self, id: &str) -> Option<&Exercise> {
        let at = self.exercises.binary_search_by(|e| e.id.as_str().cmp(id));
        at.ok().map(|index| &self.exercises[index])
    }

    /// The exercise with this name ([`Self::by_name`]), or else the only one whose names contain all the words. The error
    /// suggests the nearest three.
    pub fn find(&self, text: &str) -> Result<&Exercise, ToolError> {
        if let Some(exercise) = self.by_name(text) {
            return Ok(exercise);
        }
        let normalized = normalize(text);
        let words = words(&normalized);
        let mut matching = self
            .with_names()
            .filter(|(_, names)| any_has_words(names, &words));
        match (words.is_empty(), matching.next(), matching.next()) {
            (false, Some((only, _)), None) => Ok(only),
            _ => Err(self.unknown(text, &normalized)),
        }
    }

    /// The exercise with this slug, name or alias, in any case, hyphenation, word order or plural.
    pub fn by_name(&self, text: &str) -> Option<&Exercise> {
        let keys = keys(&normalize(text));
        let at = keys.iter().find_map(|key| self.index.get(key))?;
        Some(&self.exercises[*at])
    }

    fn unknown(&self, text: &str, normalized: &str) -> ToolError {
        let mut scored: Vec<(f64, &Exercise)> = self
            .with_names()
            .map(|(exercise, names)| (similarity(names, normalized), exercise))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        let shown = |(_, e): &(f64, &Exercise)| format!("{} ({})", e.name, e.id);
        let nearest: Vec<String> = scored.iter().take(3).map(shown).collect();
        ToolError::Input(format!(
            "unknown exercise {}; did you mean {}? list_exercises shows all",
            quoted(text),
            nearest.join(", ")
        ))
    }

    fn with_names(&self) -> impl Iterator<Item = (&Exercise, &Vec<String>)> {
        self.exercises.iter().zip(&self.names)
    }

    /// Completion: names of exercises with a name or alias in which each typed word is a prefix of a word. Names that begin
    /// with the text are first.
    pub fn complete(&self, typed: &str, n: usize) -> Vec<String> {
        let typed = lowercase_words(typed);
        let prefixes = words(&typed);
        let matches = |name: &String| {
            let mut prefixes = prefixes.iter();
            prefixes.all(|prefix| name.split(' ').any(|word| word.starts_with(prefix)))
        };
        let matching = self
            .with_names()
            .filter(|(_, names)| names.iter().any(matches));
        let (mut first, others): (Vec<_>, Vec<_>) = matching
            .map(|(exercise, _)| exercise.name.clone())
            .partition(|name| lowercase_words(name).starts_with(&typed));
        first.extend(others);
        first.truncate(n);
        first
    }

    /// The exercises that pass all given filters.
    pub fn search<'a>(
        &'a self,
        muscles: Option<&'a [&'static str]>,
        equipment: Option<&'a str>,
        query: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Exercise> {
        let equipment = equipment.map(normalize);
        let query = query.map(normalize).unwrap_or_default();
        let found = self.with_names().filter(move |(exercise, names)| {
            muscles.is_none_or(|muscles| muscles.iter().any(|m| exercise.works(m)))
                && equipment
                    .as_ref()
                    .is_none_or(|equipment| normalize(&exercise.equipment) == *equipment)
                && any_has_words(names, &words(&query))
        });
        found.map(|(exercise, _)| exercise)
    }
}

fn normalized_names(exercise: &Exercise) -> Vec<String> {
    let names = std::iter::once(&exercise.name).chain(&exercise.aliases);
    names.map(|name| normalize(name)).collect()
}

#[cfg(test)]
mod tests;
