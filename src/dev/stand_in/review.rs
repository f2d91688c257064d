//! The week's review, for runs: reads the week, then writes `review.md` and `week.csv` with the workspace tool. Pure.

use jiff::{ToSpan, civil::Date};
use serde_json::json;

use super::{
    request::Turn,
    results::{points, result_text},
    rules::{Call, is_in},
};

const WRITE: &str = "write_file";
const LIST: &str = "list_workouts";
const VOLUME: &str = "check_volume_landmarks";
/// A page of `list_workouts` that holds more than a week of anybody's training.
const MAX_WORKOUTS: u32 = 30;
const WRITTEN: &str =
    "I have written your week down: `review.md` to read, `week.csv` to calculate with.";

/// True for a turn that asks for the review of a week, and may write files.
pub(super) fn is_asked(turn: &Turn) -> bool {
    let lower = turn.question.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let named = |names| words.iter().any(|word| is_in(word, names));
    named("review|reviews") && named("week|weeks|weekly") && turn.tool(WRITE).is_some()
}

/// The next calls of the review; none when its files are written, or could not be.
pub(super) fn calls(turn: &Turn) -> Vec<Call> {
    let called = |tool: &str| turn.results.iter().any(|result| result.tool == tool);
    if turn.results.is_empty() {
        return reads(turn.today);
    }
    let read = turn.results.iter().find(|result| result.tool == LIST);
    match read {
        Some(read) if !read.is_error && !called(WRITE) => {
            let week = Week::of(&read.text, turn.today);
            vec![
                file("review.md", &week.review(turn)),
                file("week.csv", &week.table()),
            ]
        }
        _ => vec![],
    }
}

/// The last text of the review.
pub(super) fn text(turn: &Turn) -> String {
    let failed = turn.results.iter().filter(|result| result.is_error);
    let failures: Vec<String> = failed.map(result_text).collect();
    if failures.is_empty() {
        WRITTEN.to_owned()
    } else {
        failures.join("\n\n")
    }
}

/// The workouts, and the volume of last week and of this one.
fn reads(today: Option<Date>) -> Vec<Call> {
    let last = today.map(|today| today.saturating_sub(1.week()).to_string());
    let volume = |week: Option<String>| Call::new(VOLUME, json!({"week": week}));
    let mut calls = vec![Call::new(LIST, json!({"limit": MAX_WORKOUTS}))];
    calls.extend(last.map(Some).into_iter().chain([None]).map(volume));
    calls
}

fn file(path: &str, content: &str) -> Call {
    Call::new(WRITE, json!({"path": path, "content": content}))
}

/// The workouts of the last seven days, the oldest first.
struct Week<'a> {
    days: Option<(Date, Date)>,
    workouts: Vec<Workout<'a>>,
}

struct Workout<'a> {
    day: &'a str,
    name: &'a str,
    /// Names and sets.
    exercises: Vec<(&'a str, &'a str)>,
}

impl<'a> Workout<'a> {
    /// `2026-11-20 Push (id 0190-cc)`, a line of `list_workouts`.
    fn parse(line: &'a str) -> Option<(Date, Self)> {
        let (day, name) = line.split_once(" (id ")?.0.split_once(' ')?;
        let exercises = vec![];
        Some((
            day.parse().ok()?,
            Self {
                day,
                name,
                exercises,
            },
        ))
    }
}

impl<'a> Week<'a> {
    fn of(list: &'a str, today: Option<Date>) -> Self {
        let days = today.map(|today| (today.saturating_sub(6.days()), today));
        let is_wanted = |at| days.is_none_or(|(from, to)| (from..=to).contains(&at));
        let mut workouts: Vec<(bool, Workout)> = Vec::new();
        for line in list.lines() {
            // An exercise of the workout above it.
            if let Some((exercise, (_, workout))) = line.strip_prefix("  ").zip(workouts.last_mut())
            {
                workout.exercises.extend(exercise.split_once(": "));
            } else if let Some((at, workout)) = Workout::parse(line) {
                workouts.push((is_wanted(at), workout));
            }
        }
        let wanted = workouts.into_iter().rev().filter(|(wanted, _)| *wanted);
        let workouts = wanted.map(|(_, workout)| workout).collect();
        Self { days, workouts }
    }

    /// Markdown: the workouts, and the volume of the weeks.
    fn review(&self, turn: &Turn) -> String {
        let title = self.days.map_or("# The week".to_owned(), |(from, to)| {
            format!("# The week from {from} to {to}")
        });
        let mut parts = vec![title, "## Workouts".to_owned()];
        if self.workouts.is_empty() {
            parts.push("None was logged.".to_owned());
        }
        for Workout {
            day,
            name,
            exercises,
        } in &self.workouts
        {
            let lines = exercises
                .iter()
                .map(|(name, sets)| format!("- {name}: {sets}"));
            let lines: Vec<String> = lines.collect();
            parts.push(format!("### {day} {name}\n\n{}", lines.join("\n")));
        }
        parts.push("## Volume".to_owned());
        let volumes = turn.results.iter().filter(|result| result.tool == VOLUME);
        parts.extend(volumes.map(|result| {
            if result.is_error {
                result_text(result)
            } else {
                points(&result.text)
            }
        }));
        parts.join("\n\n") + "\n"
    }

    /// CSV (RFC 4180): a line for each exercise of each workout.
    fn table(&self) -> String {
        let mut table = "date,workout,exercise,sets\r\n".to_owned();
        for Workout {
            day,
            name,
            exercises,
        } in &self.workouts
        {
            for (exercise, sets) in exercises {
                table += &[day, name, exercise, sets].map(|text| cell(text)).join(",");
                table += "\r\n";
            }
        }
        table
    }
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
