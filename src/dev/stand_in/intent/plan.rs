//! Plans: which one somebody wants made, and which of the plans there are comes closest. Pure.

use super::Intent;
use crate::dev::stand_in::plain::{Plain, number};

/// A plan that was ordered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    /// Words of the plans' names, each of which must be there.
    words: Vec<&'static str>,
    days: Option<u32>,
    pub weeks: Option<u32>,
}

const ORDERS: &str = "create|make|build|generate|design|set up|setup|set me up|write|give|put together|draft|prepare|start|add|craft|compose";
const PLANS: &str = "plan|plans|split|program|programme|programs|routine|schedule|regimen|upper lower|ppl|push pull legs";

/// What people say, and the words that a fitting plan has in its name.
const KINDS: &[(&str, &[&str])] = &[
    ("deload*", &["deload"]),
    ("upper lower|lower upper|ul", &["upper", "lower"]),
    (
        "ppl|push pull legs|push pull leg|push pull|push legs pull",
        &["push", "pull", "legs"],
    ),
    ("fullbody|whole body|total body", &["full", "body"]),
    ("dumbbell*|dumbell*|db|home|at home", &["dumbbells"]),
    (
        "5x5|5 x 5|five by five|novice|beginner*|linear progression|starter",
        &["novice"],
    ),
    (
        "bodybuilding|bodybuilder|hypertrophy|upper focus|upper body",
        &["bodybuilding"],
    ),
    (
        "strength|powerlifting|wave|waves|intermediate",
        &["strength"],
    ),
];

/// An order for a plan, or a question about plans.
pub(super) fn asked(plain: &Plain) -> Option<Intent> {
    let deload = plain.has("deload week|deload");
    let refused = plain.has("dont|do not|not|never mind|nevermind|cancel|without");
    let ordered = plain.verb(ORDERS).is_some();
    if !(plain.has(PLANS) || deload && ordered) {
        return None;
    }
    if !ordered || refused {
        let about = plain.has("what|which|show|list|create|make|build|need|want|have|available|should|suggest|recommend|new");
        return (about && !plain.has("workouts|exercises|volume")).then_some(Intent::Plans);
    }
    let kinds = KINDS.iter().filter(|(said, _)| plain.has(said));
    let words = kinds.flat_map(|(_, words)| words.iter().copied());
    Some(Intent::CreatePlan(Wish {
        words: words.collect(),
        days: counted(plain, "day|days|d|x|times|sessions|session|workouts"),
        weeks: counted(plain, "week|weeks|wk|wks"),
    }))
}

/// The number before one of these words, written with it or apart.
fn counted(plain: &Plain, units: &str) -> Option<u32> {
    let is_unit = |word: &str| units.split('|').any(|unit| unit == word);
    let words = plain.words();
    words.iter().enumerate().find_map(|(at, word)| {
        let end = word
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(word.len());
        let (digits, unit) = word.split_at(end);
        if !digits.is_empty() && is_unit(unit) {
            return digits.parse().ok();
        }
        let next = words.get(at + 1)?;
        let apart = is_unit(next)
            && (*next != "x" || words.get(at + 2).is_none_or(|w| number(w).is_none()));
        number(word).filter(|_| apart)
    })
}

impl Wish {
    /// Whether a plan of this name, with so many sessions a week in words of the list, is meant.
    pub(crate) fn fits(&self, name: &str, sessions: &str) -> bool {
        let name = Plain::of(name);
        let spelled = name.words().join(" ").replace("fullbody", "full body");
        let has = |word: &&str| spelled.split(' ').any(|w| w == *word);
        let days = sessions.split(' ').next().and_then(number);
        let wanted = !self.words.is_empty() || self.days.is_some();
        wanted && self.words.iter().all(has) && self.days.is_none_or(|wanted| days == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Option<Wish> {
        match asked(&Plain::of(text)) {
            Some(Intent::CreatePlan(wish)) => Some(wish),
            _ => None,
        }
    }

    #[test]
    fn kinds_days_and_weeks_are_read_from_an_order() {
        let wished = wish("Please build me a 4-day upper/lower split for eight weeks").unwrap();
        assert_eq!(
            wished,
            Wish {
                words: vec!["upper", "lower"],
                days: Some(4),
                weeks: Some(8)
            }
        );
        assert!(wished.fits("Upper/Lower 4 Days", "4 sessions a week for 8 weeks"));
        assert!(!wished.fits("Upper/Lower 4 Days", "3 sessions a week for 8 weeks"));
        assert!(!wished.fits("Full Body 3 Days", "4 sessions a week"));
        assert_eq!(wish("create a 5x5 program").unwrap().days, None);
        assert_eq!(wish("create a plan 3x a week").unwrap().days, Some(3));
        assert!(
            !wish("create a plan")
                .unwrap()
                .fits("Full Body 3 Days", "3 sessions a week")
        );
    }

    #[test]
    fn questions_and_refusals_create_nothing() {
        for text in [
            "what plan should I create?",
            "how do I create a plan?",
            "don't create a plan",
            "I need a plan",
            "can I make a plan?",
            "please do not make a 4 day split",
            "create no workout",
        ] {
            assert_eq!(wish(text), None, "{text}");
        }
    }
}
