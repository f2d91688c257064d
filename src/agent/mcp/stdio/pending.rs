//! Requests that wait for their answers, and how lines become messages for rmcp.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::model::{CustomResult, JsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerResult};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::mcp::{
    answer::{AnswerSlot, Limits, plain_message},
    answer_memory::Held,
    handshake::mend_initialize_result,
    rpc_error::error_in,
};

/// In the first bytes of a line that is too long, its id is looked for.
const HEAD_BYTES: usize = 256;

type Slots = HashMap<RequestId, Option<AnswerSlot>>;

#[derive(Clone, Default)]
pub(super) struct Pending(Arc<Mutex<Slots>>);

#[derive(Deserialize)]
struct Head {
    id: Option<RequestId>,
    /// Given by requests and notifications of the server.
    method: Option<String>,
}

impl Pending {
    pub(super) fn add(&self, id: RequestId, slot: Option<AnswerSlot>) {
        self.slots().insert(id, slot);
    }

    /// The message in a line; a result goes to its slot, and an empty one to rmcp. `None`: the line holds no message, or one
    /// that is too large.
    pub(super) fn message(&self, line: String, held: Held) -> Option<ServerJsonRpcMessage> {
        let text = plain_message(line);
        let Ok(head) = serde_json::from_str::<Head>(&text) else {
            tracing::debug!("a line that is no message");
            return None;
        };
        let answered = head.id.filter(|_| head.method.is_none());
        let slot = answered.and_then(|id| {
            let slot = self.slots().remove(&id);
            slot.map(|slot| (id, slot))
        });
        let text = match slot {
            Some((id, Some(slot))) => {
                if !slot.limits.allow(&text) {
                    slot.exceed();
                    return Some(placeholder(id, Value::Bool(false)));
                }
                match slot.fill(&id, text, held) {
                    Ok(()) => return Some(placeholder(id, json!({}))),
                    Err(text) => match error_in(&text, &id) {
                        Some(error) => return Some(error),
                        None => text,
                    },
                }
            }
            Some((_, None)) => mend_initialize_result(text),
            None => text,
        };
        if !Limits::OTHER.allow(&text) {
            return None;
        }
        serde_json::from_str(&text).ok()
    }

    /// A line exceeds the limit: marks the answer that it was, as far as its beginning tells, and else all that are awaited.
    pub(super) fn exceed(&self, line: &[u8]) {
        let head = String::from_utf8_lossy(&line[..line.len().min(HEAD_BYTES)]);
        let id = head
            .split_once("\"id\"")
            .map(|(_, rest)| rest.trim_start_matches([' ', ':', '"']));
        let digits = id.map(|rest| {
            rest.split(|c: char| !c.is_ascii_digit())
                .next()
                .unwrap_or("")
        });
        let id = digits
            .and_then(|digits| digits.parse().ok())
            .map(RequestId::Number);
        let slots = self.slots();
        match id.and_then(|id| slots.get(&id)) {
            Some(slot) => slot.iter().for_each(AnswerSlot::exceed),
            None => slots.values().flatten().for_each(AnswerSlot::exceed),
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What rmcp gets: it knows that the request is answered.
fn placeholder(id: RequestId, result: Value) -> ServerJsonRpcMessage {
    JsonRpcMessage::response(ServerResult::CustomResult(CustomResult(result)), id)
}
