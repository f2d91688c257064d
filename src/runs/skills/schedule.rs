//! Planned times: a cron expression by the clock of a time zone, over changes of daylight saving time.

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

use super::cron::{Cron, InvalidCron};

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

/// Why there is no schedule. `Display` is for the user; it begins with the name of the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    #[error("cron: {0}")]
    Cron(#[from] InvalidCron),
    #[error("timezone: must be the name of an IANA time zone such as Europe/Berlin")]
    Zone,
}

impl Schedule {
    /// `timezone`: a name of the IANA database.
    pub fn parse(cron: &str, timezone: &str) -> Result<Self, InvalidSchedule> {
        let cron = Cron::parse(cron)?;
        let zone = TimeZone::get(timezone).map_err(|_| InvalidSchedule::Zone)?;
        Ok(Self { cron, zone })
    }

    /// The first planned time after `after`. A local time that comes twice is planned once, when it comes first; one that does
    /// not come is planned for the next that does.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let mut local = self.zone.to_datetime(after);
        loop {
            local = self.cron.next(local)?;
            // While the clock repeats an hour, planned times of that hour have been already.
            let at = self.first_at_or_after(local)?;
            if at > after {
                return Some(at);
            }
        }
    }

    /// At most `count` planned times after `after`.
    pub fn next_times(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next_after(after), |at| self.next_after(*at))
            .take(count)
            .collect()
    }

    /// The first moment at which the local clock shows `local` or more.
    fn first_at_or_after(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let AmbiguousOffset::Gap { before, .. } = ambiguous.offset() else {
            return ambiguous.earlier().ok();
        };
        // By the old offset, it is this long after the clock has been put forward.
        let unchanged = before.to_timestamp(local).ok()?;
        let after_it = unchanged.checked_add(SignedDuration::from_secs(1)).ok()?;
        let change = self.zone.preceding(after_it).next()?;
        Some(change.timestamp())
    }
}

#[cfg(test)]
mod tests;
