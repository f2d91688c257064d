//! One chat request from its beginning to its end, whatever the end: one log line, one count. An RAII guard, so that
//! nothing is forgotten: neither a client that hangs up nor a panic.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_util::Stream;
use tracing::Span;

use crate::{
    agent::http::app::App,
    agent::{Event, Failed, Failure, Ledger, Turn},
    auth::Caller,
    http::request_id::RequestId,
};

/// What is known of a chat request; its drop is its end.
pub struct Tally {
    app: Arc<App>,
    request_id: RequestId,
    user: Option<Caller>,
    mode: &'static str,
    code: Option<&'static str>,
    began: Instant,
    first_token: Option<Duration>,
    stop_reason: String,
    tools: Vec<serde_json::Value>,
    ledger: Ledger,
    in_flight: bool,
    span: Span,
}

impl Tally {
    pub fn new(app: Arc<App>, request_id: RequestId) -> Self {
        Self {
            app,
            request_id,
            user: None,
            mode: "json",
            code: None,
            began: Instant::now(),
            first_token: None,
            stop_reason: String::new(),
            tools: Vec::new(),
            ledger: Ledger::default(),
            in_flight: false,
            span: Span::current(),
        }
    }

    pub fn user(&mut self, caller: &Caller) {
        self.user = Some(caller.clone());
    }

    pub fn streamed(&mut self, streamed: bool) {
        self.mode = if streamed { "sse" } else { "json" };
    }

    pub fn refused(&mut self, code: &'static str) {
        self.code = Some(code);
    }

    /// Passes the events of a turn on, and notes what they say. `held` is what the turn holds while it runs.
    pub fn observe<T: Send + 'static>(
        mut self,
        turn: Turn,
        held: T,
    ) -> impl Stream<Item = Event> + Send + 'static {
        self.ledger = turn.ledger();
        let events = turn.run(self.mode == "sse");
        self.pass_on(events, held)
    }

    fn pass_on<S: Stream<Item = Event>, T>(mut self, events: S, held: T) -> Observed<S, T> {
        self.in_flight = true;
        self.app.metrics.chat_begins();
        Observed {
            events: Box::pin(events),
            over: false,
            tally: self,
            _held: held,
        }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::ModelChosen { .. } | Event::ToolUse { .. } => {}
            Event::TextDelta { .. } | Event::ToolUseStart { .. } => {
                self.first_token.get_or_insert_with(|| self.began.elapsed());
            }
            Event::ToolResult {
                name,
                is_error,
                duration_ms,
                ..
            } => {
                self.tools
                    .push(serde_json::json!({"name": name, "ok": !is_error, "ms": duration_ms}));
            }
            Event::Done(done) => {
                self.code = Some("ok");
                done.stop_reason.clone_into(&mut self.stop_reason);
            }
            Event::Error(failed) => self.code = Some(failed.code),
        }
    }
}

/// The events of a turn. The turn goes first, what it held last.
struct Observed<S, T> {
    events: Pin<Box<S>>,
    over: bool,
    tally: Tally,
    _held: T,
}

impl<S, T> Unpin for Observed<S, T> {}

impl<S: Stream<Item = Event>, T> Stream for Observed<S, T> {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.over {
            return Poll::Ready(None);
        }
        let events = self.events.as_mut();
        let event = if let Ok(event) = catch_unwind(AssertUnwindSafe(|| events.poll_next(cx))) {
            ready!(event)
        } else {
            // The panic hook has logged where.
            let id = self.tally.request_id.shared();
            let failed = Failed::new(&Failure::Internal, id, &self.tally.ledger);
            Some(Event::Error(Box::new(failed)))
        };
        if let Some(event) = &event {
            self.tally.note(event);
        }
        self.over = matches!(event, None | Some(Event::Done(_) | Event::Error(_)));
        Poll::Ready(event)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let ended = if std::thread::panicking() {
            "internal"
        } else {
            "client_gone"
        };
        let code = self.code.unwrap_or(ended);
        let took = self.began.elapsed();
        let _in_span = self.span.enter();
        let usage = self.ledger.usage();
        if self.in_flight {
            self.app.metrics.chat_ends();
        }
        self.app.chats_ended.fetch_add(1, Ordering::Relaxed);
        self.app.metrics.chat_over(self.mode, code, took);
        for (kind, count) in usage.by_kind() {
            self.app.metrics.tokens(kind, count);
        }
        tracing::info!(
            request_id = self.request_id.as_str(),
            user = self.user.as_ref().map(Caller::user_id),
            mode = self.mode,
            outcome = code,
            stop_reason = Some(self.stop_reason.as_str()).filter(|reason| !reason.is_empty()),
            rounds = self.ledger.rounds(),
            tools = serde_json::Value::from(std::mem::take(&mut self.tools)).to_string(),
            input_tokens = usage.input_tokens,
            output_tokens = usage.output_tokens,
            cache_creation_input_tokens = usage.cache_creation_input_tokens,
            cache_read_input_tokens = usage.cache_read_input_tokens,
            ttft_ms = self
                .first_token
                .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            total_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "chat"
        );
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use http::HeaderMap;
    use serde_json::json;

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
        let (app, id) = (app(), RequestId::of(&HeaderMap::new()));
        let mut tally = Tally::new(app.clone(), id.clone());
        tally.streamed(true);
        let turn = async_stream::stream! {
            yield Event::TextDelta { text: "I have just".into() };
            panic!("MARKER");
        };
        let events: Vec<Event> = tally.pass_on(turn, ()).collect().await;
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
        let metrics = app.metrics.encode(true);
        for line in [
            r#"chat_requests_total{mode="sse",code="internal"} 1"#,
            "chat_in_flight 0",
        ] {
            assert!(metrics.lines().any(|of_all| of_all == line), "{metrics}");
        }
    }
}
