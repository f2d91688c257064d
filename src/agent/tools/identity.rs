//! The user's identity, which only the server and its tools know: `user_id` is stripped from every schema and every
//! input that Claude sees or writes, and injected where the server's own schema declares it.

mod inject;
mod references;
mod strip_input;
mod strip_schema;

pub(super) use inject::Injector;
pub use strip_input::{StrippedInput, may_contain_user_id};
pub(super) use strip_schema::strip_schema;

const USER_ID: &str = "user_id";

/// Some servers (Python's MCP SDK among them) parse a text that looks like this where the schema wants an object.
pub(super) fn looks_like_json(text: &str) -> bool {
    matches!(text.trim_start().bytes().next(), Some(b'{' | b'[' | b'"'))
}
