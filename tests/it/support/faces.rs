//! Clients of the other faces of `/chat`, which keep the history as their makers' libraries do.

mod agui;
mod ui;

use serde_json::Value;

pub use agui::Thread;
pub use ui::UiChat;

use super::{test_app::TestApp, wait::within};

/// A request to a face, without a body.
pub fn post(app: &TestApp, path: &str, sub: &str) -> reqwest::RequestBuilder {
    app.request(http::Method::POST, path)
        .bearer_auth(app.token(sub))
        .header("content-type", "application/json")
}

/// The `data` of the events of a whole stream.
pub async fn data(request: reqwest::RequestBuilder) -> Vec<String> {
    let response = within("an answer", request.send())
        .await
        .expect("an answer");
    let (status, kind) = (
        response.status(),
        response.headers()["content-type"].clone(),
    );
    let text = within("the stream", response.text())
        .await
        .expect("its end");
    assert_eq!(
        (status.as_u16(), kind.to_str().unwrap()),
        (200, "text/event-stream"),
        "{text}"
    );
    assert!(text.ends_with("\n\n"), "an unfinished event: {text:?}");
    let frames = text.split_terminator("\n\n");
    let frames = frames.filter(|frame| !frame.starts_with(':'));
    let data = frames.map(|frame| frame.strip_prefix("data: ").expect("only data").to_owned());
    data.collect()
}

/// The objects of the events.
pub fn objects(data: &[String]) -> Vec<Value> {
    let parsed = data.iter().map(|data| serde_json::from_str(data));
    parsed.map(|value| value.expect("JSON")).collect()
}

/// Values that differ between runs, replaced.
pub fn stable(mut value: Value, ids: &[&str]) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                *field = if ids.contains(&name.as_str()) {
                    format!("<{name}>").into()
                } else {
                    stable(field.take(), ids)
                };
            }
        }
        Value::Array(items) => {
            for item in items.iter_mut() {
                *item = stable(item.take(), ids);
            }
        }
        _ => {}
    }
    value
}
