//! Approved calls at the workout server: one confirmation does one thing, however often it is sent.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::deployment::{Deployment, sets};
use crate::support::{
    fake_claude::Reply,
    helpers::last_content,
    test_app::{TestApp, user},
    workout::AGENT_TOKEN,
    world::{World, on_both},
};

const WORKOUTS: &str = "SELECT COUNT(*) FROM workout";

/// The agent, which asks before each write.
async fn asking_agent(deployment: &Deployment) -> TestApp {
    let app = TestApp::builder()
        .mcp_url(&deployment.mcp)
        .env("PROG_STRENGTH_MCP_TOKEN", AGENT_TOKEN)
        .env("AGENT_APPROVALS", "writes");
    app.start().await
}

/// The request of Ann that approves the call that Claude makes.
async fn approving(app: &TestApp, tool: &str, input: Value) -> Value {
    app.claude.push(Reply::tool("toolu_1", tool, input));
    let mut request = user("Do it.");
    request["approvals"] = json!([]);
    let asked = app.chat("ann", &request).await.ok();
    let messages = request["messages"].as_array_mut().expect("messages");
    messages.extend(asked["messages"].as_array().expect("messages").clone());
    let token = &asked["approvals"][0]["token"];
    request["approvals"] = json!([{"token": token, "approved": true}]);
    request
}

fn squats() -> Value {
    json!({"name": "Legs", "exercises": [{"exercise_id": "squat", "sets": sets(3, 5, 100.0)}]})
}

on_both!(
    a_confirmation_that_is_sent_many_times_logs_one_workout_and_deletes_one,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let app = asking_agent(&deployment).await;
        let create = approving(&app, "create_workout", squats()).await;
        assert_eq!(deployment.world.count(WORKOUTS).await, 0);
        app.claude.on(|_| Reply::text("Done."));
        let send = async |request: &Value| app.chat("ann", request).await.ok();
        join_all((0..8).map(|_| send(&create))).await;
        send(&create).await;
        assert_eq!(deployment.world.count(WORKOUTS).await, 1);
        let told = last_content(app.claude.bodies().last().expect("asked"));
        let text = told[0]["content"][0]["text"].as_str().expect("a text");
        assert!(
            text.contains("Legs") && told[0].get("is_error").is_none(),
            "{told:?}"
        );

        let ann = deployment.as_user("ann").await;
        let id = ann.lifted("squat", 2, "kg", &[(5, 80.0)]).await;
        let delete = approving(&app, "delete_workout", json!({"workout_id": id})).await;
        join_all((0..8).map(|_| send(&delete))).await;
        send(&delete).await;
        assert_eq!(deployment.world.count(WORKOUTS).await, 1);
    }
);

on_both!(
    a_confirmation_is_for_the_log_of_its_user_alone,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let app = asking_agent(&deployment).await;
        let create = approving(&app, "create_workout", squats()).await;
        let refused = app.chat("bob", &create).await;
        assert_eq!(refused.error(), (422, "invalid_request"));
        assert_eq!(deployment.world.count(WORKOUTS).await, 0);
    }
);
