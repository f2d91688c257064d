//! Tool results as Markdown. Pure.

use super::request::ToolResult;

/// Longer results end in "and more".
const MAX_LINES: usize = 15;

/// A tool's result or error as a paragraph.
pub(super) fn result_text(result: &ToolResult) -> String {
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
pub(super) fn points(text: &str) -> String {
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
