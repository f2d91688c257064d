//! The words of exercise names: spelling, plurals, abbreviations.

use std::collections::{BTreeSet, HashSet};

use super::spellings::SPELLINGS;

/// Longer texts match nothing.
const MAX_NAME_CHARS: usize = 200;
/// Of shorter words, only the order of letters and doubled letters are corrected.
const MIN_ANY_FAULT: usize = 6;
/// Shorter words are not corrected.
const MIN_CORRECTED: usize = 4;

/// In words, a slash between digits: a fraction is one word.
const FRACTION_SLASH: char = '\u{2044}';

/// The words in lower case, without apostrophes.
pub(super) fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(MAX_NAME_CHARS).collect();
    let text = text
        .to_lowercase()
        .replace('&', " and ")
        .replace(" w/", " with ");
    let text = text.replace(['\'', '’', '´', '`'], "");
    let text = with_fractions(&text);
    let words = text.split(|c: char| !c.is_alphanumeric() && c != FRACTION_SLASH);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn with_fractions(text: &str) -> String {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let shown = text.char_indices().map(|(at, c)| {
        let (before, after) = (text[..at].chars().next_back(), text[at..].chars().nth(1));
        if c == '/' && digit(before) && digit(after) {
            FRACTION_SLASH
        } else {
            c
        }
    });
    shown.collect()
}

/// Lower case, with words separated by single spaces.
pub(super) fn lowercase_words(text: &str) -> String {
    words(text).join(" ")
}

/// The words without plurals, abbreviations and common misspellings.
pub(super) fn normalized_words(text: &str) -> Vec<String> {
    let words = words(text);
    words.iter().map(|word| normalized(word)).collect()
}

fn normalized(word: &str) -> String {
    let spelled = |word: &str| SPELLINGS.get(word).copied().map(str::to_owned);
    spelled(word).unwrap_or_else(|| {
        let word = singular(word);
        spelled(&word).unwrap_or(word)
    })
}

/// [`normalized_words`], separated by single spaces.
pub(super) fn normalize(text: &str) -> String {
    normalized_words(text).join(" ")
}

fn singular(word: &str) -> String {
    if word.len() <= 3 || word.ends_with("ss") || matches!(word, "biceps" | "triceps") {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let sibilant = ["sses", "ches", "shes", "xes"]
        .iter()
        .any(|end| word.ends_with(end));
    let ending = if sibilant { "es" } else { "s" };
    word.strip_suffix(ending).unwrap_or(word).to_owned()
}

/// [`normalized_words`], common misspellings corrected: of words that no vocabulary has, and that are like only one in them.
pub(super) fn corrected_words(text: &str, vocabularies: &[&HashSet<String>]) -> Vec<String> {
    let corrected = |word: String| {
        let is_known = vocabularies.iter().any(|words| words.contains(&word));
        let has_digit = word.contains(|c: char| c.is_ascii_digit());
        if is_known || has_digit || word.len() < MIN_CORRECTED {
            return word;
        }
        let words = vocabularies.iter().copied().flatten();
        let near: BTreeSet<&String> = words.filter(|w| is_misspelled(&word, w)).collect();
        match near.first() {
            Some(only) if near.len() == 1 => (*only).clone(),
            _ => word,
        }
    };
    normalized_words(text).into_iter().map(corrected).collect()
}

/// [`normalized_words`], each that is unknown replaced by the known one that it begins, or else is most like: for a search,
/// where a wrong guess is no harm.
pub(super) fn spelled_words(text: &str, known: &HashSet<&str>) -> Vec<String> {
    let spelled = |written: &String| {
        let word = normalized(written);
        if known.contains(word.as_str()) {
            return word;
        }
        let near = nearest(&word, known).or_else(|| nearest(written, known));
        near.map_or(word, str::to_owned)
    };
    words(text).iter().map(spelled).collect()
}

/// The only known word that begins with this one; if none does, the one most like it.
fn nearest<'a>(word: &str, known: &HashSet<&'a str>) -> Option<&'a str> {
    if word.len() < 3 {
        return None;
    }
    let mut longer = known.iter().filter(|other| other.starts_with(word));
    if let Some(only) = longer.next() {
        return longer.next().is_none().then_some(only);
    }
    let alike = known.iter().filter(|other| is_alike(word, other));
    alike.copied().max_by(|a, b| {
        let likeness = |other: &str| strsim::jaro_winkler(word, other);
        likeness(a).total_cmp(&likeness(b)).then_with(|| b.cmp(a))
    })
}

/// True if the words differ in so few letters that one may be a misspelling of the other. Short ones begin alike.
pub(super) fn is_alike(word: &str, other: &str) -> bool {
    let allowed = match word.len().min(other.len()) {
        ..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    let begin_alike = word.chars().next() == other.chars().next();
    (word.len() > 4 || begin_alike) && strsim::osa_distance(word, other) <= allowed
}

/// True if one letter is wrong, missing or too many, or two are swapped; the first one is right. In short words, a letter must
/// be swapped, or doubled in one of them alone.
fn is_misspelled(word: &str, correct: &str) -> bool {
    if word.chars().next() != correct.chars().next() || strsim::osa_distance(word, correct) != 1 {
        return false;
    }
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let single = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.dedup();
        letters
    };
    word.len() >= MIN_ANY_FAULT
        || sorted(word) == sorted(correct)
        || single(word) == single(correct)
}
