//! Which exercise a name is for. A name that says anything more than the exercise's own is for none: what is left over
//! decides nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    Exercise,
    names::{normalize, normalized_words},
    parsed::{ParsedName, Words},
    vocabulary,
};

pub(super) struct Index {
    /// From normalised slugs, names and aliases, also without spaces.
    exact: HashMap<String, usize>,
    movements: HashMap<Words, Vec<Entry>>,
    synonyms: HashMap<Words, Vec<Entry>>,
    vocabulary: HashSet<String>,
    facts: Vec<Facts>,
}

/// What a name is for.
pub(super) enum Match<T> {
    /// No name is like it.
    Nothing,
    /// Only names of other equipment are like it, or of other positions.
    Unfit,
    /// Names of several exercises are like it.
    Several,
    One(T),
}

/// One name of one exercise.
#[derive(Clone)]
struct Entry {
    exercise: usize,
    /// What the name says of the equipment.
    equipment: BTreeSet<&'static str>,
}

/// Of one exercise.
struct Facts {
    equipment: String,
    seated: bool,
    standing: bool,
}

/// Equipment of one bar: it is not held in one hand, nor with the palms to each other.
const BARS: [&str; 3] = ["barbell", "ez_bar", "smith_machine"];
/// Words that are no variant of an exercise with one bar.
const NOT_OF_BARS: [&str; 3] = ["alternating", "neutral", "single"];

impl Index {
    pub(super) fn new(exercises: &[Exercise]) -> Self {
        let mut index = Self {
            exact: HashMap::new(),
            movements: HashMap::new(),
            synonyms: HashMap::new(),
            vocabulary: vocabulary::words(),
            facts: exercises.iter().map(Facts::new).collect(),
        };
        // Names take precedence over aliases, and both over what is written without spaces.
        for unspaced in [false, true] {
            for (at, exercise) in exercises.iter().enumerate() {
                index.add_exact(at, &exercise.id, unspaced);
                index.add_exact(at, &exercise.name, unspaced);
            }
            for (at, exercise) in exercises.iter().enumerate() {
                for alias in &exercise.aliases {
                    index.add_exact(at, alias, unspaced);
                }
            }
        }
        for (at, exercise) in exercises.iter().enumerate() {
            for name in std::iter::once(&exercise.name).chain(&exercise.aliases) {
                index.add_parsed(at, name);
            }
        }
        index
    }

    fn add_exact(&mut self, exercise: usize, name: &str, unspaced: bool) {
        let key = normalize(name);
        let key = if unspaced { key.replace(' ', "") } else { key };
        if !key.is_empty() {
            self.exact.entry(key).or_insert(exercise);
        }
    }

    fn add_parsed(&mut self, exercise: usize, name: &str) {
        let words = normalized_words(name);
        let ParsedName {
            movement,
            synonym,
            equipment,
        } = ParsedName::new(&words);
        self.vocabulary.extend(words);
        let entry = Entry {
            exercise,
            equipment,
        };
        self.movements
            .entry(movement)
            .or_default()
            .push(entry.clone());
        self.synonyms.entry(synonym).or_default().push(entry);
    }

    /// All words of the names, and those of the tables.
    pub(super) fn vocabulary(&self) -> &HashSet<String> {
        &self.vocabulary
    }

    /// The exercise with this slug, name or alias, in any case, hyphenation or plural.
    pub(super) fn exact(&self, text: &str) -> Option<usize> {
        let name = normalize(text);
        let at = self.exact.get(&name);
        at.or_else(|| self.exact.get(&name.replace(' ', "")))
            .copied()
    }

    /// The exercise that is found by leaving out `n` of the words for variants.
    pub(super) fn without(&self, name: &ParsedName, variants: &[&str], n: usize) -> Match<usize> {
        let mut is_known = false;
        for (names, words) in [
            (&self.movements, &name.movement),
            (&self.synonyms, &name.synonym),
        ] {
            let (mut found, mut excluded) = (BTreeSet::new(), false);
            for left_out in subsets(variants, n) {
                if !left_out.iter().all(|word| words.contains(*word)) {
                    continue;
                }
                let mut rest = words.clone();
                rest.retain(|word| !left_out.contains(&word.as_str()));
                if n > 0 && is_too_general(&rest, &name.equipment) {
                    continue;
                }
                let Some(entries) = names.get(&rest).filter(|_| !rest.is_empty()) else {
                    continue;
                };
                is_known = true;
                let fitting = self.with_equipment(entries, &name.equipment).into_iter();
                for at in fitting.filter(|at| !self.facts[*at].contradict(words)) {
                    if left_out.iter().any(|word| self.facts[at].exclude(word)) {
                        excluded = true;
                    } else {
                        found.insert(at);
                    }
                }
            }
            match (found.pop_first(), found.is_empty()) {
                (Some(only), true) => return Match::One(only),
                (Some(_), false) => return Match::Several,
                // Synonyms would find what is less near.
                (None, _) if excluded => return Match::Unfit,
                (None, _) => {}
            }
        }
        if is_known {
            Match::Unfit
        } else {
            Match::Nothing
        }
    }

    fn with_equipment(&self, entries: &[Entry], given: &BTreeSet<&str>) -> BTreeSet<usize> {
        let all = |fits: &dyn Fn(&Entry) -> bool| -> BTreeSet<usize> {
            let fitting = entries.iter().filter(|entry| fits(entry));
            fitting.map(|entry| entry.exercise).collect()
        };
        let named = all(&|entry| entry.equipment == *given);
        let mut kinds = given.iter().copied();
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            return named;
        };
        let made_of = |kind: &str| {
            all(&|entry: &Entry| {
                let says_other = entry.equipment.iter().any(|other| *other != kind);
                self.facts[entry.exercise].equipment == kind && !says_other
            })
        };
        let own = made_of(kind);
        if own.is_empty() { named } else { own }
    }
}

impl Facts {
    fn new(exercise: &Exercise) -> Self {
        let words = normalized_words(&exercise.name);
        let has = |word: &str| words.iter().any(|w| w == word);
        Self {
            equipment: exercise.equipment.clone(),
            seated: has("seated"),
            standing: has("standing"),
        }
    }

    fn contradict(&self, words: &Words) -> bool {
        self.seated && words.contains("standing") || self.standing && words.contains("seated")
    }

    /// True if the exercise with this word is another exercise. On most machines the lifter sits or lies.
    fn exclude(&self, word: &str) -> bool {
        let equipment = self.equipment.as_str();
        NOT_OF_BARS.contains(&word) && BARS.contains(&equipment)
            || word == "standing" && equipment == "machine"
    }
}

/// True if the words left out decided what exercise it is: there are many presses.
fn is_too_general(words: &Words, equipment: &BTreeSet<&str>) -> bool {
    let only = |word: &str| words.len() == 1 && words.contains(word);
    only("press") || only("row") && equipment.is_empty()
}

/// The subsets of `n` elements.
fn subsets<'a>(all: &'a [&'a str], n: usize) -> impl Iterator<Item = Vec<&'a str>> {
    (0_u32..1 << all.len())
        .filter(move |bits| usize::try_from(bits.count_ones()) == Ok(n))
        .map(|bits| {
            let at = (0..all.len()).filter(|at| bits & (1 << at) != 0);
            at.map(|at| all[at]).collect()
        })
}
