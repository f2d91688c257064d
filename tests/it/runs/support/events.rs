//! A reader of a run's events, as strict as the contract: one `event:` and one `data:` line, an `id:` line for entries.

use serde_json::Value;

use crate::support::wait::within;

/// An event of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunEvent {
    /// `None`: the first event, `run`.
    pub(crate) id: Option<u64>,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

/// An open stream. Dropping it disconnects.
pub(crate) struct Events {
    response: reqwest::Response,
    pending: String,
    pub(crate) comments: usize,
}

impl Events {
    pub(crate) async fn open(request: reqwest::RequestBuilder) -> Self {
        let response = within("the stream's head", request.send()).await;
        let response = response.expect("an answer");
        let headers = response.headers();
        assert_eq!(response.status(), 200);
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["cache-control"], "no-cache");
        Self {
            response,
            pending: String::new(),
            comments: 0,
        }
    }

    /// The next event, or `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<RunEvent> {
        loop {
            while let Some((frame, rest)) = self.pending.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.pending = rest;
                if frame.starts_with(':') {
                    assert_eq!(frame, ": keep-alive");
                    self.comments += 1;
                } else {
                    return Some(parse(&frame));
                }
            }
            let chunk = within("the next event", self.response.chunk()).await;
            let chunk = chunk.expect("a regular end")?;
            // The texts of these tests are ASCII.
            self.pending
                .push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// The next event, which has to be of this type.
    pub(crate) async fn expect(&mut self, kind: &str) -> RunEvent {
        let event = self.next().await;
        let event = event.unwrap_or_else(|| panic!("the stream ended before {kind}"));
        assert_eq!(event.kind, kind, "{}", event.data);
        event
    }

    /// All events to the end.
    pub(crate) async fn rest(mut self) -> Vec<RunEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// Their types.
pub(crate) fn kinds(events: &[RunEvent]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

fn parse(frame: &str) -> RunEvent {
    let mut lines: Vec<&str> = frame.lines().collect();
    let id = lines[0]
        .strip_prefix("id: ")
        .map(|id| id.parse().expect("a number"));
    if id.is_some() {
        lines.remove(0);
    }
    let [event, data] = lines[..] else {
        panic!("a frame of other lines: {frame:?}")
    };
    let kind = event.strip_prefix("event: ").expect("an event line");
    let data = data.strip_prefix("data: ").expect("a data line");
    let data: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(data["type"], kind);
    assert_eq!(data.get("seq").and_then(Value::as_u64), id);
    RunEvent {
        id,
        kind: kind.to_owned(),
        data,
    }
}
