//! The messages that clients POST: a check before rmcp parses them, and the memory that its parsing takes.

#[cfg(any(test, fuzzing))]
pub mod fuzz;

use std::borrow::Cow;

use rmcp::model::RequestId;
use serde::Deserialize;

use crate::{
    http::problem::{Code, Problem},
    process::memory::{Share, json},
    workout::identity::Identity,
};

/// The most JSON values in a message. The longest workout and the longest plan have about 4,000.
const MAX_VALUES: usize = 20_000;
/// The memory of one value while rmcp parses a message, in bytes. rmcp's untagged enums buffer a tree of the message, and
/// copy it in part, before they make the final tree. Measured with a counting allocator for rmcp 3.9, 90,000 values, and
/// every kind of message: 333 for numbers in a list, 546 for objects of one field in a list, 771 for nested objects of one
/// field. The rest is what the allocator adds.
const VALUE_COST: usize = 900;
/// The memory of one byte of text beside the body itself: rmcp copies the body, and a string with escapes up to 3.5 times.
const BYTE_COST: usize = 5;
/// Of an `initialize` message, which the session stores: rmcp keeps the client's information and capabilities.
const MAX_INITIALIZE_BYTES: usize = 64 << 10;
const MAX_INITIALIZE_VALUES: usize = 250;

/// What the server reads of a message before rmcp does. rmcp refuses messages that repeat one of these keys.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    id: Option<RequestId>,
}

/// A message that may be passed on.
pub(super) struct Message {
    /// False only if the message is certainly not `initialize`.
    pub(super) may_initialize: bool,
    /// Of a request: the id of its answer.
    pub(super) id: Option<RequestId>,
}

impl Message {
    /// Checks a body, and takes the memory for parsing it.
    pub(super) fn check(body: &[u8], share: &Share<Identity>) -> Result<Self, Problem> {
        let values = json::check(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Problem::invalid_json(format!(
                "The body is not JSON, or nested too deep: line {line}, column {column}."
            ))
        })?;
        if values > MAX_VALUES {
            return Err(too_many_values(MAX_VALUES));
        }
        share.take(values * VALUE_COST + body.len() * BYTE_COST)?;
        let message = Self::read(body);
        if message.may_initialize {
            if body.trim_ascii().len() > MAX_INITIALIZE_BYTES {
                return Err(Problem::payload_too_large(MAX_INITIALIZE_BYTES));
            }
            if values > MAX_INITIALIZE_VALUES {
                return Err(too_many_values(MAX_INITIALIZE_VALUES));
            }
        }
        Ok(message)
    }

    fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Head<'_>>(body) {
            Ok(head) => Self {
                may_initialize: head.method.as_deref() == Some("initialize"),
                // Without a method, it is an answer of the client.
                id: head.method.and(head.id),
            },
            Err(_) => Self {
                may_initialize: true,
                id: None,
            },
        }
    }
}

fn too_many_values(max: usize) -> Problem {
    let detail = format!("The message has more than {max} JSON values.");
    Problem::new(Code::InvalidRequest, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_rmcp_might_read_as_initialize_may_open_a_session() {
        for opening in [
            r#"{"method": "initialize"}"#,
            r#"{"method": "\u0069nitialize"}"#,
            r#"{"method": "initialize", "method": "ping"}"#,
            r#"{"method": "ping", "method": "initialize"}"#,
            r#"[{"method": "initialize"}]"#,
            "{",
            "",
        ] {
            assert!(
                Message::read(opening.as_bytes()).may_initialize,
                "{opening}"
            );
        }
        assert!(!Message::read(br#"{"id": 1, "method": "tools/list"}"#).may_initialize);
    }

    #[test]
    fn ids_are_equal_when_rmcp_takes_them_for_equal() {
        let id =
            |id: &str| Message::read(format!(r#"{{"method": "ping", "id": {id}}}"#).as_bytes()).id;
        assert_eq!(id("3"), id("3.0"));
        assert_eq!(id("\"3\""), id("\"\\u0033\""));
        assert_ne!(id("3"), id("\"3\""));
        assert_eq!(id("null"), None);
        assert_eq!(Message::read(br#"{"result": {}, "id": 3}"#).id, None);
    }
}
