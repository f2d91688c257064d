//! What a text asks for. Pure: words in, intent out. What would change something is understood from a clear order alone.

mod log;
mod muscle;
mod period;
mod plan;
mod signs;
mod vocabulary;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{names::Names, plain::Plain};
pub(super) use log::{Missing, Patterns, Workout};
pub(super) use period::{Period, week_before};
pub(super) use plan::Wish;
use vocabulary::{
    CHANGES, EXERCISES, FOR_A_WEIGHT, HELP, HISTORY, HOW_IS, HOW_MUCH, NEXT_WEIGHT, NO_NAME, PHOTO,
    PLATEAU, PROGRESS, RECOVERY, VOLUME, WORKOUTS,
};

/// Longer texts are no request of the kinds understood here.
const MAX_CHARS: usize = 4000;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Intent {
    /// Of so many exercises.
    Progress(Vec<String>, Period),
    Plateau(Option<String>),
    NextWeight(Option<String>, Option<u32>),
    History(String, Period),
    Workouts,
    Plans,
    CreatePlan(Wish),
    /// Of a muscle, or of all.
    Volume(Option<String>),
    Recovery,
    Log(Workout),
    /// To log something, but this is missing.
    LogMore(Missing),
    /// A time is named that nobody can count here.
    SinceWhen,
    /// The filters of `list_exercises`.
    Exercises(Map<String, Value>),
    Photo,
    Help,
    Unknown,
}

/// What the user asks for; `before` is what they said before that.
pub(super) fn understand(
    text: &str,
    before: Option<&str>,
    today: Option<Date>,
    names: &Names,
) -> Intent {
    if text.chars().count() > MAX_CHARS {
        return Intent::Unknown;
    }
    let plain = Plain::of(text);
    let before = before.filter(|before| before.len() <= MAX_CHARS);
    if let (Some(unit), Some(before)) = (log::unit_alone(text, &plain), before)
        && let Some(workout) = log::completed(before, unit, today, names)
    {
        return Intent::Log(workout);
    }
    plan::asked(text, &plain)
        .or_else(|| log::ordered(text, &plain, today, names))
        .or_else(|| log::told(text, &plain, today, names))
        .unwrap_or_else(|| question(&plain, names))
}

fn question(plain: &Plain, names: &Names) -> Intent {
    if plain.verb(CHANGES).is_some() {
        return Intent::Unknown;
    }
    let found = names.within(plain);
    let exercise = || exercise_of(plain, names);
    let named = found.is_some();
    if plain.has(PLATEAU) && !plain.has(VOLUME) {
        return Intent::Plateau(exercise());
    }
    let weighed = plain.has("weight|weights") && plain.has(FOR_A_WEIGHT);
    if plain.has(NEXT_WEIGHT) || (named && (weighed || plain.has(HOW_MUCH))) {
        return Intent::NextWeight(exercise(), period::reps(plain));
    }
    if plain.has(PROGRESS) && (named || !plain.has(VOLUME)) {
        return progress(plain, names);
    }
    if plain.has(VOLUME) || (plain.has("too much|enough") && muscle::of(plain).is_some()) {
        return Intent::Volume(muscle::for_volume(plain, names));
    }
    if plain.affirms(RECOVERY) {
        return Intent::Recovery;
    }
    if let Some((exercise, _)) = found.as_ref().filter(|_| plain.has(HISTORY)) {
        let id = exercise.id.clone();
        return Period::of(plain).map_or(Intent::SinceWhen, |period| Intent::History(id, period));
    }
    if plain.has(WORKOUTS) {
        return Intent::Workouts;
    }
    if plain.has(EXERCISES) {
        return Intent::Exercises(muscle::filters(plain, names));
    }
    if named && plain.has(HOW_IS) {
        return progress(plain, names);
    }
    if plain.has(PHOTO) {
        return Intent::Photo;
    }
    if plain.has(HELP) {
        return Intent::Help;
    }
    Intent::Unknown
}

/// Of every exercise that is named.
fn progress(plain: &Plain, names: &Names) -> Intent {
    let Some(period) = Period::of(plain) else {
        return Intent::SinceWhen;
    };
    let all = names.all_within(plain);
    let ids: Vec<String> = all
        .into_iter()
        .map(|exercise| exercise.id.clone())
        .collect();
    if ids.len() > 1 {
        return Intent::Progress(ids, period);
    }
    Intent::Progress(exercise_of(plain, names).into_iter().collect(), period)
}

/// The exercise by its id; else what looks like its name, for the tool to say what is near it.
fn exercise_of(plain: &Plain, names: &Names) -> Option<String> {
    if let Some((exercise, _)) = names.within(plain) {
        return Some(exercise.id.clone());
    }
    let rest = plain.without(NO_NAME);
    let rest: Vec<&str> = rest
        .split(' ')
        .filter(|word| !word.is_empty() && super::plain::number(word).is_none())
        .collect();
    match rest.len() {
        1..=5 => Some(rest.join(" ")),
        _ => None,
    }
}
