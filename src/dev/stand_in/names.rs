//! Which exercise a text names: by the shipped catalogue, the longest run of words first. Pure.

use super::{intent::Patterns, plain::Plain};
use crate::workout::catalogue::{Catalogue, Exercise};

/// Names have no more words.
const MAX_WORDS: usize = 6;

/// What people say that is nobody's alias.
const NICKNAMES: &[(&str, &str)] = &[
    ("deads", "deadlift"),
    ("deadlifting", "deadlift"),
    ("deadlifted", "deadlift"),
    ("squatting", "squat"),
    ("squatted", "squat"),
    ("sq", "squat"),
    ("benching", "bench press"),
    ("benched", "bench press"),
    ("benches", "bench press"),
    ("bench presses", "bench press"),
    ("bench pressing", "bench press"),
    ("bp", "bench press"),
    ("oh press", "overhead press"),
    ("overhead", "overhead press"),
    ("overhead pressing", "overhead press"),
    ("overhead presses", "overhead press"),
    ("presses", "press"),
    ("pressing", "press"),
    ("shoulder presses", "shoulder press"),
    ("rowing", "row"),
    ("rowed", "row"),
    ("curling", "curl"),
    ("chins", "chin up"),
    ("incline", "incline bench press"),
];

/// What is an exercise's name, but hardly ever meant so.
const HARDLY: &[&str] = &["get up", "gm", "good morning", "step up", "hack", "nordic"];

/// All that is made once and then looked things up in.
pub(super) struct Names {
    catalogue: Catalogue,
    pub(super) patterns: Patterns,
}

impl Names {
    pub(super) fn shipped() -> Self {
        Self {
            catalogue: Catalogue::shipped(),
            patterns: Patterns::new(),
        }
    }

    /// The exercise that goes by exactly these words.
    pub(super) fn called(&self, words: &str) -> Option<&Exercise> {
        let nickname = NICKNAMES.iter().find(|(nick, _)| *nick == words);
        self.catalogue
            .by_name(nickname.map_or(words, |(_, name)| name))
    }

    /// The exercise that goes by these words, or to which alone they fit.
    pub(super) fn fitting(&self, words: &str) -> Option<&Exercise> {
        self.called(words)
            .or_else(|| self.catalogue.find(words).ok())
    }

    /// The exercise that is named somewhere in the text, and how.
    pub(super) fn within(&self, text: &Plain) -> Option<(&Exercise, String)> {
        let words = text.words();
        let longest = words.len().min(MAX_WORDS);
        let runs = (1..=longest).rev().flat_map(|n| words.windows(n));
        runs.map(|run| run.join(" "))
            .filter(|run| !HARDLY.contains(&run.as_str()))
            .find_map(|run| Some((self.called(&run)?, run)))
    }

    /// All the exercises that are named, each once, in their order.
    pub(super) fn all_within(&self, text: &Plain) -> Vec<&Exercise> {
        let words = text.words();
        let mut all: Vec<&Exercise> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let (length, found) = self.at_start(&words[at..]).map_or((1, None), |(n, found)| {
                let hardly = HARDLY.contains(&words[at..at + n].join(" ").as_str());
                (n, (!hardly).then_some(found))
            });
            all.extend(found.filter(|found| !all.iter().any(|other| other.id == found.id)));
            at += length;
        }
        all
    }

    /// How many of the words name an exercise, and which.
    pub(super) fn at_start(&self, words: &[&str]) -> Option<(usize, &Exercise)> {
        let longest = words.len().min(MAX_WORDS);
        (1..=longest)
            .rev()
            .find_map(|n| Some((n, self.called(&words[..n].join(" "))?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_names_the_usual_exercise() {
        let names = Names::shipped();
        for (text, id) in [
            ("bench", "barbell-bench-press"),
            ("how is my benchpress doing", "barbell-bench-press"),
            ("squat", "barbell-back-squat"),
            ("squats", "barbell-back-squat"),
            ("ohp", "barbell-overhead-press"),
            ("press", "barbell-overhead-press"),
            ("stuck on over head press", "barbell-overhead-press"),
            ("rows", "barbell-row"),
            ("deads", "barbell-deadlift"),
            ("dead lift", "barbell-deadlift"),
            ("pull ups", "pull-up"),
            ("Pull-Ups", "pull-up"),
            ("rdl", "barbell-romanian-deadlift"),
            ("incline db press", "dumbbell-incline-bench-press"),
            ("front squats", "barbell-front-squat"),
            ("clean and jerk", "clean-and-jerk"),
        ] {
            let found = names.within(&Plain::of(text));
            assert_eq!(found.map(|(e, _)| e.id.as_str()), Some(id), "{text}");
        }
        for text in ["", "the weather", "good morning", "hello there"] {
            assert!(names.within(&Plain::of(text)).is_none(), "{text}");
        }
    }
}
