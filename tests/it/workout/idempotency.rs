//! Repeated calls are executed once; calls that only look alike are different.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::world::{Client, World, on_both, text};

fn ids(turn: &str, tool_use: &str) -> Value {
    json!({"fitness.progstrength/turn_id": turn, "fitness.progstrength/tool_use_id": tool_use})
}

fn workout() -> Value {
    json!({"exercises": [{"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]})
}

fn plan() -> Value {
    json!({"name": "Mine", "based_on": "novice-5x5"})
}

/// Logs the same workout; returns its id and whether the call was a repetition.
async fn log(client: &Client, meta: Value) -> (String, bool) {
    let result = client.result("create_workout", workout(), meta).await;
    let logged = result.structured_content.expect("logged");
    let id = logged["workout"]["id"].as_str().expect("an id");
    (id.to_owned(), logged["repeated"] == true)
}

async fn planned(client: &Client, tool: &str, arguments: Value, meta: Value) -> String {
    let result = client.result(tool, arguments, meta).await;
    let plan = result.structured_content.as_ref();
    let plan = plan.unwrap_or_else(|| panic!("{}", text(&result)));
    plan["plan_id"].as_str().expect("an id").to_owned()
}

on_both!(a_repeated_call_logs_one_workout, async |world: World| {
    let ann = world.user("ann").await;
    let (id, repeated) = log(&ann, ids("r1", "t1")).await;
    assert!(!repeated);
    let stored = world.stored().await;
    assert_eq!(log(&ann, ids("r1", "t1")).await, (id, true));
    let again = world.user("ann").await;
    assert!(
        log(&again, ids("r1", "t1")).await.1,
        "in another session too"
    );
    assert_eq!(world.stored().await, stored);
});

on_both!(
    twenty_concurrent_repetitions_log_one_workout,
    async |world: World| {
        let ann = world.user("ann").await;
        let calls = (0..20).map(|_| log(&ann, ids("r1", "t1")));
        let mut logged = join_all(calls).await;
        logged.sort_by_key(|(_, repeated)| *repeated);
        let (id, _) = logged[0].clone();
        let expected: Vec<_> = (0..20).map(|n| (id.clone(), n > 0)).collect();
        assert_eq!(logged, expected);
        assert_eq!(world.stored().await.len(), 3);
    }
);

on_both!(
    calls_with_different_ids_log_two_workouts,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let long = "x".repeat(600);
        let metas = [
            ids("r1", "t1"),
            ids("r1", "t2"),
            ids("r2", "t1"),
            ids("r1 t1", "t1"),
            ids("r1", "t1 t1"),
            ids(&long, "t1"),
            ids(&long, "t2"),
            json!({}),
            json!({}),
            json!({"fitness.progstrength/turn_id": "r1"}),
            json!({"fitness.progstrength/turn_id": "r1"}),
            json!({"fitness.progstrength/tool_use_id": "t1"}),
            ids("", "t1"),
            ids("", "t1"),
        ];
        let mut logged = Vec::new();
        for meta in &metas {
            logged.push(log(&ann, meta.clone()).await);
        }
        logged.push(log(&bob, ids("r1", "t1")).await);
        assert!(logged.iter().all(|(_, repeated)| !repeated), "{logged:?}");
        logged.sort();
        logged.dedup();
        assert_eq!(logged.len(), metas.len() + 1);
    }
);

on_both!(
    call_ids_of_any_length_and_characters_are_distinguished,
    async |world: World| {
        let ann = world.user(&"\u{10348}".repeat(256)).await;
        let long = "\u{10348}".repeat(5000);
        for meta in [ids(&long, "a"), ids(&long, "b"), ids("\u{0}", "\n")] {
            let (id, repeated) = log(&ann, meta.clone()).await;
            assert!(!repeated);
            assert_eq!(log(&ann, meta).await, (id, true));
        }
    }
);

on_both!(
    a_repeated_call_creates_one_plan_and_a_new_call_another,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let make = async |client: &Client, meta| {
            planned(client, "create_workout_plan", plan(), meta).await
        };
        let calls = (0..20).map(|_| make(&ann, ids("r1", "t1")));
        let mut made = join_all(calls).await;
        made.dedup();
        assert_eq!(made.len(), 1);
        for client in [&ann, &bob] {
            made.push(make(client, ids("r1", "t2")).await);
        }
        made.push(make(&ann, json!({})).await);
        made.push(make(&ann, json!({})).await);
        made.sort();
        made.dedup();
        assert_eq!(made.len(), 5);
        assert_eq!(world.count("SELECT COUNT(*) FROM user_plan").await, 5);
    }
);

on_both!(
    repeating_the_call_that_created_the_last_allowed_plan_succeeds,
    async |world: World| {
        let ann = world.user("ann").await;
        let others = "INSERT INTO user_plan (id, user_id, name, created_at, updated_at, duration_weeks, sessions)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
             SELECT 'p' || i, 'ann', 'x', 1, 1, 1, '[]' FROM n";
        world.run(others).await;
        let last = planned(&ann, "create_workout_plan", plan(), ids("r2", "t")).await;
        let again = planned(&ann, "create_workout_plan", plan(), ids("r2", "t")).await;
        assert_eq!(again, last);
        let stored = world.stored().await;
        let error = ann.call("create_workout_plan", plan()).await.unwrap_err();
        assert_eq!(
            error,
            "the user has 200 plans already; modify or delete one of them"
        );
        assert_eq!(world.stored().await, stored);
    }
);

on_both!(
    a_repeated_activation_copies_the_system_plan_once,
    async |world: World| {
        let ann = world.user("ann").await;
        let activate = async || {
            let plan = json!({"plan_id": "novice-5x5"});
            planned(&ann, "activate_plan", plan, ids("r1", "t1")).await
        };
        assert_eq!(activate().await, activate().await);
        assert_eq!(world.count("SELECT COUNT(*) FROM user_plan").await, 1);
    }
);
