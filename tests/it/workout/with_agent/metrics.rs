//! `/metrics` of the workout server.

use serde_json::json;

use super::deployment::Deployment;
use crate::support::{
    answer::Answer,
    world::{World, on_both},
};

on_both!(
    metrics_count_calls_by_outcome_sessions_by_owner_and_waits_for_the_database,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        deployment.app.ready().await;
        let ann = deployment.as_user("ann").await;
        ann.call("list_workouts", json!({})).await.expect("none");
        ann.call(
            "create_workout",
            json!({"exercises": [{"exercise_id": "squat",
            "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]}),
        )
        .await
        .expect("logged");
        ann.call("analyze_progress", json!({"exercise": "swordfish"}))
            .await
            .expect_err("unknown");
        let http = reqwest::Client::builder().no_proxy().build();
        let url = deployment.mcp.replace("/mcp", "/metrics");
        // As Prometheus comes: by an address that MCP_ALLOWED_HOSTS does not name, without a token.
        let request = http
            .expect("a client")
            .get(url)
            .header("host", "10.0.0.7:8000");
        let answer = Answer::of(request).await;
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, Some(kind))
        );
        let value = |sample: &str| {
            let mut lines = answer.text.lines();
            let found = lines.find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
            found
                .unwrap_or_else(|| panic!("no {sample} in\n{}", answer.text))
                .to_owned()
        };
        for sample in [
            r#"workout_calls_total{call="list_workouts",outcome="ok"}"#,
            r#"workout_calls_total{call="create_workout",outcome="ok"}"#,
            r#"workout_calls_total{call="analyze_progress",outcome="invalid_input"}"#,
            r#"workout_call_duration_seconds_count{call="list_workouts"}"#,
            r#"workout_sessions{owner="agent"}"#,
            r#"workout_sessions{owner="user"}"#,
            r#"database_wait_seconds_count{access="write"}"#,
        ] {
            assert_eq!(value(sample), "1", "{sample}");
        }
        let reads: u32 = value(r#"database_wait_seconds_count{access="read"}"#)
            .parse()
            .expect("a number");
        assert!(reads >= 2, "{}", answer.text);
        assert!(!answer.text.contains("ann") && !answer.text.contains("swordfish"));
    }
);
