//! The records of a file, whichever app wrote it: workouts with their exercises and sets, before names and units are settled.

use super::when::When;
use crate::workout::{catalogue::Load, figures::units::Unit, model::SetKind};

/// A workout of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FileWorkout {
    /// The line of its first set.
    pub line: u64,
    /// Tells it from others of the same start, in our own files.
    pub number: Option<String>,
    pub start: When,
    pub end: Option<End>,
    pub title: Option<String>,
    pub notes: Option<String>,
    pub exercises: Vec<FileExercise>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    At(When),
    /// After so many seconds.
    After(f64),
}

/// The sets of one exercise that follow one another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FileExercise {
    /// As the app calls it.
    pub name: String,
    /// Our slug, in our own files.
    pub id: Option<String>,
    pub superset: Option<i64>,
    /// What its weights are, in our own files.
    pub load: Option<Load>,
    pub notes: Option<String>,
    pub sets: Vec<FileSet>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FileSet {
    pub line: u64,
    /// Its number within the exercise, if the file numbers it.
    pub number: Option<i64>,
    /// The line cannot be read: it says no more than that there is a set.
    pub is_wrong: bool,
    pub kind: SetKind,
    /// `None` where there is no value.
    pub weight: Option<f64>,
    /// `None` where the file does not say it.
    pub unit: Option<Unit>,
    pub reps: Option<f64>,
    pub seconds: Option<f64>,
    pub distance: Option<f64>,
    pub length: Option<Length>,
    pub rpe: Option<f64>,
    pub rir: Option<f64>,
}

impl FileSet {
    /// A set that cannot be read.
    pub(super) fn wrong(line: u64) -> Self {
        Self {
            line,
            number: None,
            is_wrong: true,
            kind: SetKind::Normal,
            weight: None,
            unit: None,
            reps: None,
            seconds: None,
            distance: None,
            length: None,
            rpe: None,
            rir: None,
        }
    }
}

impl FileExercise {
    /// True if it has rows, none of which can be read.
    pub(super) fn is_wrong(&self) -> bool {
        !self.sets.is_empty() && self.sets.iter().all(|set| set.is_wrong)
    }
}

/// Parses the words of the apps for kinds of sets: `warmup`, `Warm-up`, `dropset`, `failure`, `normal`.
pub(super) fn parse_kind(text: &str) -> Option<SetKind> {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let word: String = letters.flat_map(char::to_lowercase).collect();
    match word.as_str() {
        "" | "normal" | "normalset" | "working" | "workingset" | "work" | "regular" => {
            Some(SetKind::Normal)
        }
        "failed" | "failedattempt" | "missed" => Some(SetKind::FailedAttempt),
        _ if word.starts_with("warm") => Some(SetKind::WarmUp),
        _ if word.starts_with("drop") => Some(SetKind::Drop),
        _ if word.contains("failure") => Some(SetKind::Failure),
        _ => None,
    }
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RowKind {
    /// With the number of the set, where there is one.
    Set(SetKind, Option<i64>),
    /// A set of a kind that is not known; it counts as a normal one.
    Other(Option<i64>),
    /// A note about the exercise, without a set.
    Note,
    /// A rest between sets.
    Rest,
}

/// A unit of length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Metres,
    Kilometres,
    Miles,
    Yards,
    Feet,
}

impl Length {
    /// Exact since the international yard and pound agreement of 1959.
    pub(super) fn metres(self) -> f64 {
        match self {
            Self::Metres => 1.0,
            Self::Kilometres => 1000.0,
            Self::Miles => 1609.344,
            Self::Yards => 0.9144,
            Self::Feet => 0.3048,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Metres => "m",
            Self::Kilometres => "km",
            Self::Miles => "mi",
            Self::Yards => "yd",
            Self::Feet => "ft",
        }
    }

    /// The unit of long distances where weights are in the given one.
    pub(super) fn beside(weight: Unit) -> Self {
        match weight {
            Unit::Kg => Self::Kilometres,
            Unit::Lb => Self::Miles,
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.trim_end_matches('.').to_lowercase().as_str() {
            "m" | "meter" | "meters" | "metre" | "metres" => Some(Self::Metres),
            "km" | "kms" | "kilometers" | "kilometres" => Some(Self::Kilometres),
            "mi" | "mile" | "miles" => Some(Self::Miles),
            "yd" | "yds" | "yard" | "yards" => Some(Self::Yards),
            "ft" | "foot" | "feet" => Some(Self::Feet),
            _ => None,
        }
    }
}

/// Parses a unit of weight as the apps write it.
pub(super) fn parse_unit(text: &str) -> Option<Unit> {
    Unit::from_name(text.trim_end_matches('.').to_lowercase().as_str())
}
