//! Fuzz target: what is checked of a client's message is what rmcp reads of it, and no message costs more than was taken for it.

use std::sync::Arc;

use bytes::Bytes;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};
use serde_json::{Value, json};

use super::{BYTE_COST, MAX_INITIALIZE_BYTES, MAX_VALUES, Message, VALUE_COST};
use crate::{
    fuzz::{Choices, without_halves},
    process::{
        json::mend_bytes,
        memory::{Bounds, Budget, json},
    },
    workout::identity::Identity,
};

/// Of an error, which does not repeat what was sent.
const MAX_ERROR: usize = 200;
const HIGH: &str = "\u{e83d}";
const LOW: &str = "\u{ee00}";
const WORDS: [&str; 14] = [
    "jsonrpc",
    "2.0",
    "id",
    "method",
    "params",
    "result",
    "error",
    "name",
    "arguments",
    "_meta",
    "initialize",
    "create_workout",
    HIGH,
    LOW,
];

/// The first byte says whether the rest is the body, or choices for one.
pub fn messages(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    if choices.flag() {
        check(choices.rest());
    } else {
        check(made(&mut choices).as_bytes());
    }
}

/// A message of a known method with any parameters, and any other members.
fn made(choices: &mut Choices<'_>) -> String {
    let method = choices.pick(&[
        "initialize",
        "tools/call",
        "tools/list",
        "ping",
        "notifications/cancelled",
        "surprise",
    ]);
    let mut message = choices.object(2, &WORDS);
    message.insert("jsonrpc".into(), "2.0".into());
    message.insert("method".into(), method.into());
    let ids = [
        json!(1),
        json!("1"),
        json!(-1),
        json!(1.0),
        json!(null),
        json!(u64::MAX),
    ];
    if choices.flag() {
        message.insert("id".into(), ids[choices.below(ids.len())].clone());
    }
    let params = match method {
        "initialize" => {
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": choices.text(&WORDS), "version": "1"}})
        }
        _ => choices.json(3, &WORDS),
    };
    message.insert("params".into(), params);
    let written = Value::from(message).to_string();
    written.replace(HIGH, "\\ud83d").replace(LOW, "\\ude00")
}

fn check(sent: &[u8]) {
    let body = mend_bytes(Bytes::copy_from_slice(sent));
    if let Ok(text) = std::str::from_utf8(sent) {
        assert_eq!(body, without_halves(text).as_bytes());
    }
    let shown = String::from_utf8_lossy(sent);
    let budget: Arc<Budget<Identity>> = Budget::new(Bounds {
        bytes: usize::MAX,
        bytes_per_user: usize::MAX,
        requests: 1,
        requests_per_user: 1,
    });
    let Ok(share) = budget.begin(Identity::Agent) else {
        panic!("the budget is used up");
    };
    let message = match Message::check(&body, &share) {
        Ok(message) => message,
        Err(problem) => {
            let error = problem.to_string();
            assert!(error.len() < MAX_ERROR, "{error}");
            return;
        }
    };
    let values = json::check(&body).expect("it was checked");
    assert!(values <= MAX_VALUES);
    assert_eq!(budget.bytes(), values * VALUE_COST + body.len() * BYTE_COST);
    // What rmcp reads as it reads bodies.
    let Ok(read) = serde_json::from_slice::<ClientJsonRpcMessage>(&body) else {
        return;
    };
    let JsonRpcMessage::Request(request) = read else {
        return;
    };
    assert!(
        message.may_initialize || message.id == Some(request.id),
        "another id in {shown}"
    );
    if matches!(request.request, ClientRequest::InitializeRequest(_)) {
        assert!(message.may_initialize, "may open a session: {shown}");
        assert!(body.trim_ascii().len() <= MAX_INITIALIZE_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("messages", super::messages);
    }

    proptest! {
        #[test]
        fn any_choices_pass(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            super::messages(&bytes);
        }
    }
}
