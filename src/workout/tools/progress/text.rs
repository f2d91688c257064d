//! A progress report as text.

use std::fmt::Write;

use super::{BestSet, Progress};
use crate::workout::figures::{e1rm::FORMULA, plateau::Plateau};
use crate::workout::tools::prelude::*;

impl Progress {
    pub(super) fn text(&self) -> String {
        let (name, unit, days) = (&self.name, self.unit.as_str(), self.time_period_days);
        if self.sessions == 0 {
            return format!("{name}: nothing logged in the last {days} days");
        }
        let best = self.best_sets.iter().map(|set| set.text(unit));
        let plateau = match self.plateau {
            Plateau::Yes => "yes, the e1RM has not risen over at least 4 sessions and 21 days",
            Plateau::No => "no",
            Plateau::NotEnoughData => "not enough data (needs 4 sessions over 21 days)",
        };
        [
            format!(
                "{name}, last {days} days: {} sessions ({} a week)",
                self.sessions, self.sessions_per_week
            ),
            format!("e1RM: {}", self.e1rm_text()),
            format!("Volume: {}", self.volume_text()),
            format!("Best sets: {}", best.collect::<Vec<_>>().join(", ")),
            format!("Plateau: {plateau}"),
            format!("Formula: {FORMULA}"),
        ]
        .join("\n")
    }

    fn e1rm_text(&self) -> String {
        let unit = self.unit.as_str();
        let Some(e1rm) = &self.e1rm else {
            return "none: with bodyweight, carries or no weight it says nothing; compare weight and reps".to_owned();
        };
        let (first, latest, best) = (e1rm.first, e1rm.latest, e1rm.best);
        let mut text = format!("first {first}, latest {latest}, best {best} {unit}");
        if let Some(slope) = &e1rm.slope {
            let per_week = signed(slope.slope_per_week);
            let fit = slope.r_squared;
            let _ = write!(text, "; {per_week} {unit} a week (R² {fit})");
        }
        if e1rm.low_confidence {
            text += "; some estimates rest on more than 10 reps: low confidence";
        }
        text
    }

    fn volume_text(&self) -> String {
        let (volume, unit) = (&self.volume, self.unit.as_str());
        let mut text = format!(
            "{} {unit} in all, {} a session",
            volume.total, volume.per_session
        );
        if let Some(slope) = &volume.slope {
            let _ = write!(text, "; {} a week", signed(slope.slope_per_week));
        }
        text
    }
}

impl BestSet {
    fn text(&self, unit: &str) -> String {
        format!("{} @ {} {unit} on {}", self.reps, self.weight, self.date)
    }
}
