//! Tool `check_volume_landmarks`: weekly sets per muscle against the published volume landmarks.

use std::fmt::Write;

use jiff::{ToSpan, civil::Date};

use super::prelude::*;
use crate::workout::{
    catalogue::{MUSCLES, landmarks::LANDMARKS, parse_muscles},
    figures::volume::{self, Count, Landmarks, Range, Zone},
};

const CAVEAT: &str = "general guidance for intermediate lifters, not medical advice";

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckVolumeLandmarks {
    /// Default: all muscles
    pub muscle_group: Option<String>,
    /// A date in the week, or 2026-W47; default: this week
    pub week: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct VolumeReport {
    /// Monday
    week_begins: String,
    /// Sunday
    week_ends: String,
    /// False while the week is not over
    complete: bool,
    muscles: Vec<MuscleVolume>,
    source: &'static str,
    source_url: &'static str,
    as_of: &'static str,
    note: String,
}

#[derive(Serialize, JsonSchema)]
struct MuscleVolume {
    muscle: &'static str,
    /// Sets with the muscle as a primary one
    direct: u32,
    /// Sets with it as a secondary one count half
    fractional: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    landmarks: Option<Landmarks>,
    /// Of the direct sets
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<Zone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fractional_zone: Option<Zone>,
}

impl Tool for CheckVolumeLandmarks {
    const NAME: &'static str = "check_volume_landmarks";
    const TITLE: &'static str = "Weekly volume";
    const DESCRIPTION: &'static str = "Working sets per muscle in a week (Monday to Sunday), direct and fractional, against the published volume \
        landmarks MV, MEV, MAV and MRV.";
    type Output = VolumeReport;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<VolumeReport>, ToolError> {
        let muscles = match non_blank(self.muscle_group) {
            Some(group) => parse_muscles(&group)?,
            None => &MUSCLES[..],
        };
        let mut user = ctx.read().await?;
        let monday = monday(non_blank(self.week), &user)?;
        let next_monday = monday.saturating_add(7.days());
        let from = dates::start_of(monday, &user.zone);
        let to = dates::start_of(next_monday, &user.zone);
        let sets = user.tx.working_sets(from, to).await?;
        let counts = volume::count(sets.iter().filter_map(|(id, sets)| {
            let exercise = ctx.catalogue.by_id(id)?;
            exercise.counts_as_volume().then_some((
                exercise.primary_muscles.as_slice(),
                exercise.secondary_muscles.as_slice(),
                *sets,
            ))
        }));
        let muscles = muscles.iter();
        let report = VolumeReport {
            week_begins: monday.to_string(),
            week_ends: monday.saturating_add(6.days()).to_string(),
            complete: next_monday <= user.today(),
            muscles: muscles
                .map(|muscle| MuscleVolume::new(muscle, counts.get(*muscle)))
                .collect(),
            source: &LANDMARKS.source,
            source_url: &LANDMARKS.source_url,
            as_of: &LANDMARKS.as_of,
            note: format!("{}; {CAVEAT}", LANDMARKS.unit),
        };
        let text = report.text();
        Ok(Reply::new(report, text))
    }
}

/// The Monday of the given week, or else of this one; not in the future, and within the user's history limit.
fn monday(week: Option<String>, user: &UserData) -> Result<Date, ToolError> {
    let (today, days) = (user.today(), user.settings.max_history_days);
    let monday = match week {
        Some(week) => dates::parse_week("week", &week)?,
        None => dates::monday_of(today),
    };
    if monday > today {
        return Err(invalid!("week", "the week of {monday} is in the future"));
    }
    if monday.saturating_add(7.days()) <= today.saturating_sub(days.days()) {
        return Err(invalid!(
            "week",
            "the week of {monday} is more than {days} days ago; no further back is shown"
        ));
    }
    Ok(monday)
}

impl VolumeReport {
    fn text(&self) -> String {
        let so_far = if self.complete { "" } else { " (so far)" };
        let (from, to) = (&self.week_begins, &self.week_ends);
        let mut lines = vec![format!("Working sets from {from} to {to}{so_far}:")];
        lines.extend(self.muscles.iter().map(MuscleVolume::text));
        lines.push(format!(
            "Landmarks: {} ({}), {}",
            self.source, self.as_of, self.note
        ));
        lines.join("\n")
    }
}

impl MuscleVolume {
    fn new(muscle: &'static str, count: Option<&Count>) -> Self {
        let Count { direct, fractional } = count.copied().unwrap_or_default();
        Self {
            muscle,
            direct,
            fractional: round1(fractional),
            landmarks: LANDMARKS.get(muscle).copied(),
            zone: LANDMARKS.zone(muscle, f64::from(direct)),
            fractional_zone: LANDMARKS.zone(muscle, fractional),
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}: {} direct, {} fractional",
            self.muscle, self.direct, self.fractional
        );
        let (Some(marks), Some(zone)) = (&self.landmarks, self.zone) else {
            return text + "; no published landmarks";
        };
        let _ = write!(
            text,
            "; {} (MV {}, MEV {}, MAV {}, MRV {})",
            zone_text(zone),
            range_text(marks.mv),
            range_text(marks.mev),
            range_text(marks.mav),
            range_text(marks.mrv)
        );
        text
    }
}

fn zone_text(zone: Zone) -> &'static str {
    match zone {
        Zone::BelowMaintenance => "below maintenance",
        Zone::Maintenance => "maintenance",
        Zone::BelowProductive => "at or above the minimum, below the most productive range",
        Zone::Productive => "in the most productive range",
        Zone::High => "above the most productive range",
        Zone::NearRecoverable => "close to MRV",
        Zone::OverRecoverable => "above MRV",
    }
}

fn range_text(range: Range) -> String {
    if range.min < range.max {
        format!("{}-{}", range.min, range.max)
    } else {
        range.min.to_string()
    }
}
