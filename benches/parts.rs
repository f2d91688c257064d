//! Micro-benchmarks of the pure parts: SSE decoding, histories, tool arguments, tokens. `cargo bench --bench parts`.

use std::{hint::black_box, time::Duration};

use bytes::Bytes;
use divan::{Bencher, counter::BytesCount};
use prog_strength_agent::{
    agent::claude::Decoder,
    agent::history,
    agent::json::Object,
    agent::tools::{CallContext, Catalogue, ListedTool, StrippedInput},
    auth::{self, Caller, JwtSettings, Subject, Verifier},
};
use serde_json::{Map, Value, json};

const TOOLS: &str = include_str!("speed/tools.json");
const MEGABYTE: usize = 1 << 20;
/// Size of a network read.
const PIECE: usize = 1400;

fn main() {
    divan::main();
}

/// One megabyte of text deltas.
#[divan::bench]
fn sse_decoding(bencher: Bencher) {
    let event = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"press has gone \"}}\n\n";
    let bytes = event.repeat(MEGABYTE / event.len());
    let pieces: Vec<Bytes> = bytes
        .as_bytes()
        .chunks(PIECE)
        .map(Bytes::copy_from_slice)
        .collect();
    bencher.counter(BytesCount::of_str(&bytes)).bench(|| {
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        for piece in &pieces {
            events.clear();
            decoder.push(piece, &mut events).expect("events");
            black_box(&events);
        }
    });
}

/// A history of one megabyte, half of it text and half of it tool calls, each tenth call without its result.
#[divan::bench]
fn history_repair(bencher: Bencher) {
    let text = "Three sets of five at 82.5 kg. ".repeat(64);
    let exchange = |n: usize| {
        let (id, lost) = (
            format!("toolu_{n}"),
            format!("toolu_{n}{}", if n.is_multiple_of(10) { "x" } else { "" }),
        );
        [
            json!({"role": "user", "content": text}),
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "list_workouts", "input": {"limit": n}}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": lost, "content": text}]}),
            json!({"role": "assistant", "content": [{"type": "text", "text": text}]}),
        ]
    };
    let mut messages: Vec<Value> = (0..MEGABYTE / (3 * text.len()))
        .flat_map(exchange)
        .collect();
    messages.push(json!({"role": "user", "content": "And now?"}));
    let sent = Bytes::from(json!({"messages": messages}).to_string());
    bencher.counter(BytesCount::new(sent.len())).bench(|| {
        let text = std::str::from_utf8(black_box(&sent)).expect("UTF-8");
        let body = Object::parse(text).expect("an object");
        let messages = body.get("messages").expect("is there");
        history::parse(messages, &sent).expect("a history")
    });
}

/// A call of the tool with the largest input.
#[divan::bench]
fn preparing_a_call(bencher: Bencher) {
    let (catalogue, caller) = (catalogue(), caller());
    let set = json!({"reps": 5, "weight": 82.5, "unit": "kg"});
    let exercise = json!({"exercise_id": "barbell-bench-press", "sets": [set, set, set]});
    let input = json!({"exercises": [exercise, exercise, exercise, exercise], "name": "Push day"});
    let input = input.to_string();
    let context = CallContext {
        caller: &caller,
        turn_id: "0199b1e2-7a3c-7c11-9d52-1b6c2f0f6a02",
        request_id: "0199b1e2-7a3c-7c11-9d52-1b6c2f0f6a01",
        tool_use_id: "toolu_01A09q90qw90lq917835lq9",
        time_zone: Some("America/Denver"),
    };
    bencher.bench(|| {
        let input = StrippedInput::parse(black_box(&input)).expect("an object");
        catalogue
            .prepare_call(context, "create_workout", &input)
            .expect("a call")
    });
}

fn catalogue() -> Catalogue {
    let tools: Vec<Value> = serde_json::from_str(TOOLS).expect("JSON");
    let object =
        |value: &Value| -> Map<String, Value> { value.as_object().cloned().unwrap_or_default() };
    let listed = |tool: &Value| ListedTool {
        name: tool["name"].as_str().unwrap_or_default().to_owned(),
        description: tool["description"].as_str().map(str::to_owned),
        input_schema: object(&tool["inputSchema"]),
        ..ListedTool::default()
    };
    Catalogue::new(tools.iter().map(listed).collect(), vec![])
}

fn caller() -> Caller {
    let config = JwtSettings {
        key: "a signing key for benchmarks, 32+".to_owned().into(),
        issuer: None,
        audience: None,
    };
    let token = auth::mint(
        &config,
        &Subject::parse("rider-1").expect("a subject"),
        Duration::from_secs(60),
    )
    .expect("a token");
    Verifier::new(&config).verify(&token).expect("a good token")
}
