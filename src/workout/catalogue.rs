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
    /// Normalised slug, name or alias -> index.
    keys: HashMap<String, usize>,
}

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

    fn of(mut exercises: Vec<Exercise>) -> Self {
        // Databases sort as their locale has it, `by_id` searches by bytes.
        exercises.sort_by(|a, b| a.id.cmp(&b.id));
        let mut keys = HashMap::new();
        for (index, exercise) in exercises.iter().enumerate() {
            for name in [&exercise.id, &exercise.name] {
                keys.insert(normal(name), index);
            }
        }
        for (index, exercise) in exercises.iter().enumerate() {
            for alias in &exercise.aliases {
                keys.entry(normal(alias)).or_insert(index);
            }
        }
        Self { exercises, keys }
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
        let wanted = normal(text);
        if let Some(index) = self.keys.get(&wanted) {
            return Ok(&self.exercises[*index]);
        }
        let words: Vec<&str> = wanted.split(' ').filter(|word| !word.is_empty()).collect();
        let mut having = self.exercises.iter().filter(|e| has_words(e, &words));
        match (words.is_empty(), having.next(), having.next()) {
            (false, Some(only), None) => Ok(only),
            _ => Err(self.unknown(text, &wanted)),
        }
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
        let wanted: String = normal(text).chars().take(100).collect();
        let mut scored: Vec<(f64, &Exercise)> = self
            .exercises
            .iter()
            .map(|exercise| (likeness(exercise, &wanted), exercise))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        scored.into_iter().take(n).map(|(_, e)| e).collect()
    }

    /// Names that begin with, or else contain, what has been typed so far.
    pub fn complete(&self, typed: &str, n: usize) -> Vec<String> {
        let typed = normal(typed);
        let names = |keep: &dyn Fn(&str) -> bool| -> Vec<String> {
            self.exercises
                .iter()
                .filter(|e| keep(&normal(&e.name)))
                .map(|e| e.name.clone())
                .collect()
        };
        let mut found = names(&|name| name.starts_with(&typed));
        found.extend(names(&|name| {
            !name.starts_with(&typed) && name.contains(&typed)
        }));
        found.truncate(n);
        found
    }

    /// The exercises that pass all given filters.
    pub fn search<'a>(
        &'a self,
        muscles: Option<&'a [&'static str]>,
        equipment: Option<&'a str>,
        query: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Exercise> {
        let equipment = equipment.map(|e| normal(e).replace(' ', "_"));
        let words = query.map(normal);
        self.exercises.iter().filter(move |exercise| {
            muscles.is_none_or(|muscles| muscles.iter().any(|m| exercise.works(m)))
                && equipment
                    .as_ref()
                    .is_none_or(|e| normal(&exercise.equipment).replace(' ', "_") == *e)
                && words.as_ref().is_none_or(|words| {
                    let words: Vec<&str> = words.split(' ').filter(|w| !w.is_empty()).collect();
                    has_words(exercise, &words)
                })
        })
    }
}

impl Exercise {
    /// Whether the muscle is among the primary or secondary ones.
    pub fn works(&self, muscle: &str) -> bool {
        let mut all = self.primary_muscles.iter().chain(&self.secondary_muscles);
        all.any(|m| m == muscle)
    }
}

/// Lower case, words by single spaces, no plural `s`, common abbreviations written out.
fn normal(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    let words: Vec<&str> = words
        .map(|word| match word {
            "db" => "dumbbell",
            "bb" => "barbell",
            "kb" => "kettlebell",
            "press" | "biceps" | "triceps" | "abs" => word,
            _ if word.len() > 3 && !word.ends_with("ss") => word.strip_suffix('s').unwrap_or(word),
            _ => word,
        })
        .collect();
    words.join(" ")
}

fn has_words(exercise: &Exercise, words: &[&str]) -> bool {
    let mut names = std::iter::once(&exercise.name).chain(&exercise.aliases);
    names.any(|name| {
        let name = normal(name);
        words.iter().all(|word| name.split(' ').any(|w| w == *word))
    })
}

fn likeness(exercise: &Exercise, wanted: &str) -> f64 {
    let names = std::iter::once(&exercise.name).chain(&exercise.aliases);
    names
        .map(|name| {
            let name = normal(name);
            let shared = wanted
                .split(' ')
                .filter(|w| name.split(' ').any(|n| n == *w));
            let words = wanted.split(' ').count().max(name.split(' ').count());
            #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
            let shared = shared.count() as f64 / words as f64;
            strsim::jaro_winkler(&name, wanted) + shared
        })
        .fold(0.0, f64::max)
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
