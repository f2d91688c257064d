//! The workflow of a run, and its one activity.
#![allow(
    unreachable_pub,
    reason = "what the macros generate is as public as these items"
)]

use std::{sync::Arc, time::Duration};

use temporalio_common::RetryPolicy;
use temporalio_sdk::{
    ActivityCancellationType, ActivityOptions, WorkflowContext, WorkflowResult,
    activities::{ActivityContext, ActivityError, activities},
    workflows::{workflow, workflow_methods},
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

use super::execute::Executor;
use crate::runs::model::RunId;

/// Between heartbeats.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(2);
/// Without a heartbeat for this long, the process is taken to be dead: another one takes over, within ten seconds of the death.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(7);
/// Between attempts of the server at the activity, of which it does not limit the number: attempts at the run are counted in
/// the database.
const RETRY_AFTER: Duration = Duration::from_millis(100);
const RETRY_AT_MOST_AFTER: Duration = Duration::from_secs(5);
/// No limit for a run, which has one of its own.
const START_TO_CLOSE: Duration = Duration::from_secs(7 * 86_400);

#[workflow]
#[derive(Default)]
pub struct RunWorkflow;

#[workflow_methods]
impl RunWorkflow {
    #[run(name = "Run")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, run: String) -> WorkflowResult<()> {
        ctx.execute_activity(Activities::execute, run, activity_options())
            .await?;
        Ok(())
    }
}

fn activity_options() -> ActivityOptions {
    let retry = RetryPolicy::builder()
        .initial_interval(RETRY_AFTER)
        .maximum_interval(RETRY_AT_MOST_AFTER)
        .build();
    ActivityOptions::with_start_to_close_timeout(START_TO_CLOSE)
        .heartbeat_timeout(HEARTBEAT_TIMEOUT)
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .retry_policy(retry)
        .build()
}

pub struct Activities(pub(super) Arc<Executor>);

#[activities]
impl Activities {
    /// Works on a run. Completes when nothing is to be done about it, or when it is queued again.
    #[activity(name = "execute")]
    pub async fn execute(
        self: Arc<Self>,
        ctx: ActivityContext,
        run: String,
    ) -> Result<(), ActivityError> {
        let Some(run) = RunId::parse(&run) else {
            tracing::warn!("Temporal asks for a run that has no id of ours");
            return Ok(());
        };
        let _beat = AbortOnDropHandle::new(tokio::spawn(beat(ctx.clone())));
        Ok(Box::pin(self.0.execute(run, ctx.cancelled())).await?)
    }
}

async fn beat(ctx: ActivityContext) {
    let mut tick = interval(HEARTBEAT);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = ctx.record_heartbeat(()).await {
            tracing::warn!(%error, "a heartbeat cannot be sent");
        }
    }
}
