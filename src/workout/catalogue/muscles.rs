//! Muscle groups, and the common words for them.

use std::{collections::HashMap, sync::LazyLock};

use super::names::normalize;
use crate::workout::error::{ToolError, invalid, quoted};

/// All muscle groups.
pub const MUSCLES: [&str; 17] = [
    "chest",
    "back",
    "side_delts",
    "rear_delts",
    "front_delts",
    "biceps",
    "triceps",
    "quads",
    "hamstrings",
    "glutes",
    "calves",
    "abs",
    "traps",
    "forearms",
    "adductors",
    "lower_back",
    "neck",
];

/// Parses a word such as `chest`, `shoulders` or `lats` to the muscle groups it stands for.
pub fn parse_muscles(text: &str) -> Result<&'static [&'static str], ToolError> {
    muscles_of("muscle_group", text)
}

/// [`parse_muscles`] of the field `place`.
pub fn muscles_of(place: &str, text: &str) -> Result<&'static [&'static str], ToolError> {
    named_muscles(&normalize(text)).ok_or_else(|| {
        let known = MUSCLES.join(", ");
        let word = quoted(text);
        invalid!(place, "{word} is unknown; it is one of {known}")
    })
}

/// The muscle groups that a normalised word or phrase stands for.
pub(super) fn named_muscles(phrase: &str) -> Option<&'static [&'static str]> {
    GROUPS.get(phrase).copied()
}

/// The words of all muscles, normalised.
pub(super) fn muscle_words() -> impl Iterator<Item = &'static str> {
    GROUPS.keys().flat_map(|phrase| phrase.split(' '))
}

/// Muscle groups by the normalised words for them.
static GROUPS: LazyLock<HashMap<String, &'static [&'static str]>> = LazyLock::new(|| {
    let own = MUSCLES.iter().map(std::slice::from_ref);
    let own = own.map(|muscle| (normalize(muscle[0]), muscle));
    let others = WORDS.iter().flat_map(|(words, muscles)| {
        let words = words.split(", ");
        words.map(move |word| (normalize(word), *muscles))
    });
    own.chain(others).collect()
});

/// Other words for muscle groups, and for several of them.
const WORDS: &[(&str, &[&str])] = &[
    ("pecs, pectorals, pectoralis", &["chest"]),
    (
        "lats, latissimus, upper back, middle back, mid back, rhomboids",
        &["back"],
    ),
    (
        "shoulders, delts, deltoids",
        &["front_delts", "side_delts", "rear_delts"],
    ),
    (
        "lateral delts, medial delts, middle delts, side shoulders",
        &["side_delts"],
    ),
    ("posterior delts, rear shoulders", &["rear_delts"]),
    ("anterior delts, front shoulders", &["front_delts"]),
    ("arms", &["biceps", "triceps", "forearms"]),
    ("quadriceps, thighs", &["quads"]),
    ("hams", &["hamstrings"]),
    ("butt, gluteus", &["glutes"]),
    (
        "legs, lower body",
        &["quads", "hamstrings", "glutes", "calves", "adductors"],
    ),
    ("ab, abdominals, core, stomach, obliques", &["abs"]),
    ("trapezius", &["traps"]),
    ("grip", &["forearms"]),
    ("inner thighs", &["adductors"]),
    ("erectors, spinal erectors", &["lower_back"]),
];
