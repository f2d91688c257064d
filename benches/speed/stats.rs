//! Medians, percentiles, and figures with their spread.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub fn float(count: usize) -> f64 {
    count as f64
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The percentile.
pub fn percentile(values: impl IntoIterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count => values[((count - 1) * percent).div_ceil(100)],
    }
}

/// The target of a figure.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    pub fn said(self) -> String {
        match self {
            Self::AtMost(limit) => format!("<= {limit}"),
            Self::AtLeast(limit) => format!(">= {limit}"),
        }
    }
}

/// A row of the table: the median, minimum and maximum of the rounds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Figure {
    pub name: String,
    pub unit: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// The floor: the same without the agent.
    pub floor: Option<f64>,
    pub target: Option<Target>,
}

impl Figure {
    pub fn new(name: impl Into<String>, unit: &str, rounds: &[f64]) -> Self {
        let at = |percent| percentile(rounds.iter().copied(), percent);
        Self {
            name: name.into(),
            unit: unit.to_owned(),
            value: at(50),
            low: at(0),
            high: at(100),
            floor: None,
            target: None,
        }
    }

    /// With the floor's value in each round.
    pub fn floor(mut self, rounds: &[f64]) -> Self {
        self.floor = Some(percentile(rounds.iter().copied(), 50));
        self
    }

    pub fn target(mut self, target: Option<Target>) -> Self {
        self.target = target;
        self
    }

    pub fn at_most(self, limit: f64) -> Self {
        self.target(Some(Target::AtMost(limit)))
    }
}
