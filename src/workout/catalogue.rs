//! The exercises in memory: found by slug, name or nickname, forgivingly; never guessed.

mod muscles;

use std::collections::HashMap;

use sqlx::{AnyPool, Row, any::AnyRow};

use super::call::ToolError;
pub use super::shipped::Exercise;
pub use muscles::{MUSCLES, muscles_named};

/// Most exercises that are ever held or listed.
pub const MAX_EXERCISES: i64 = 1000;

pub struct Catalogue {
    exercises: Vec<Exercise>,
    /// Of each exercise: its name and aliases, normalised.
    names: Vec<Vec<String>>,
    /// Slug, name or alias -> index: normalised, with its words in order, and without spaces.
    keys: HashMap<String, usize>,
}

/// Longer texts name nothing.
const MAX_NAME_CHARS: usize = 200;

impl Catalogue {
    /// Everything in the table, so that what an operator adds is found too.
    pub async fn load(pool: &AnyPool) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT id, name, aliases, description, primary_muscles, secondary_muscles, equipment, movement_pattern,
                    CASE WHEN bilateral THEN 1 ELSE 0 END AS bilateral, step_increment, progression_limit
             FROM exercise ORDER BY id LIMIT $1",
        )
        .bind(MAX_EXERCISES)
        .fetch_all(pool)
        .await?;
        let exercises: Result<Vec<_>, _> = rows.iter().map(exercise).collect();
        Ok(Self::of(exercises?))
    }

    /// What is shipped alone, without a database.
    pub fn shipped() -> Self {
        Self::of(super::shipped::exercises())
    }

    fn of(mut exercises: Vec<Exercise>) -> Self {
        // Databases sort as their locale has it, `by_id` searches by bytes.
        exercises.sort_by(|a, b| a.id.cmp(&b.id));
        let mut keys = HashMap::new();
        for (index, exercise) in exercises.iter().enumerate() {
            for name in [&exercise.id, &exercise.name] {
                keys.insert(normal(name), index);
            }
        }
        let names: Vec<Vec<String>> = exercises.iter().map(names_of).collect();
        // What an exercise is called goes before other ways of writing what another one is called.
        for way in [String::clone, sorted, squeezed] {
            for (index, names) in names.iter().enumerate() {
                for name in names {
                    keys.entry(way(name)).or_insert(index);
                }
            }
        }
        Self {
            exercises,
            names,
            keys,
        }
    }

    pub fn all(&self) -> &[Exercise] {
        &self.exercises
    }

    /// The exercise with exactly this slug, as rows of the database name it.
    pub fn by_id(&self, id: &str) -> Option<&Exercise> {
        let at = self.exercises.binary_search_by(|e| e.id.as_str().cmp(id));
        at.ok().map(|index| &self.exercises[index])
    }

    /// The one exercise that `text` names: as slug, name or alias, whatever its case, hyphens or plural; or by words
    /// that only one exercise has in its names. The error offers the nearest three.
    pub fn find(&self, text: &str) -> Result<&Exercise, ToolError> {
        if let Some(exercise) = self.called(text) {
            return Ok(exercise);
        }
        let wanted = normal(text);
        let words: Vec<&str> = wanted.split(' ').filter(|word| !word.is_empty()).collect();
        let having = self.exercises.iter().zip(&self.names);
        let mut having = having
            .filter(|(_, names)| have_words(names, &words))
            .map(|(e, _)| e);
        match (words.is_empty(), having.next(), having.next()) {
            (false, Some(only), None) => Ok(only),
            _ => Err(self.unknown(text, &wanted)),
        }
    }

    /// The exercise that is called so, as slug, name or alias, whatever its case, hyphens or plural.
    pub fn called(&self, text: &str) -> Option<&Exercise> {
        let wanted = normal(text);
        let ways = [wanted.clone(), sorted(&wanted), squeezed(&wanted)];
        let index = ways.iter().find_map(|way| self.keys.get(way))?;
        Some(&self.exercises[*index])
    }

    fn unknown(&self, text: &str, wanted: &str) -> ToolError {
        let nearest: Vec<String> = self
            .nearest(wanted, 3)
            .iter()
            .map(|e| format!("{} ({})", e.name, e.id))
            .collect();
        ToolError::Input(format!(
            "unknown exercise {}; did you mean {}? list_exercises shows all",
            super::call::quoted(text),
            nearest.join(", ")
        ))
    }

    /// The `n` exercises whose names look most like the text.
    pub fn nearest(&self, text: &str, n: usize) -> Vec<&Exercise> {
        let wanted = normal(text);
        let all = self.exercises.iter().zip(&self.names);
        let mut scored: Vec<(f64, &Exercise)> = all
            .map(|(exercise, names)| (likeness(names, &wanted), exercise))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        scored.into_iter().take(n).map(|(_, e)| e).collect()
    }

    /// The names of exercises that have, in their name or an alias, words that begin with all those typed so far; those
    /// whose name begins so first.
    pub fn complete(&self, typed: &str, n: usize) -> Vec<String> {
        let typed = loose(typed);
        let begun: Vec<&str> = typed.split(' ').filter(|word| !word.is_empty()).collect();
        let begins = |name: &String| {
            let mut words = begun.iter();
            words.all(|begun| name.split(' ').any(|word| word.starts_with(begun)))
        };
        let all = self.exercises.iter().zip(&self.names);
        let fit = all.filter(|(_, names)| names.iter().any(begins));
        let (mut first, others): (Vec<_>, Vec<_>) = fit
            .map(|(exercise, _)| exercise.name.clone())
            .partition(|name| loose(name).starts_with(&typed));
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
        let equipment = equipment.map(normal);
        let query = query.map(normal).unwrap_or_default();
        let all = self.exercises.iter().zip(&self.names);
        let found = all.filter(move |(exercise, names)| {
            let words: Vec<&str> = query.split(' ').filter(|word| !word.is_empty()).collect();
            muscles.is_none_or(|muscles| muscles.iter().any(|m| exercise.works(m)))
                && equipment
                    .as_ref()
                    .is_none_or(|equipment| normal(&exercise.equipment) == *equipment)
                && have_words(names, &words)
        });
        found.map(|(exercise, _)| exercise)
    }
}

impl Exercise {
    /// Whether a one-rep maximum can be estimated: not where the body's own weight, unknown here, is lifted too, nor where
    /// repetitions stand for steps or seconds.
    pub fn has_maximum(&self) -> bool {
        self.equipment != "bodyweight" && self.movement_pattern != "carry"
    }

    /// Whether the muscle is among the primary or secondary ones.
    pub fn works(&self, muscle: &str) -> bool {
        let mut all = self.primary_muscles.iter().chain(&self.secondary_muscles);
        all.any(|m| m == muscle)
    }
}

/// Lower case, words by single spaces.
fn loose(text: &str) -> String {
    let text: String = text.chars().take(MAX_NAME_CHARS).collect();
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The same without plurals, and with common abbreviations written out.
fn normal(text: &str) -> String {
    let text = loose(text);
    let words = text.split(' ').map(|word| match word {
        "db" => "dumbbell",
        "bb" => "barbell",
        "kb" => "kettlebell",
        "flye" | "flyes" | "flies" | "flys" => "fly",
        "biceps" | "triceps" => word,
        _ if word.len() > 3 && !word.ends_with("ss") => word.strip_suffix('s').unwrap_or(word),
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The words in alphabetical order: `Squat (Barbell)` is a barbell squat.
#[expect(clippy::ptr_arg, reason = "one of several ways of the same type")]
fn sorted(name: &String) -> String {
    let mut words: Vec<&str> = name.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

/// Without spaces: `benchpress`, `dead lift`.
#[expect(clippy::ptr_arg, reason = "one of several ways of the same type")]
fn squeezed(name: &String) -> String {
    name.replace(' ', "")
}

fn names_of(exercise: &Exercise) -> Vec<String> {
    let names = std::iter::once(&exercise.name).chain(&exercise.aliases);
    names.map(|name| normal(name)).collect()
}

/// Whether one of the names has all the words.
fn have_words(names: &[String], words: &[&str]) -> bool {
    let has_all = |name: &String| words.iter().all(|word| name.split(' ').any(|w| w == *word));
    names.iter().any(has_all)
}

/// How much the likest of the names looks like the text: by its letters, and by the words they share.
fn likeness(names: &[String], wanted: &str) -> f64 {
    let words: Vec<&str> = wanted.split(' ').collect();
    let likeness = |name: &String| {
        let shared = words
            .iter()
            .filter(|w| name.split(' ').any(|n| n == **w))
            .count();
        let most = words.len().max(name.split(' ').count());
        #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
        let shared = shared as f64 / most as f64;
        let letters = strsim::jaro_winkler(name, wanted);
        let squeezed = strsim::jaro_winkler(&squeezed(name), &wanted.replace(' ', ""));
        letters.max(squeezed) + shared
    };
    names.iter().map(likeness).fold(0.0, f64::max)
}

fn exercise(row: &AnyRow) -> Result<Exercise, sqlx::Error> {
    let list = |column: &str| -> Result<Vec<String>, sqlx::Error> {
        let text: String = row.try_get(column)?;
        serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))
    };
    Ok(Exercise {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        aliases: list("aliases")?,
        description: row.try_get("description")?,
        primary_muscles: list("primary_muscles")?,
        secondary_muscles: list("secondary_muscles")?,
        equipment: row.try_get("equipment")?,
        movement_pattern: row.try_get("movement_pattern")?,
        bilateral: row.try_get::<i64, _>("bilateral")? == 1,
        step_increment: row.try_get("step_increment")?,
        progression_limit: row.try_get("progression_limit")?,
    })
}

#[cfg(test)]
mod tests;
