//! SSE client for `/chat`: splits frames at blank lines, as the web and mobile clients do.

use serde_json::Value;

use super::wait::within;

/// An event. The reader has checked that its type equals the `type` in the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub kind: String,
    pub data: Value,
}

/// An open stream. Dropping it disconnects.
pub struct Sse {
    response: reqwest::Response,
    pending: Vec<u8>,
    ended: bool,
    /// All bytes received so far.
    pub raw: String,
    /// The comments seen between events.
    pub comments: Vec<String>,
}

impl Sse {
    pub fn new(response: reqwest::Response) -> Self {
        let kind = response
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        assert_eq!(
            (response.status().as_u16(), kind),
            (200, "text/event-stream")
        );
        Self {
            response,
            pending: Vec::new(),
            ended: false,
            raw: String::new(),
            comments: Vec::new(),
        }
    }

    pub fn headers(&self) -> &http::HeaderMap {
        self.response.headers()
    }

    /// The next event, or `None` at the regular end of the stream.
    pub async fn next_event(&mut self) -> Option<Event> {
        while let Some(frame) = self.next_frame().await {
            match frame.strip_prefix(':') {
                Some(comment) => self.comments.push(comment.trim().to_owned()),
                None => return Some(parse(&frame)),
            }
        }
        None
    }

    /// The next event, which has to be of this type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        let event = self
            .next_event()
            .await
            .unwrap_or_else(|| panic!("the stream ended before {kind}"));
        assert_eq!(event.kind, kind, "{}", event.data);
        event.data
    }

    /// Waits for a comment; an event in between fails the test.
    pub async fn next_comment(&mut self) -> String {
        let frame = self.next_frame().await.expect("a comment");
        frame
            .strip_prefix(':')
            .unwrap_or_else(|| panic!("not a comment: {frame}"))
            .trim()
            .to_owned()
    }

    /// All events up to the regular end.
    pub async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next_event().await {
            events.push(event);
        }
        events
    }

    /// The data of the only terminal event, which has to be the last one.
    pub async fn last(self, kind: &str) -> Value {
        let events = self.rest().await;
        let terminals = events
            .iter()
            .filter(|event| ["done", "error"].contains(&event.kind.as_str()))
            .count();
        let last = events.last().expect("at least one event");
        assert_eq!((terminals, last.kind.as_str()), (1, kind), "{events:#?}");
        last.data.clone()
    }

    async fn next_frame(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.pending.drain(..end + 2).collect();
                return Some(
                    String::from_utf8(frame)
                        .expect("UTF-8")
                        .trim_end()
                        .to_owned(),
                );
            }
            if self.ended {
                assert!(
                    self.pending.is_empty(),
                    "an unfinished frame: {:?}",
                    String::from_utf8_lossy(&self.pending)
                );
                return None;
            }
            match within("the next bytes of the stream", self.response.chunk())
                .await
                .expect("the stream ends properly")
            {
                Some(bytes) => {
                    self.raw.push_str(&String::from_utf8_lossy(&bytes));
                    self.pending.extend_from_slice(&bytes);
                }
                None => self.ended = true,
            }
        }
    }
}

fn parse(frame: &str) -> Event {
    let lines: Vec<&str> = frame.lines().collect();
    let [event, data] = lines[..] else {
        panic!("a frame has two lines: {frame:?}")
    };
    let kind = event
        .strip_prefix("event: ")
        .unwrap_or_else(|| panic!("no event line: {frame:?}"))
        .to_owned();
    let data = data
        .strip_prefix("data: ")
        .unwrap_or_else(|| panic!("no data line: {frame:?}"));
    let data: Value = serde_json::from_str(data).expect("data is JSON");
    assert_eq!(
        data["type"],
        kind.as_str(),
        "the data names the event's type"
    );
    Event { kind, data }
}

/// The events as a list of data objects, with values that differ between runs replaced.
pub fn shown(events: &[Event]) -> Value {
    events
        .iter()
        .map(|event| stable(event.data.clone()))
        .collect()
}

/// The same for one JSON answer or event.
pub fn stable(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        for name in ["request_id", "duration_ms"] {
            if let Some(field) = fields.get_mut(name) {
                *field = format!("<{name}>").into();
            }
        }
    }
    value
}
