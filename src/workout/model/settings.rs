//! User settings and their defaults.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workout::figures::units::Unit;

/// The maximum of [`Settings::max_history_days`].
pub const MAX_HISTORY_DAYS: i64 = 365;

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Settings {
    /// How far back anything looks
    pub max_history_days: i64,
    /// Whether workout notes are shown to assistants
    pub include_notes: bool,
    /// Whether to be told when the hourly limit comes near
    pub rate_limit_notify: bool,
    /// Unit of figures
    pub units: Units,
    /// IANA name
    pub time_zone: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Units {
    #[default]
    AsEntered,
    Lb,
    Kg,
}

impl Units {
    /// `None`: as the sets were entered.
    pub fn unit(self) -> Option<Unit> {
        match self {
            Self::AsEntered => None,
            Self::Lb => Some(Unit::Lb),
            Self::Kg => Some(Unit::Kg),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_history_days: MAX_HISTORY_DAYS,
            include_notes: true,
            rate_limit_notify: true,
            units: Units::AsEntered,
            time_zone: "UTC".to_owned(),
        }
    }
}

impl Settings {
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// True if the user has lowered the history limit.
    pub fn history_is_capped(&self) -> bool {
        self.max_history_days < MAX_HISTORY_DAYS
    }
}
