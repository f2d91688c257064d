//! Exercise-name matching: normalisation, word search and similarity.

/// Longer texts match nothing.
const MAX_NAME_CHARS: usize = 200;

/// Lower case, with words separated by single spaces.
pub(super) fn lowercase_words(text: &str) -> String {
    let text: String = text.chars().take(MAX_NAME_CHARS).collect();
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// [`lowercase_words`] without plurals, and with common abbreviations expanded.
pub(super) fn normalize(text: &str) -> String {
    let text = lowercase_words(text);
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

/// Lookup keys of a normalised name: as it is, with its words sorted (`Squat (Barbell)` is a barbell squat), and without
/// spaces (`benchpress`, `dead lift`).
pub(super) fn keys(name: &str) -> [String; 3] {
    let mut words: Vec<&str> = name.split(' ').collect();
    words.sort_unstable();
    [name.to_owned(), words.join(" "), name.replace(' ', "")]
}

/// The words of a normalised text.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

/// True if one of the names has all the words.
pub(super) fn any_has_words(names: &[String], words: &[&str]) -> bool {
    let has_all = |name: &String| words.iter().all(|word| name.split(' ').any(|w| w == *word));
    names.iter().any(has_all)
}

/// The similarity of the text to the most similar name: by letters (Jaro-Winkler) and by common words.
pub(super) fn similarity(names: &[String], text: &str) -> f64 {
    let words: Vec<&str> = text.split(' ').collect();
    let similarity = |name: &String| {
        let common = words
            .iter()
            .filter(|word| name.split(' ').any(|n| n == **word))
            .count();
        let most = words.len().max(name.split(' ').count());
        #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
        let common = common as f64 / most as f64;
        let letters = strsim::jaro_winkler(name, text);
        let unspaced = strsim::jaro_winkler(&name.replace(' ', ""), &text.replace(' ', ""));
        letters.max(unspaced) + common
    };
    names.iter().map(similarity).fold(0.0, f64::max)
}
