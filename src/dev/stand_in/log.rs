//! Parser of the one form that logs a workout: `log EXERCISE SETSxREPS at WEIGHT [lb|kg], … [DAY]`. Pure.

use jiff::{ToSpan, civil::Date, fmt::strtime};
use serde_json::{Value, json};

pub(super) const FORM: &str = "Nothing was logged. I log what is written in this form, to the last word: \
    `log EXERCISE SETSxREPS at WEIGHT lb` (or `kg`, or `at bodyweight`), further exercises after commas, and at the end \
    perhaps `today`, `yesterday` or `on` a weekday. At most ten sets of fifty, and the first weight needs its unit.";

/// The input of `create_workout`, if all of the text has the form.
pub(super) fn parse(text: &str, today: Option<Date>) -> Option<Value> {
    let text = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    let entries = text.strip_prefix("log ")?.split(',');
    let mut entries: Vec<Vec<&str>> = entries.map(|e| e.split_whitespace().collect()).collect();
    let day = take_day(entries.last_mut()?, today?);
    let mut units = Vec::new();
    let exercises = entries.iter().map(|entry| exercise(entry, &mut units));
    let exercises = exercises.collect::<Option<Vec<Value>>>()?;
    Some(json!({"exercises": exercises, "performed_at": day.map(|day| day.to_string())}))
}

/// Removes the day from the end of the last entry. An unknown day stays, and makes the entry invalid.
fn take_day(words: &mut Vec<&str>, today: Date) -> Option<Date> {
    let days = match *words.last()? {
        "today" => 0,
        "yesterday" => 1,
        // Today's own weekday may mean a week ago.
        last => match today
            .weekday()
            .since(strtime::parse("%A", last).ok()?.weekday()?)
        {
            0 => return None,
            days => days,
        },
    };
    words.pop();
    words.pop_if(|word| *word == "on");
    Some(today.saturating_sub(i64::from(days).days()))
}

/// `bench press 3x5 at 185 lb`. `units` are those of the entries before.
fn exercise<'a>(words: &[&'a str], units: &mut Vec<&'a str>) -> Option<Value> {
    let at = words.iter().position(|word| *word == "at")?;
    let (counts, name) = words[..at].split_last()?;
    let (sets, reps) = counts.split_once('x')?;
    let (sets, reps) = (count(sets, 10)?, count(reps, 50)?);
    let named = !name.is_empty() && name.iter().all(|word| is_name(word));
    let (weight, unit) = match words[at + 1..] {
        ["bodyweight"] => (0.0, "kg"),
        [weight, unit @ ("lb" | "kg")] => {
            units.push(unit);
            (positive(weight)?, unit)
        }
        [weight] => {
            units.dedup();
            let [unit] = units[..] else { return None };
            (positive(weight)?, unit)
        }
        _ => return None,
    };
    let set = json!({"reps": reps, "weight": weight, "unit": unit});
    named.then(|| json!({"exercise_id": name.join(" "), "sets": vec![set; sets as usize]}))
}

fn is_name(word: &str) -> bool {
    let denies = matches!(word, "no" | "not" | "nothing" | "never" | "dont");
    !denies && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
}

fn count(text: &str, most: u32) -> Option<u32> {
    let count = text.parse().ok()?;
    (text.bytes().all(|b| b.is_ascii_digit()) && (1..=most).contains(&count)).then_some(count)
}

fn positive(text: &str) -> Option<f64> {
    let weight: f64 = text.parse().ok()?;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (plain && weight > 0.0 && weight.is_finite()).then_some(weight)
}
