//! The messages of a thread as the client has them after a run: those that it has sent, and those that the run has added.

use std::sync::Arc;

use bytes::BytesMut;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::stream::{Content, ResultMetadata, Subtype};
use crate::agent::{claude::Block, http::sse::put};

/// A longer snapshot is not sent.
const MAX_BYTES: usize = 1024 * 1024;

pub(super) struct Snapshot {
    received: Vec<Box<RawValue>>,
    added: Vec<Added>,
}

/// The event.
#[derive(Serialize)]
#[serde(tag = "type", rename = "MESSAGES_SNAPSHOT")]
struct MessagesSnapshot<'a> {
    messages: Vec<Message<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Message<'a> {
    Received(&'a RawValue),
    Added(&'a Added),
}

/// A message that the run has added.
#[derive(Serialize)]
#[serde(
    tag = "role",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
enum Added {
    Reasoning {
        id: String,
        content: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_value: Option<String>,
    },
    Assistant {
        id: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        content: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_value: Option<String>,
    },
    Tool {
        id: String,
        tool_call_id: String,
        #[serde(serialize_with = "serialize_content")]
        content: Arc<Vec<Block>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        metadata: Option<Box<RawValue>>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    id: String,
    r#type: &'static str,
    function: Function,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_value: Option<String>,
}

#[derive(Serialize)]
struct Function {
    name: String,
    arguments: String,
}

fn serialize_content<S: Serializer>(content: &[Block], serializer: S) -> Result<S::Ok, S::Error> {
    Content(content).serialize(serializer)
}

impl Added {
    fn id(&self) -> &str {
        match self {
            Self::Reasoning { id, .. } | Self::Assistant { id, .. } | Self::Tool { id, .. } => id,
        }
    }
}

impl Snapshot {
    pub(super) fn new(received: Vec<Box<RawValue>>) -> Self {
        let added = Vec::new();
        Self { received, added }
    }

    pub(super) fn add_reasoning(&mut self, id: &str) {
        self.added.push(Added::Reasoning {
            id: id.to_owned(),
            content: String::new(),
            encrypted_value: None,
        });
    }

    pub(super) fn add_assistant(&mut self, id: &str) {
        self.added.push(Added::Assistant {
            id: id.to_owned(),
            content: String::new(),
            tool_calls: Vec::new(),
            encrypted_value: None,
        });
    }

    /// Appends to the last message.
    pub(super) fn add_text(&mut self, delta: &str) {
        if let Some(Added::Reasoning { content, .. } | Added::Assistant { content, .. }) =
            self.added.last_mut()
        {
            content.push_str(delta);
        }
    }

    pub(super) fn add_call(&mut self, parent: &str, id: &str, name: &str) {
        let parent = self.added.iter_mut().find(|message| message.id() == parent);
        if let Some(Added::Assistant { tool_calls, .. }) = parent {
            tool_calls.push(Call {
                id: id.to_owned(),
                r#type: "function",
                function: Function {
                    name: name.to_owned(),
                    arguments: String::new(),
                },
                encrypted_value: None,
            });
        }
    }

    pub(super) fn set_input(&mut self, id: &str, input: &str) {
        if let Some(call) = self.call(id) {
            input.clone_into(&mut call.function.arguments);
        }
    }

    fn call(&mut self, id: &str) -> Option<&mut Call> {
        let calls = self.added.iter_mut().filter_map(|message| match message {
            Added::Assistant { tool_calls, .. } => Some(tool_calls),
            _ => None,
        });
        calls.flatten().find(|call| call.id == id)
    }

    /// Sets the encrypted value of a message or a call.
    pub(super) fn seal(&mut self, subtype: Subtype, id: &str, value: &str) {
        let sealed = match subtype {
            Subtype::ToolCall => self.call(id).map(|call| &mut call.encrypted_value),
            Subtype::Message => {
                let message = self.added.iter_mut().find(|message| message.id() == id);
                message.and_then(|message| match message {
                    Added::Reasoning {
                        encrypted_value, ..
                    }
                    | Added::Assistant {
                        encrypted_value, ..
                    } => Some(encrypted_value),
                    Added::Tool { .. } => None,
                })
            }
        };
        if let Some(sealed) = sealed {
            *sealed = Some(value.to_owned());
        }
    }

    pub(super) fn add_result(
        &mut self,
        id: &str,
        tool_call_id: &str,
        content: Arc<Vec<Block>>,
        metadata: Option<ResultMetadata<'_>>,
    ) {
        let is_error = metadata.is_some_and(|metadata| metadata.is_error);
        let texts = content.iter().filter_map(|block| match block {
            Block::Text { text } => Some(&**text),
            _ => None,
        });
        let error = is_error.then(|| texts.collect::<Vec<_>>().join("\n"));
        let metadata = metadata.map(|metadata| serde_json::value::to_raw_value(&metadata));
        self.added.push(Added::Tool {
            id: id.to_owned(),
            tool_call_id: tool_call_id.to_owned(),
            content,
            error,
            metadata: metadata.and_then(Result::ok),
        });
    }

    /// Appends the event.
    pub(super) fn put(&self, to: &mut BytesMut) {
        let received = self.received.iter().map(|it| Message::Received(it));
        let added = self.added.iter().map(Message::Added);
        let messages = received.chain(added).collect();
        let begin = to.len();
        put(to, &MessagesSnapshot { messages });
        if to.len() - begin > MAX_BYTES {
            to.truncate(begin);
        }
    }
}
