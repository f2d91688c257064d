//! The beginning of a conversation as text, from which it gets its title.

use serde_json::value::RawValue;

use super::{Block, Invalid, Message, blocks::Text, parse_messages};
use crate::agent::claude::Role;

/// The rest of a message, and of a conversation, is left out.
const MAX_MESSAGE_CHARS: usize = 1000;
const MAX_MESSAGES: usize = 8;
/// A title that is the beginning of the conversation.
const MAX_TITLE_CHARS: usize = 60;

/// The first messages of a conversation with words, and the user's first.
#[derive(Debug)]
pub struct Transcript {
    messages: Vec<(Role, String)>,
    first: String,
}

/// Validates the `messages` of a request as [`super::parse`] does, but the last one may be of either role.
///
/// # Errors
/// The first value that Claude would refuse; or no message of the user has words, an image or a document.
pub fn transcript(messages: &RawValue) -> Result<Transcript, Invalid> {
    let parsed = parse_messages(messages).and_then(|messages| {
        let spoken = messages
            .iter()
            .map(|message| (message.role, words(message)));
        let spoken: Vec<_> = spoken.filter(|(_, words)| !is_empty(words)).collect();
        let first = spoken.iter().find(|(role, _)| *role == Role::User);
        let first = first.map(|(_, words)| words.clone());
        let why = "must hold a user message that is not blank";
        let first = first.ok_or_else(|| Invalid::new(why))?;
        Ok(Transcript {
            messages: spoken.into_iter().take(MAX_MESSAGES).collect(),
            first,
        })
    });
    parsed.map_err(|invalid| invalid.in_field("messages"))
}

impl Transcript {
    /// The text for Claude.
    pub fn text(&self) -> String {
        let lines = self.messages.iter().map(|(role, words)| match role {
            Role::User => format!("User: {words}\n"),
            Role::Assistant => format!("Assistant: {words}\n"),
        });
        lines.collect()
    }

    /// The title without Claude: the first user message, cut.
    pub fn title(&self) -> String {
        one_line(&self.first, MAX_TITLE_CHARS)
    }
}

/// The text of a message, or what it shows instead.
fn words(message: &Message<'_>) -> String {
    let mut words = String::new();
    for block in &message.content {
        if let Block::Text {
            text: Text::Received(text),
        } = block
        {
            let left = MAX_MESSAGE_CHARS.saturating_sub(words.len());
            if left == 0 {
                break;
            }
            words.extend(text.unescape().chars().take(left));
            words.push(' ');
        }
    }
    if is_empty(&words) {
        let shown = message.content.iter().find_map(|block| match block {
            Block::Image { .. } => Some("Image"),
            Block::Document { .. } => Some("Document"),
            _ => None,
        });
        shown.unwrap_or_default().clone_into(&mut words);
    }
    words
}

/// True if nothing would be left of a title.
fn is_empty(words: &str) -> bool {
    words.chars().all(|c| c.is_whitespace() || c.is_control())
}

/// The text in one line, cut at `max` characters, without control characters and without those that change the direction of what
/// follows, whose end may be cut off.
pub fn one_line(text: &str, max: usize) -> String {
    let changes_direction =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let spaced = text.replace(char::is_control, " ");
    let spaced = spaced.replace(changes_direction, "");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(max).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_has_no_characters_that_change_what_stands_beside_it() {
        let text = "Squat\u{7}\n\u{202e}sserp\u{202c} \u{2067}bench\u{2069} 3x5";
        assert_eq!(one_line(text, 80), "Squat sserp bench 3x5");
        assert_eq!(one_line(text, 6), "Squat");
    }

    #[test]
    fn a_message_of_many_blocks_is_cut() {
        let blocks = vec![json!({"type": "text", "text": "a"}); 3000];
        let messages = json!([{"role": "user", "content": blocks}]).to_string();
        let messages = RawValue::from_string(messages).unwrap();
        let text = transcript(&messages).unwrap().text();
        assert!(text.len() < 1100, "{} bytes", text.len());
    }
}
