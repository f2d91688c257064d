//! A week's volume as text.

use std::fmt::Write;

use super::{MuscleVolume, VolumeReport};
use crate::workout::figures::volume::{Range, Zone};

impl VolumeReport {
    pub(super) fn text(&self) -> String {
        let so_far = if self.complete { "" } else { " (so far)" };
        let (from, to) = (&self.week_begins, &self.week_ends);
        let mut lines = vec![format!("Working sets from {from} to {to}{so_far}:")];
        lines.extend(self.muscles.iter().map(MuscleVolume::text));
        lines.push(format!(
            "Landmarks: {}, commit {} of {}; {}",
            self.source,
            &self.source_commit[..7],
            self.as_of,
            self.note
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
        let _ = write!(
            text,
            "; {} (MV {}, MEV {}, MAV {}, MRV {})",
            zone_text(zone),
            range_text(marks.mv),
            range_text(marks.mev),
            range_text(marks.mav),
            range_text(marks.mrv)
        );
        if let Some(mrv) = self.mrv_for_days {
            let or_more = if mrv.max.is_none() { "+" } else { "" };
            let range = range_text(Range {
                min: mrv.min,
                max: mrv.max.unwrap_or(mrv.min),
            });
            let days = if self.days == 1 { "day" } else { "days" };
            let _ = write!(
                text,
                "; trained on {} {days}: MRV {range}{or_more}",
                self.days
            );
        }
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
