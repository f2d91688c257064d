//! The target of `suggest_next_weight`: from the arguments, else the active plan, else the log.

use jiff::ToSpan;

use crate::workout::figures::progression::RepRange;
use crate::workout::tools::prelude::*;

/// Other targets of a plan that a notice names.
const OTHERS: usize = 5;

/// Where a target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum TargetSource {
    Argument,
    Plan,
    Log,
}

#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) range: RepRange,
    pub(super) source: TargetSource,
}

impl Target {
    pub(super) fn from_log(range: RepRange) -> Self {
        Self {
            range,
            source: TargetSource::Log,
        }
    }
}

/// The target of the arguments. One end of a range alone is both.
pub(super) fn given(
    target: Option<u32>,
    min: Option<u32>,
    max: Option<u32>,
) -> Result<Option<Target>, ToolError> {
    if target.is_some() && (min.is_some() || max.is_some()) {
        let message = "stands in place of reps_min and reps_max, not beside them";
        return Err(ToolError::at("target_reps", message));
    }
    let (Some(min), Some(max)) = (min.or(max).or(target), max.or(min).or(target)) else {
        return Ok(None);
    };
    if min > max {
        return Err(invalid!("reps_min", "is {min}, more than reps_max, {max}"));
    }
    Ok(Some(Target {
        range: RepRange { min, max },
        source: TargetSource::Argument,
    }))
}

/// The range of the active plan's next session with the exercise: of today, unless it has been done, or of the days after; and what
/// to say if the plan has others. Of several in one session, the first. A plan that begins after more than a week is not followed yet.
pub(super) async fn planned(
    exercise_id: &str,
    sessions: &[ExerciseSession],
    user: &mut UserData,
) -> Result<Option<(Target, Option<String>)>, ToolError> {
    let today = user.today();
    let Some(plan) = user.tx.active_plan().await? else {
        return Ok(None);
    };
    let ended = plan.ends_on.is_some_and(|last| last < today);
    let in_a_week = today.saturating_add(7.days());
    if ended || plan.starts_on.is_some_and(|first| first >= in_a_week) {
        return Ok(None);
    }
    let last = sessions.first();
    let done_today = last.is_some_and(|last| dates::day(last.performed_at, &user.zone) == today);
    let first = today.saturating_add(i64::from(done_today).days());
    let weekday = i64::from(first.weekday().to_monday_one_offset());
    let days_until = |session: &PlanSession| {
        let day = session.day.map(i64::from);
        day.map_or(0, |day| (day - weekday).rem_euclid(7))
    };
    let mut targets: Vec<PlannedTarget> = Vec::new();
    for session in &plan.sessions {
        let exercises = session.exercises.iter();
        let of_exercise = exercises.filter(|planned| planned.exercise_id == exercise_id);
        targets.extend(of_exercise.filter_map(planned_range).map(|range| {
            let days = days_until(session);
            PlannedTarget {
                session: &session.name,
                days,
                range,
            }
        }));
    }
    let next = targets.iter().min_by_key(|target| target.days);
    Ok(next.map(|next| {
        let target = Target {
            range: next.range,
            source: TargetSource::Plan,
        };
        (target, next.others(&targets))
    }))
}

/// A target of the exercise in a plan.
struct PlannedTarget<'a> {
    session: &'a str,
    days: i64,
    range: RepRange,
}

impl PlannedTarget<'_> {
    /// What to say if the plan has other targets.
    fn others(&self, all: &[Self]) -> Option<String> {
        let mut others: Vec<String> = Vec::new();
        for other in all.iter().filter(|other| other.range != self.range) {
            let shown = format!("{} ({})", other.range, other.session);
            if !others.contains(&shown) {
                others.push(shown);
            }
        }
        let (range, session) = (self.range, self.session);
        (!others.is_empty()).then(|| {
            if others.len() > OTHERS {
                others.truncate(OTHERS);
                others.push("…".to_owned());
            }
            let others = others.join(", ");
            format!("the active plan has several targets for it; this is for {range} reps ({session}), not {others}: give target_reps, or reps_min and reps_max, for another")
        })
    }
}

fn planned_range(planned: &PlanExercise) -> Option<RepRange> {
    let min = planned.reps_min.or(planned.reps_max)?.max(1);
    let max = planned.reps_max.unwrap_or(min).max(min);
    Some(RepRange { min, max })
}
