//! The report of an import, or of its preview: for the user to judge before it is done.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

/// Entries of each list that an assistant gets to see; the numbers say how many there are.
const MATCHED: usize = 60;
const UNMATCHED: usize = 30;
const SKIPPED: usize = 30;
const KEPT: usize = 20;
const MAX_NOTICE_CHARS: usize = 1500;

#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ImportReport {
    /// Nothing was written
    pub dry_run: bool,
    /// App: strong, hevy, fitnotes, or csv
    pub format: &'static str,
    /// Rows after the header
    pub rows: usize,
    /// Workouts in the file with a set that can be imported
    pub workouts: usize,
    /// Their sets
    pub sets: usize,
    /// Day of the oldest one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Day of the newest one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// New workouts
    pub added: usize,
    /// Sets of new workouts
    pub added_sets: usize,
    /// Imported before, and with more or other sets in this file: updated
    pub changed: usize,
    /// In the log already
    pub already_there: usize,
    /// In the log with other sets or notes: left as they are there
    pub kept: usize,
    /// Which, and why
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept_workouts: Vec<String>,
    /// Zone of times without one
    pub time_zone: String,
    /// Unit of weights, and why
    pub weights: String,
    /// Unit of distances, and why
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distances: Option<String>,
    /// How many names are matched
    pub matched_names: usize,
    /// What names are taken for
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<Matched>,
    /// New own exercises, whose muscles are not known
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub created: Vec<String>,
    /// How many names are no known exercise
    pub unmatched_names: usize,
    /// Names whose sets are left out
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<Unmatched>,
    /// How many lines are wrong
    pub skipped_lines: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// What was passed over, not stored or changed, and how often
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What the user should know
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Matched {
    /// In the file
    pub name: String,
    pub exercise: String,
    pub sets: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Unmatched {
    /// In the file
    pub name: String,
    pub sets: usize,
    /// Near exercises
    pub suggestions: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Skipped {
    pub line: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub column: String,
    pub reason: String,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line,
            column,
            reason,
        } = self;
        if column.is_empty() {
            write!(f, "line {line}: {reason}")
        } else {
            write!(f, "line {line}, {column}: {reason}")
        }
    }
}

impl ImportReport {
    /// Adds to what the user should know.
    pub fn note(&mut self, what: &str) {
        let notice = self.notice.take();
        self.notice =
            Some(notice.map_or_else(|| what.to_owned(), |notice| format!("{notice}. {what}")));
    }

    /// With lists of bounded length: long answers cost tokens.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        let mut cut = Vec::new();
        for (what, count, max) in [
            ("matched", self.matched.len(), MATCHED),
            ("created", self.created.len(), MATCHED),
            ("unmatched", self.unmatched_names, UNMATCHED),
            ("skipped", self.skipped_lines, SKIPPED),
            ("kept_workouts", self.kept, KEPT),
        ] {
            if count > max {
                cut.push(format!("{max} of {count} in {what}"));
            }
        }
        self.matched.truncate(MATCHED);
        self.created.truncate(MATCHED);
        self.unmatched.truncate(UNMATCHED);
        self.skipped.truncate(SKIPPED);
        self.kept_workouts.truncate(KEPT);
        if !cut.is_empty() {
            let cut = cut.join(", ");
            self.note(&format!("shown are {cut}; the command `import` shows all"));
        }
        self.notice = self
            .notice
            .map(|notice| crate::workout::error::truncated(&notice, MAX_NOTICE_CHARS));
        self
    }

    /// A few lines with the numbers.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{} ({}): {} workouts, {} sets",
            if self.dry_run { "Preview" } else { "Imported" },
            self.format,
            self.workouts,
            self.sets
        );
        if let (Some(first), Some(last)) = (&self.first, &self.last) {
            let _ = write!(text, ", {first} to {last}");
        }
        let _ = write!(
            text,
            "\n{}: {} workouts with {} sets; already there: {}",
            if self.dry_run { "To be added" } else { "Added" },
            self.added,
            self.added_sets,
            self.already_there
        );
        for (count, what) in [
            (self.changed, "updated by what the file says now"),
            (
                self.kept,
                "different in the log, and left as they are there",
            ),
        ] {
            if count > 0 {
                let _ = write!(text, "; {what}: {count}");
            }
        }
        let _ = write!(text, "\nWeights: {}", self.weights);
        if let Some(distances) = &self.distances {
            let _ = write!(text, "\nDistances: {distances}");
        }
        let _ = write!(text, "\nTimes: {}", self.time_zone);
        let _ = write!(
            text,
            "\nNames: {} matched, {} not; lines skipped: {}",
            self.matched_names, self.unmatched_names, self.skipped_lines
        );
        if let Some(notice) = &self.notice {
            let _ = write!(text, "\n{notice}");
        }
        text
    }

    /// Everything, line by line.
    pub fn text(&self) -> String {
        let mut text = self.summary();
        let mut list = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                let _ = write!(text, "\n\n{title}\n  {}", lines.join("\n  "));
            }
        };
        let matched = self.matched.iter();
        let matched = matched.map(|m| format!("\"{}\" → {} ({} sets)", m.name, m.exercise, m.sets));
        list("Names taken for exercises:", matched.collect());
        list(
            "Own exercises created, without muscles:",
            self.created.clone(),
        );
        let unmatched = self.unmatched.iter().map(|name| {
            let near = name.suggestions.join(", ");
            let near = if near.is_empty() {
                near
            } else {
                format!("; near: {near}")
            };
            format!("\"{}\" ({} sets{near})", name.name, name.sets)
        });
        list(
            "Names that are no known exercise, left out:",
            unmatched.collect(),
        );
        list(
            "Lines skipped:",
            self.skipped.iter().map(ToString::to_string).collect(),
        );
        list(
            "Different in the log, and left:",
            self.kept_workouts.clone(),
        );
        list("Also:", self.remarks.clone());
        text
    }
}
