//! A model that binds each thinking block to all that precedes it (system, tools, messages), over a change of the user's date:
//! it refuses a request with thinking that was created after something else.
//!
//! Ten turns of one tool call, full history. The date changes after the fifth turn: between two time zones whose local dates are
//! never the same.

use serde_json::{Value, json};

use super::{conversation, prompt::of_request};
use crate::{
    agent::{Agent, Bench},
    stats::Figure,
};

pub const MODEL: &str = "claude-sonnet-5-5";
const MIDNIGHT: u32 = 5;

/// Of thinking that follows a request.
pub fn signature(request: &Value) -> String {
    let blocks = of_request(request);
    let prefix = blocks.last().map_or(0, |block| block.prefix);
    format!("bound{prefix:016x}")
}

/// True if each thinking block has the signature of what precedes its message.
pub fn is_bound(request: &Value) -> bool {
    let messages = request["messages"].as_array().expect("messages");
    messages.iter().enumerate().all(|(at, message)| {
        let mut before = request.clone();
        before["messages"] = messages[..at].into();
        let blocks = message["content"].as_array().into_iter().flatten();
        let mut thinking = blocks.filter(|block| block["type"] == "thinking");
        thinking.all(|block| block["signature"] == signature(&before))
    })
}

pub fn refusal() -> Vec<u8> {
    let message = "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.";
    let error =
        json!({"type": "error", "error": {"type": "invalid_request_error", "message": message}});
    let body = error.to_string();
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The client's time zone in a turn.
type Zone = fn(u32) -> &'static str;

pub async fn figures(bench: &Bench) -> Vec<Figure> {
    let settings = [("CLAUDE_MODEL", MODEL), ("CLAUDE_MAX_TOKENS", "8192")];
    let agent = Agent::start_with(bench, &settings).await;
    let mut figures = Vec::new();
    let days: [(_, _, Zone, _); 2] = [
        ("one day", 3, |_| "America/Denver", 1.01),
        ("a midnight", 4, zone, 1.25),
    ];
    for (how, rider, zone, limit) in days {
        bench.claude.till.open();
        conversation(bench, &agent, rider, true, zone).await;
        let register = bench.claude.till.0.lock().expect("no panic");
        let name = format!("billing, thinking, {how}: billed / ideal tokens");
        let share = register.billed / register.ideal;
        figures.push(Figure::new(name, "x", &[share]).at_most(limit));
        let name = format!("billing, thinking, {how}: turns that lose earlier thinking");
        figures.push(Figure::new(name, "", &[f64::from(register.refused)]));
    }
    figures
}

fn zone(turn: u32) -> &'static str {
    if turn < MIDNIGHT {
        "Etc/GMT+12"
    } else {
        "Pacific/Kiritimati"
    }
}
