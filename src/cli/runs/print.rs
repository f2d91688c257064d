//! Plain text for terminals: tables, and texts of others without control characters.

use std::fmt::Write;

use serde_json::Value;

/// A text of the server or of Claude, without what a terminal could take as a command.
pub(super) fn printable(text: &str) -> String {
    let is_shown = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(is_shown).collect()
}

/// A text on one line, cut to `most` characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let text = printable(text).replace(['\n', '\t'], " ");
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Rows under a heading, in columns as wide as their longest cell.
pub(super) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&heading).chain(rows).collect();
    let width = |column: usize| {
        let cells = all.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..heading.len()).map(width).collect();
    let mut lines = Vec::new();
    for row in all {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// A field of an answer as text; empty if it is not there.
pub(super) fn field(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::Null => String::new(),
        Value::String(text) => line(text, 200),
        other => line(&other.to_string(), 200),
    }
}

/// A time of an answer, to the second.
pub(super) fn time(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let parsed = text.parse::<jiff::Timestamp>();
    let second = parsed.and_then(|time| time.round(jiff::Unit::Second));
    second.map_or_else(|_| line(text, 40), |time| time.to_string())
}

/// Bytes, as `512 B`, `1.5 kB`, `20.0 MB`.
pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let number = bytes as f64;
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", number / 1e3),
        _ => format!("{:.1} MB", number / 1e6),
    }
}

/// The answer as the API has it, indented.
pub(super) fn json(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let rows = [
            vec!["a".into(), "long".into()],
            vec!["bcd".into(), "x".into()],
        ];
        assert_eq!(table(&["ID", "B"], &rows), "ID   B\na    long\nbcd  x");
    }

    #[test]
    fn texts_of_others_cannot_command_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\r\u{7}b\n\tc\u{9b}"), "a[2Jb\n\tc");
        assert_eq!(line("one\ntwo\u{1b}", 100), "one two");
        assert_eq!(line("äöü", 2), "äö…");
    }

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1500), "1.5 kB");
        assert_eq!(size(20_000_000), "20.0 MB");
        let at = Value::from("2026-11-29T08:00:00.123456Z");
        assert_eq!(time(&at), "2026-11-29T08:00:00Z");
        assert_eq!(time(&Value::Null), "");
    }
}
