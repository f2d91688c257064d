//! A target: a range of repetitions.

use std::fmt;

/// A range of repetitions: the weight rises when all sets reach `max`, and less than `min` is a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepRange {
    pub min: u32,
    pub max: u32,
}

impl RepRange {
    /// One number of repetitions.
    pub fn single(reps: u32) -> Self {
        Self {
            min: reps,
            max: reps,
        }
    }
}

/// `10` or `8-12`.
impl fmt::Display for RepRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min < self.max {
            write!(f, "{}-", self.min)?;
        }
        write!(f, "{}", self.max)
    }
}
