//! Fuzz target: what a tool server answers is read or refused, and a message that is read is the one that was written.

use rmcp::model::RequestId;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    CallOutcome,
    answer::{AnswerSlot, Limits, plain_message},
    answer_memory::Held,
    call::readable,
    session::read_listing,
};
use crate::{fuzz::without_halves, process::json::mend_numbers};

const MAX_TEXT: usize = 1000;

/// The bytes are the message of a server.
pub fn answers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let plain = plain_message(text.clone());
    let mended = without_halves(&text);
    if serde_json::from_str::<IgnoredAny>(&mended).is_ok() {
        let pairs = plain.bytes().zip(mended.bytes());
        let changed: Vec<_> = pairs.filter(|(new, old)| new != old).collect();
        // The quotes of the id; the first letters of `id`, `method`, `result` and `error`.
        let is_blank = |(new, old): &(u8, u8)| *new == b' ' && b"\"imre".contains(old);
        assert!(
            changed.iter().all(is_blank) && changed.len() <= 4,
            "more than the id and nulls is changed in {text}"
        );
    }
    let numbers = mend_numbers(&mended);
    assert_eq!(strings(&numbers), strings(&mended));
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        assert_eq!(
            serde_json::from_str::<Value>(&mend_numbers(&text)).ok(),
            Some(value.clone())
        );
        assert_eq!(plain.len(), text.len());
        let mut read: Value = serde_json::from_str(&plain).expect("it was JSON before");
        if read["id"] != value["id"] {
            let id = value["id"].as_str().and_then(|id| id.parse::<u32>().ok());
            assert_eq!(read["id"].take(), Value::from(id));
        }
    }
    let is_allowed = Limits::CALL.allow(&plain);
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
    if is_allowed && let Some(result) = readable(result.get()) {
        let outcome = CallOutcome::from_result(result, MAX_TEXT.into());
        assert!(!outcome.content.is_empty());
    }
}

/// The strings of a JSON text, up to the first that does not end.
fn strings(json: &str) -> Vec<&str> {
    let (mut strings, mut rest) = (Vec::new(), json);
    while let Some((_, text)) = rest.split_once('"') {
        let mut is_escaped = false;
        let end = text.find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let Some(end) = end else { break };
        strings.push(&text[..end]);
        rest = &text[end + 1..];
    }
    strings
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("answers", super::answers);
    }
}
