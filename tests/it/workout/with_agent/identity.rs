//! Identity from Claude's tool input to the database row.

use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use super::deployment::{Deployment, day, sets};
use crate::support::{
    postgres::Postgres,
    wait::within,
    world::{World, on_both, text},
};

/// All users with a row in a table of the log, without row-level security.
pub(super) async fn owners(url: &str) -> Vec<String> {
    let url = if url.starts_with("postgres") {
        Postgres::shared().workouts_url(url)
    } else {
        url.to_owned()
    };
    let mut database = AnyConnection::connect(&url).await.expect("connects");
    let sql = "SELECT user_id FROM workout UNION SELECT user_id FROM workout_exercise
        UNION SELECT user_id FROM workout_set ORDER BY 1";
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut database);
    let rows = rows.await.expect("rows");
    rows.iter().map(|row| row.get(0)).collect()
}

fn squats() -> Value {
    json!({"exercises": [{"exercise_id": "squat", "sets": sets(3, 5, 100.0)}]})
}

on_both!(
    calls_by_claude_for_another_user_are_logged_for_the_authenticated_user,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let mut set = json!({"reps": 5, "weight": 100, "unit": "kg"});
        set["user_id"] = "mallory".into();
        let workout = json!({"user_id": "mallory", "name": "Legs", "exercises": [
            {"user_id": {"user_id": "mallory"}, "exercise_id": "squat", "sets": [set]}]});
        let calls = [("create_workout", workout)];
        let told = deployment.ask("ann", "Log my squats.", &calls).await;
        assert!(told[0].starts_with("Logged: "), "{told:?}");
        assert!(
            told[0].ends_with(
                "\n  Barbell Back Squat: 5 @ 100 kg\nlogged as Barbell Back Squat, from \"squat\""
            ),
            "{told:?}"
        );
        assert_eq!(owners(&deployment.world.url).await, ["ann"]);
        let agent = deployment.as_agent().await;
        let of = async |user| agent.text("list_workouts", json!({"user_id": user})).await;
        assert_eq!(of("mallory").await, "no workouts");
        assert!(of("ann").await.contains(" Legs (id "));
    }
);

on_both!(
    an_agent_call_with_another_user_in_meta_is_rejected_and_stores_nothing,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let agent = deployment.as_agent().await;
        let mut for_bob = squats();
        for_bob["user_id"] = "bob".into();
        for (arguments, meta, error) in [
            (
                for_bob.clone(),
                json!({"fitness.progstrength/user_id": "ann"}),
                "user_id: is not the user of this request's _meta[\"fitness.progstrength/user_id\"]",
            ),
            (
                squats(),
                json!({"fitness.progstrength/user_id": "ann"}),
                "user_id: is missing; name the user this is about",
            ),
            (
                for_bob.clone(),
                json!({"fitness.progstrength/user_id": ["bob"]}),
                "fitness.progstrength/user_id: must be a string",
            ),
        ] {
            let refused = agent.result("create_workout", arguments, meta).await;
            assert_eq!((refused.is_error, &*text(&refused)), (Some(true), error));
        }
        assert_eq!(owners(&deployment.world.url).await, Vec::<String>::new());
        let meta = json!({"fitness.progstrength/user_id": "bob"});
        let good = agent.result("create_workout", for_bob, meta).await;
        assert_ne!(good.is_error, Some(true), "{good:?}");
        assert_eq!(owners(&deployment.world.url).await, ["bob"]);
    }
);

on_both!(
    a_users_client_sees_no_user_id_and_cannot_name_another_user,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        deployment
            .log("bob", "squat", &[(day(1), sets(1, 1, 200.0))])
            .await;
        let (ann, agent) = (deployment.as_user("ann").await, deployment.as_agent().await);
        let tools = async |client: &crate::support::world::Client| {
            let listed = client.session.peer().list_all_tools();
            let listed = within("the tools", listed).await.expect("tools");
            assert_eq!(listed.len(), 22);
            serde_json::to_string(&listed).expect("JSON")
        };
        assert!(!tools(&ann).await.contains("user_id"));
        // All tools except that of the catalogue.
        assert_eq!(
            tools(&agent)
                .await
                .matches(r#""required":["user_id""#)
                .count(),
            21
        );

        let mut for_bob = squats();
        for_bob["user_id"] = "bob".into();
        let as_bob = json!({"fitness.progstrength/user_id": "bob"});
        for (tool, arguments, meta) in [
            ("create_workout", for_bob, json!({})),
            ("create_workout", squats(), as_bob.clone()),
            ("list_workouts", json!({"user_id": "bob"}), json!({})),
            ("list_workouts", json!({}), as_bob),
        ] {
            let refused = ann.result(tool, arguments, meta).await;
            let error = "user_id: names somebody else; you can act for yourself alone";
            assert_eq!((refused.is_error, &*text(&refused)), (Some(true), error));
        }
        assert_eq!(owners(&deployment.world.url).await, ["bob"]);
        let mut own = squats();
        own["user_id"] = "ann".into();
        ann.call("create_workout", own).await.expect("her own name");
        assert_eq!(owners(&deployment.world.url).await, ["ann", "bob"]);
        let hers = ann.text("list_workouts", json!({})).await;
        assert!(
            hers.ends_with("\n  Barbell Back Squat: 3x5 @ 100 kg"),
            "{hers}"
        );
        assert_eq!(hers.matches("(id ").count(), 1, "{hers}");
    }
);

on_both!(
    claude_sees_the_own_exercises_of_the_authenticated_user_alone,
    async |world: World| {
        let deployment = Deployment::over(world).await;
        let march =
            json!({"name": "Belt March", "primary_muscles": ["quads"], "user_id": "mallory"});
        let create = [("create_exercise", march)];
        let told = deployment.ask("ann", "Add the belt march.", &create).await;
        assert!(told[0].starts_with("Created: Belt March ("), "{told:?}");
        let list = [("list_exercises", json!({"query": "belt march"}))];
        let told = deployment.ask("ann", "Is it there?", &list).await;
        assert!(told[0].contains(", the user's own): quads"), "{told:?}");
        for user in ["bob", "mallory"] {
            let told = deployment.ask(user, "Is it there?", &list).await;
            assert!(!told[0].contains("Belt March"), "{told:?}");
        }
        // An agent that names no user gets the shared exercises.
        let agent = deployment.as_agent().await;
        let shared = agent.text("list_exercises", json!({"query": "belt march"}));
        assert!(!shared.await.contains("Belt March"));
    }
);
