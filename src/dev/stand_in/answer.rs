//! Writes replies. An answer consists of fixed phrases and tool results alone, so every figure comes from a tool. Pure.

use super::{
    plan,
    request::{ToolResult, Turn},
    rules::{Call, rule},
};

const SIGNATURE: &str = "(I am the offline stand-in: rules, not Claude.)";
const NO_PHOTOS: &str = "I cannot see photos or documents; I go by the text alone.";
const NO_TOOL: &str = "For that I would need a tool that I may not use here. Nothing was looked up, and nothing was changed.";
const NO_PLAN: &str = "No plan was created. I can copy one of the plans below, but cannot tell which one you want. Ask again \
    with words of its name or its days a week, and nothing else.";
/// Longer results end in "and more".
const MAX_LINES: usize = 15;

/// Tool calls, or a text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub text: String,
    pub calls: Vec<Call>,
}

pub(super) fn reply(turn: &Turn) -> Reply {
    let (first_calls, before, after) = rule(turn);
    let result_of = |tool: &str| turn.results.iter().find(|result| result.tool == tool);
    let created = result_of("create_workout_plan").is_some();
    let listed = result_of("list_plans").filter(|_| !created && plan::is_ordered(&turn.question));
    let calls = match listed {
        Some(listed) => Vec::from_iter(plan::copy(&turn.question, &listed.text)),
        None if turn.results.is_empty() => first_calls,
        None => vec![],
    };
    let may_call = |call: &Call| turn.tools.iter().any(|tool| tool == call.tool);
    if !calls.is_empty() && calls.iter().all(may_call) {
        let text = String::new();
        return Reply { text, calls };
    }
    let before = match listed {
        Some(_) => NO_PLAN,
        None if !calls.is_empty() => NO_TOOL,
        None => before,
    };
    let photos = if turn.has_picture { NO_PHOTOS } else { "" };
    // A list that was only for choosing the plan is not repeated.
    let results = turn.results.iter().skip(usize::from(created));
    let mut paragraphs = vec![photos.to_owned(), before.to_owned()];
    paragraphs.extend(results.map(result_text));
    paragraphs.extend([after.to_owned(), SIGNATURE.to_owned()]);
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    let (text, calls) = (paragraphs.join("\n\n"), vec![]);
    Reply { text, calls }
}

/// A tool's result or error as a paragraph.
fn result_text(result: &ToolResult) -> String {
    match result.text.trim() {
        text if text.starts_with("outcome unknown") => {
            format!("It is not certain what became of that: {text}")
        }
        text if result.is_error => format!("That did not work: {text}"),
        "" => "The tool gave no answer that I can read.".to_owned(),
        text => points(text),
    }
}

/// Each line as a list item, indented as before; the first as a heading, unless it is an entry with an id.
fn points(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut points: Vec<String> = lines
        .map(|line| {
            let (indent, line) = line.split_at(line.len() - line.trim_start().len());
            format!("{indent}- {}", without_id(line))
        })
        .collect();
    if points.len() > MAX_LINES || text.contains("\nolder ones: ") {
        points.truncate(MAX_LINES.min(points.len() - 1));
        points.push("- … and more".to_owned());
    }
    if points.len() > 1 && !text.contains(" (id ") {
        points[0] = format!("**{}**\n", &points[0][2..]);
    }
    points.join("\n")
}

/// Removes the id, which is only for calls.
fn without_id(line: &str) -> String {
    let (before, rest) = line.split_once(" (id ").unwrap_or((line, ""));
    format!("{before}{}", rest.split_once(')').unwrap_or_default().1)
}
