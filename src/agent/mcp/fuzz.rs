//! Fuzz target: what a tool server answers is read or refused, and a message that is read is the one that was written.

use rmcp::model::RequestId;
use serde_json::Value;

use super::{
    CallOutcome,
    answer::{AnswerSlot, Limits, plain_message},
    answer_memory::Held,
    call::readable,
    session::read_listing,
};
use crate::process::json::{mend_numbers, next_half};

const MAX_TEXT: usize = 1000;

/// The bytes are the message of a server.
pub fn answers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let plain = plain_message(text.clone());
    assert_eq!(next_half(plain.as_bytes(), 0), None);
    let numbers = mend_numbers(&plain);
    if let Ok(mut value) = serde_json::from_str::<Value>(&text) {
        assert_eq!(plain.len(), text.len());
        let mut read: Value = serde_json::from_str(&plain).expect("it was JSON before");
        assert_eq!(serde_json::from_str(&numbers).ok(), Some(read.clone()));
        if read["id"] != value["id"] {
            let id = value["id"].as_str().and_then(|id| id.parse::<u32>().ok());
            assert_eq!(read["id"], id.map_or(Value::Null, Value::from));
            value["id"] = read["id"].clone();
        }
        for message in [&mut value, &mut read] {
            drop_nulls(message);
        }
        assert_eq!(read, value);
    }
    let slot = AnswerSlot::new(Limits::CALL);
    if slot
        .fill(&RequestId::Number(1), plain, Held::default())
        .is_err()
    {
        return;
    }
    let empty = rmcp::model::ServerResult::empty(());
    let answer = slot.into_answer(&empty).expect("it was filled");
    read_listing(&answer);
    let result = answer.result().expect("it has a result");
    if let Some(result) = readable(result.get()) {
        let outcome = CallOutcome::from_result(result, MAX_TEXT);
        assert!(!outcome.content.is_empty());
    }
}

/// Removes the members that are `null`: a message may be read without them.
fn drop_nulls(message: &mut Value) {
    let plain = ["id", "method", "result", "error"];
    let blank = [" d", " ethod", " esult", " rror"];
    let Some(members) = message.as_object_mut() else {
        return;
    };
    members.retain(|name, value| {
        let is_dropped = plain.contains(&name.as_str()) || blank.contains(&name.as_str());
        !(is_dropped && value.is_null())
    });
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("answers", super::answers);
    }
}
