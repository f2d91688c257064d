//! Exercise catalogue: lookup by slug, name or alias, tolerant of spelling, never a guess. Its folder holds the reference
//! data shipped with the server: exercises, plans, muscle groups and volume landmarks.

mod collection;
mod exercise;
mod index;
pub mod landmarks;
mod muscles;
mod names;
mod parsed;
mod ranking;
mod search;
pub mod seed;
mod spellings;
mod topic;
mod vocabulary;

use std::sync::Arc;

use sqlx::AnyPool;

use super::error::{ToolError, invalid, quoted};
use collection::Collection;
pub use exercise::{Exercise, Load, Measure};
pub(super) use exercise::{from_json, from_word};
use index::Match;
pub use muscles::{MUSCLES, muscles_of, parse_muscles};
use names::{corrected_words, lowercase_words, normalize};
use parsed::ParsedName;
use ranking::{KnownNames, Query, ranked};

/// Most exercises that are loaded.
pub const MAX_EXERCISES: i64 = 1000;

/// More words for variants than this are no name.
const MAX_VARIANTS: usize = 6;

/// The shared exercises, and with them the own ones of a user. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    shared: Arc<Collection>,
    own: Option<Arc<Collection>>,
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

    fn new(shared: Vec<Exercise>) -> Self {
        let shared = Arc::new(Collection::new(shared));
        Self { shared, own: None }
    }

    /// The shared exercises with these as the user's own.
    #[must_use]
    pub fn with_own(&self, own: Vec<Exercise>) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            own: (!own.is_empty()).then(|| Arc::new(Collection::new(own))),
        }
    }

    /// The user's own first.
    fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.own.iter().chain([&self.shared]).map(|c| &**c)
    }

    fn with_names(&self) -> impl Iterator<Item = (&Exercise, &KnownNames)> {
        self.collections().flat_map(Collection::with_names)
    }

    /// The user's own exercises, then the shared ones.
    pub fn all(&self) -> impl Iterator<Item = &Exercise> {
        self.collections().flat_map(Collection::exercises)
    }

    /// The user's own exercises.
    pub fn own(&self) -> impl Iterator<Item = &Exercise> {
        self.own.iter().flat_map(|own| own.exercises())
    }

    /// The exercise with exactly this id.
    pub fn by_id(&self, id: &str) -> Option<&Exercise> {
        self.collections().find_map(|c| c.by_id(id))
    }

    /// The exercise with this id, name or alias, in any spelling and order, whose equipment may be named too, with fillers and
    /// words for a variant. The error suggests the nearest three.
    pub fn find(&self, text: &str) -> Result<&Exercise, ToolError> {
        let found = self.found(text, MAX_VARIANTS);
        found.ok_or_else(|| self.unknown(text))
    }

    /// The exercise that has this name already, in any spelling and order; a variant has another name.
    pub fn called(&self, name: &str) -> Option<&Exercise> {
        self.found(name, 0)
    }

    /// The exercise found by its exact name, or else by movement and equipment, with up to so many words for variants left
    /// out. The user's own come before shared ones that are as near. Several are none.
    fn found(&self, text: &str, left_out: usize) -> Option<&Exercise> {
        if let Some(exact) = self.collections().find_map(|c| c.exact(text)) {
            return Some(exact);
        }
        // A name that was cut off may lack what distinguishes it.
        if text.matches('(').count() != text.matches(')').count() {
            return None;
        }
        let name = self.parse(text);
        let variants = name.variants();
        if variants.len() > MAX_VARIANTS {
            return None;
        }
        // With as many of the words as possible.
        for n in 0..=variants.len().min(left_out) {
            let mut is_known = false;
            for collection in self.collections() {
                match collection.without(&name, &variants, n) {
                    Match::Nothing => {}
                    Match::Unfit => is_known = true,
                    Match::Several => return None,
                    Match::One(exercise) => return Some(exercise),
                }
            }
            if is_known {
                let may_differ = left_out > 0;
                return may_differ.then(|| self.of_any_equipment(&name, &variants, n))?;
            }
        }
        None
    }

    /// The user's own exercise of this movement, if nothing is said of its equipment.
    fn of_any_equipment(
        &self,
        name: &ParsedName,
        variants: &[&str],
        n: usize,
    ) -> Option<&Exercise> {
        let mut bare = name.clone();
        bare.equipment.clear();
        match self.own.as_ref()?.without(&bare, variants, n) {
            Match::One(exercise) if exercise.equipment == "other" => Some(exercise),
            _ => None,
        }
    }

    /// The words of the name, common misspellings corrected.
    fn parse(&self, text: &str) -> ParsedName {
        let vocabularies: Vec<_> = self.collections().map(Collection::vocabulary).collect();
        ParsedName::new(&corrected_words(text, &vocabularies))
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
        Query::new(text, self.parse(text))
    }

    /// The word for the kind of equipment, in any spelling; the error lists all kinds.
    pub fn equipment(&self, place: &str, text: &str) -> Result<String, ToolError> {
        let word = normalize(text);
        let mut known: Vec<&str> = self.all().map(|e| e.equipment.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let found = known.iter().find(|kind| normalize(kind) == word);
        found.map(|kind| (*kind).to_owned()).ok_or_else(|| {
            let (text, known) = (quoted(text), known.join(", "));
            invalid!(place, "{text} is unknown; it is one of {known}")
        })
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
}

#[cfg(test)]
mod tests;
