//! The body of a callback.

use serde::Serialize;

use crate::runs::model::{DueDelivery, Status};

#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

/// What the event is about. Its contents are read from the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    execution_id: String,
    request_id: &'a str,
    status: &'static str,
}

/// `{"type":"run.completed",…}`: the same in every attempt. `None` if the run has not ended.
pub(super) fn body(due: &DueDelivery) -> Option<Vec<u8>> {
    let r#type = match due.status {
        Status::Completed => "run.completed",
        Status::Failed => "run.failed",
        Status::Cancelled => "run.cancelled",
        Status::Expired => "run.expired",
        Status::Queued | Status::Running => return None,
    };
    let event = Event {
        r#type,
        timestamp: due.ended_at.to_string(),
        data: Data {
            execution_id: due.run.to_string(),
            request_id: &due.request_id,
            status: due.status.as_str(),
        },
    };
    serde_json::to_vec(&event).ok()
}
