//! What the demo user writes beside the numbers.

use super::{calendar::Day, random::Random};

const SOMETIMES: f64 = 0.18;
const NOTES: [&str; 8] = [
    "slept badly",
    "felt strong today",
    "gym was packed, short rests",
    "late dinner, sluggish",
    "good session",
    "low back a bit stiff, longer warm-up",
    "skipped lunch, low energy",
    "trained with Sam",
];

pub(super) fn name(day: &Day) -> String {
    let name = day.session.name;
    if day.is_deload() {
        format!("{name} (deload)")
    } else {
        name.to_owned()
    }
}

/// Of a session: what has to be said, or what comes to mind.
pub(super) fn notes(day: &Day, random: &mut Random) -> Option<String> {
    let chance = random.happens(SOMETIMES).then(|| random.one_of(&NOTES));
    fixed(day).or(chance.flatten()).map(str::to_owned)
}

fn fixed(day: &Day) -> Option<&'static str> {
    if day.is_back() {
        return Some("first one after two weeks of holiday, everything a bit lighter");
    }
    if day.is_away() {
        return Some("at the gym across town, all its stacks are in lb");
    }
    match (day.is_deload(), day.session.day) {
        (true, 1) => Some("deload week: fewer sets, lighter"),
        (true, 4) => Some("deload; left shoulder a bit tight, no overhead press"),
        (true, _) => Some("deload"),
        (false, _) => None,
    }
}

/// Of a lift: week, lift, words.
const ON_LIFTS: [(i64, &str, &str); 7] = [
    (24, "barbell-deadlift", "mixed grip from now on"),
    (14, "barbell-back-squat", "new belt"),
    (8, "barbell-overhead-press", "last reps were a grind"),
    (5, "barbell-overhead-press", "stuck at the forehead again"),
    (3, "barbell-overhead-press", "left shoulder a bit tight"),
    (2, "barbell-bench-press", "paused the first rep of each set"),
    (1, "barbell-overhead-press", "slow off the shoulders"),
];

pub(super) fn on_lift(weeks_ago: i64, slug: &str) -> Option<String> {
    let mut said = ON_LIFTS.iter();
    let said = said.find(|(week, lift, _)| (*week, *lift) == (weeks_ago, slug));
    said.map(|(_, _, words)| (*words).to_owned())
}
