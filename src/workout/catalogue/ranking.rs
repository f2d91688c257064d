//! Ranking of exercises by the words of a search.

use super::{
    Exercise,
    names::{is_alike, normalize},
    parsed::{ParsedName, Words},
    vocabulary::VARIANTS,
};

/// The name and aliases of an exercise.
pub(super) struct KnownNames(Vec<Name>);

struct Name {
    text: String,
    parsed: ParsedName,
}

/// What is looked for.
pub(super) struct Query {
    text: String,
    parsed: ParsedName,
}

impl KnownNames {
    pub(super) fn new(exercise: &Exercise) -> Self {
        let names = std::iter::once(&exercise.name).chain(&exercise.aliases);
        let names = names.map(|name| {
            let text = normalize(name);
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let parsed = ParsedName::new(&words);
            Name { text, parsed }
        });
        Self(names.collect())
    }

    /// The names, normalised.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| name.text.as_str())
    }
}

impl Query {
    pub(super) fn new(text: &str, parsed: ParsedName) -> Self {
        Self {
            text: normalize(text),
            parsed,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// True if one name of the exercise has all the words, equipment aside, which the exercise itself may have.
    pub(super) fn is_within(&self, exercise: &Exercise, names: &KnownNames) -> bool {
        let ParsedName {
            movement,
            equipment,
            ..
        } = &self.parsed;
        let says_something = !movement.is_empty() || !equipment.is_empty();
        says_something
            && names.0.iter().any(|name| {
                let has = |kind: &&'static str| {
                    exercise.equipment == **kind || name.parsed.equipment.contains(*kind)
                };
                movement.is_subset(&name.parsed.movement) && equipment.iter().all(has)
            })
    }

    /// True if a word that matters is also one of the exercise's, or the beginning of one, or nearly one.
    pub(super) fn is_near(&self, names: &KnownNames) -> bool {
        let words = self.parsed.movement.iter();
        let mut words = words.filter(|word| word.len() >= 3 && !VARIANTS.contains(word.as_str()));
        words.any(|word| {
            let mut theirs = names.0.iter().flat_map(|name| &name.parsed.movement);
            theirs.any(|other| {
                // Short words are like many.
                let misspelled = word.len() >= 5 && is_alike(word, other);
                other.starts_with(word.as_str()) || misspelled
            })
        })
    }

    /// How near the exercise is; more is nearer.
    pub(super) fn score(&self, exercise: &Exercise, names: &KnownNames) -> f64 {
        let equipment = &self.parsed.equipment;
        let equipment = match equipment.contains(exercise.equipment.as_str()) {
            _ if equipment.is_empty() => 0.0,
            true => 0.5,
            false => -0.5,
        };
        let scores = names.0.iter().map(|name| {
            let words = common(&self.parsed.movement, &name.parsed.movement);
            words + strsim::jaro_winkler(&self.text, &name.text)
        });
        scores.fold(0.0, f64::max) + equipment
    }
}

/// The share of common words (Sørensen-Dice).
#[expect(clippy::cast_precision_loss, reason = "a handful of words")]
fn common(a: &Words, b: &Words) -> f64 {
    let both = a.intersection(b).count();
    (2 * both) as f64 / (a.len() + b.len()).max(1) as f64
}

/// The exercises, the nearest first.
pub(super) fn ranked<'a>(
    query: &Query,
    exercises: impl Iterator<Item = (&'a Exercise, &'a KnownNames)>,
) -> Vec<&'a Exercise> {
    let scored = exercises.map(|(exercise, names)| (query.score(exercise, names), exercise));
    let mut scored: Vec<(f64, &Exercise)> = scored.collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    scored.into_iter().map(|(_, exercise)| exercise).collect()
}
