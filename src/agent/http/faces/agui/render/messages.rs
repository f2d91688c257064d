//! The messages of a run: text, thinking, and blocks that the user does not see.

use bytes::BytesMut;
use serde_json::json;

use super::{Open, Renderer};
use crate::agent::{
    claude::BlockEnd,
    http::{
        faces::agui::stream::{AguiEvent, SEALED, Subtype},
        sse::put,
    },
};

impl Renderer {
    pub(super) fn open_text(&mut self, to: &mut BytesMut) {
        if matches!(self.open, Some(Open::Text(_))) {
            return;
        }
        self.close(to);
        let id = self.next_message();
        let role = "assistant";
        put(
            to,
            &AguiEvent::TextMessageStart {
                message_id: &id,
                role,
            },
        );
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.add_assistant(&id);
        }
        self.holder = Some(id.clone());
        self.open = Some(Open::Text(id));
    }

    pub(super) fn open_reasoning(&mut self, to: &mut BytesMut) {
        if matches!(self.open, Some(Open::Reasoning(_))) {
            return;
        }
        self.close(to);
        let id = self.next_message();
        let (message_id, role) = (&*id, "reasoning");
        put(to, &AguiEvent::ReasoningStart { message_id });
        put(to, &AguiEvent::ReasoningMessageStart { message_id, role });
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.add_reasoning(&id);
        }
        self.holder = None;
        self.open = Some(Open::Reasoning(id));
    }

    /// Appends a delta to the message that is open.
    pub(super) fn add_text(&mut self, delta: &str, to: &mut BytesMut) {
        match &self.open {
            Some(Open::Text(message_id)) => {
                put(to, &AguiEvent::TextMessageContent { message_id, delta });
            }
            Some(Open::Reasoning(message_id)) => {
                put(
                    to,
                    &AguiEvent::ReasoningMessageContent { message_id, delta },
                );
            }
            None => return,
        }
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.add_text(delta);
        }
    }

    /// Ends the message that is open.
    pub(super) fn close(&mut self, to: &mut BytesMut) {
        match self.open.take() {
            None => {}
            Some(Open::Text(id)) => put(to, &AguiEvent::TextMessageEnd { message_id: &id }),
            Some(Open::Reasoning(id)) => {
                let message_id = &*id;
                put(to, &AguiEvent::ReasoningMessageEnd { message_id });
                put(to, &AguiEvent::ReasoningEnd { message_id });
            }
        }
    }

    /// The block without the text that was shown goes back as the encrypted value of a message.
    pub(super) fn end_block(&mut self, ended: &BlockEnd, to: &mut BytesMut) {
        let sealed = match ended {
            BlockEnd::Text => return self.close(to),
            BlockEnd::Thinking { signature } => {
                self.open_reasoning(to);
                let block = json!({"type": "thinking", "signature": signature});
                format!("{SEALED}{block}")
            }
            BlockEnd::Hidden(block) => {
                self.close(to);
                self.open_reasoning(to);
                let block = serde_json::to_string(block).unwrap_or_default();
                format!("{SEALED}{block}")
            }
        };
        let Some(Open::Reasoning(id)) = self.open.take() else {
            return;
        };
        let message_id = &*id;
        put(to, &AguiEvent::ReasoningMessageEnd { message_id });
        self.seal(Subtype::Message, &id, &sealed, to);
        put(to, &AguiEvent::ReasoningEnd { message_id });
    }
}
