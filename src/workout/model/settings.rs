//! User settings and their defaults.

use jiff::tz::TimeZone;

use crate::workout::figures::units::Unit;

/// A user's settings; the defaults apply until the user changes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How many days back the tools look: 1 to 365.
    pub max_history_days: i64,
    /// Whether the assistant is shown notes.
    pub include_notes: bool,
    /// Whether to notify the user when the hourly limit is close.
    pub rate_limit_notify: bool,
    /// The unit of figures; `None`: as the sets were entered.
    pub units: Option<Unit>,
    /// An IANA name; `None`: UTC.
    pub time_zone: Option<String>,
}

/// The maximum of [`Settings::max_history_days`].
pub const MAX_HISTORY_DAYS: i64 = 365;

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_history_days: MAX_HISTORY_DAYS,
            include_notes: true,
            rate_limit_notify: true,
            units: None,
            time_zone: None,
        }
    }
}

impl Settings {
    pub fn zone(&self) -> TimeZone {
        let named = self.time_zone.as_deref().map(TimeZone::get);
        named.and_then(Result::ok).unwrap_or(TimeZone::UTC)
    }

    /// Whether the user has lowered the history limit.
    pub fn history_is_capped(&self) -> bool {
        self.max_history_days < MAX_HISTORY_DAYS
    }
}
