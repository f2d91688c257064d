//! Request to prompt blocks, in the order of the prompt cache.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

pub struct Block {
    /// Its JSON without `cache_control`, which is not part of the prompt.
    pub text: String,
    pub tokens: f64,
    pub marked: bool,
    /// Tools and system text, which all users share.
    pub shared: bool,
    /// Hash of the prompt up to here, and its tokens.
    pub prefix: u64,
    pub upto: f64,
}

pub fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

pub fn total(blocks: &[Block]) -> f64 {
    blocks.last().map_or(0.0, |block| block.upto)
}

/// Tools, system, messages.
pub fn of_request(request: &Value) -> Vec<Block> {
    let mut prompt = Prompt::default();
    // Parameters that change the whole prompt come first.
    let settings = json!([request["model"], request["tool_choice"]]).to_string();
    prompt.prefix = hash(&settings);
    for part in ["tools", "system"] {
        for block in list(&request[part]) {
            prompt.add(part, block, true);
        }
    }
    for message in list(&request["messages"]) {
        let role = message["role"].as_str().expect("a role");
        for block in list(&message["content"]) {
            prompt.add(role, block, false);
        }
    }
    assert!(
        request["cache_control"].is_null(),
        "the rules of the automatic breakpoint are not kept here"
    );
    prompt.blocks
}

/// A string is one text block.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(blocks) => blocks.clone(),
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        _ => Vec::new(),
    }
}

#[derive(Default)]
struct Prompt {
    blocks: Vec<Block>,
    prefix: u64,
    upto: f64,
}

impl Prompt {
    fn add(&mut self, place: &str, mut block: Value, shared: bool) {
        let mark = block
            .as_object_mut()
            .and_then(|block| block.shift_remove("cache_control"));
        let text = format!("{place} {block}");
        let tokens = f64::from(u32::try_from(text.len() / 4).expect("a short block"));
        self.prefix = hash(&(self.prefix, &text));
        self.upto += tokens;
        self.blocks.push(Block {
            text,
            tokens,
            marked: mark.is_some(),
            shared,
            prefix: self.prefix,
            upto: self.upto,
        });
    }
}
