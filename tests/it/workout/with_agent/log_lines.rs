//! Log lines of `mcp`: one for each call, without content.

use serde_json::{Value, json};

use super::{
    deployment::client,
    process::{Process, Server, call},
};
use crate::support::{
    answer::Answer,
    test_app::JWT_KEY,
    workout::{AGENT_TOKEN, user_token},
    world::{World, on_both, text},
};

const MARKER: &str = "swordfish";

/// Tool, ok and user of a line; checks that it has a duration.
fn told(line: &Value) -> Value {
    assert!(line["ms"].is_u64(), "{line:#}");
    json!([line["tool"], line["ok"], line["user"]])
}

fn marked(user: Option<&str>) -> Value {
    let mut workout = json!({"name": MARKER, "notes": MARKER, "exercises": [
        {"exercise_id": "squat", "notes": MARKER, "sets": [{"reps": 5, "weight": 987.25, "unit": "kg"}]}]});
    if let Some(user) = user {
        workout["user_id"] = user.into();
    }
    workout
}

on_both!(
    each_call_is_one_log_line_without_content,
    async |world: World| {
        let url = world.url.clone();
        world.db.close().await;
        let server = Server::start(&url, &[("RUST_LOG", "debug")]).await;
        let agent = client(&server.url, AGENT_TOKEN).await;
        let token = user_token("ann");
        let ann = client(&server.url, &token).await;
        ann.call("create_workout", marked(None))
            .await
            .expect("logged");
        agent
            .call("create_workout", marked(Some("bob")))
            .await
            .expect("logged");
        let plan = json!({"name": MARKER, "duration_weeks": 4, "sessions": [
            {"name": MARKER, "exercises": [{"exercise_id": "squat", "sets": 3, "notes": MARKER}]}]});
        ann.call("create_workout_plan", plan).await.expect("made");
        let listed = ann
            .result("list_workouts", json!({}), json!({"note": MARKER}))
            .await;
        assert!(text(&listed).contains(MARKER));
        ann.call("list_exercises", json!({"query": MARKER}))
            .await
            .expect("none");
        let unknown = json!({"exercise": MARKER});
        ann.call("analyze_progress", unknown)
            .await
            .expect_err("unknown");
        let wrong = json!({"workout_id": MARKER, "swordfish": 1});
        ann.call("delete_workout", wrong).await.expect_err("wrong");
        let other = marked(Some("bob"));
        ann.call("create_workout", other)
            .await
            .expect_err("not hers");
        agent
            .call("list_workouts", json!({}))
            .await
            .expect_err("no such workout");
        // Rejected before MCP, and bodies that are not messages.
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let body = json!({"user_id": "ann", "name": MARKER});
        let stranger = call(&http, &server.url, "create_workout", &body);
        let stranger = stranger.header("authorization", "Bearer swordfish");
        assert_eq!(Answer::of(stranger).await.status, 401);
        let broken = call(&http, &server.url, MARKER, &body).body("{\"swordfish\": ");
        assert!(Answer::of(broken).await.status.is_client_error());
        let resource = "workout://performance/history/swordfish";
        let read = rmcp::model::ReadResourceRequestParams::new(resource);
        ann.session
            .peer()
            .read_resource(read)
            .await
            .expect_err("unknown");

        let calls = server.process.calls_logged(10).await;
        assert_eq!(
            calls.iter().map(told).collect::<Vec<_>>(),
            [
                json!(["create_workout", true, "ann"]),
                json!(["create_workout", true, "bob"]),
                json!(["create_workout_plan", true, "ann"]),
                json!(["list_workouts", true, "ann"]),
                json!(["list_exercises", true, "ann"]),
                json!(["analyze_progress", false, "ann"]),
                json!(["delete_workout", false, "ann"]),
                json!(["create_workout", false, null]),
                json!(["list_workouts", false, null]),
                json!(["resources/read", false, "ann"]),
            ]
        );
        drop((agent, ann));
        let log = server.stop().await.out.join("\n");
        let signature = token.rsplit_once('.').expect("a JWT").1;
        let password = url.split(['@', ':']).nth(2).filter(|_| url.contains('@'));
        let secrets = [MARKER, "987.25", AGENT_TOKEN, signature, JWT_KEY];
        for word in secrets.into_iter().chain(password) {
            assert!(!log.contains(word), "{word} is in\n{log}");
        }
        assert!(
            log.contains("DEBUG"),
            "nothing at all is said at that level"
        );
    }
);

#[tokio::test]
async fn the_log_of_a_failed_start_has_no_secrets() {
    let url = "postgres://app:swordfish@127.0.0.1:9/log";
    let env = [("RUST_LOG", "debug")];
    let (ended, _) = Process::start(&[], url, &env).ended().await;
    let said = [ended.out, ended.err].concat().join("\n");
    assert!(said.contains("DATABASE_URL"), "{said}");
    assert!(
        !said.contains(MARKER) && !said.contains("127.0.0.1"),
        "{said}"
    );
}
