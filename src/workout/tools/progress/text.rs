//! A progress report as text.

use std::fmt::Write;

use super::{AllTime, BestSet, Progress, Slope};
use crate::workout::tools::prelude::*;
use crate::workout::{catalogue::Measure, figures::plateau::Plateau};

impl Progress {
    pub(super) fn text(&self) -> String {
        let (name, days) = (&self.name, self.time_period_days);
        let all_time = self.all_time.as_ref();
        let all_time = all_time.map(|best| self.all_time_text(best));
        if self.sessions == 0 {
            return all_time.unwrap_or_default();
        }
        let best = self.best_sets.iter();
        let best: Vec<String> = best.map(|set| self.set_text(set)).collect();
        let plateau = match self.plateau {
            Plateau::Yes if self.best.is_none() => {
                "yes, the e1RM has not risen over at least 4 sessions and 21 days"
            }
            Plateau::Yes => "yes, no progress over at least 4 sessions and 21 days",
            Plateau::No => "no",
            Plateau::NotEnoughData => "not enough data (needs 4 sessions over 21 days)",
        };
        let mut lines = vec![
            format!(
                "{name}, last {days} days: {} sessions ({} a week)",
                self.sessions, self.sessions_per_week
            ),
            self.trend_text(),
            format!("Volume: {}", self.volume_text()),
            format!("Best sets: {}", best.join(", ")),
            format!("Plateau: {plateau}"),
        ];
        if let (Some(_), Some(formula)) = (&self.e1rm, &self.formula) {
            lines.push(format!("Formula: {formula}"));
        }
        lines.extend(all_time);
        lines.join("\n")
    }

    /// What the figures alone do not say.
    pub(super) fn notice(&self) -> Option<String> {
        let (name, days) = (&self.name, self.time_period_days);
        if self.sessions == 0 {
            Some(format!("{name}: nothing logged in the last {days} days"))
        } else if self.lacks_body_weight {
            Some(format!(
                "{name}: volume and e1RM need the body weight, which update_settings takes"
            ))
        } else {
            None
        }
    }

    fn all_time_text(&self, all_time: &AllTime) -> String {
        let (heaviest, most) = (&all_time.heaviest, &all_time.most_reps);
        let most_of = match self.words.measure {
            Measure::Reps => "most reps",
            Measure::Seconds => "longest",
            Measure::Metres => "farthest",
        };
        let mut text = "All time: ".to_owned();
        if heaviest.weight > 0.0 {
            let _ = write!(text, "heaviest {}, ", self.set_text(heaviest));
        }
        let _ = write!(text, "{most_of} {}", self.set_text(most));
        if let Some(best) = &all_time.highest_e1rm {
            let (e1rm, unit) = (best.e1rm.unwrap_or_default(), self.unit.as_str());
            let _ = write!(text, ", e1RM {e1rm} {unit} from {}", self.set_text(best));
        }
        text
    }

    /// The trend of the estimated maximum, or else of the best sets.
    fn trend_text(&self) -> String {
        if let Some(e1rm) = &self.e1rm {
            let unit = self.unit.as_str();
            let mut text = values_text("e1RM", [e1rm.first, e1rm.latest, e1rm.best], unit);
            text += &slope_text(e1rm.slope.as_ref(), unit);
            if e1rm.low_confidence {
                text +=
                    "; some estimates rest on more than 10 reps, or 4 in reserve: low confidence";
            }
            return text;
        }
        let Some(best) = &self.best else {
            return String::new();
        };
        let unit = best.of.unit(self.unit);
        let values = [best.first, best.latest, best.best];
        values_text(best.of.label(), values, unit) + &slope_text(best.slope.as_ref(), unit)
    }

    /// `5 @ 195 lb on 2026-11-18`.
    fn set_text(&self, set: &BestSet) -> String {
        let mut text = self.words.count(set.reps);
        if let Some(weight) = self.words.weight(set.weight, self.unit) {
            let _ = write!(text, " @ {weight}");
        }
        text + " on " + &set.date
    }

    fn volume_text(&self) -> String {
        let volume = &self.volume;
        let unit = volume.unit.unwrap_or(self.unit.as_str());
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

fn values_text(label: &str, [first, latest, best]: [f64; 3], unit: &str) -> String {
    format!("{label}: first {first}, latest {latest}, best {best} {unit}")
}

fn slope_text(slope: Option<&Slope>, unit: &str) -> String {
    slope.map_or_else(String::new, |slope| {
        let per_week = signed(slope.slope_per_week);
        format!("; {per_week} {unit} a week (R² {})", slope.r_squared)
    })
}
