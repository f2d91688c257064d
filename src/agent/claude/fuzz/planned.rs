//! Event streams built from choices: any events in any order, and replies that are known in advance.

use serde_json::{Map, Value, json};

use super::super::{Block, Reply};
use crate::fuzz::Choices;

const WORDS: [&str; 11] = [
    "a", " ", "ü🏋", "\n", "{\"a\":", "1}", "{}", "\"", "\u{feff}", HIGH, LOW,
];
/// Stand for the halves of a surrogate pair, which no `str` can hold. They are written as the halves.
const HIGH: &str = "\u{e83d}";
const LOW: &str = "\u{ee00}";
const ENDS: [&str; 3] = ["\n", "\r\n", "\r"];

/// Events of all known and some unknown types, with any index. Most are not valid replies.
pub(super) fn events(choices: &mut Choices<'_>) -> Vec<u8> {
    let (mut text, end) = (Vec::new(), choices.pick(&ENDS));
    while !choices.is_empty() {
        let mut event = Map::new();
        let kind = choices.pick(&[
            "content_block_delta",
            "content_block_start",
            "content_block_stop",
            "message_start",
            "message_delta",
            "ping",
            "message_stop",
            "error",
        ]);
        event.insert("type".into(), kind.into());
        if choices.below(4) > 0 {
            event.insert(
                "index".into(),
                choices
                    .pick(
                        &[
                            json!(0),
                            json!(1),
                            json!(2),
                            json!(-1),
                            json!("0"),
                            json!(1.0),
                        ]
                        .each_ref(),
                    )
                    .clone(),
            );
        }
        match kind {
            "content_block_start" => event.insert("content_block".into(), any_block(choices)),
            "content_block_delta" => event.insert("delta".into(), any_delta(choices)),
            "message_start" => event.insert("message".into(), json!({"model": choices.text(&WORDS), "usage": choices.json(2, &["input_tokens", "output_tokens"])})),
            "message_delta" => event.insert("delta".into(), json!({"stop_reason": choices.json(0, &["end_turn", "tool_use"])})),
            "error" => event.insert("error".into(), json!({"type": choices.json(0, &["overloaded_error"])})),
            _ => None,
        };
        if choices.below(8) == 7 {
            event.insert(choices.text(&WORDS), choices.json(2, &WORDS));
        }
        write(&mut text, &event.into(), choices, end);
    }
    text
}

fn any_block(choices: &mut Choices<'_>) -> Value {
    let kind = choices.pick(&[
        "text",
        "tool_use",
        "thinking",
        "redacted_thinking",
        "server_tool_use",
    ]);
    let mut block = choices.object(
        2,
        &[
            "text",
            "input",
            "citations",
            "id",
            "name",
            "signature",
            "thinking",
            "data",
        ],
    );
    block.insert("type".into(), kind.into());
    if kind == "tool_use" && choices.flag() {
        block.insert("id".into(), choices.text(&WORDS).into());
    }
    block.into()
}

fn any_delta(choices: &mut Choices<'_>) -> Value {
    let (kind, field) = choices.pick(&[
        ("text_delta", "text"),
        ("input_json_delta", "partial_json"),
        ("thinking_delta", "thinking"),
        ("signature_delta", "signature"),
        ("citations_delta", "citation"),
        ("other_delta", "text"),
    ]);
    let value = choices.json(1, &WORDS);
    match choices.below(8) {
        0 => value,
        1 => json!({"type": kind, field: value, "text": "x", "partial_json": "1"}),
        _ => json!({"type": kind, field: choices.text(&WORDS)}),
    }
}

/// One event as a server might write it.
fn write(text: &mut Vec<u8>, event: &Value, choices: &mut Choices<'_>, end: &str) {
    let written = if choices.flag() {
        event.to_string()
    } else {
        format!("{event:#}")
    };
    let written = written.replace(HIGH, "\\ud83d").replace(LOW, "\\ude00");
    let name = event["type"].as_str().unwrap_or_default();
    match choices.below(4) {
        0 => text.extend(format!("event: {name}{end}").bytes()),
        1 => text.extend(format!(": comment{end}id: 7{end}").bytes()),
        _ => {}
    }
    let space = choices.pick(&[" ", ""]);
    for line in written.split('\n') {
        text.extend(format!("data:{space}{line}{end}").bytes());
    }
    text.extend(end.bytes());
}

/// A planned reply: its blocks, each in pieces.
pub(super) struct Plan {
    blocks: Vec<(Value, Vec<Value>, Block)>,
}

impl Plan {
    pub(super) fn new(choices: &mut Choices<'_>) -> Self {
        let blocks = (0..choices.below(5))
            .map(|_| planned_block(choices))
            .collect();
        Self { blocks }
    }

    /// The stream, with interleaved blocks if chosen, and the reply that it must produce.
    pub(super) fn written(self, choices: &mut Choices<'_>) -> (Vec<u8>, Reply) {
        let (mut text, end, step) = (Vec::new(), choices.pick(&ENDS), choices.below(3) + 1);
        let mut say =
            |event: Value, choices: &mut Choices<'_>| write(&mut text, &event, choices, end);
        say(
            json!({"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 3}}}),
            choices,
        );
        let at = |place: usize| place * step;
        let mut open = Vec::new();
        for (place, (start, deltas, _)) in self.blocks.iter().enumerate() {
            say(
                json!({"type": "content_block_start", "index": at(place), "content_block": start}),
                choices,
            );
            open.push((place, deltas.iter()));
            let together = choices.flag() && place + 1 < self.blocks.len();
            while !together && !open.is_empty() {
                let turn = choices.below(open.len());
                let (place, deltas) = &mut open[turn];
                let place = *place;
                if let Some(delta) = deltas.next() {
                    say(
                        json!({"type": "content_block_delta", "index": at(place), "delta": delta}),
                        choices,
                    );
                } else {
                    say(
                        json!({"type": "content_block_stop", "index": at(place)}),
                        choices,
                    );
                    drop(open.remove(turn));
                }
                if choices.below(8) == 7 {
                    say(json!({"type": choices.pick(&["ping", "novelty"])}), choices);
                    say(
                        json!({"type": "content_block_delta", "index": 99, "delta": {"type": "text_delta", "text": "x"}}),
                        choices,
                    );
                }
            }
        }
        say(
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}}),
            choices,
        );
        say(json!({"type": "message_stop"}), choices);
        let blocks = self
            .blocks
            .into_iter()
            .zip(0u64..)
            .map(|((.., block), at)| (at, block));
        let reply = Reply {
            blocks: blocks.filter(|(_, block)| !block.is_blank_text()).collect(),
            stop_reason: "tool_use".into(),
            stop_details: None,
            model: Some("m".into()),
            id: None,
        };
        (text, reply)
    }
}

/// The text that is read where `text` is written, in however many pieces.
fn read(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| match unit {
        0xe83d => 0xd83d,
        0xee00 => 0xde00,
        unit => unit,
    });
    String::from_utf16_lossy(&units.collect::<Vec<_>>())
}

fn planned_block(choices: &mut Choices<'_>) -> (Value, Vec<Value>, Block) {
    let pieces: Vec<String> = (0..choices.below(5))
        .map(|_| choices.text(&WORDS))
        .collect();
    let deltas = |kind: &str, field: &str| {
        pieces
            .iter()
            .map(|piece| json!({"type": kind, field: piece}))
            .collect::<Vec<_>>()
    };
    let whole = read(&pieces.concat());
    match choices.below(4) {
        0 => (
            json!({"type": "text", "text": ""}),
            deltas("text_delta", "text"),
            Block::text(whole),
        ),
        1 => (
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas("thinking_delta", "thinking")
                .into_iter()
                .chain([json!({"type": "signature_delta", "signature": "s"})])
                .collect(),
            Block::Thinking {
                thinking: whole,
                signature: "s".into(),
            },
        ),
        2 => (
            json!({"type": "redacted_thinking", "data": pieces.concat()}),
            vec![],
            Block::RedactedThinking { data: whole },
        ),
        _ => {
            let input = choices.object(3, &WORDS);
            let written = Value::from(input).to_string();
            let input = serde_json::from_str(&read(&written)).expect("an object");
            let middle = (0..=choices.below(written.len().max(1)))
                .rev()
                .find(|at| written.is_char_boundary(*at))
                .unwrap_or(0);
            let (first, second) = written.split_at(middle);
            let name = pieces.concat();
            let pieces = ["", first, second]
                .map(|json| json!({"type": "input_json_delta", "partial_json": json}));
            (
                json!({"type": "tool_use", "id": "t", "name": name, "input": {}}),
                pieces.to_vec(),
                Block::ToolUse {
                    id: "t".into(),
                    name: whole,
                    input,
                },
            )
        }
    }
}
