//! Polls the server for workflow tasks and activities, on a thread of its own.

use std::{io, pin::pin, sync::Arc, thread};

use temporalio_sdk::{
    Runtime, RuntimeError, Worker, WorkerCreateError, WorkerOptions, WorkerRunError,
    WorkflowRegistrationError,
    runtime::{
        RuntimeOptions,
        worker_tuner::{FixedSizeSlotSupplier, TunerHolder},
    },
};
use tokio::{runtime::Handle, sync::oneshot};

use super::{
    client::Client,
    execute::Executor,
    workflow::{Activities, HEARTBEAT, RunWorkflow},
};
use crate::runs::engine::base::Base;

/// Workflow tasks at once; they take no time.
const WORKFLOW_TASKS: usize = 16;

/// Why polling has ended although the process is not to end.
#[derive(Debug, thiserror::Error)]
pub(super) enum PollError {
    #[error("no thread for Temporal")]
    Thread(#[from] io::Error),
    #[error("polling Temporal has panicked")]
    Panicked(#[from] oneshot::error::RecvError),
    #[error("no runtime for Temporal")]
    Runtime(#[from] RuntimeError),
    #[error("the workflow cannot be registered")]
    Workflow(#[from] WorkflowRegistrationError),
    #[error("no worker for Temporal")]
    Create(#[from] WorkerCreateError),
    #[error("polling Temporal has failed")]
    Run(#[from] WorkerRunError),
}

/// Polls until the process is to end and all activities have.
pub(super) async fn poll(
    client: &Client,
    executor: &Arc<Executor>,
    base: &Arc<Base>,
) -> Result<(), PollError> {
    let (client, executor, base) = (client.clone(), executor.clone(), base.clone());
    let (done, ended) = oneshot::channel();
    let runtime = Handle::current();
    // The SDK's workflows are not `Send`.
    thread::Builder::new()
        .name("temporal".to_owned())
        .spawn(move || {
            let polled = runtime.block_on(poll_here(&client, executor, &base));
            let _ = done.send(polled);
        })?;
    ended.await?
}

async fn poll_here(client: &Client, executor: Arc<Executor>, base: &Base) -> Result<(), PollError> {
    let runtime = RuntimeOptions::builder()
        .heartbeat_interval(None)
        .build()
        .unwrap_or_default();
    let runtime = Runtime::from_current_tokio(runtime)?;
    let slots = FixedSizeSlotSupplier::new;
    let tuner = TunerHolder::builder()
        .workflow_task_slot_supplier(slots(WORKFLOW_TASKS))
        .activity_task_slot_supplier(slots(base.settings.concurrency))
        .local_activity_task_slot_supplier(slots(1))
        .nexus_task_slot_supplier(slots(1))
        .build();
    let options = WorkerOptions::new(client.task_queue())
        .tuner(tuner)
        // A workflow has two tasks: without a cache, any process can have the second one at once.
        .max_cached_workflows(0)
        .max_heartbeat_throttle_interval(HEARTBEAT)
        .register_workflow::<RunWorkflow>()?
        .register_activities(Activities(executor))
        .build();
    let mut worker = Worker::new(&runtime, client.inner(), options)?;
    let shut_down = worker.shutdown_handle();
    let mut polling = pin!(worker.run());
    tokio::select! {
        polled = &mut polling => return Ok(polled?),
        () = base.draining.cancelled() => shut_down(),
    }
    Ok(polling.await?)
}
