//! The client of the Temporal server.

use std::time::Duration;

use temporalio_client::{
    self as temporal, ClientOptions, Connection, ConnectionOptions, RetryOptions, RpcOptions,
    TlsOptions, WorkflowCancelOptions, WorkflowStartOptions,
    errors::{ClientConnectError, WorkflowInteractionError, WorkflowStartError},
    tonic::Request,
};
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use tokio::time::{error::Elapsed, timeout};

use super::workflow::RunWorkflow;
use crate::{config::TemporalConfig, runs::model::RunId};

const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Of a workflow task, which takes no time: a process that has died has lost it.
const TASK_TIMEOUT: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(3);

/// What a start of a workflow comes to.
pub(super) enum Started {
    New,
    /// There is one of this id that has not ended.
    Already,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("Temporal does not answer in time")]
    TimedOut(#[from] Elapsed),
    #[error("Temporal starts no workflow: {0}")]
    Start(#[source] WorkflowStartError),
    #[error("Temporal cancels no workflow: {0}")]
    Cancel(#[source] WorkflowInteractionError),
}

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    inner: temporal::Client,
    task_queue: String,
}

impl Client {
    pub(super) async fn connect(config: &TemporalConfig) -> Result<Self, ClientConnectError> {
        let tls = (config.url.scheme() == "https").then(TlsOptions::default);
        let options = ConnectionOptions::new(config.url.clone())
            .connect_timeout(DIAL_TIMEOUT)
            .maybe_tls_options(tls)
            .build();
        let connection = Connection::connect(options).await?;
        let options = ClientOptions::new(config.namespace.clone()).build();
        Ok(Self {
            inner: temporal::Client::new(connection, options)?,
            task_queue: config.task_queue.clone(),
        })
    }

    pub(super) fn inner(&self) -> temporal::Client {
        self.inner.clone()
    }

    pub(super) fn task_queue(&self) -> &str {
        &self.task_queue
    }

    /// Whether the server answers and has the namespace.
    pub(super) async fn answers(&self) -> bool {
        let request = DescribeNamespaceRequest {
            namespace: self.inner.options().namespace.clone(),
            ..DescribeNamespaceRequest::default()
        };
        let mut service = self.inner.connection().workflow_service();
        let asked = service.describe_namespace(Request::new(request));
        matches!(timeout(PING_TIMEOUT, asked).await, Ok(Ok(_)))
    }

    pub(super) async fn start(&self, run: RunId) -> Result<Started, CallError> {
        let options = WorkflowStartOptions::new(self.task_queue.clone(), run.to_string())
            .task_timeout(TASK_TIMEOUT)
            .rpc_options(once())
            .build();
        let start = self
            .inner
            .start_workflow(RunWorkflow::run, run.to_string(), options);
        match timeout(ANSWER_TIMEOUT, start).await? {
            Ok(_) => Ok(Started::New),
            Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(Started::Already),
            Err(error) => Err(CallError::Start(error)),
        }
    }

    pub(super) async fn cancel(&self, run: RunId) -> Result<(), CallError> {
        let handle = self
            .inner
            .get_workflow_handle::<RunWorkflow>(run.to_string());
        let options = WorkflowCancelOptions::builder().rpc_options(once()).build();
        let cancelled = timeout(ANSWER_TIMEOUT, handle.cancel(options)).await?;
        cancelled.map_err(CallError::Cancel)
    }
}

/// Without retries: the dispatcher looks again.
fn once() -> RpcOptions {
    RpcOptions::builder()
        .timeout(ANSWER_TIMEOUT)
        .retry_options(RetryOptions::no_retries())
        .build()
}
