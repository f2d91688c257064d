//! The name of an exercise taken apart: the movement, and the equipment.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use super::vocabulary::{EQUIPMENT, FILLERS, NARROWER, OTHER_ROPES, PHRASES, VARIANTS, WORDS};

/// Movements that are another exercise, or none, when seated.
const NOT_SEATED: [&str; 12] = [
    "calf", "clean", "deadlift", "jump", "lunge", "morning", "plank", "rower", "rowing", "snatch",
    "squat", "swing",
];
/// Movements that are another exercise, or none, when standing.
const NOT_STANDING: [&str; 7] = [
    "bridge", "crunch", "dip", "plank", "pullup", "pushup", "situp",
];

/// Words without order or repetition.
pub(super) type Words = BTreeSet<String>;

static EQUIPMENT_PHRASES: LazyLock<Rewriting> = LazyLock::new(|| Rewriting::new(EQUIPMENT));
static SYNONYMS: LazyLock<Rewriting> = LazyLock::new(|| Rewriting::new(WORDS));
static MOVEMENT_PHRASES: LazyLock<Rewriting> = LazyLock::new(|| Rewriting::new(PHRASES));

/// The words besides those for equipment and fillers, in their order; and the equipment.
pub(super) fn without_equipment(words: &[String]) -> (Vec<String>, BTreeSet<&'static str>) {
    let (mut others, mut equipment) = (Vec::new(), BTreeSet::new());
    for part in EQUIPMENT_PHRASES.parts(words) {
        match part {
            Part::Phrase(kind) => drop(equipment.insert(kind)),
            Part::Word(word) => others.push(word.to_owned()),
        }
    }
    others.retain(|word| !FILLERS.contains(word.as_str()));
    (others, equipment)
}

#[derive(Clone, Debug)]
pub(super) struct ParsedName {
    /// What the name says besides the equipment, without fillers.
    pub movement: Words,
    /// The movement with the words that another word implies left out, and presses called alike.
    pub synonym: Words,
    pub equipment: BTreeSet<&'static str>,
}

impl ParsedName {
    /// Takes normalised words apart.
    pub(super) fn new(words: &[String]) -> Self {
        let mut equipment = BTreeSet::new();
        let mut others = Vec::new();
        for part in EQUIPMENT_PHRASES.parts(words) {
            match part {
                Part::Phrase(kind) => drop(equipment.insert(kind)),
                Part::Word(word) => others.push(word.to_owned()),
            }
        }
        let movement = MOVEMENT_PHRASES.rewrite(&SYNONYMS.rewrite(&others));
        let mut movement: Words = movement.into_iter().collect();
        // Benches are flat unless something else is said, but a flat leg raise is one on the floor.
        let raise = movement.contains("raise");
        movement.retain(|word| !FILLERS.contains(word.as_str()) || word == "flat" && raise);
        let other_rope = |word: &String| OTHER_ROPES.contains(word.as_str());
        if equipment.is_empty() && movement.contains("rope") && !movement.iter().any(other_rope) {
            equipment.insert("cable");
        }
        for (kind, wider) in NARROWER {
            if equipment.contains(kind) {
                equipment.retain(|other| !wider.contains(other));
            }
        }
        let synonym = synonym(movement.clone(), &equipment);
        Self {
            movement,
            synonym,
            equipment,
        }
    }

    /// The words that may be left out where the catalogue has no exercise with them.
    pub(super) fn variants(&self) -> Vec<&str> {
        let has = |word: &str| self.movement.contains(word);
        let on = |kind: &str| self.equipment.contains(kind);
        let may_go = |word: &&str| match *word {
            "leg" => has("single"),
            // Another muscle works, or another movement is meant.
            "seated" => !NOT_SEATED.into_iter().any(has),
            "standing" => !(NOT_STANDING.into_iter().any(has) || has("leg") && has("press")),
            "straight" => has("hanging") || !(has("leg") && has("raise")),
            // The angle of a bench or a sled; elsewhere another movement is meant.
            "degree" => self.has_an_angle(),
            // Curls in three ranges, with whatever is at hand.
            "21" | "21s" => !self.equipment.is_empty(),
            "horizontal" | "vertical" => on("machine"),
            "low" | "mid" | "high" => on("cable") && self.synonym.contains("fly"),
            "bar" => on("cable") || has("pushdown") || has("pulldown"),
            word if word.starts_with(|c: char| c.is_ascii_digit()) => {
                is_scheme(word) || is_count(word) || self.has_an_angle()
            }
            word => VARIANTS.contains(word),
        };
        let words: BTreeSet<&str> = self
            .movement
            .union(&self.synonym)
            .map(String::as_str)
            .collect();
        words.into_iter().filter(may_go).collect()
    }

    /// True for an exercise that is done at an angle.
    fn has_an_angle(&self) -> bool {
        let has = |word: &str| self.movement.contains(word);
        has("incline")
            || has("decline")
            || has("extension") && has("back")
            || has("leg") && has("press")
    }
}

/// A number that is too small for an angle, as in `Bench Press 2` or `7s`.
fn is_count(word: &str) -> bool {
    let number = word.strip_suffix('s').unwrap_or(word).parse::<u32>();
    number.is_ok_and(|number| number < 30)
}

/// Sets and repetitions, as `5x5`, or a maximum, as `3rm`.
fn is_scheme(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sets = word.split_once('x');
    sets.is_some_and(|(sets, reps)| is_number(sets) && is_number(reps))
        || word.strip_suffix("rm").is_some_and(is_number)
}

fn synonym(mut words: Words, equipment: &BTreeSet<&str>) -> Words {
    let has = |words: &Words, any: &[&str]| any.iter().any(|word| words.contains(*word));
    let crosses = equipment.contains("cable") || words.contains("fly");
    if crosses && !words.contains("reardelt") {
        replace(&mut words, &["crossover"], &["fly"]);
    }
    if words.contains("fly") && has(&words, &["chest", "pec"]) {
        replace(&mut words, &["chest", "pec", "bentover"], &[]);
    }
    if words.contains("reardelt") {
        replace(&mut words, &["bentover"], &[]);
    }
    if words.contains("pullup") && has(&words, &["underhand", "supinated"]) {
        replace(
            &mut words,
            &["pullup", "underhand", "supinated"],
            &["chinup"],
        );
    }
    if words.contains("pulldown") {
        replace(&mut words, &["lat", "front"], &[]);
    }
    if words.contains("curl") {
        replace(&mut words, &["biceps"], &[]);
        replace(&mut words, &["overhand", "pronated"], &["reverse"]);
    }
    if words.contains("pushdown") {
        replace(&mut words, &["triceps"], &[]);
        replace(&mut words, &["reverse"], &["underhand"]);
    }
    if words.contains("press") {
        replace(&mut words, &["chest"], &["bench"]);
        let other = has(&words, &["leg", "overhead", "calf", "hammer"]);
        if has(&words, &["incline", "decline"]) && !other {
            words.insert("bench".to_owned());
        }
    }
    words
}

/// Replaces the words by others if one of them is there.
fn replace(words: &mut Words, given: &[&str], by: &[&str]) {
    let before = words.len();
    words.retain(|word| !given.contains(&word.as_str()));
    if words.len() < before {
        words.extend(by.iter().map(|word| (*word).to_owned()));
    }
}

enum Part<'a> {
    Word(&'a str),
    /// What the phrase stands for.
    Phrase(&'static str),
}

/// Phrases by their first word, the longest first.
struct Rewriting(HashMap<&'static str, Vec<(Vec<&'static str>, &'static str)>>);

impl Rewriting {
    fn new(table: &[(&'static str, &'static str)]) -> Self {
        let mut phrases: HashMap<&str, Vec<(Vec<&str>, &str)>> = HashMap::new();
        for (phrase, meaning) in table {
            let words: Vec<&str> = phrase.split(' ').collect();
            phrases.entry(words[0]).or_default().push((words, meaning));
        }
        for alike in phrases.values_mut() {
            alike.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
        Self(phrases)
    }

    fn parts<'a>(&self, mut words: &'a [String]) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        while let Some(first) = words.first() {
            let alike = self.0.get(first.as_str()).into_iter().flatten();
            let found = { alike }.find(|(phrase, _)| {
                phrase.len() <= words.len() && phrase.iter().zip(words).all(|(a, b)| a == b)
            });
            let length = found.map_or(1, |(phrase, _)| phrase.len());
            parts.push(found.map_or(Part::Word(first), |(_, meaning)| Part::Phrase(meaning)));
            words = &words[length..];
        }
        parts
    }

    fn rewrite(&self, words: &[String]) -> Vec<String> {
        let parts = self.parts(words).into_iter();
        let words = parts.flat_map(|part| match part {
            Part::Word(text) | Part::Phrase(text) => text.split_whitespace(),
        });
        words.map(str::to_owned).collect()
    }
}
