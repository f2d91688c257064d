//! What somebody typed, made plain for matching: lower case, single spaces, contractions in one word. Pure.

/// Words between single spaces, with one at either end.
#[derive(Debug, Clone)]
pub(super) struct Plain(String);

/// Different spellings of what the rules look for.
const SPELLINGS: &[(&str, &str)] = &[
    (" work out ", " workout "),
    (" work outs ", " workouts "),
    (" burnt ", " burned "),
    (" burn out ", " burned out "),
    (" burnout ", " burned out "),
    (" burning out ", " burned out "),
    (" over head ", " overhead "),
    (" full body ", " fullbody "),
    (" upperlower ", " upper lower "),
    (" program me ", " programme "),
    (" a half year ", " half a year "),
    (" wanna ", " want to "),
    (" gimme ", " give me "),
    (" can u ", " can you "),
    (" could u ", " could you "),
];

/// What may stand before an order without making it anything else.
const POLITE: &str = "\
    i would like you to|i would like to|i want you to|i need you to|go ahead and|id like you to|id like to|\
    i want to|i need to|could you|would you|will you|can you|help me|let me|good morning|good evening|please|\
    kindly|quickly|alright|claude|coach|hello|thanks|there|okay|just|lets|then|also|sure|yeah|and|hey|now|pls|\
    plz|yes|hi|ok|so|to";

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase().replace(['\'', '’', '‘', '`', '´'], "");
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let mut plain = format!(" {} ", words.join(" "));
        for (from, to) in SPELLINGS {
            plain = plain.replace(from, to);
        }
        Self(plain)
    }

    pub(super) fn words(&self) -> Vec<&str> {
        self.0.split(' ').filter(|word| !word.is_empty()).collect()
    }

    /// Whether one of these (between bars) stands in it, as whole words; with a star at its end, as the beginning of one.
    pub(super) fn has(&self, phrases: &str) -> bool {
        phrases
            .split('|')
            .any(|phrase| match phrase.strip_suffix('*') {
                Some(stem) => self.0.contains(&format!(" {stem}")),
                None => self.0.contains(&format!(" {phrase} ")),
            })
    }

    /// What is asked for, without the courtesies before it.
    fn order(&self) -> &str {
        let mut rest = self.0.trim();
        while let Some(after) = POLITE.split('|').find_map(|p| after_word(rest, p)) {
            rest = after;
        }
        rest
    }

    /// The verb among these with which the order begins.
    pub(super) fn verb<'a>(&self, verbs: &'a str) -> Option<&'a str> {
        let order = self.order();
        verbs
            .split('|')
            .find(|verb| order == *verb || after_word(order, verb).is_some())
    }

    /// The words after the verb among these with which the order begins.
    pub(super) fn after_verb(&self, verbs: &str) -> Option<Vec<&str>> {
        let after = after_word(self.order(), self.verb(verbs)?)?;
        Some(after.split(' ').collect())
    }

    /// Whether one of these stands in it and is not denied: "I'm not tired" says nothing of being tired.
    pub(super) fn affirms(&self, phrases: &str) -> bool {
        let words = self.words();
        phrases.split('|').any(|phrase| {
            let parts: Vec<&str> = phrase.split(' ').collect();
            let mut found = words.windows(parts.len()).enumerate();
            found.any(|(at, run)| is_phrase(run, &parts) && !is_denied(&words[..at]))
        })
    }

    /// What is left without these words; those with a star are the beginnings of words.
    pub(super) fn without(&self, words: &str) -> String {
        let listed = |word: &str| {
            words
                .split('|')
                .any(|listed| match listed.strip_suffix('*') {
                    Some(stem) => word.starts_with(stem),
                    None => word == listed,
                })
        };
        let left: Vec<&str> = self.words().into_iter().filter(|w| !listed(w)).collect();
        left.join(" ")
    }
}

/// Words that a denial reaches across.
const REACHED: &str = "a|an|all|any|at|even|feel|feeling|getting|need|needing|overly|particularly|quite|really|so|that|the|too|very";
const DENIALS: &str = "not|never|no|dont|isnt|arent|wasnt|aint|longer|hardly|without|nor";

fn is_denied(before: &[&str]) -> bool {
    let is_in = |words: &str, word: &str| words.split('|').any(|listed| listed == word);
    let mut before = before.iter().rev();
    before
        .find(|word| !is_in(REACHED, word))
        .is_some_and(|word| is_in(DENIALS, word))
}

fn is_phrase(run: &[&str], phrase: &[&str]) -> bool {
    run.iter()
        .zip(phrase)
        .all(|(word, part)| match part.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == part,
        })
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.strip_prefix(word)?.strip_prefix(' ')
}

/// A whole number in figures or as a word.
pub(super) fn number(word: &str) -> Option<u32> {
    const NAMES: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let named = NAMES.iter().position(|name| *name == word);
    match named {
        Some(at) => u32::try_from(at).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_contractions_and_spacing_do_not_matter() {
        let plain = Plain::of("  How’s my WORK-OUT, then?\n");
        assert_eq!(plain.words(), ["hows", "my", "workout", "then"]);
        assert!(plain.has("hows my") && plain.has("work*") && !plain.has("work"));
    }

    #[test]
    fn courtesies_before_an_order_are_passed_over_and_questions_are_not() {
        let verb = |text| Plain::of(text).verb("log");
        for text in [
            "Log it",
            "please log it",
            "Hey coach, could you please log it?",
            "I'd like to log it",
        ] {
            assert_eq!(verb(text), Some("log"), "{text}");
        }
        for text in [
            "how do I log it",
            "should I log it",
            "can I log it",
            "don't log it",
            "logging",
        ] {
            assert_eq!(verb(text), None, "{text}");
        }
    }
}
