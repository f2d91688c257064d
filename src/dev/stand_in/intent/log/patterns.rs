//! The patterns by which logs are read, compiled once.

use regex_lite::Regex;

pub(in crate::dev::stand_in) struct Patterns {
    /// Every way to name a day, with what leads up to it.
    pub(super) day: Regex,
    /// Repetitions parted by slashes: three at least, right after a word and before the weight or the end, for two may be
    /// a date.
    pub(super) slashes: Regex,
}

const WEEKDAYS: &str = "mondays?|mon|tuesdays?|tues?|wednesdays?|wed|thursdays?|thurs?|fridays?|fri|saturdays?|sat|sundays?|sun";

impl Patterns {
    /// The patterns are constants, and every test of this module compiles them.
    pub(in crate::dev::stand_in) fn new() -> Self {
        let day = format!(
            r"\b(?P<lead>(?:(?:on|from|for|this|of|the|coming) )*)(?:(?P<iso>\d{{4}}-\d\d?-\d\d?)|(?P<ago>\w+) days? ago|(?P<word>yesterdays?|last night|today'?s?|tonights?|this (?:morning|afternoon|evening)s?|tomorrows?|next \w+|last (?:week|month)|(?:\w+) weeks? ago)|(?P<last>last )?(?P<weekday>{WEEKDAYS}))\b"
        );
        let slashes = r"([a-z]:?\s+)(\d{1,2}(?:/\d{1,2}){2,})(\s*(?:@|at\b|with\b|reps\b|$))";
        Self {
            day: Regex::new(&day).expect("a sound pattern"),
            slashes: Regex::new(slashes).expect("a sound pattern"),
        }
    }
}
