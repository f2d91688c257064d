//! When the demo user trains, and what the weeks are like. Weeks are counted back from the current one, which is 0, and
//! begin on Monday: so the story is the same on whatever day it is told, and the last session one or two days past.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    program::{Course, SESSIONS, Session},
    random::Random,
};
use crate::workout::dates;

/// A little under seven months.
const FIRST_WEEK: i64 = 30;
/// Two weeks without any training.
const HOLIDAY: [i64; 2] = [18, 17];
const DELOAD: i64 = 7;
/// Saturdays in another gym, which is all pounds.
const AWAY: [i64; 4] = [13, 12, 11, 10];
/// Sessions that came to nothing: week, and place in it.
const MISSED: [(i64, usize); 4] = [(27, 3), (22, 1), (20, 2), (4, 3)];
/// Up to then a session is sometimes a day late.
const LATE_UNTIL: i64 = 3;
const DAY_LATE: f64 = 0.15;

/// One day of training.
pub(super) struct Day {
    pub(super) weeks_ago: i64,
    pub(super) date: Date,
    pub(super) session: &'static Session,
}

/// All days before today with training, the oldest first.
pub(super) fn days(today: Date, random: &mut Random) -> Vec<Day> {
    let monday = dates::monday_of(today);
    let mut days = Vec::new();
    for weeks_ago in (0..=FIRST_WEEK).rev() {
        for (place, session) in SESSIONS.iter().enumerate() {
            let late = i64::from(place > 0 && random.happens(DAY_LATE) && weeks_ago >= LATE_UNTIL);
            let day = i64::from(session.day) - 1 + late - 7 * weeks_ago;
            let date = monday.saturating_add(day.days());
            let skipped = HOLIDAY.contains(&weeks_ago) || MISSED.contains(&(weeks_ago, place));
            if date < today && !skipped {
                days.push(Day {
                    weeks_ago,
                    date,
                    session,
                });
            }
        }
    }
    days
}

impl Day {
    pub(super) fn is_deload(&self) -> bool {
        self.weeks_ago == DELOAD
    }

    /// The block that began after the deload.
    pub(super) fn is_new_block(&self) -> bool {
        self.weeks_ago < DELOAD
    }

    /// The first session after the holiday.
    pub(super) fn is_back(&self) -> bool {
        self.weeks_ago == HOLIDAY[1] - 1 && self.session.day == 1
    }

    pub(super) fn is_away(&self) -> bool {
        self.session.day == 6 && AWAY.contains(&self.weeks_ago)
    }

    /// When it began and ended: weekdays after work, Saturdays in the morning.
    pub(super) fn hours(
        &self,
        sets: usize,
        zone: &TimeZone,
        random: &mut Random,
    ) -> (Timestamp, Timestamp) {
        let from = if self.session.day == 6 {
            9 * 60 + 30
        } else {
            17 * 60 + 30
        };
        let began = i64::from(from + random.below(24) * 5);
        let sets = u32::try_from(sets).unwrap_or(u32::MAX);
        let lasted = sets.saturating_mul(3).saturating_add(4 + random.below(10));
        let lasted = i64::from(lasted.clamp(50, 90));
        let midnight = self.date.at(0, 0, 0, 0);
        let at = |minutes: i64| {
            let local = midnight.saturating_add(minutes.minutes());
            let at = zone.to_ambiguous_zoned(local).compatible();
            at.map_or(Timestamp::UNIX_EPOCH, |at| at.timestamp())
        };
        let began = at(began);
        (began, began + lasted.minutes())
    }

    /// How much of the whole gain has been made: 0 in the first week, 1 at the best.
    pub(super) fn progress(&self, course: Course) -> f64 {
        let marks: &[(i64, f64)] = match course {
            Course::Steady => &[
                (30, 0.0),
                (19, 0.42),
                (16, 0.28),
                (8, 0.75),
                (6, 0.78),
                (0, 1.0),
            ],
            Course::Stalled => &[(30, 0.0), (19, 0.7), (16, 0.7), (11, 1.0), (0, 0.82)],
        };
        between(marks, self.weeks_ago)
    }
}

/// The value on the line through the marks of (weeks ago, value), the oldest first.
#[expect(clippy::cast_precision_loss, reason = "a few weeks")]
fn between(marks: &[(i64, f64)], weeks_ago: i64) -> f64 {
    let around = marks.windows(2).find(|pair| weeks_ago >= pair[1].0);
    around.map_or(0.0, |pair| {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        low + (high - low) * (from - weeks_ago) as f64 / (from - to) as f64
    })
}

/// The Monday after the deload.
pub(super) fn block_began(today: Date) -> Date {
    dates::monday_of(today).saturating_sub((7 * (DELOAD - 1)).days())
}
