//! The title of a conversation, by one small request to Claude.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout};

use super::{
    Agent,
    claude::{
        Block, ClaudeError, Conversation, Message, Model, Progress, Request, Role, Tools, Usage,
    },
    history::{Transcript, one_line},
    spans,
};
use crate::{config::ClaudeConfig, telemetry::Span};

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
    /// The request's span is a part of `span`.
    pub async fn title(&self, transcript: &Transcript, span: &Span) -> Option<(String, Usage)> {
        tokio::select! {
            titled = timeout(TIMEOUT, self.ask_for_title(transcript.text(), span)) => titled.ok()?,
            () = self.stopping.cancelled() => None,
        }
    }

    async fn ask_for_title(&self, transcript: String, span: &Span) -> Option<(String, Usage)> {
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
        let span = spans::chat(span, &request);
        // No retry begins in time.
        let mut retries = self.claude.retries(Instant::now(), &span);
        let body = request.body().ok()?;
        let (mut text, mut usage) = (String::new(), Usage::default());
        let opened = self.claude.open(&self.title_model, body, &mut retries);
        let mut reply = opened
            .await
            .inspect_err(|error| no_title(&span, error, usage))
            .ok()?;
        while let Some(progress) = reply.next().await {
            match progress
                .inspect_err(|error| no_title(&span, error, usage))
                .ok()?
            {
                Progress::Text(piece) => text.push_str(&piece),
                Progress::Usage(used) => usage = used,
                Progress::End(end) => {
                    spans::end_chat(&span, &end, usage);
                    if end.stop_reason == "refusal" {
                        return None;
                    }
                    break;
                }
                _ => {}
            }
        }
        tokio::spawn(reply.drain());
        let title = one_line(tidy(&text), MAX_CHARS);
        (!title.is_empty()).then_some((title, usage))
    }
}

fn no_title(span: &Span, error: &ClaudeError, usage: Usage) {
    spans::fail_chat(span, error.error_type(), usage);
    tracing::debug!(%error, "no title");
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
