//! Records one chat request: its log line and its metrics, written at its end by a drop guard, so that disconnects and
//! panics are recorded too.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_util::Stream;
use serde_json::{Value, json};
use tracing::Span;

use super::{app::App, mode::Mode};
use crate::{
    agent::{Event, Failed, Failure, Ledger, Turn},
    auth::Caller,
    http::{problem::Code, request_id::RequestId},
};

/// The record of a chat request. Written when dropped.
pub(super) struct ChatRecord {
    app: Arc<App>,
    request_id: RequestId,
    pub(super) user: Option<Caller>,
    pub(super) mode: Mode,
    /// `None` until the request has ended. If it is dropped before, the client has disconnected or the turn has panicked.
    pub(super) outcome: Option<ChatOutcome>,
    began: Instant,
    first_token: Option<Duration>,
    stop_reason: Option<String>,
    tools: Vec<Value>,
    /// Calls that wait for the user's confirmation at the end.
    asked: usize,
    /// The user's answers in the request.
    pub(super) answers: usize,
    ledger: Ledger,
    in_flight: bool,
    span: Span,
}

/// How a chat request ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum ChatOutcome {
    Ok,
    ClientGone,
    Failed(Code),
}

impl ChatOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ClientGone => "client_gone",
            Self::Failed(code) => code.as_str(),
        }
    }
}

impl ChatRecord {
    pub(super) fn new(app: Arc<App>, request_id: RequestId, mode: Mode) -> Self {
        Self {
            app,
            request_id,
            user: None,
            mode,
            outcome: None,
            began: Instant::now(),
            first_token: None,
            stop_reason: None,
            tools: Vec::new(),
            asked: 0,
            answers: 0,
            ledger: Ledger::default(),
            in_flight: false,
            span: Span::current(),
        }
    }

    /// Runs the turn and records its events. `slot` is dropped last.
    pub(super) fn observe<T: Send + 'static>(
        mut self,
        turn: Turn,
        slot: T,
    ) -> impl Stream<Item = Event> + Send + 'static {
        self.ledger = turn.ledger();
        let events = turn.run(self.mode.is_streamed());
        self.observe_events(events, slot)
    }

    fn observe_events<S: Stream<Item = Event>, T>(mut self, events: S, slot: T) -> Observed<S, T> {
        self.in_flight = true;
        self.app.metrics.in_flight.inc();
        Observed {
            events: Box::pin(events),
            ended: false,
            record: self,
            _slot: slot,
        }
    }

    fn add(&mut self, event: &Event) {
        match event {
            Event::ModelChosen { .. }
            | Event::ThinkingDelta { .. }
            | Event::ToolUse { .. }
            | Event::RoundStart
            | Event::BlockEnd(_) => {}
            Event::ApprovalRequest(_) => self.asked += 1,
            Event::TextDelta { .. } | Event::ToolUseStart { .. } => {
                if self.first_token.is_none() {
                    let after = self.began.elapsed();
                    self.first_token = Some(after);
                    self.app.metrics.first_text(after);
                }
            }
            Event::ToolResult {
                name,
                is_error,
                duration_ms,
                ..
            } => {
                let tool = json!({"name": name, "ok": !is_error, "ms": duration_ms});
                self.tools.push(tool);
            }
            Event::Done(done) => {
                self.outcome = Some(ChatOutcome::Ok);
                self.stop_reason = Some(done.stop_reason.clone());
            }
            Event::Error(failed) => self.outcome = Some(ChatOutcome::Failed(failed.code.into())),
        }
    }

    fn count(&self, code: &'static str, took: Duration) {
        let metrics = &self.app.metrics;
        if self.in_flight {
            metrics.in_flight.dec();
        }
        metrics.chat(self.mode.as_str(), code, took);
        for (kind, count) in self.ledger.usage().by_kind() {
            metrics.tokens(kind, count);
        }
    }

    fn log(&self, code: &'static str, took: Duration) {
        let usage = self.ledger.usage();
        tracing::info!(
            request_id = self.request_id.as_str(),
            user = self.user.as_ref().map(Caller::user_id),
            mode = self.mode.as_str(),
            outcome = code,
            stop_reason = self.stop_reason,
            rounds = self.ledger.rounds(),
            tools = json!(self.tools).to_string(),
            approvals_asked = some(self.asked),
            approvals_answered = some(self.answers),
            input_tokens = usage.input_tokens,
            output_tokens = usage.output_tokens,
            thinking_tokens = usage.thinking_tokens,
            cache_creation_input_tokens = usage.cache_creation_input_tokens,
            cache_read_input_tokens = usage.cache_read_input_tokens,
            ttft_ms = self.first_token.map(millis),
            total_ms = millis(took),
            "chat"
        );
    }
}

/// Most requests have none.
fn some(count: usize) -> Option<usize> {
    (count > 0).then_some(count)
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

impl Drop for ChatRecord {
    fn drop(&mut self) {
        let cut_off = if std::thread::panicking() {
            ChatOutcome::Failed(Code::Internal)
        } else {
            ChatOutcome::ClientGone
        };
        let code = self.outcome.unwrap_or(cut_off).as_str();
        let took = self.began.elapsed();
        let span = self.span.clone();
        let _in_span = span.enter();
        self.count(code, took);
        self.log(code, took);
    }
}

/// The events of a turn, until the last one. Dropped in this order: the turn, its record, its slot.
struct Observed<S, T> {
    events: Pin<Box<S>>,
    ended: bool,
    record: ChatRecord,
    _slot: T,
}

impl<S, T> Unpin for Observed<S, T> {}

impl<S: Stream<Item = Event>, T> Stream for Observed<S, T> {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let events = self.events.as_mut();
        let event = if let Ok(event) = catch_unwind(AssertUnwindSafe(|| events.poll_next(cx))) {
            ready!(event)
        } else {
            // The panic hook has logged the location.
            let id = self.record.request_id.shared();
            let failed = Failed::new(&Failure::Internal, id, &self.record.ledger);
            Some(Event::Error(Box::new(failed)))
        };
        if let Some(event) = &event {
            self.record.add(event);
        }
        self.ended = matches!(event, None | Some(Event::Done(_) | Event::Error(_)));
        Poll::Ready(event)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use http::HeaderMap;

    use super::*;
    use crate::config::Config;

    fn app() -> Arc<App> {
        let env = [
            ("ANTHROPIC_API_KEY", "sk-test"),
            ("JWT_SIGNING_KEY", "a signing key of thirty-two bytes"),
            ("PROG_STRENGTH_MCP_URL", "http://127.0.0.1:9/mcp"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        App::new(Config::from_iter(env).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_turn_that_panics_ends_with_one_error_and_is_counted_as_internal() {
        let (app, id) = (app(), RequestId::from_headers(&HeaderMap::new()));
        let record = ChatRecord::new(app.clone(), id.clone(), Mode::Sse);
        let turn = async_stream::stream! {
            yield Event::TextDelta { text: "I have just".into() };
            panic!("MARKER");
        };
        let events: Vec<Event> = record.observe_events(turn, ()).collect().await;
        assert_eq!(
            json!(events),
            json!([
                {"type": "text_delta", "text": "I have just"},
                {"type": "error", "code": "internal", "message": "Something went wrong on our side.",
                    "retryable": false, "messages": [], "request_id": id.as_str(),
                    "usage": {"input_tokens": 0, "output_tokens": 0,
                        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}},
            ])
        );
        let metrics = app.metrics.encode();
        for line in [
            r#"chat_requests_total{mode="sse",code="internal"} 1"#,
            "chat_in_flight 0",
        ] {
            assert!(metrics.lines().any(|found| found == line), "{metrics}");
        }
    }
}
