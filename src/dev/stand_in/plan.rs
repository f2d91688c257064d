//! Orders of a plan: copies the shipped plan that the text names. Pure.

use serde_json::{Value, json};

use super::rules::{Call, is_in};

/// Words of an order that do not describe the plan.
const FILLER: &str =
    "create|make|build|me|a|an|my|the|day|days|week|per|plan|split|program|programme|routine";

pub(super) fn is_ordered(text: &str) -> bool {
    let text = text.to_lowercase();
    is_in(
        text.split_whitespace().next().unwrap_or_default(),
        "create|make|build",
    )
}

/// The call that copies the only shipped plan that matches every word of the order: each is a filler, a word of the plan's
/// name, or its number of sessions a week. The plans are lines of `list_plans`:
/// `Upper/Lower 4 Days (id upper-lower-4-days, system): 4 sessions a week for 8 weeks`.
pub(super) fn copy(order: &str, plans: &str) -> Option<Call> {
    let order = order.to_lowercase();
    let words = order.split(|c: char| c.is_whitespace() || "-/,.!".contains(c));
    let words: Vec<&str> = words
        .filter(|word| !word.is_empty() && !is_in(word, FILLER))
        .collect();
    let fitting = plans.lines().filter_map(|line| {
        let (head, size) = line.split_once(", system): ")?;
        let (name, id) = head.rsplit_once(" (id ")?;
        let lower = name.to_lowercase();
        let named: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
        let fits = |word: &&str| named.contains(word) || size.split(' ').next() == Some(word);
        words
            .iter()
            .all(fits)
            .then(|| json!({"name": name, "based_on": id}))
    });
    let [input] = <[Value; 1]>::try_from(fitting.collect::<Vec<_>>()).ok()?;
    Some(Call::new("create_workout_plan", input))
}
