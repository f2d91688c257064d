//! The vocabulary of exercise names: equipment, synonyms, fillers, and words for a variant of the same exercise.

use std::{collections::HashSet, sync::LazyLock};

/// What a phrase says of the equipment. The longest phrase counts.
pub(super) const EQUIPMENT: &[(&str, &str)] = &[
    ("barbell", "barbell"),
    ("bar bell", "barbell"),
    ("dumbbell", "dumbbell"),
    ("dumb bell", "dumbbell"),
    ("kettlebell", "kettlebell"),
    ("kettle bell", "kettlebell"),
    ("cable", "cable"),
    ("cable machine", "cable"),
    ("pulley", "cable"),
    ("machine", "machine"),
    ("hammer strength", "machine"),
    ("selectorized", "machine"),
    ("pin loaded", "machine"),
    ("leverage", "machine"),
    ("iso lateral", "machine"),
    ("isolateral", "machine"),
    ("plate", "plate"),
    ("plate loaded", "machine"),
    ("machine plate", "machine"),
    ("smith", "smith_machine"),
    ("smith machine", "smith_machine"),
    ("multipower", "smith_machine"),
    ("ez", "ez_bar"),
    ("ez bar", "ez_bar"),
    ("ezbar", "ez_bar"),
    ("curl bar", "ez_bar"),
    ("e z bar", "ez_bar"),
    ("easy bar", "ez_bar"),
    ("sz", "ez_bar"),
    ("sz bar", "ez_bar"),
    ("trap bar", "trap_bar"),
    ("hex bar", "trap_bar"),
    ("band", "band"),
    ("resistance band", "band"),
    ("elastic band", "band"),
    ("loop band", "band"),
    ("mini band", "band"),
    ("bodyweight", "bodyweight"),
    ("body weight", "bodyweight"),
    ("medicine ball", "medicine_ball"),
    ("med ball", "medicine_ball"),
    ("stability ball", "stability_ball"),
    ("swiss ball", "stability_ball"),
    ("exercise ball", "stability_ball"),
    ("gym ball", "stability_ball"),
    ("fitball", "stability_ball"),
    ("suspension", "suspension"),
    ("suspension trainer", "suspension"),
    ("suspended", "suspension"),
    ("trx", "suspension"),
];

/// Equipment whose words include those of another: the name of the first also has the word for the others.
pub(super) const NARROWER: &[(&str, &[&str])] = &[
    ("smith_machine", &["barbell", "machine"]),
    ("ez_bar", &["barbell"]),
    ("trap_bar", &["barbell"]),
    ("cable", &["machine", "ez_bar"]),
    ("machine", &["plate"]),
];

/// Words for one and the same, and compounds that are written in several ways.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("one", "single"),
    ("1 arm", "single arm"),
    ("1 armed", "single arm"),
    ("1 hand", "single hand"),
    ("1 handed", "single hand"),
    ("1 leg", "single leg"),
    ("1 legged", "single leg"),
    // Numbers of exercises that share a name, as in `Sit-up v. 2`.
    ("v 1", "1"),
    ("v 2", "2"),
    ("v 3", "3"),
    ("v1", "1"),
    ("v2", "2"),
    ("v3", "3"),
    ("unilateral", "single"),
    ("sa", "single arm"),
    ("sl", "single leg"),
    ("narrow", "close"),
    ("cg", "close"),
    ("wg", "wide"),
    ("short", "close"),
    ("sitting", "seated"),
    ("laying", "lying"),
    ("paused", "pause"),
    ("inclined", "incline"),
    ("declined", "decline"),
    ("legged", "leg"),
    ("armed", "arm"),
    ("handed", "hand"),
    ("alternate", "alternating"),
    ("weight", "weighted"),
    ("abductor", "abduction"),
    ("adductor", "adduction"),
    ("pressdown", "pushdown"),
    ("latpulldown", "pulldown"),
    ("woodchopper", "woodchop"),
    ("hyperextension", "back extension"),
    ("benchpress", "bench press"),
    ("chestpress", "chest press"),
    ("legpress", "leg press"),
    ("shoulderpress", "shoulder press"),
    ("legcurl", "leg curl"),
    ("hipthrust", "hip thrust"),
    ("ohp", "overhead press"),
    ("rdl", "romanian deadlift"),
    ("sldl", "stiff leg deadlift"),
    ("dl", "deadlift"),
    ("bss", "bulgarian split squat"),
];

/// Phrases and what they are the same as. The longest phrase counts.
pub(super) const PHRASES: &[(&str, &str)] = &[
    ("push up", "pushup"),
    ("press up", "pushup"),
    ("pull up", "pullup"),
    ("chin up", "chinup"),
    ("sit up", "situp"),
    ("step up", "stepup"),
    ("get up", "getup"),
    ("muscle up", "muscleup"),
    ("v up", "vup"),
    ("pull down", "pulldown"),
    ("push down", "pushdown"),
    ("press down", "pushdown"),
    ("pull over", "pullover"),
    ("pull apart", "pullapart"),
    ("pull through", "pullthrough"),
    ("kick back", "kickback"),
    ("skull crusher", "skullcrusher"),
    ("dead lift", "deadlift"),
    ("wood chop", "woodchop"),
    ("wood chopper", "woodchop"),
    ("roll out", "rollout"),
    ("jack knife", "jackknife"),
    ("cross over", "crossover"),
    ("t bar", "tbar"),
    ("pec deck", "pecdeck"),
    ("pec dec", "pecdeck"),
    ("bent over", "bentover"),
    ("chest supported", "chestsupported"),
    ("cross body", "crossbody"),
    ("back up", "backup"),
    ("hyper extension", "back extension"),
    ("side lateral raise", "lateral raise"),
    ("lateral side raise", "lateral raise"),
    ("side raise", "lateral raise"),
    ("lat raise", "lateral raise"),
    ("rear delt", "reardelt"),
    ("rear delt raise", "reardelt fly"),
    ("rear delt lateral raise", "reardelt fly"),
    ("rear delt reverse fly", "reardelt fly"),
    ("reverse rear delt fly", "reardelt fly"),
    ("rear lateral raise", "reardelt fly"),
    ("bent over lateral raise", "reardelt fly"),
    ("reverse fly", "reardelt fly"),
    ("rear fly", "reardelt fly"),
    ("military press", "overhead press"),
    ("shoulder press", "overhead press"),
    ("straight leg deadlift", "stiff leg deadlift"),
    ("hamstring curl", "leg curl"),
    ("ham curl", "leg curl"),
    ("biceps curl", "curl"),
    ("arm curl", "curl"),
    ("reverse grip curl", "reverse curl"),
    ("reverse grip biceps curl", "reverse curl"),
    ("reverse grip", "underhand"),
    ("farmer walk", "farmer carry"),
    ("single arm", "single"),
    ("single hand", "single"),
    ("v grip", "vbar"),
    ("v bar", "vbar"),
    ("straight bar", "straightbar"),
    ("bar grip", "straightbar"),
    ("bar wide grip", "straightbar wide"),
    ("high to low", "hightolow"),
    ("low to high", "hightolow"),
    ("up to down", "hightolow"),
    ("down to up", "hightolow"),
    ("top to bottom", "hightolow"),
    ("bottom to top", "hightolow"),
    ("each side", ""),
    ("each arm", ""),
    ("each leg", ""),
    ("each hand", ""),
    ("per side", ""),
    ("per arm", ""),
    ("per leg", ""),
    ("per hand", ""),
    ("both side", ""),
    ("both arm", ""),
    ("both leg", ""),
    ("both hand", ""),
];

/// Words that say nothing of the exercise.
pub(super) static FILLERS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "a an and attachment backup basic classic copy data easy exercise flat for grip heavy in left light loaded main medium new normal of old on per regular \
         rep right set stance standard style the to variation version with workout",
    )
});

/// Words for a variant of an exercise: the variant is the exercise, unless the catalogue has one of its own for it.
pub(super) static VARIANTS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "alternating amrap close crossbody degree dual eccentric emom hiit hightolow negative neutral overhand pause \
         pronated rope seated single slow standing straight straightbar strict supinated tabata tempo underhand vbar \
         weighted wide",
    )
});

/// Words beside `rope` that make it something other than the attachment of a cable.
pub(super) static OTHER_ROPES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| set("battle battling climb climbing jump jumping skipping wave"));

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

/// All words of the tables.
pub(super) fn words() -> HashSet<String> {
    let phrases = EQUIPMENT.iter().chain(WORDS).chain(PHRASES);
    let phrases = phrases.flat_map(|(phrase, _)| phrase.split(' '));
    let words = phrases.chain(FILLERS.iter().copied());
    words
        .chain(VARIANTS.iter().copied())
        .map(str::to_owned)
        .collect()
}
