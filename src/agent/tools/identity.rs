//! Identity enforcement: strips `user_id` from every schema that Claude sees and every input that Claude writes, and
//! injects the caller's id where the MCP server's own schema declares `user_id`.

mod inject;
mod references;
mod strip_input;
mod strip_schema;

pub(super) use inject::Injector;
pub(super) use references::descendants;
pub use strip_input::{InvalidInput, StrippedInput, StrippedJson};
pub(super) use strip_input::{MAX_BYTES, MAX_DEPTH};
pub(super) use strip_schema::strip_schema;

const USER_ID: &str = "user_id";

/// True for `user_id`, also as parsers read it that compare keys without regard to case.
pub(super) fn is_user_id(key: &str) -> bool {
    key.chars().map(fold).eq(USER_ID.chars())
}

/// True if `user_id` stands anywhere in the text, as [`is_user_id`] reads it.
pub(super) fn mentions_user_id(text: &str) -> bool {
    text.chars().map(fold).collect::<String>().contains(USER_ID)
}

/// Go's `encoding/json` takes `ſ` for `s`; Java's `equalsIgnoreCase` takes `ı` and `İ` for `i`.
fn fold(c: char) -> char {
    match c {
        'ſ' => 's',
        'ı' | 'İ' => 'i',
        c => c.to_ascii_lowercase(),
    }
}

/// Some servers (Python's MCP SDK among them) parse a text that looks like this where the schema wants an object.
pub(super) fn looks_like_json(text: &str) -> bool {
    matches!(text.trim_start().bytes().next(), Some(b'{' | b'[' | b'"'))
}
