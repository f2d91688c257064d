//! Unknown paths and methods.

use super::*;

#[tokio::test]
async fn unknown_paths_are_a_404() {
    let app = TestApp::start().await;
    let expected = problem(
        404,
        "Not Found",
        "not_found",
        "There is nothing at this path.",
    );
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/chat/"),
        (Method::POST, "/chats"),
        (Method::DELETE, "/v1/messages"),
        (Method::GET, "/Health"),
    ] {
        assert_problem(&Answer::of(app.request(method, path)).await, &expected);
    }
}

#[tokio::test]
async fn a_405_names_the_allowed_methods() {
    let app = TestApp::start().await;
    let detail = "This path does not take this method.";
    let expected = problem(405, "Method Not Allowed", "method_not_allowed", detail);
    for (method, path, allowed) in [
        (Method::GET, "/chat", "POST"),
        (Method::DELETE, "/chat", "POST"),
        (Method::OPTIONS, "/chat", "POST"),
        (Method::POST, "/health", "GET,HEAD"),
        (Method::PUT, "/ready", "GET,HEAD"),
        (Method::POST, "/metrics", "GET,HEAD"),
        (Method::PATCH, "/openapi.json", "GET,HEAD"),
    ] {
        let answer = Answer::of(app.request(method, path)).await;
        assert_problem(&answer, &expected);
        let allow = answer.header("allow").map(|value| value.replace(' ', ""));
        assert_eq!(allow.as_deref(), Some(allowed), "{path}");
    }
}
