//! Tool `check_volume_landmarks`: weekly sets per muscle against the published volume landmarks.

mod text;
mod week;

use jiff::ToSpan;

use super::prelude::*;
use crate::workout::{
    catalogue::{MUSCLES, landmarks::LANDMARKS, parse_muscles},
    figures::volume::{Count, Landmarks, RecoverableVolume, Zone},
};
use week::{Trained, Week, first_day};

const CAVEAT: &str = "general guidance, not medical advice; MRV by days: those of the week on which the muscle was trained, or of the week \
    before while this one is not over";

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckVolumeLandmarks {
    /// As in `list_exercises`; default all
    pub muscle_group: Option<String>,
    /// A date in it, or 2026-W47; default this week
    #[schemars(regex(pattern = dates::WEEK_PATTERN))]
    pub week: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct VolumeReport {
    /// Monday, or Sunday by the user's setting
    week_begins: String,
    week_ends: String,
    /// False while the week is not over
    complete: bool,
    muscles: Vec<MuscleVolume>,
    source: &'static str,
    source_url: &'static str,
    source_commit: &'static str,
    /// The commit's date
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
    /// Days with direct sets
    days: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    landmarks: Option<Landmarks>,
    /// MRV at these days; decides the zone in place of mrv
    #[serde(skip_serializing_if = "Option::is_none")]
    mrv_for_days: Option<RecoverableVolume>,
    /// Of the direct sets
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<Zone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fractional_zone: Option<Zone>,
}

impl Tool for CheckVolumeLandmarks {
    const NAME: &'static str = "check_volume_landmarks";
    const TITLE: &'static str = "Weekly volume";
    const DESCRIPTION: &'static str = "Working sets per muscle in a week, direct and fractional, against published landmarks (MV, MEV, MAV, MRV).";
    const ZONED: bool = true;
    type Output = VolumeReport;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<VolumeReport>, ToolError> {
        let muscles = match non_blank(self.muscle_group) {
            Some(group) => parse_muscles(&group)?,
            None => &MUSCLES[..],
        };
        let mut user = ctx.read().await?;
        let first = first_day(non_blank(self.week), &user)?;
        let week = Week {
            first,
            complete: first.saturating_add(7.days()) <= user.today(),
        };
        let catalogue = user.catalogue().await?;
        let counts = week.counts(&mut user, &catalogue).await?;
        let muscles = muscles.iter();
        let report = VolumeReport {
            week_begins: first.to_string(),
            week_ends: first.saturating_add(6.days()).to_string(),
            complete: week.complete,
            muscles: muscles
                .map(|muscle| MuscleVolume::new(muscle, counts.get(*muscle)))
                .collect(),
            source: &LANDMARKS.source,
            source_url: &LANDMARKS.source_url,
            source_commit: &LANDMARKS.commit,
            as_of: &LANDMARKS.as_of,
            note: format!("{}; {CAVEAT}", LANDMARKS.unit),
        };
        let text = report.text();
        Ok(Reply::new(report, text))
    }
}

impl MuscleVolume {
    fn new(muscle: &'static str, trained: Option<&Trained>) -> Self {
        let count = trained.map_or_else(Count::default, |trained| trained.count);
        let row = LANDMARKS.get(muscle);
        let mrv = |days: usize| row.and_then(|row| row.mrv_for(days));
        let mrv_for_days = trained.and_then(|trained| mrv(trained.direct_days));
        let mrv_for_all_days = trained.and_then(|trained| mrv(trained.days));
        let landmarks = row.map(|row| row.landmarks);
        Self {
            muscle,
            direct: count.direct,
            fractional: round1(count.fractional),
            days: trained.map_or(0, |trained| trained.direct_days),
            landmarks,
            mrv_for_days,
            zone: landmarks.map(|marks| marks.zone(f64::from(count.direct), mrv_for_days)),
            fractional_zone: landmarks.map(|marks| marks.zone(count.fractional, mrv_for_all_days)),
        }
    }
}
