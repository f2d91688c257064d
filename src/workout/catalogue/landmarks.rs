//! Published volume landmarks: weekly sets per muscle (MV, MEV, MAV, MRV).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::workout::figures::volume::{Landmarks, Range, RecoverableVolume};

/// The landmarks with their source.
pub static LANDMARKS: LazyLock<LandmarkTable> = LazyLock::new(|| {
    serde_json::from_str(include_str!("data/landmarks.json")).expect("checked by a test")
});

/// Sets of a muscle that one session carries: the source's MRV for one day a week, the same for all muscles.
const ONE_DAY: RecoverableVolume = RecoverableVolume {
    min: 5.0,
    max: Some(12.0),
};

/// The training days that [`MuscleLandmarks::mrv_by_days`] begins with.
const FIRST_DAYS: usize = 2;

/// Weekly sets per muscle, as published; not medical advice.
#[derive(Deserialize)]
pub struct LandmarkTable {
    pub source: String,
    /// At the commit.
    pub source_url: String,
    pub commit: String,
    /// The date of the commit.
    pub as_of: String,
    pub unit: String,
    pub muscles: Vec<MuscleLandmarks>,
}

#[derive(Deserialize)]
pub struct MuscleLandmarks {
    pub muscle: String,
    #[serde(flatten)]
    pub landmarks: Landmarks,
    /// Training days a week that the source suggests.
    pub days: Range,
    /// MRV for 2 training days a week and more, as published: `20`, `35+`.
    mrv_by_days: Vec<String>,
}

impl LandmarkTable {
    pub fn get(&self, muscle: &str) -> Option<&MuscleLandmarks> {
        self.muscles.iter().find(|row| row.muscle == muscle)
    }
}

impl MuscleLandmarks {
    /// The MRV for so many training days a week; for more than are published, that of the most. `None` without days.
    pub fn mrv_for(&self, days: usize) -> Option<RecoverableVolume> {
        if days < FIRST_DAYS {
            return (days > 0).then_some(ONE_DAY);
        }
        let published = self.mrv_by_days.get(days - FIRST_DAYS);
        let text = published.or(self.mrv_by_days.last())?;
        let sets: f64 = text.trim_end_matches('+').parse().ok()?;
        let max = (!text.ends_with('+')).then_some(sets);
        Some(RecoverableVolume { min: sets, max })
    }
}
