//! Encoder of Messages API replies, for fakes of Claude: as server-sent events, or as one JSON message.

use serde_json::{Value, json};

/// One reply. A `null` usage is omitted, as compatible servers do.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub model: String,
    pub content: Vec<Block>,
    pub stop_reason: String,
    pub stop_sequence: Value,
    /// In `message_start`.
    pub start_usage: Value,
    /// In `message_delta`.
    pub end_usage: Value,
}

/// A content block: its start, its deltas, and the complete block.
#[derive(Clone, Debug)]
pub struct Block {
    pub start: Value,
    pub deltas: Vec<Value>,
    pub whole: Value,
}

impl Block {
    /// A text, one delta for each part.
    pub fn text(parts: &[&str]) -> Self {
        let delta = |part| json!({"type": "text_delta", "text": part});
        Self {
            start: json!({"type": "text", "text": ""}),
            deltas: parts.iter().map(delta).collect(),
            whole: json!({"type": "text", "text": parts.concat()}),
        }
    }

    /// A tool call with the JSON of its input in these parts.
    pub fn tool_use(id: &str, name: &str, parts: &[&str], input: Value) -> Self {
        let delta = |part| json!({"type": "input_json_delta", "partial_json": part});
        let mut whole = json!({"type": "tool_use", "id": id, "name": name});
        whole["input"] = input;
        Self {
            start: json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            deltas: parts.iter().map(delta).collect(),
            whole,
        }
    }
}

impl Message {
    /// The message without its content and its end.
    fn opening(&self) -> Value {
        let mut message = json!({"id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": null, "stop_sequence": null});
        if !self.start_usage.is_null() {
            message["usage"] = self.start_usage.clone();
        }
        message
    }

    /// The events of a streamed reply, in order.
    pub fn events(&self) -> Vec<Value> {
        let mut events = vec![json!({"type": "message_start", "message": self.opening()})];
        for (index, block) in self.content.iter().enumerate() {
            events.push(json!({"type": "content_block_start", "index": index, "content_block": block.start}));
            let delta =
                |delta| json!({"type": "content_block_delta", "index": index, "delta": delta});
            events.extend(block.deltas.iter().map(delta));
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        let delta = json!({"stop_reason": self.stop_reason, "stop_sequence": self.stop_sequence});
        let mut last = json!({"type": "message_delta", "delta": delta});
        if !self.end_usage.is_null() {
            last["usage"] = self.end_usage.clone();
        }
        events.extend([last, json!({"type": "message_stop"})]);
        events
    }

    /// The reply to a request that does not stream.
    pub fn to_json(&self) -> Value {
        let mut message = self.opening();
        message["content"] = self.content.iter().map(|b| b.whole.clone()).collect();
        message["stop_reason"] = self.stop_reason.as_str().into();
        message["stop_sequence"] = self.stop_sequence.clone();
        message
    }
}

/// The event as text: its name, its data, a blank line.
pub fn frame(event: &Value) -> String {
    let name = event["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {event}\n\n")
}
