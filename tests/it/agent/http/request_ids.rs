//! `X-Request-Id`.

use super::*;

#[tokio::test]
async fn the_callers_own_request_id_is_used_everywhere() {
    let longest = "Az09._-".repeat(19)[..128].to_owned();
    let app = TestApp::with([Reply::tool("t1", "whoami", json!({})), Reply::text("done")]).await;
    let asked = app
        .post("sam")
        .header("x-request-id", &longest)
        .body(user("who am I?").to_string());
    let answer = Answer::of(asked).await;
    assert_eq!(answer.header("x-request-id"), Some(longest.as_str()));
    assert_eq!(answer.ok()["request_id"], longest);
    let calls = app.mcp.calls();
    assert_eq!(
        calls[0].meta["fitness.progstrength/request_id"], longest,
        "{calls:?}"
    );
    let refused = app
        .request(Method::POST, "/chat")
        .header("x-request-id", "x");
    let refused = Answer::of(refused).await;
    assert_eq!(
        (refused.header("x-request-id"), &refused.body["request_id"]),
        (Some("x"), &json!("x"))
    );
}

#[tokio::test]
async fn a_streams_last_event_has_the_request_id_of_its_header() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let stream = app.ask_streaming("hello").await;
    let id = stream.headers()["x-request-id"].clone();
    let done = stream.last("done").await;
    assert_eq!(done["request_id"], id.to_str().expect("text"));
    app.claude
        .push(Reply::error(400, "invalid_request_error", "no"));
    let stream = app.ask_streaming("hello").await;
    let id = stream.headers()["x-request-id"].clone();
    let error = stream.last("error").await;
    assert_eq!(error["request_id"], id.to_str().expect("text"));
}

#[tokio::test]
async fn a_request_without_an_id_gets_a_new_uuid_v7() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = app.get("/health").await;
        ids.push(answer.header("x-request-id").expect("an id").to_owned());
    }
    assert!(ids.iter().all(|id| is_uuid_v7(id)), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_request_id_that_is_not_well_formed_is_replaced() {
    let app = TestApp::start().await;
    let too_long = "x".repeat(129);
    for bad in ["", " ", "a b", "a/b", "a,b", "ä", "<script>", &too_long] {
        let request = app
            .request(Method::GET, "/health")
            .header("x-request-id", bad.as_bytes());
        let answer = Answer::of(request).await;
        let id = answer.header("x-request-id").expect("an id");
        assert!(is_uuid_v7(id), "{bad:?} became {id:?}");
        assert_eq!(answer.body["request_id"], id);
    }
}

#[tokio::test]
async fn two_request_ids_are_replaced_by_one() {
    let app = TestApp::start().await;
    let request = app
        .request(Method::GET, "/health")
        .header("x-request-id", "one")
        .header("x-request-id", "two");
    let answer = Answer::of(request).await;
    let ids: Vec<_> = answer.headers.get_all("x-request-id").iter().collect();
    assert_eq!(ids.len(), 1);
    assert!(is_uuid_v7(ids[0].to_str().expect("text")), "{ids:?}");
}
