//! The words of exercise names: spelling, plurals, abbreviations.

use std::collections::{BTreeSet, HashSet};

use super::vocabulary::SPELLINGS;

/// Longer texts match nothing.
const MAX_NAME_CHARS: usize = 200;
/// Shorter words are not corrected.
const MIN_CORRECTED: usize = 6;

/// The words in lower case, without apostrophes.
pub(super) fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(MAX_NAME_CHARS).collect();
    let text = text.to_lowercase().replace('&', " and ");
    let text = text.replace(['\'', '’', '´', '`'], "");
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Lower case, with words separated by single spaces.
pub(super) fn lowercase_words(text: &str) -> String {
    words(text).join(" ")
}

/// The words without plurals, abbreviations and common misspellings.
pub(super) fn normalized_words(text: &str) -> Vec<String> {
    let spelled = |word: &str| SPELLINGS.get(word).copied().map(str::to_owned);
    let normalized = |word: String| {
        spelled(&word).unwrap_or_else(|| {
            let word = singular(&word);
            spelled(&word).unwrap_or(word)
        })
    };
    words(text).into_iter().map(normalized).collect()
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

/// True if one letter is wrong, missing or too many, or two are swapped; the first one is right.
fn is_misspelled(word: &str, correct: &str) -> bool {
    word.chars().next() == correct.chars().next() && strsim::osa_distance(word, correct) == 1
}
