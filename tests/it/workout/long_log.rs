//! Answers at 26,000 sets fit into the context of a model.

use serde_json::{Value, json};

use crate::support::world::{Client, World, on_both};

/// 10,000 tokens; numbers in JSON have 2.4 bytes each.
const MAX_BYTES: usize = 25_000;

/// Five workouts a week for five years, with five exercises of four sets each: 1,300 workouts and 26,000 sets.
const FILL: [&str; 3] = [
    "INSERT INTO workout (id, user_id, name, notes, performed_at, ended_at, created_at, updated_at)
     WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1299)
     SELECT '01900000-0000-7000-8000-' || (100000000000 + i), 'ann', 'Day', 'Slept well, felt strong', NOW - CAST(i AS BIGINT) * 120960000, NULL, 1, 1 FROM n",
    "INSERT INTO workout_exercise (user_id, workout_id, position, exercise_id, superset_group, notes)
     WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1299), p (j, lift) AS
         (VALUES (0, 'barbell-bench-press'), (1, 'barbell-back-squat'), (2, 'barbell-row'), (3, 'plank'), (4, 'pull-up'))
     SELECT 'ann', '01900000-0000-7000-8000-' || (100000000000 + i), j, lift, NULL, NULL FROM n CROSS JOIN p",
    "INSERT INTO workout_set (user_id, workout_id, exercise_position, position, reps, weight, unit, rpe, is_warmup)
     WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1299), p (j) AS (VALUES (0), (1), (2), (3), (4)),
         s (k) AS (VALUES (0), (1), (2), (3))
     SELECT 'ann', '01900000-0000-7000-8000-' || (100000000000 + i), j, k, 5 + (i + k) % 6, 100 - i / 20, 'kg', 8, k = 0 FROM n CROSS JOIN p CROSS JOIN s",
];

async fn fill(world: &World) {
    let now = jiff::Timestamp::now().as_millisecond().to_string();
    for sql in FILL {
        world.run(&sql.replace("NOW", &now)).await;
    }
}

async fn answer(client: &Client, tool: &str, arguments: Value) -> Value {
    let answer = client.call(tool, arguments.clone()).await;
    let answer = answer.unwrap_or_else(|error| panic!("{tool} {arguments}: {error}"));
    let bytes = answer.to_string().len();
    assert!(bytes < MAX_BYTES, "{tool} {arguments}: {bytes} bytes");
    answer
}

on_both!(
    answers_about_a_long_log_have_less_than_ten_thousand_tokens,
    async |world: World| {
        fill(&world).await;
        let sets = "SELECT COUNT(*) FROM workout_set WHERE user_id = 'ann'";
        assert_eq!(world.count(sets).await, 26_000);
        let ann = world.user("ann").await;
        for plan in 0..30 {
            let plan = json!({"name": format!("Plan {plan}"), "based_on": "novice-5x5", "description": "d".repeat(4000)});
            ann.call("create_workout_plan", plan).await.unwrap();
        }
        for (tool, arguments) in [
            ("list_exercises", json!({})),
            ("list_exercises", json!({"equipment": "barbell"})),
            ("list_workouts", json!({})),
            ("list_workouts", json!({"exercise": "plank"})),
            ("get_exercise_history", json!({"exercise": "bench"})),
            (
                "get_exercise_history",
                json!({"exercise": "bench", "days": 365, "limit": 100}),
            ),
            ("analyze_progress", json!({"exercise": "bench"})),
            (
                "analyze_progress",
                json!({"exercise": "bench", "time_period_days": 365}),
            ),
            ("suggest_next_weight", json!({"exercise": "bench"})),
            ("check_volume_landmarks", json!({})),
            ("list_plans", json!({})),
            ("list_plans", json!({"plan_id": "novice-5x5"})),
            ("get_settings", json!({})),
        ] {
            answer(&ann, tool, arguments).await;
        }
    }
);

#[tokio::test]
async fn pages_of_a_long_log_show_everything_once() {
    let world = World::sqlite().await;
    fill(&world).await;
    let ann = world.user("ann").await;
    for (tool, list, id, all, more) in [
        ("list_workouts", "workouts", "id", 1300, json!({})),
        (
            "get_exercise_history",
            "sessions",
            "workout_id",
            0,
            json!({"exercise": "bench", "days": 365}),
        ),
    ] {
        let (mut seen, mut arguments) = (Vec::new(), more.clone());
        loop {
            let page = answer(&ann, tool, arguments).await;
            let items = page[list].as_array().unwrap().iter();
            seen.extend(items.map(|item| item[id].as_str().unwrap().to_owned()));
            if page["next_before"].is_null() {
                break;
            }
            arguments = more.clone();
            arguments["before"] = page["next_before"].clone();
        }
        // A year has some 260 of the workouts.
        assert!(
            seen.len() == all || all == 0 && (255..265).contains(&seen.len()),
            "{tool}: {}",
            seen.len()
        );
        let n = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), n, "{tool}");
    }
    let plans = ann.call("list_plans", json!({})).await.unwrap();
    assert!(plans.get("next_offset").is_none());
}
