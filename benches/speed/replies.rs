//! Replies of the fake Claude, with the events of the real API: each event is one HTTP chunk, all in one write.

use serde_json::{Value, json};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n";
const WORDS: [&str; 20] = [
    "Your bench ",
    "press has gone ",
    "up steadily: ",
    "**80 kg** for ",
    "five in March, ",
    "**92.5 kg** for ",
    "five last ",
    "week.\n\n",
    "| Month | Best ",
    "set |\n|---|---|\n",
    "| March | 5 × ",
    "80 kg |\n",
    "| April | 5 × ",
    "87.5 kg |\n",
    "| May | 5 × ",
    "92.5 kg |\n\n",
    "That is an ",
    "estimated 1RM ",
    "of \"104 kg\" — ",
    "a new record.",
];

/// Builder of a reply.
pub struct Reply {
    bytes: Vec<u8>,
    blocks: usize,
}

impl Reply {
    pub fn begin(usage: &Value) -> Self {
        let mut reply = Self {
            bytes: HEAD.into(),
            blocks: 0,
        };
        let message = json!({"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant",
            "model": "claude-sonnet-4-6", "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage});
        reply.event("message_start", &json!({"message": message}));
        reply.event("ping", &json!({}));
        reply
    }

    fn event(&mut self, kind: &str, data: &Value) {
        self.bytes.extend_from_slice(&chunk(kind, data));
    }

    fn delta(&mut self, delta: &Value) {
        let data = json!({"index": self.blocks, "delta": delta});
        self.event("content_block_delta", &data);
    }

    fn block(&mut self, block: &Value, deltas: impl Iterator<Item = Value>) {
        let index = self.blocks;
        self.event(
            "content_block_start",
            &json!({"index": index, "content_block": block}),
        );
        for delta in deltas {
            self.delta(&delta);
        }
        self.event("content_block_stop", &json!({"index": index}));
        self.blocks += 1;
    }

    pub fn text<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        let deltas = words.into_iter();
        self.block(
            &json!({"type": "text", "text": ""}),
            deltas.map(|text| json!({"type": "text_delta", "text": text})),
        );
        self
    }

    /// Thinking that is not shown.
    pub fn thinking(mut self, signature: &str) -> Self {
        let delta = json!({"type": "signature_delta", "signature": signature});
        self.block(
            &json!({"type": "thinking", "thinking": "", "signature": ""}),
            std::iter::once(delta),
        );
        self
    }

    /// A tool call with its input in several deltas, the first of them empty.
    pub fn call(mut self, id: &str, name: &str, input: &[&str]) -> Self {
        let deltas = std::iter::once(&"").chain(input);
        self.block(
            &json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            deltas.map(|piece| json!({"type": "input_json_delta", "partial_json": piece})),
        );
        self
    }

    /// The end of a complete reply.
    pub fn end(mut self, stop_reason: &str) -> Vec<u8> {
        let delta = json!({"stop_reason": stop_reason, "stop_sequence": null});
        self.event(
            "message_delta",
            &json!({"delta": delta, "usage": {"output_tokens": 89}}),
        );
        self.event("message_stop", &json!({}));
        self.bytes.extend_from_slice(b"0\r\n\r\n");
        self.bytes
    }

    /// The events so far, without an end.
    pub fn unfinished(self) -> Vec<u8> {
        self.bytes
    }
}

/// One event as a chunk.
pub fn chunk(kind: &str, data: &Value) -> Vec<u8> {
    let mut typed = json!({"type": kind});
    if let (Value::Object(typed), Value::Object(data)) = (&mut typed, data.clone()) {
        typed.extend(data);
    }
    let event = format!("event: {kind}\ndata: {typed}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}

/// An error event in the middle of a reply.
pub fn failing() -> Vec<u8> {
    let mut reply = looking();
    let error = json!({"type": "overloaded_error", "message": "Overloaded"});
    reply.event("error", &json!({"error": error}));
    reply.bytes.extend_from_slice(b"0\r\n\r\n");
    reply.bytes
}

/// A reply that ends in the middle of an event.
pub fn cut() -> Vec<u8> {
    let mut bytes = looking().unfinished();
    bytes.truncate(bytes.len() - 20);
    bytes
}

/// A reply of a quarter of a megabyte.
pub fn long() -> Vec<u8> {
    let piece = WORDS.concat();
    let pieces = std::iter::repeat_n(piece.as_str(), 1000);
    Reply::begin(&usage()).text(pieces).end("end_turn")
}

fn usage() -> Value {
    json!({"input_tokens": 25, "cache_creation_input_tokens": 180, "cache_read_input_tokens": 4100,
        "cache_creation": {"ephemeral_5m_input_tokens": 180, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 1, "service_tier": "standard"})
}

/// A reply of twenty deltas.
pub fn text() -> Vec<u8> {
    Reply::begin(&usage()).text(WORDS).end("end_turn")
}

fn looking() -> Reply {
    Reply::begin(&usage()).text(["Let me look ", "at your ", "training."])
}

/// One call of the fast tool.
pub fn one_call() -> Vec<u8> {
    looking()
        .call(
            "toolu_########_0",
            "list_workouts",
            &["{\"limit\"", ": 5", ", \"since\": \"2026-", "03-01\"}"],
        )
        .end("tool_use")
}

/// One call of a tool that must not be repeated.
pub fn one_write() -> Vec<u8> {
    let set = r#"{"reps": 5, "weight": 82.5, "unit": "kg"}"#;
    let exercises = format!(r#": [{{"exercise_id": "barbell-bench-press", "sets": [{set}]}}]}}"#);
    looking()
        .call(
            "toolu_########_0",
            "create_workout",
            &["{\"exercises\"", &exercises],
        )
        .end("tool_use")
}

/// Three calls of the slow tool.
pub fn three_calls() -> Vec<u8> {
    let call = |reply: Reply, n: u32| {
        let group = ["\"week\"}", "\"month\"}", "\"muscle_group\"}"][n as usize % 3];
        let input = ["{\"unit\": \"kg\"", ", \"group_by\": ", group];
        reply.call(&format!("toolu_########_{n}"), "training_volume", &input)
    };
    (0..3).fold(looking(), call).end("tool_use")
}

/// The beginning of a slow reply.
pub fn opening() -> Vec<u8> {
    let mut reply = Reply::begin(&usage());
    let block = json!({"index": 0, "content_block": {"type": "text", "text": ""}});
    reply.event("content_block_start", &block);
    reply.unfinished()
}

/// One delta of it; its due time replaces the placeholder.
pub fn tick() -> Vec<u8> {
    let delta = json!({"type": "text_delta", "text": "tick ############ "});
    chunk("content_block_delta", &json!({"index": 0, "delta": delta}))
}

/// Its end.
pub fn closing() -> Vec<u8> {
    let mut reply = Reply {
        bytes: Vec::new(),
        blocks: 0,
    };
    reply.event("content_block_stop", &json!({"index": 0}));
    reply.end("end_turn")
}
