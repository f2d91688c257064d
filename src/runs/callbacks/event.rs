//! The body of a callback.

use serde::Serialize;

use crate::runs::model::{DueDelivery, event_of};

#[derive(Serialize)]
struct Event<'a> {
    r#type: String,
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
    if !due.status.is_final() {
        return None;
    }
    let event = Event {
        r#type: event_of(due.status),
        timestamp: due.ended_at.to_string(),
        data: Data {
            execution_id: due.run.to_string(),
            request_id: &due.request_id,
            status: due.status.as_str(),
        },
    };
    serde_json::to_vec(&event).ok()
}
