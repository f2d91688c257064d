//! Other spellings of words in exercise names.

use std::{collections::HashMap, sync::LazyLock};

/// Abbreviations, irregular plurals and common misspellings, after the regular plural is removed.
pub(super) static SPELLINGS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    HashMap::from([
        ("db", "dumbbell"),
        ("dbs", "dumbbell"),
        ("bb", "barbell"),
        ("kb", "kettlebell"),
        ("kbs", "kettlebell"),
        ("ext", "extension"),
        ("flye", "fly"),
        ("bicep", "biceps"),
        ("tricep", "triceps"),
        ("calve", "calf"),
        ("deltoid", "delt"),
        ("ups", "up"),
        ("hypertension", "hyperextension"),
        ("palloff", "pallof"),
        ("peck", "pec"),
        ("tri", "triceps"),
        ("bi", "biceps"),
        ("bis", "biceps"),
        ("bw", "bodyweight"),
        ("inc", "incline"),
        ("alt", "alternating"),
        ("pres", "press"),
    ])
});
