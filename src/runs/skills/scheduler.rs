//! The task that begins runs at the planned times of skills, in the one active process.

use std::{error::Error, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{new_run, schedule::Schedule, schedule_of};
use crate::runs::{
    engine::Role,
    model::{DueSkill, Overlap, Run, SkillContent, Trigger, TriggerConfig},
    store::{Fire, Fired, Store, StoreError},
};

/// How often due skills are looked for.
const POLL: Duration = Duration::from_secs(1);
/// Skills taken at once.
const BATCH: u32 = 100;
/// A planned time that was missed by this much is not made up.
const TOO_LATE: SignedDuration = SignedDuration::from_hours(1);

/// Begins runs of skills.
pub struct Scheduler<C, E> {
    pub store: Store,
    /// `RUNS_MAX_QUEUED`.
    pub max_queued: u64,
    /// Told of each run that was made.
    pub created: C,
    /// Told of each run that was cancelled for one.
    pub ended: E,
}

/// What becomes of a planned time that has come.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// One run, for this and all other missed times.
    Run { next_at: Option<Timestamp> },
    /// Missed too long ago.
    PassOver { next_at: Option<Timestamp> },
}

impl<C: Fn(&Run) + Send + Sync, E: Fn(&Run) + Send + Sync> Scheduler<C, E> {
    /// Works whenever this process is the active one, until `stopping`.
    pub async fn run(self, mut roles: watch::Receiver<Role>, stopping: CancellationToken) {
        let work = async {
            loop {
                let is_active = roles.wait_for(|role| *role == Role::Active).await.is_ok();
                if !is_active {
                    return;
                }
                let began = Instant::now();
                if let Err(error) = self.fire_due(Timestamp::now()).await {
                    let error = &error as &dyn Error;
                    tracing::warn!(error, "schedules cannot be read");
                }
                tokio::time::sleep_until(began + POLL).await;
            }
        };
        // Dropped at any point, a planned time has its run or not: that is one transaction.
        stopping.run_until_cancelled(work).await;
    }

    /// Fires the planned times that have come by `now`.
    pub async fn fire_due(&self, now: Timestamp) -> Result<(), StoreError> {
        for due in self.store.due_skills(BATCH, now).await? {
            // One skill that cannot be fired must not hold up the others.
            if let Err(error) = self.fire(&due, now).await {
                let (skill, error) = (due.id.to_string(), &error as &dyn Error);
                tracing::warn!(error, skill, "a planned run cannot be made");
            }
        }
        Ok(())
    }

    async fn fire(&self, due: &DueSkill, now: Timestamp) -> Result<(), StoreError> {
        let Some(skill) = self.store.skill(&due.owner, due.id).await? else {
            return Ok(());
        };
        let (id, planned) = (due.id.to_string(), due.planned_at.to_string());
        let Some((schedule, overlap)) = active_schedule(&skill.content) else {
            tracing::warn!(skill = id, "a skill without a schedule has a planned time");
            return self.store.pass_over(due, None).await.map(drop);
        };
        let next_at = match plan(&schedule, due.planned_at, now) {
            Plan::Run { next_at } => next_at,
            Plan::PassOver { next_at } => {
                tracing::info!(skill = id, planned, "a planned time was missed");
                return self.store.pass_over(due, next_at).await.map(drop);
            }
        };
        let run = new_run(&skill, Trigger::Schedule, None, None);
        let fire = Fire {
            run,
            overlap,
            next_at,
        };
        match self.store.fire(due, fire, self.max_queued, now).await? {
            Fired::Run(planned) => {
                planned.cancelled.iter().for_each(&self.ended);
                (self.created)(&planned.run);
            }
            Fired::Skipped => tracing::info!(skill = id, planned, "skipped: a run goes on"),
            Fired::Already => {}
            Fired::QueueFull => tracing::warn!(skill = id, planned, "the queue is full"),
        }
        Ok(())
    }
}

fn active_schedule(content: &SkillContent) -> Option<(Schedule, Overlap)> {
    let TriggerConfig::Schedule { overlap, .. } = &content.trigger else {
        return None;
    };
    // It was valid when it was stored.
    let schedule = schedule_of(content).ok()??;
    content.is_active.then_some((schedule, *overlap))
}

/// One run is made if any planned time from `planned` on was missed by less than [`TOO_LATE`].
fn plan(schedule: &Schedule, planned: Timestamp, now: Timestamp) -> Plan {
    let next_at = schedule.next_after(now);
    let limit = now - TOO_LATE;
    let recent = if planned > limit {
        Some(planned)
    } else {
        schedule.next_after(limit)
    };
    if recent.is_some_and(|recent| recent <= now) {
        Plan::Run { next_at }
    } else {
        Plan::PassOver { next_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(cron: &str, planned: &str, now: &str, runs: bool, next: &str) {
        let schedule = Schedule::parse(cron, "UTC").unwrap();
        let next_at = Some(time(next));
        let expected = if runs {
            Plan::Run { next_at }
        } else {
            Plan::PassOver { next_at }
        };
        let planned = plan(&schedule, time(planned), time(now));
        assert_eq!(planned, expected, "{cron} at {now}");
    }

    #[test]
    fn a_time_that_was_missed_by_less_than_an_hour_is_made_up_once() {
        let (daily, planned, next) = ("0 7 * * *", "2026-01-05T07:00Z", "2026-01-06T07:00Z");
        check(daily, planned, "2026-01-05T07:00:00.2Z", true, next);
        check(daily, planned, "2026-01-05T07:59:59.9Z", true, next);
        check(daily, planned, "2026-01-05T08:00Z", false, next);
        check(daily, planned, "2026-01-06T06:59Z", false, next);
        // Days later, at a planned time: that one runs.
        let (now, next) = ("2026-01-08T07:10Z", "2026-01-09T07:00Z");
        check(daily, planned, now, true, next);
    }

    #[test]
    fn several_missed_times_are_made_up_by_one_run() {
        let often = "*/10 * * * *";
        let planned = "2026-01-05T07:00Z";
        check(
            often,
            planned,
            "2026-01-05T07:35Z",
            true,
            "2026-01-05T07:40Z",
        );
        check(
            often,
            planned,
            "2026-03-05T07:35Z",
            true,
            "2026-03-05T07:40Z",
        );
    }
}
