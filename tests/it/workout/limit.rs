//! Hourly rate limit per user.

use serde_json::{Value, json};

use crate::support::world::{Client, World, on_both, text};

const USED_UP: &str =
    "the limit of 5 calls per hour is used up; nothing was done; try again in 12 minutes";

async fn settings(client: &Client) -> (bool, Vec<String>) {
    let result = client.result("get_settings", json!({}), json!({})).await;
    let lines = text(&result).lines().map(str::to_owned).collect();
    (result.is_error == Some(true), lines)
}

on_both!(
    each_user_has_a_limit_that_is_announced_from_80_percent_on,
    async |world: World| {
        let world = world.with_limit(5).await;
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let mut notices = Vec::new();
        for _ in 0..5 {
            let (refused, lines) = settings(&ann).await;
            assert!(!refused);
            notices.push(lines.get(1).cloned().unwrap_or_default());
        }
        let near = |used| format!("Note: {used} of 5 calls of this hour are used.");
        assert_eq!(
            notices,
            [
                String::new(),
                String::new(),
                String::new(),
                near(4),
                near(5)
            ]
        );
        let workout = json!({"exercises": [{"exercise_id": "squat", "sets": [{"reps": 5, "weight": 1, "unit": "kg"}]}]});
        assert_eq!(
            ann.call("create_workout", workout).await.unwrap_err(),
            USED_UP
        );
        assert_eq!(world.stored().await, [""; 0]);
        let again = world.user("ann").await;
        assert_eq!(
            settings(&again).await,
            (true, vec![USED_UP.to_owned()]),
            "another session is the same user"
        );
        assert!(!settings(&bob).await.0);
        for _ in 0..2 {
            settings(&bob).await;
        }
        let data = bob.call("get_settings", json!({})).await.unwrap();
        assert_eq!(data["notice"], near(4), "in the data, too");
    }
);

on_both!(users_who_disabled_notices_get_none, async |world: World| {
    let world = world.with_limit(5).await;
    let ann = world.user("ann").await;
    ann.call("update_settings", json!({"rate_limit_notify": false}))
        .await
        .unwrap();
    for _ in 1..5 {
        assert_eq!(settings(&ann).await.1.len(), 1);
    }
    assert_eq!(settings(&ann).await, (true, vec![USED_UP.to_owned()]));
});

on_both!(
    resources_prompts_and_failed_calls_count,
    async |world: World| {
        let world = world.with_limit(5).await;
        let ann = world.user("ann").await;
        ann.resource("workout://settings").await.unwrap();
        ann.prompt("weekly_review", json!({})).await.unwrap();
        ann.call("list_exercises", json!({})).await.unwrap();
        ann.call("delete_workout", json!({"workout_id": "none"}))
            .await
            .unwrap_err();
        assert_eq!(
            settings(&ann).await.1[1],
            "Note: 5 of 5 calls of this hour are used."
        );
        let refused: Vec<Value> = vec![
            json!(ann.resource("workout://plans/available").await.unwrap_err()),
            json!(ann.prompt("weekly_review", json!({})).await.unwrap_err()),
        ];
        assert_eq!(
            refused,
            vec![json!({"code": -32602, "message": USED_UP}); 2]
        );
        assert_eq!(
            ann.call("list_exercises", json!({})).await.unwrap_err(),
            USED_UP
        );
    }
);

on_both!(a_limit_of_0_switches_it_off, async |world: World| {
    let world = world.with_limit(0).await;
    let ann = world.user("ann").await;
    for _ in 0..200 {
        let (refused, lines) = settings(&ann).await;
        assert_eq!((refused, lines.len()), (false, 1));
    }
});
