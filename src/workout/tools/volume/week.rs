//! The sets of a week, and the days on which each muscle was trained.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};

use crate::workout::{
    figures::volume::{self, Count},
    store::WorkoutSets,
    tools::prelude::*,
};

/// The first day of the given week, or else of this one; not in the future, and within the user's history limit.
pub(super) fn first_day(week: Option<String>, user: &UserData) -> Result<Date, ToolError> {
    let (today, days) = (user.today(), user.settings.max_history_days);
    let week_start = user.settings.week_start;
    let first = match week {
        Some(week) => dates::parse_week("week", &week, week_start)?,
        None => dates::week_of(today, week_start),
    };
    if first > today {
        return Err(invalid!("week", "the week of {first} is in the future"));
    }
    if first.saturating_add(7.days()) <= today.saturating_sub(days.days()) {
        return Err(invalid!(
            "week",
            "the week of {first} is more than {days} days ago; no further back is shown"
        ));
    }
    Ok(first)
}

pub(super) struct Week {
    pub(super) first: Date,
    pub(super) complete: bool,
}

/// The sets of a muscle in a week, and the days with them.
#[derive(Default)]
pub(super) struct Trained {
    pub(super) count: Count,
    /// With direct sets.
    pub(super) direct_days: usize,
    /// With any sets.
    pub(super) days: usize,
}

impl Week {
    /// Sets and days for each muscle with sets in the week.
    pub(super) async fn counts(
        &self,
        user: &mut UserData,
        catalogue: &Catalogue,
    ) -> Result<BTreeMap<String, Trained>, ToolError> {
        let next = self.first.saturating_add(7.days());
        let before = self.first.saturating_sub(7.days());
        let oldest = user.days_ago(user.settings.max_history_days);
        let begin = dates::start_of(self.first, &user.zone);
        let from = dates::start_of(before, &user.zone).max(oldest).min(begin);
        let end = dates::start_of(next, &user.zone);
        let sets = user.tx.working_sets(from, end).await?;
        let (now, earlier): (Vec<WorkoutSets>, Vec<WorkoutSets>) = sets
            .into_iter()
            .partition(|sets| sets.performed_at >= begin);
        let mut trained = trained(&now, catalogue, user);
        if !self.complete {
            for (muscle, earlier) in self::trained(&earlier, catalogue, user) {
                if let Some(now) = trained.get_mut(&muscle) {
                    now.direct_days = now.direct_days.max(earlier.direct_days);
                    now.days = now.days.max(earlier.days);
                }
            }
        }
        Ok(trained)
    }
}

/// The sets and days of each muscle.
fn trained(
    sets: &[WorkoutSets],
    catalogue: &Catalogue,
    user: &UserData,
) -> BTreeMap<String, Trained> {
    let known = sets.iter().filter_map(|sets| {
        let exercise = catalogue.by_id(&sets.exercise_id)?;
        exercise.counts_as_volume().then_some((exercise, sets))
    });
    let mut direct: BTreeSet<(&str, Date)> = BTreeSet::new();
    let mut any: BTreeSet<(&str, Date)> = BTreeSet::new();
    for (exercise, sets) in known.clone() {
        let day = dates::day(sets.performed_at, &user.zone);
        let primary = exercise.primary_muscles.iter();
        direct.extend(primary.map(|muscle| (muscle.as_str(), day)));
        let secondary = exercise.secondary_muscles.iter();
        any.extend(secondary.map(|muscle| (muscle.as_str(), day)));
    }
    any.extend(direct.iter().copied());
    let days = |of: &BTreeSet<(&str, Date)>, muscle: &str| {
        of.iter().filter(|(trained, _)| *trained == muscle).count()
    };
    let counts = volume::count(known.map(|(exercise, sets)| {
        (
            exercise.primary_muscles.as_slice(),
            exercise.secondary_muscles.as_slice(),
            sets.sets,
        )
    }));
    let trained = counts.into_iter().map(|(muscle, count)| {
        let trained = Trained {
            count,
            direct_days: days(&direct, &muscle),
            days: days(&any, &muscle),
        };
        (muscle, trained)
    });
    trained.collect()
}
