//! A builder for replies of the fake; `faults` adds failures to them.

use prog_strength_agent::dev::claude_events::{Block, Message};
use serde_json::{Value, json};

use super::script::{Ending, Frame};

/// One answer to `POST /v1/messages`.
#[derive(Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) kind: Kind,
    pub(super) content: Vec<Block>,
    stop_reason: Option<String>,
    stop_sequence: Value,
    stop_details: Value,
    model: String,
    start_usage: Value,
    end_usage: Value,
    repeated_delta: bool,
    /// Frames inserted before the n-th event.
    pub(super) extra: Vec<(usize, Frame)>,
    pub(super) ending: Ending,
    pub(super) crlf: bool,
    pub(super) names: bool,
    pub(super) chunk: Option<usize>,
    /// Bytes after the end of the answer.
    pub(super) leftover: Vec<u8>,
}

#[derive(Clone)]
pub(super) enum Kind {
    Stream,
    Whole(Vec<u8>),
    Raw(Vec<u8>),
    Nothing,
}

impl Reply {
    /// A streamed reply without content and with the stop reason `end_turn`.
    pub fn empty() -> Self {
        Self {
            status: 200,
            headers: vec![("request-id".into(), "req_fake".into())],
            kind: Kind::Stream,
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: Value::Null,
            stop_details: Value::Null,
            model: "claude-sonnet-4-6".into(),
            start_usage: json!({"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 1, "service_tier": "standard"}),
            end_usage: json!({"output_tokens": 5}),
            repeated_delta: false,
            extra: Vec::new(),
            ending: Ending::Complete,
            crlf: false,
            names: true,
            chunk: None,
            leftover: Vec::new(),
        }
    }

    /// A text in one delta.
    pub fn text(text: &str) -> Self {
        Self::empty().and_text(text)
    }

    /// A text in these deltas.
    pub fn texts(parts: &[&str]) -> Self {
        Self::empty().and_texts(parts)
    }

    /// One tool call.
    pub fn tool(id: &str, name: &str, input: Value) -> Self {
        Self::empty().and_tool(id, name, input)
    }

    /// The call `toolu_1` that writes a file into the workspace.
    pub fn file(path: &str, content: &str) -> Self {
        let input = json!({"path": path, "content": content});
        Self::tool("toolu_1", "write_file", input)
    }

    /// A plain HTTP answer.
    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let kind = Kind::Whole(body.into());
        Self {
            status,
            kind,
            ..Self::empty()
        }
        .header("content-type", "application/json")
    }

    /// An HTTP error with the body the API gives it.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        Self::status(status, error_body(kind, message).to_string())
    }

    /// These bytes on the socket, which then closes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            kind: Kind::Raw(bytes.into()),
            ..Self::empty()
        }
    }

    /// The request is read and never answered.
    pub fn hang_before_headers() -> Self {
        Self {
            kind: Kind::Nothing,
            ..Self::empty()
        }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn and_text(self, text: &str) -> Self {
        self.and_texts(&[text])
    }

    #[must_use]
    pub fn and_texts(self, parts: &[&str]) -> Self {
        self.with(Block::text(parts))
    }

    /// A tool call as the API writes one: an empty first piece of JSON, then the rest in two.
    #[must_use]
    pub fn and_tool(self, id: &str, name: &str, input: Value) -> Self {
        let text = input.to_string();
        let middle = text.floor_char_boundary(text.len() / 2);
        let parts = ["", &text[..middle], &text[middle..]];
        self.with(Block::tool_use(id, name, &parts, input))
    }

    /// A tool call without input deltas.
    #[must_use]
    pub fn and_tool_without_deltas(self, id: &str, name: &str) -> Self {
        self.with(Block::tool_use(id, name, &[], json!({})))
    }

    /// A tool call with exactly these input deltas, valid or not.
    #[must_use]
    pub fn and_tool_pieces(self, id: &str, name: &str, pieces: &[&str]) -> Self {
        let input = serde_json::from_str(&pieces.concat()).unwrap_or_else(|_| json!({}));
        self.with(Block::tool_use(id, name, pieces, input))
    }

    #[must_use]
    pub fn thinking(self, thinking: &str, signature: &str) -> Self {
        let deltas = vec![
            json!({"type": "thinking_delta", "thinking": thinking}),
            json!({"type": "signature_delta", "signature": signature}),
        ];
        let whole = json!({"type": "thinking", "thinking": thinking, "signature": signature});
        self.block(
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas,
            whole,
        )
    }

    /// A block without deltas: `redacted_thinking`, a server tool's, or one of an unknown type.
    #[must_use]
    pub fn and_block(self, block: Value) -> Self {
        self.block(block.clone(), Vec::new(), block)
    }

    #[must_use]
    pub fn block(self, start: Value, deltas: Vec<Value>, whole: Value) -> Self {
        self.with(Block {
            start,
            deltas,
            whole,
        })
    }

    fn with(mut self, block: Block) -> Self {
        self.content.push(block);
        self
    }

    #[must_use]
    pub fn stop(mut self, reason: &str) -> Self {
        self.stop_reason = Some(reason.into());
        self
    }

    #[must_use]
    pub fn stop_sequence(mut self, sequence: &str) -> Self {
        self.stop_sequence = sequence.into();
        self.stop("stop_sequence")
    }

    #[must_use]
    pub fn usage(mut self, input: u64, output: u64, cache_creation: u64, cache_read: u64) -> Self {
        self.start_usage = json!({"input_tokens": input, "cache_creation_input_tokens": cache_creation,
            "cache_read_input_tokens": cache_read, "output_tokens": 1});
        self.end_usage = json!({"output_tokens": output});
        self
    }

    /// The last `message_delta` repeats all counts, with these values.
    #[must_use]
    pub fn usage_at_end(mut self, usage: Value) -> Self {
        self.end_usage = usage;
        self
    }

    /// No usage in any event, as some compatible servers do.
    #[must_use]
    pub fn no_usage(mut self) -> Self {
        (self.start_usage, self.end_usage) = (Value::Null, Value::Null);
        self
    }

    /// The stop reason `refusal` with its details.
    #[must_use]
    pub fn refused(mut self, details: Value) -> Self {
        self.stop_details = details;
        self.stop("refusal")
    }

    /// The reply as the model that was asked gives it.
    pub(super) fn for_request(mut self, request: &Value) -> Self {
        request["model"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut self.model);
        super::binding::sign(request, &mut self);
        self
    }

    /// An additional `message_delta` with other counts and without a stop reason comes first.
    #[must_use]
    pub fn two_message_deltas(mut self) -> Self {
        self.repeated_delta = true;
        self
    }

    pub(super) fn stop_reason(&self) -> String {
        let calls = self
            .content
            .iter()
            .any(|block| block.start["type"] == "tool_use");
        self.stop_reason
            .clone()
            .unwrap_or_else(|| if calls { "tool_use" } else { "end_turn" }.into())
    }

    /// The events of the whole reply, in order, extras not counted.
    pub(super) fn events(&self) -> Vec<Value> {
        let message = Message {
            id: "msg_fake".into(),
            model: self.model.clone(),
            content: self.content.clone(),
            stop_reason: self.stop_reason(),
            stop_sequence: self.stop_sequence.clone(),
            start_usage: self.start_usage.clone(),
            end_usage: self.end_usage.clone(),
        };
        let mut events = message.events();
        if !self.stop_details.is_null() {
            let end = events.len() - 2;
            events[end]["delta"]["stop_details"] = self.stop_details.clone();
        }
        if self.repeated_delta {
            let first = json!({"type": "message_delta", "delta": {"stop_reason": null, "stop_sequence": null},
                "usage": {"output_tokens": 2}});
            events.insert(events.len() - 2, first);
        }
        events
    }

    pub(super) fn extras_at(&self, n: usize) -> impl Iterator<Item = Frame> {
        self.extra
            .iter()
            .filter(move |(at, _)| *at == n)
            .map(|(_, frame)| frame.clone())
    }
}

/// The body the API gives its errors.
pub fn error_body(kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"})
}
