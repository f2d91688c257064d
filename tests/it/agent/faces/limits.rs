//! The checks and limits of `/chat` hold for every face, in the same order.

use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    faces::{data, post},
    fake_claude::Reply,
    mcp_server::McpServer,
    test_app::TestApp,
    wait::Gate,
};

const FACES: [&str; 2] = ["/chat/ui", "/chat/agui"];

/// A request of either face.
fn request() -> Value {
    let message = json!({"id": "u1", "role": "user", "content": "hi", "parts": [{"type": "text", "text": "hi"}]});
    json!({"id": "c1", "threadId": "th1", "runId": "r1", "messages": [message]})
}

/// Status and body, which is the detail on `/chat/ui`.
async fn refused(request: reqwest::RequestBuilder, path: &str) -> (u16, String, HeaderMap) {
    let answer = Answer::of(request).await;
    let detail = match path {
        "/chat/ui" => answer.text.clone(),
        _ => answer.body["detail"].as_str().expect("a detail").to_owned(),
    };
    (answer.status.as_u16(), detail, answer.headers)
}

#[tokio::test]
async fn the_checks_are_those_of_chat_in_the_same_order() {
    for path in FACES {
        let app = TestApp::builder()
            .env("RATE_LIMIT_MAX", "5")
            .env("AGENT_MAX_BODY_BYTES", "1000")
            .start()
            .await;
        let anonymous = app.request(Method::POST, path).body("x".repeat(2000));
        let (status, detail, headers) = refused(anonymous, path).await;
        assert_eq!(
            (status, &headers["www-authenticate"]),
            (401, &"Bearer".parse().unwrap())
        );
        assert!(detail.starts_with("A valid bearer token"), "{detail}");
        let wrong_type = post(&app, path, "sam").header("content-encoding", "gzip");
        let large = || "x".repeat(1001);
        for (request, expected) in [
            (wrong_type.body(large()), 415),
            (post(&app, path, "sam").body(large()), 413),
            (post(&app, path, "sam").body("{"), 400),
            (post(&app, path, "sam").body("{}"), 422),
            (
                post(&app, path, "sam").body(r#"{"messages":5,"threadId":"a","runId":"b"}"#),
                422,
            ),
            (post(&app, path, "sam").body("{}"), 429),
        ] {
            let (status, detail, headers) = refused(request, path).await;
            assert_eq!(status, expected, "{path}: {detail}");
            assert!(headers.contains_key("ratelimit"), "{path} {expected}");
            assert_eq!(
                headers.contains_key("retry-after"),
                expected == 429,
                "{path} {expected}"
            );
        }
    }
}

#[tokio::test]
async fn without_a_session_a_face_answers_503_before_its_stream() {
    for path in FACES {
        let mut mcp = McpServer::start().await;
        mcp.stop().await;
        let app = TestApp::builder().unready().start_with(mcp).await;
        let request = post(&app, path, "sam").body(request().to_string());
        let (status, detail, headers) = refused(request, path).await;
        assert_eq!(
            (status, &*detail),
            (503, "The tools are unavailable; try again shortly.")
        );
        assert_eq!(headers["retry-after"], "5");
    }
}

#[tokio::test]
async fn turns_of_a_face_take_the_places_of_chats_and_its_bodies_the_memory() {
    for path in FACES {
        let app = TestApp::builder()
            .env("AGENT_MAX_CHATS_PER_USER", "1")
            .start()
            .await;
        let gate = Gate::new();
        app.claude.push(Reply::text("late").gate_at(1, &gate));
        let running = tokio::spawn(data(post(&app, path, "sam").body(request().to_string())));
        app.claude.asked_times(1).await;
        let (status, ..) = refused(post(&app, path, "sam").body(request().to_string()), path).await;
        assert_eq!(
            (status, app.ask("hi").await.status.as_u16()),
            (429, 429),
            "{path}"
        );
        gate.open_for_good();
        running.await.unwrap();
        app.claude.push(Reply::text("ok"));
        app.ask("hi").await.ok();
    }
}

#[tokio::test]
async fn turns_are_counted_and_logged_under_the_name_of_their_face() {
    let app = TestApp::with([Reply::text("one"), Reply::text("two")]).await;
    for path in FACES {
        data(post(&app, path, "sam").body(request().to_string())).await;
        Answer::of(app.request(Method::POST, path)).await;
    }
    let metrics = app.get("/metrics").await.text;
    for mode in ["ui", "agui"] {
        for code in ["ok", "unauthorized"] {
            let line = format!("chat_requests_total{{mode=\"{mode}\",code=\"{code}\"}} 1");
            assert!(
                metrics.lines().any(|found| found == line),
                "{line}\n{metrics}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_of_more_values_than_a_chat_may_hold_is_refused() {
    let app = TestApp::start().await;
    let many: Vec<u8> = vec![0; 100_001];
    for path in FACES {
        let mut request = request();
        request["state"] = json!(many);
        let (status, detail, _) =
            refused(post(&app, path, "sam").body(request.to_string()), path).await;
        assert_eq!(
            (status, &*detail),
            (422, "body: must not hold more than 100000 values")
        );
    }
}

#[tokio::test]
async fn ids_that_the_answer_repeats_are_bounded() {
    let app = TestApp::start().await;
    let long = "x".repeat(257);
    let mut agui = request();
    agui["threadId"] = long.clone().into();
    let mut ui = request();
    ui["messages"] =
        json!([{"id": long, "role": "assistant", "parts": [{"type": "text", "text": "hi"}]}]);
    for (path, request, place) in [
        ("/chat/agui", agui, "threadId"),
        ("/chat/ui", ui, "messages[0].id"),
    ] {
        let sent = post(&app, path, "sam").body(request.to_string());
        let (status, detail, _) = refused(sent, path).await;
        let expected = format!("{place}: must not be longer than 256 characters");
        assert_eq!((status, detail), (422, expected), "{path}");
    }
}
