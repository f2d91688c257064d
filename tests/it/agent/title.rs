//! `POST /title`.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use crate::agent::chat::without_breakpoints;
use crate::support::{
    fake_claude::Reply,
    helpers::metric,
    mcp_server::McpServer,
    mcp_tools::PIXEL,
    test_app::{Answer, TestApp, user},
    wait::Gate,
};

fn post(app: &TestApp, sub: &str) -> reqwest::RequestBuilder {
    app.request(Method::POST, "/title")
        .bearer_auth(app.token(sub))
        .header("content-type", "application/json")
}

async fn title(app: &TestApp, body: &Value) -> Answer {
    Answer::of(post(app, "sam").body(body.to_string())).await
}

#[tokio::test]
async fn claude_is_asked_once_with_40_tokens_and_no_tools() {
    let app = TestApp::with([Reply::text("Bench press progress").usage(50, 6, 0, 0)]).await;
    let messages = json!([
        {"role": "user", "content": [{"type": "text", "text": "how's my bench?"}, {"type": "image",
            "source": {"type": "base64", "media_type": "image/jpg", "data": PIXEL}}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "list_workouts", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "60 kg"}]},
        {"role": "assistant", "content": "It goes up.", "model": "m"},
    ]);
    let answer = title(&app, &json!({"messages": messages, "chat_id": 7})).await;
    assert_eq!(answer.ok(), json!({"title": "Bench press progress"}));
    let asked = app.claude.body();
    assert_eq!(asked["model"], "claude-sonnet-4-6");
    assert_eq!(asked["max_tokens"], 40);
    assert_eq!([asked.get("tools"), asked.get("tool_choice")], [None, None]);
    let text = "User: how's my bench? \nAssistant: It goes up. \n";
    assert_eq!(
        without_breakpoints(&asked["messages"]),
        json!([{"role": "user", "content": [{"type": "text", "text": text}]}])
    );
    let output = metric(&app, r#"claude_tokens_total{kind="output"}"#).await;
    assert_eq!((output, metric(&app, "chat_requests_total{").await), (6, 0));
}

#[tokio::test]
async fn the_title_model_is_a_setting_and_does_not_think_where_it_need_not() {
    let builder = TestApp::builder()
        .env("CLAUDE_TITLE_MODEL", " claude-sonnet-5-5 ")
        .env("CLAUDE_EFFORT", "max");
    let app = builder.start().await;
    let replies = [Reply::text("Legs"), Reply::text("hi")];
    app.claude.push_all(replies);
    title(&app, &user("legs?")).await.ok();
    app.ask("legs?").await.ok();
    let [titled, chat] = <[Value; 2]>::try_from(app.claude.bodies()).expect("two");
    assert_eq!(
        [&titled["model"], &chat["model"]],
        ["claude-sonnet-5-5", "claude-sonnet-4-6"]
    );
    assert_eq!(titled["thinking"], json!({"type": "between_tools"}));
    assert_eq!(titled.get("output_config"), None);
}

#[tokio::test]
async fn a_title_is_one_line_of_at_most_80_characters() {
    let long = "Übung ".repeat(40);
    for (reply, expected) in [
        ("\"Leg day\r\n plan\u{7}\"\n", "Leg day plan"),
        ("**Leg day plan.**", "Leg day plan"),
        (long.as_str(), &long.chars().take(80).collect::<String>()),
    ] {
        let app = TestApp::with([Reply::text(reply)]).await;
        let answer = title(&app, &user("legs?")).await.ok();
        assert_eq!(answer, json!({"title": expected.trim_end()}));
    }
}

#[tokio::test]
async fn where_claude_fails_the_title_is_the_first_user_message_cut_at_60_characters() {
    let said = format!(" how\n is  {} my bench", "ü".repeat(60));
    let expected = format!("how is {}", "ü".repeat(53));
    let messages = json!({"messages": [
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": " "},
        {"role": "user", "content": said},
        {"role": "assistant", "content": "Fine."},
        {"role": "user", "content": "and?"},
    ]});
    for reply in [
        Reply::error(529, "overloaded_error", "busy"),
        Reply::error(400, "invalid_request_error", "no"),
        Reply::error(401, "authentication_error", "no"),
        Reply::empty(),
        Reply::text("I will not").stop("refusal"),
        Reply::text("Bench").cut_after(3),
    ] {
        let app = TestApp::with([reply]).await;
        let answer = title(&app, &messages).await.ok();
        assert_eq!(answer, json!({"title": expected}));
    }
    let builder = TestApp::builder().env("ANTHROPIC_BASE_URL", "http://127.0.0.1:9");
    let answer = title(&builder.start().await, &messages).await.ok();
    assert_eq!(answer, json!({"title": expected}));
}

#[tokio::test]
async fn a_silent_claude_is_given_up_after_10_seconds() {
    let app = TestApp::with([Reply::hang_before_headers()]).await;
    let began = Instant::now();
    let answer = title(&app, &user("legs?")).await.ok();
    assert_eq!(answer, json!({"title": "legs?"}));
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(9) && took < Duration::from_secs(15),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_conversation_that_begins_with_a_photo_is_named() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}});
    let app = TestApp::with([Reply::empty()]).await;
    let request = json!({"messages": [{"role": "user", "content": [image]}]});
    assert_eq!(title(&app, &request).await.ok(), json!({"title": "Image"}));
}

#[tokio::test]
async fn the_fields_of_a_chat_are_unknown_to_a_title_and_ignored() {
    let app = TestApp::with([Reply::text("Leg day")]).await;
    let mut request = user("legs?");
    for field in ["stream", "client_timezone", "display_name", "chat_id"] {
        request[field] = json!(7);
    }
    let answer = title(&app, &request).await.ok();
    assert_eq!(answer, json!({"title": "Leg day"}));
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_a_503() {
    let builder = TestApp::builder().env("AGENT_TURN_TIMEOUT_SECS", "1");
    let app = builder.start().await;
    let stalled = stream::once(async { Ok::<_, Infallible>("{") }).chain(stream::pending());
    let body = reqwest::Body::wrap_stream(stalled);
    let answer = Answer::of(post(&app, "sam").body(body)).await;
    assert_eq!(answer.error(), (503, "busy"));
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn a_title_needs_no_mcp_session() {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    let app = TestApp::builder().unready().start_with(mcp).await;
    app.claude.push(Reply::text("Leg day"));
    title(&app, &user("legs?")).await.ok();
}

#[tokio::test]
async fn a_bad_request_is_refused_as_by_chat() {
    let app = TestApp::builder()
        .env("AGENT_MAX_BODY_BYTES", "2000")
        .start()
        .await;
    let anonymous = Answer::of(app.request(Method::POST, "/title").body("{}")).await;
    assert_eq!(anonymous.error(), (401, "unauthorized"));
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
    let other = post(&app, "sam")
        .header("content-encoding", "gzip")
        .body("{}");
    assert_eq!(
        Answer::of(other).await.error(),
        (415, "unsupported_media_type")
    );
    let large = post(&app, "sam").body("x".repeat(2001));
    assert_eq!(Answer::of(large).await.error(), (413, "payload_too_large"));
    let broken = post(&app, "sam").body("{");
    assert_eq!(Answer::of(broken).await.error(), (400, "invalid_json"));
    let html = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "PGh0bWw+PC9odG1sPg=="}});
    for (body, place) in [
        (json!({}), "messages: "),
        (json!({"messages": []}), "messages: "),
        (
            json!({"messages": [{"role": "user", "content": " \n"}]}),
            "messages: ",
        ),
        (
            json!({"messages": [{"role": "user", "content": "\u{7}"}]}),
            "messages: ",
        ),
        (
            json!({"messages": [{"role": "assistant", "content": "hi"}]}),
            "messages: ",
        ),
        (
            json!({"messages": [{"role": "system", "content": "hi"}]}),
            "messages[0].role: ",
        ),
        (
            json!({"messages": [{"role": "user", "content": [html]}]}),
            "messages[0].content[0].source.data: ",
        ),
    ] {
        let answer = title(&app, &body).await;
        assert_eq!(answer.error(), (422, "invalid_request"), "{body}");
        let detail = answer.body["detail"].as_str().expect("text");
        assert!(detail.starts_with(place), "{detail}");
    }
    let get = Answer::of(app.request(Method::GET, "/title")).await;
    assert_eq!(get.error(), (405, "method_not_allowed"));
}

#[tokio::test]
async fn the_rate_limit_counts_titles_and_chats_together() {
    let app = TestApp::builder().env("RATE_LIMIT_MAX", "2").start().await;
    app.claude
        .push_all([Reply::text("Leg day"), Reply::text("hi")]);
    let named = title(&app, &user("legs?")).await;
    let policy = Some("\"chat\";q=2;w=60");
    assert_eq!(named.header("ratelimit-policy"), policy);
    assert_eq!(named.header("ratelimit"), Some("\"chat\";r=1;t=30"));
    app.ask("legs?").await.ok();
    let refused = title(&app, &user("legs?")).await;
    assert_eq!(refused.error(), (429, "rate_limited"));
    let left = refused
        .header("retry-after")
        .map(|wait| format!("\"chat\";r=0;t={wait}"));
    assert!(left.is_some());
    assert_eq!(refused.header("ratelimit"), left.as_deref());
    assert_eq!(app.ask("legs?").await.error(), (429, "rate_limited"));
}

#[tokio::test]
async fn a_title_takes_a_place_of_its_user_and_memory_of_the_budget() {
    let builder = TestApp::builder()
        .env("AGENT_MAX_CHATS_PER_USER", "1")
        .env("AGENT_MEMORY_BUDGET_BYTES", "100000");
    let (app, gate) = (builder.start().await, Gate::new());
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.ask_streaming("hello").await;
    running.expect("model_chosen").await;
    let refused = title(&app, &user("legs?")).await;
    assert_eq!(refused.error(), (429, "rate_limited"));
    gate.open_for_good();
    running.last("done").await;
    let refused = title(&app, &user(&"x".repeat(60_000))).await;
    assert_eq!(refused.error(), (429, "rate_limited"));
    app.claude.push(Reply::text("Leg day"));
    title(&app, &user("legs?")).await.ok();
}

#[tokio::test]
async fn no_title_is_begun_while_the_service_stops_and_a_begun_one_is_answered() {
    let gate = Gate::new();
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .start()
        .await;
    app.claude.allow_unplayed();
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let begun = tokio::spawn(post(&app, "sam").body(user("legs?").to_string()).send());
    app.claude.asked_times(1).await;
    app.stop();
    app.ready_says(http::StatusCode::SERVICE_UNAVAILABLE).await;
    let refused = title(&app, &user("legs?")).await;
    assert_eq!(refused.error(), (503, "shutting_down"));
    let answer: Value = begun.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer, json!({"title": "legs?"}));
    app.stopped().await;
}

#[tokio::test]
async fn half_a_surrogate_pair_in_the_conversation_is_replaced() {
    let app = TestApp::with([Reply::text("Legs")]).await;
    let body = r#"{"messages":[{"role":"user","content":"legs \ud83d"}]}"#;
    let answer = Answer::of(post(&app, "sam").body(body)).await;
    assert_eq!(answer.ok(), json!({"title": "Legs"}));
    let asked = app.claude.body();
    assert_eq!(
        asked["messages"][0]["content"][0]["text"],
        "User: legs \u{fffd} \n"
    );
}
