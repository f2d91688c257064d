//! The problem with which a caller is answered who has waited for a run that has no answer.

use crate::{
    http::problem::{Code, Problem},
    runs::model::{Run, Status, TIME_OVER},
};

/// The problem of a run that has ended without an answer.
pub(super) fn failure(run: &Run) -> Option<Problem> {
    let problem = match (run.status, &run.error) {
        (Status::Completed, _) => return None,
        (Status::Cancelled, _) => Problem::new(Code::Cancelled, "The run was cancelled."),
        (Status::Expired, _) => {
            let detail = "The run was not begun in time.";
            Problem::new(Code::Expired, detail)
        }
        // Claude's silence has the same code, and is a failure like others.
        (Status::Failed, Some(error)) if run.stop_reason.as_deref() == Some(TIME_OVER) => {
            Problem::new(Code::Timeout, error.message.clone())
        }
        (Status::Failed, Some(error)) => {
            let detail = format!("The run has failed: {}", error.message);
            Problem::new(Code::RunFailed, detail).with_cause(error.code.clone())
        }
        (Status::Failed | Status::Queued | Status::Running, _) => Problem::internal(),
    };
    Some(problem)
}
