//! The topic of a search whose words are no name: a muscle, or a kind of movement.

use std::collections::BTreeSet;

use super::{
    Exercise,
    muscles::{muscle_words, named_muscles},
    names::normalize,
    parsed::without_equipment,
};

/// Other words for kinds of movement.
const PATTERNS: &[(&str, &str)] = &[
    ("aerobic", "cardio"),
    ("conditioning", "cardio"),
    ("endurance", "cardio"),
    ("carrying", "carry"),
    ("jumping", "plyometric"),
    ("plyo", "plyometric"),
    ("weightlifting", "olympic"),
];

/// Muscles, or else words for a kind of movement; and equipment, if there is a word for it.
pub(super) struct Topic {
    about: About,
    equipment: BTreeSet<&'static str>,
}

enum About {
    Muscles(&'static [&'static str]),
    /// All of these words are those of its movement pattern.
    Kind(Vec<String>),
}

impl Topic {
    /// Of normalised text. None without a word besides equipment and fillers.
    pub(super) fn of(text: &str) -> Option<Self> {
        if let Some(muscles) = named_muscles(text) {
            return Some(Self {
                about: About::Muscles(muscles),
                equipment: BTreeSet::new(),
            });
        }
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let (rest, equipment) = without_equipment(&words);
        if rest.is_empty() {
            return None;
        }
        let about = match named_muscles(&rest.join(" ")) {
            Some(muscles) => About::Muscles(muscles),
            None => About::Kind(rest.iter().map(|word| kind(word)).collect()),
        };
        Some(Self { about, equipment })
    }

    /// Words for topics, normalised.
    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        let patterns = PATTERNS
            .iter()
            .flat_map(|(word, pattern)| [*word, *pattern]);
        muscle_words().chain(patterns)
    }

    pub(super) fn is_muscle(&self) -> bool {
        matches!(self.about, About::Muscles(_))
    }

    /// True if the exercise is of the topic: for a muscle, if it is a primary one.
    pub(super) fn has(&self, exercise: &Exercise) -> bool {
        let kind = exercise.equipment.as_str();
        let has_equipment = self.equipment.iter().all(|named| {
            // A cardio machine is a machine.
            *named == kind || *named == "machine" && kind.ends_with("machine")
        });
        has_equipment
            && match &self.about {
                About::Muscles(muscles) => {
                    let mut primary = exercise.primary_muscles.iter();
                    primary.any(|muscle| muscles.contains(&muscle.as_str()))
                }
                About::Kind(words) => {
                    let pattern = normalize(&exercise.movement_pattern);
                    words
                        .iter()
                        .all(|word| pattern.split(' ').any(|w| w == word))
                }
            }
    }
}

fn kind(word: &str) -> String {
    let same = PATTERNS.iter().find(|(other, _)| *other == word);
    same.map_or(word, |(_, pattern)| pattern).to_owned()
}
