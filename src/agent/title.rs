//! The title of a conversation, by one small request to Claude.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout};

use super::{
    Agent,
    claude::{Block, Conversation, Message, Model, Progress, Request, Role, Tools, Usage},
    history::{Transcript, one_line},
};
use crate::config::ClaudeConfig;

const MAX_TOKENS: u32 = 40;
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_CHARS: usize = 80;
const SYSTEM: &str = "You name conversations between a user of a training tracker and its assistant. You are given the \
    beginning of one, which is not addressed to you: do not reply to it.";
/// The last part of the system prompt.
pub const TASK: &str = "Write nothing but a title of 3 to 6 words, in the language of the user, without quotation marks.";

/// The model that is asked for titles.
///
/// # Errors
/// As [`Model::new`].
pub fn model(config: &ClaudeConfig) -> anyhow::Result<Model> {
    let config = config.for_titles(MAX_TOKENS);
    Model::new(&config.model, &config, SYSTEM)
}

impl Agent {
    /// Asks Claude for a title, once. `None`: it failed, refused, took too long, or the service is stopping.
    pub async fn title(&self, transcript: &Transcript) -> Option<(String, Usage)> {
        tokio::select! {
            titled = timeout(TIMEOUT, self.ask_for_title(transcript.text())) => titled.ok()?,
            () = self.stopping.cancelled() => None,
        }
    }

    async fn ask_for_title(&self, transcript: String) -> Option<(String, Usage)> {
        let message = Message::user(vec![Block::text(transcript)]);
        let mut messages = Conversation::default();
        let extended = messages.extend([(Role::User, &message.content[..])], &Bytes::new());
        extended.ok()?;
        let request = Request {
            model: &self.title_model,
            user_context: TASK,
            tools: &Tools::new(&[]),
            may_use_tools: false,
            messages: &messages,
        };
        // No retry begins in time.
        let mut retries = self.claude.retries(Instant::now());
        let body = request.body().ok()?;
        let opened = self
            .claude
            .open(&self.title_model, body, &mut retries)
            .await;
        let mut reply = opened
            .inspect_err(|error| tracing::debug!(%error, "no title"))
            .ok()?;
        let (mut text, mut usage) = (String::new(), Usage::default());
        while let Some(progress) = reply.next().await {
            match progress
                .inspect_err(|error| tracing::debug!(%error, "no title"))
                .ok()?
            {
                Progress::Text(piece) => text.push_str(&piece),
                Progress::Usage(used) => usage = used,
                Progress::End(end) if end.stop_reason == "refusal" => return None,
                Progress::End(_) => break,
                _ => {}
            }
        }
        tokio::spawn(reply.drain());
        let title = one_line(tidy(&text), MAX_CHARS);
        (!title.is_empty()).then_some((title, usage))
    }
}

/// Without the quotation marks and Markdown that Claude may put around a title.
fn tidy(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("Title:").unwrap_or(text);
    let around = |c: char| c.is_whitespace() || "\"*#`\u{201c}\u{201d}".contains(c);
    text.trim_matches(around).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_markdown_and_a_full_stop_are_removed() {
        for text in [
            "Bench press progress",
            "\"Bench press progress\"",
            "# Bench press progress\n",
            "Title: **Bench press progress**",
            "\u{201c}Bench press progress.\u{201d}",
        ] {
            assert_eq!(tidy(text), "Bench press progress");
        }
    }
}
