//! Muscles and equipment, by the words people use for them. Pure.

use serde_json::{Map, Value};

use crate::{
    dev::stand_in::{names::Names, plain::Plain},
    workout::catalogue::parse_muscles,
};

/// As `list_exercises` takes them; of several the longest goes first.
const EQUIPMENT: &[(&str, &str)] = &[
    ("smith_machine", "smith|smith machine"),
    ("ez_bar", "ez bar|ez"),
    ("trap_bar", "trap bar|hex bar"),
    ("kettlebell", "kettlebell|kettlebells|kb"),
    ("dumbbell", "dumbbell|dumbbells|dumbell|dumbells|db|dbs"),
    ("barbell", "barbell|barbells|bb"),
    ("cable", "cable|cables"),
    ("machine", "machine|machines"),
    (
        "bodyweight",
        "bodyweight|body weight|calisthenics|no equipment|without equipment",
    ),
    ("plate", "plate|plates"),
];

/// Short for what the tools know.
const SHORT: &[(&str, &str)] = &[
    ("leg", "legs"),
    ("arm", "arms"),
    ("delt", "delts"),
    ("bis", "biceps"),
    ("tris", "triceps"),
    ("hammies", "hamstrings"),
];

/// Words after which a muscle is named, but which name none.
const NO_MUSCLE: &str = "\
    a|all|am|and|any|are|at|can|could|current*|day*|do|doing|each|enough|exer*|excer*|every|for|gym|have|high|\
    home|how|i|im|in|is|it|last|lately|list|low|many|me|month*|move*|much|muscle*|my|now|of|okay|on|overall|per|\
    please|recent*|right|set|sets|should|show|some|that|the|there|this|to|today|too|total|training|using|volume|\
    week*|what|which|with|without|you|your|lifts|equipment|ideas|options|variations|catalogue|group*|available";

/// The muscle group that is named, in the user's words.
pub(super) fn of(plain: &Plain) -> Option<String> {
    let text = plain.words().join(" ").replace("trap bar", "");
    let words: Vec<&str> = text.split(' ').collect();
    let runs = [2, 1].into_iter().flat_map(|n| words.windows(n));
    let mut named = runs.filter_map(|run| {
        let run = run.join(" ");
        let short = SHORT.iter().find(|(short, _)| *short == run);
        let muscle = short.map_or(run.as_str(), |(_, long)| long);
        parse_muscles(muscle).is_ok().then(|| muscle.to_owned())
    });
    named.next()
}

/// The muscle a question about volume is about: named, or what an exercise trains first, or else what stands after
/// "for", which the tool may refuse.
pub(super) fn for_volume(plain: &Plain, names: &Names) -> Option<String> {
    let trained = || {
        let (exercise, _) = names.within(plain)?;
        exercise.primary_muscles.first().cloned()
    };
    of(plain).or_else(trained).or_else(|| after_for(plain))
}

/// The filters that a question about exercises names.
pub(super) fn filters(plain: &Plain, names: &Names) -> Map<String, Value> {
    let mut filters = Map::new();
    let equipment = EQUIPMENT
        .iter()
        .find(|(_, words)| plain.has(words))
        .map(|(equipment, _)| *equipment);
    let named = names.within(plain).map(|(_, words)| words);
    let muscle = of(plain);
    if muscle.is_none()
        && let Some(words) = named
    {
        filters.insert("query".into(), words.into());
        return filters;
    }
    let muscle = muscle.or_else(|| after_for(plain));
    if let Some(muscle) = muscle {
        filters.insert("muscle_group".into(), muscle.into());
    }
    if let Some(equipment) = equipment {
        filters.insert("equipment".into(), equipment.into());
    }
    filters
}

fn after_for(plain: &Plain) -> Option<String> {
    let words = plain.words();
    let at = words.iter().rposition(|word| *word == "for")?;
    let after = Plain::of(&words[at + 1..].join(" "));
    let equipment = EQUIPMENT.iter().any(|(_, words)| after.has(words));
    let rest = after.without(NO_MUSCLE);
    let short = !rest.is_empty() && rest.split(' ').count() <= 3 && !equipment;
    short.then_some(rest)
}
