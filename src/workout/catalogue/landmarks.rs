//! Published volume landmarks: weekly sets per muscle (MV, MEV, MAV, MRV).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::workout::figures::volume::{Landmarks, Zone};

/// The landmarks with their source.
pub static LANDMARKS: LazyLock<LandmarkTable> = LazyLock::new(|| {
    serde_json::from_str(include_str!("data/landmarks.json")).expect("checked by a test")
});

/// Weekly sets per muscle, as published; not medical advice.
#[derive(Deserialize)]
pub struct LandmarkTable {
    pub source: String,
    pub source_url: String,
    /// The month in which the table was copied.
    pub as_of: String,
    pub unit: String,
    pub muscles: Vec<MuscleLandmarks>,
}

#[derive(Deserialize)]
pub struct MuscleLandmarks {
    pub muscle: String,
    #[serde(flatten)]
    pub landmarks: Landmarks,
}

impl LandmarkTable {
    pub fn get(&self, muscle: &str) -> Option<&Landmarks> {
        let row = self.muscles.iter().find(|row| row.muscle == muscle)?;
        Some(&row.landmarks)
    }

    /// The zone of a weekly count, if the muscle has published landmarks.
    pub fn zone(&self, muscle: &str, sets: f64) -> Option<Zone> {
        Some(self.get(muscle)?.zone(sets))
    }
}
