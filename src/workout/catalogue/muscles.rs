//! Muscle groups, and the common words for them.

use crate::workout::error::{ToolError, invalid, quoted};

/// All muscle groups.
pub const MUSCLES: [&str; 17] = [
    "chest",
    "back",
    "side_delts",
    "rear_delts",
    "front_delts",
    "biceps",
    "triceps",
    "quads",
    "hamstrings",
    "glutes",
    "calves",
    "abs",
    "traps",
    "forearms",
    "adductors",
    "lower_back",
    "neck",
];

/// Parses a word such as `chest`, `shoulders` or `lats` to the muscle groups it stands for.
pub fn parse_muscles(text: &str) -> Result<&'static [&'static str], ToolError> {
    let word = text.trim().to_lowercase().replace([' ', '-'], "_");
    if let Some(at) = MUSCLES.iter().position(|muscle| *muscle == word) {
        return Ok(&MUSCLES[at..=at]);
    }
    let muscles: &[&str] = match word.as_str() {
        "pec" | "pecs" | "pectorals" => &["chest"],
        "lat" | "lats" | "upper_back" | "middle_back" | "mid_back" | "rhomboids" => &["back"],
        "shoulder" | "shoulders" | "delts" | "deltoids" => {
            &["front_delts", "side_delts", "rear_delts"]
        }
        "side_delt" | "lateral_delts" | "medial_delts" | "side_shoulders" => &["side_delts"],
        "rear_delt" | "posterior_delts" | "rear_shoulders" => &["rear_delts"],
        "front_delt" | "anterior_delts" | "front_shoulders" => &["front_delts"],
        "bicep" => &["biceps"],
        "tricep" => &["triceps"],
        "arms" => &["biceps", "triceps", "forearms"],
        "quad" | "quadriceps" | "thighs" => &["quads"],
        "hamstring" | "hams" => &["hamstrings"],
        "glute" | "butt" | "gluteus" => &["glutes"],
        "calf" => &["calves"],
        "legs" => &["quads", "hamstrings", "glutes", "calves", "adductors"],
        "ab" | "abdominals" | "core" | "stomach" => &["abs"],
        "trap" | "trapezius" => &["traps"],
        "forearm" | "grip" => &["forearms"],
        "adductor" | "inner_thighs" => &["adductors"],
        "erectors" | "spinal_erectors" => &["lower_back"],
        _ => {
            let known = MUSCLES.join(", ");
            let word = quoted(text);
            return Err(invalid!(
                "muscle_group",
                "{word} is unknown; it is one of {known}"
            ));
        }
    };
    Ok(muscles)
}
