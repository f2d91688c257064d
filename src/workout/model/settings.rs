//! User settings and their defaults.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workout::figures::units::Unit;

/// The maximum of [`Settings::max_history_days`].
pub const MAX_HISTORY_DAYS: i64 = 365;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How far back anything looks.
    pub max_history_days: i64,
    /// Whether workout notes are shown to assistants.
    pub include_notes: bool,
    /// Whether to be told when the hourly limit comes near.
    pub rate_limit_notify: bool,
    /// The unit of figures.
    pub units: Units,
    /// An IANA name, if the user has chosen one.
    pub time_zone: Option<String>,
    pub week_start: WeekStart,
}

// The first day of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum WeekStart {
    #[default]
    #[serde(alias = "Monday")]
    Monday,
    #[serde(alias = "Sunday")]
    Sunday,
}

impl WeekStart {
    /// The word for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Sunday => "sunday",
        }
    }
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
            time_zone: None,
            week_start: WeekStart::Monday,
        }
    }
}

impl Settings {
    /// The zone that the user has chosen.
    pub fn zone(&self) -> Option<TimeZone> {
        TimeZone::get(self.time_zone.as_deref()?).ok()
    }

    /// True if the user has lowered the history limit.
    pub fn history_is_capped(&self) -> bool {
        self.max_history_days < MAX_HISTORY_DAYS
    }
}
