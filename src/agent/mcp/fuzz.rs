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
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        assert_eq!(
            serde_json::from_str::<Value>(&numbers).ok(),
            Some(value.clone())
        );
        assert_eq!(plain.len(), text.len());
        let mut read: Value = serde_json::from_str(&plain).expect("it was JSON before");
        if read["id"] != value["id"] {
            let id = value["id"].as_str().and_then(|id| id.parse::<u32>().ok());
            assert_eq!(read["id"].take(), Value::from(id));
        }
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

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("answers", super::answers);
    }
}
