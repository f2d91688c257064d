//! Exercise catalogue: lookup by slug, name or alias, tolerant of spelling, never a guess. Its folder holds the reference
//! data shipped with the server: exercises, plans, muscle groups and volume landmarks.

mod exercise;
mod index;
pub mod landmarks;
mod muscles;
mod names;
mod parsed;
mod ranking;
pub mod seed;
mod vocabulary;

use sqlx::AnyPool;

use super::error::{ToolError, quoted};
pub use exercise::{Exercise, Load, Measure};
use index::Index;
pub use muscles::{MUSCLES, parse_muscles};
use names::{lowercase_words, normalize};
use ranking::{KnownNames, Query};

/// Most exercises that are loaded.
pub const MAX_EXERCISES: i64 = 1000;

/// Most exercises that a search finds where none has all the words.
const MAX_NEAR: usize = 10;

/// All exercises, in memory.
pub struct Catalogue {
    exercises: Vec<Exercise>,
    /// For each exercise.
    names: Vec<KnownNames>,
    index: Index,
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
        Self {
            names: exercises.iter().map(KnownNames::new).collect(),
            index: Index::new(&exercises),
            exercises,
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

    /// The exercise with this slug, name or alias, in any spelling and order, whose equipment may be named too. The error
    /// suggests the nearest three.
    pub fn find(&self, text: &str) -> Result<&Exercise, ToolError> {
        let found = self.index.find(text).map(|at| &self.exercises[at]);
        found.ok_or_else(|| self.unknown(text))
    }

    fn unknown(&self, text: &str) -> ToolError {
        let query = self.query(text);
        let ranked = ranked(&query, self.with_names());
        let shown = |e: &Exercise| format!("{} ({})", e.name, e.id);
        let nearest: Vec<String> = ranked.into_iter().take(3).map(shown).collect();
        ToolError::Input(format!(
            "unknown exercise {}; did you mean {}? list_exercises shows all",
            quoted(text),
            nearest.join(", ")
        ))
    }

    fn query(&self, text: &str) -> Query {
        Query::new(text, self.index.parse(text))
    }

    fn with_names(&self) -> impl Iterator<Item = (&Exercise, &KnownNames)> {
        self.exercises.iter().zip(&self.names)
    }

    /// Completion: names of exercises with a name or alias in which each typed word is a prefix of a word. Names that begin with
    /// the text are first, and short ones before long ones.
    pub fn complete(&self, typed: &str, n: usize) -> Vec<String> {
        let typed = lowercase_words(typed);
        let has_prefixes = |name: &str| {
            let mut prefixes = typed.split_whitespace();
            prefixes.all(|prefix| name.split(' ').any(|word| word.starts_with(prefix)))
        };
        let matching = self
            .with_names()
            .filter(|(_, names)| names.texts().any(has_prefixes));
        let mut names: Vec<String> = matching.map(|(e, _)| e.name.clone()).collect();
        // The shorter, the less there is beside what is typed.
        names.sort_by_key(|name| {
            (
                !lowercase_words(name).starts_with(&typed),
                name.chars().count(),
            )
        });
        names.truncate(n);
        names
    }

    /// The exercises that pass all given filters: with a query those with all its words, or else the nearest few, best first.
    pub fn search(
        &self,
        muscles: Option<&[&'static str]>,
        equipment: Option<&str>,
        query: Option<&str>,
    ) -> Vec<&Exercise> {
        let equipment = equipment.map(normalize);
        let passes = |exercise: &Exercise| {
            muscles.is_none_or(|muscles| muscles.iter().any(|m| exercise.works(m)))
                && equipment
                    .as_ref()
                    .is_none_or(|equipment| normalize(&exercise.equipment) == *equipment)
        };
        let passing = self.with_names().filter(|(exercise, _)| passes(exercise));
        let text = query.unwrap_or_default();
        let query = self.query(text);
        if query.is_blank() {
            return passing.map(|(exercise, _)| exercise).collect();
        }
        let passing: Vec<(&Exercise, &KnownNames)> = passing.collect();
        let meant = self.index.find(text).map(|at| &self.exercises[at]);
        let is_meant = |exercise: &Exercise| meant.is_some_and(|meant| meant.id == exercise.id);
        let within = passing.iter().copied();
        let within = within.filter(|(e, names)| is_meant(e) || query.is_within(e, names));
        let mut found = ranked(&query, within);
        if found.is_empty() {
            let near = passing.into_iter();
            found = ranked(&query, near.filter(|(_, names)| query.is_near(names)));
            found.truncate(MAX_NEAR);
        }
        // The others stay in their order.
        found.sort_by_key(|exercise| !is_meant(exercise));
        found
    }
}

/// The exercises, the nearest first.
fn ranked<'a>(
    query: &Query,
    exercises: impl Iterator<Item = (&'a Exercise, &'a KnownNames)>,
) -> Vec<&'a Exercise> {
    let scored = exercises.map(|(exercise, names)| (query.score(exercise, names), exercise));
    let mut scored: Vec<(f64, &Exercise)> = scored.collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    scored.into_iter().map(|(_, exercise)| exercise).collect()
}

#[cfg(test)]
mod tests;
