//! Signs that change nothing, for all others might change a figure or the sense: digits of other scripts, dashes,
//! fractions, arithmetic, crossed-out letters. Pure.

const QUOTES_AND_BRACKETS: &str = "()[]{}\"'`´‘’“”„«»!";
/// With what emoji are made of: a style, a joiner, and the signs of who is meant.
const EMOJI: &str = "💪🏋🔥🙏👍👊🙌🎉🥳😀😁😃😄😅😆😊😎🙂✅\u{fe0f}\u{200d}♂♀\u{1f3fb}\u{1f3fc}\u{1f3fd}\u{1f3fe}\u{1f3ff}";

/// Whether all of the text is letters, digits, signs without meaning, or one of the `understood`.
pub(super) fn all_known(text: &str, understood: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || c.is_ascii_digit()
            || (c.is_alphabetic() && !c.is_numeric())
            || understood.contains(c)
            || mean_nothing(c)
    })
}

pub(super) fn mean_nothing(sign: char) -> bool {
    QUOTES_AND_BRACKETS.contains(sign) || EMOJI.contains(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_might_change_the_sense_are_not_known() {
        assert!(all_known("Log “bench” (3x5), 🏋🏽‍♂️ été!", ","));
        for sign in [
            "½",
            "５",
            "²",
            "Ⅷ",
            "\u{2011}",
            "–",
            "−",
            "+",
            "🚫",
            "❌",
            "💯",
            "3\u{fe0f}\u{20e3}",
            "l\u{336}",
            "\u{200b}",
            "%",
            "~",
            ",",
        ] {
            assert!(!all_known(sign, ""), "{sign}");
        }
    }
}
