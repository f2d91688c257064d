//! `check_volume_landmarks`: a week's sets per muscle against the published landmarks.

use std::fmt::Write;

use std::collections::BTreeMap;

use jiff::ToSpan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::answer;
use crate::{
    workout::call::{Answer, Call, Opened, ToolError},
    workout::catalogue::{MUSCLES, muscles_named},
    workout::dates,
    workout::figures::{
        units::round1,
        volume::{Count, Landmarks, Zone, count},
    },
    workout::shipped::LANDMARKS,
};

const CAVEAT: &str = "general guidance for intermediate lifters, not medical advice";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckVolume {
    /// Default: all muscles
    muscle_group: Option<String>,
    /// A date in the week, or 2026-W47; default: this week
    week: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct VolumeReport {
    /// Monday
    pub week_begins: String,
    /// Sunday
    pub week_ends: String,
    /// False while the week is not over
    pub complete: bool,
    pub muscles: Vec<MuscleVolume>,
    pub source: &'static str,
    pub source_url: &'static str,
    pub as_of: &'static str,
    pub note: String,
}

#[derive(Serialize, JsonSchema)]
pub struct MuscleVolume {
    pub muscle: &'static str,
    /// Sets with the muscle as a primary one
    pub direct: u32,
    /// Sets with it as a secondary one count half
    pub fractional: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landmarks: Option<Landmarks>,
    /// Of the direct sets
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fractional_zone: Option<Zone>,
}

pub(super) async fn check(call: &Call<'_>, input: CheckVolume) -> Result<Answer, ToolError> {
    let muscle = input
        .muscle_group
        .as_deref()
        .filter(|muscle| !muscle.trim().is_empty());
    let muscles = muscle.map_or(Ok(&MUSCLES[..]), muscles_named)?;
    let mut opened = call.read().await?;
    let report = report(call, &mut opened, muscles, input.week.as_deref()).await?;
    let text = report.text();
    answer(&report, text)
}

/// The week's sets of these muscles.
pub async fn report(
    call: &Call<'_>,
    opened: &mut Opened,
    muscles: &[&'static str],
    week: Option<&str>,
) -> Result<VolumeReport, ToolError> {
    let Opened { tx, settings, zone } = opened;
    let today = dates::today(zone, call.now);
    let monday = match week.filter(|week| !week.trim().is_empty()) {
        Some(week) => dates::monday("week", week)?,
        None => dates::monday_of(today),
    };
    if monday > today {
        return Err(ToolError::at(
            "week",
            format!("the week of {monday} is in the future"),
        ));
    }
    let oldest = today.saturating_sub(settings.max_history_days.days());
    let next_monday = monday.saturating_add(7.days());
    if next_monday <= oldest {
        let days = settings.max_history_days;
        return Err(ToolError::at(
            "week",
            format!("the week of {monday} is more than {days} days ago; no further back is shown"),
        ));
    }
    let from = dates::start_of(monday, zone);
    let sets = tx
        .working_sets(from, dates::start_of(next_monday, zone))
        .await?;
    let counts = counts(call, &sets);
    Ok(VolumeReport {
        week_begins: monday.to_string(),
        week_ends: monday.saturating_add(6.days()).to_string(),
        complete: next_monday <= today,
        muscles: muscles
            .iter()
            .map(|muscle| muscle_volume(muscle, counts.get(*muscle)))
            .collect(),
        source: &LANDMARKS.source,
        source_url: &LANDMARKS.source_url,
        as_of: &LANDMARKS.as_of,
        note: format!("{}; {CAVEAT}", LANDMARKS.unit),
    })
}

fn counts(call: &Call<'_>, sets: &[(String, u32)]) -> BTreeMap<String, Count> {
    count(sets.iter().filter_map(|(id, sets)| {
        let exercise = call.catalogue.by_id(id)?;
        Some((
            exercise.primary_muscles.as_slice(),
            exercise.secondary_muscles.as_slice(),
            *sets,
        ))
    }))
}

fn muscle_volume(muscle: &'static str, count: Option<&Count>) -> MuscleVolume {
    let (direct, fractional) = count.map_or((0, 0.0), |count| (count.direct, count.fractional));
    MuscleVolume {
        muscle,
        direct,
        fractional: round1(fractional),
        landmarks: LANDMARKS.of(muscle).copied(),
        zone: LANDMARKS.zone(muscle, f64::from(direct)),
        fractional_zone: LANDMARKS.zone(muscle, fractional),
    }
}

impl VolumeReport {
    pub fn text(&self) -> String {
        let so_far = if self.complete { "" } else { " (so far)" };
        let mut lines = vec![format!(
            "Working sets from {} to {}{so_far}:",
            self.week_begins, self.week_ends
        )];
        lines.extend(self.muscles.iter().map(MuscleVolume::text));
        lines.push(format!(
            "Landmarks: {} ({}), {}",
            self.source, self.as_of, self.note
        ));
        lines.join("\n")
    }
}

impl MuscleVolume {
    fn text(&self) -> String {
        let mut text = format!(
            "{}: {} direct, {} fractional",
            self.muscle, self.direct, self.fractional
        );
        let (Some(marks), Some(zone)) = (&self.landmarks, self.zone) else {
            return text + "; no published landmarks";
        };
        let range = |name: &str, range: &crate::workout::figures::volume::Range| {
            if range.min < range.max {
                format!("{name} {}-{}", range.min, range.max)
            } else {
                format!("{name} {}", range.min)
            }
        };
        let stands = match zone {
            Zone::BelowMaintenance => "below maintenance",
            Zone::Maintenance => "enough to maintain",
            Zone::BelowProductive => "at or above the minimum, below the most productive range",
            Zone::Productive => "in the most productive range",
            Zone::High => "above the most productive range",
            Zone::NearRecoverable => "near the most one recovers from",
            Zone::OverRecoverable => "above the most one recovers from",
        };
        let marks = [
            ("MV", &marks.mv),
            ("MEV", &marks.mev),
            ("MAV", &marks.mav),
            ("MRV", &marks.mrv),
        ];
        let marks: Vec<String> = marks.iter().map(|(name, r)| range(name, r)).collect();
        let _ = write!(text, "; {stands} ({})", marks.join(", "));
        text
    }
}
