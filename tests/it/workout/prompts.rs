//! Prompts with the user's data.

use serde_json::json;

use crate::support::world::{World, day, on_both};

on_both!(
    prompts_are_listed_and_hide_user_id_from_users,
    async |world: World| {
        let ann = world.user("ann").await;
        let listed = ann.session.peer().list_all_prompts().await.unwrap();
        let listed = listed.iter().map(|prompt| {
            let arguments = prompt.arguments.iter().flatten();
            let arguments: Vec<(&str, Option<bool>)> =
                arguments.map(|a| (a.name.as_str(), a.required)).collect();
            (prompt.name.as_str(), arguments)
        });
        let listed: Vec<_> = listed.collect();
        assert_eq!(
            listed,
            [
                ("suggest_deload", vec![]),
                ("weekly_review", vec![]),
                ("plan_my_week", vec![]),
                ("break_plateau", vec![("exercise", Some(false))]),
            ]
        );
    }
);

on_both!(
    each_prompt_contains_the_data_of_its_question,
    async |world: World| {
        let ann = world.user("ann").await;
        for days in [24, 17, 10, 3] {
            ann.lifted("squat", days, "kg", &[(5, 123.0)]).await;
        }
        ann.lifted("bench", 3, "kg", &[(5, 77.0)]).await;
        ann.call("activate_plan", json!({"plan_id": "deload-week"}))
            .await
            .unwrap();
        let deload = ann.prompt("suggest_deload", json!({})).await.unwrap();
        assert!(
            deload.contains("tell me whether I need a deload week"),
            "{deload}"
        );
        assert_eq!(
            deload.matches("5 @ 123 kg").count(),
            4 + 3 + 3,
            "four workouts, three best sets and three all-time bests: {deload}"
        );
        assert_eq!(deload.matches("Working sets from ").count(), 4, "{deload}");
        assert!(
            deload.contains("Barbell Back Squat, last 28 days: 4 sessions"),
            "{deload}"
        );
        assert!(
            deload.contains("Barbell Bench Press, last 28 days: 1 sessions"),
            "{deload}"
        );
        let review = ann.prompt("weekly_review", json!({})).await.unwrap();
        assert_eq!(review.matches(" 5 @ 123 kg").count(), 2, "{review}");
        assert_eq!(review.matches("Working sets from ").count(), 2, "{review}");
        let plan = ann.prompt("plan_my_week", json!({})).await.unwrap();
        assert!(
            plan.contains("My active plan:\n") && plan.contains("; active from "),
            "{plan}"
        );
        assert!(plan.contains(&format!("{} Workout (id ", day(3))), "{plan}");
        let plateau = ann
            .prompt("break_plateau", json!({"exercise": "back squat"}))
            .await
            .unwrap();
        assert!(plateau.contains("Plateau: yes"), "{plateau}");
        assert!(!plateau.contains("Bench"), "{plateau}");
        let all = ann
            .prompt("break_plateau", json!({"exercise": " "}))
            .await
            .unwrap();
        assert!(
            all.contains("Barbell Back Squat, last 56 days") && all.contains("Bench"),
            "{all}"
        );
    }
);

on_both!(prompts_without_data_say_so, async |world: World| {
    let ann = world.user("ann").await;
    let review = ann.prompt("weekly_review", json!({})).await.unwrap();
    assert!(
        review.contains("Workouts of the last 14 days, newest first:\nnone logged"),
        "{review}"
    );
    let plan = ann.prompt("plan_my_week", json!({})).await.unwrap();
    assert!(plan.contains("I have no active plan."), "{plan}");
    for prompt in ["suggest_deload", "break_plateau"] {
        let filled = ann.prompt(prompt, json!({})).await.unwrap();
        assert!(
            filled.contains("Nothing was logged in the last "),
            "{filled}"
        );
    }
});

on_both!(invalid_prompt_arguments_are_errors, async |world: World| {
    let ann = world.user("ann").await;
    for (prompt, arguments, error) in [
        (
            "nothing",
            json!({}),
            "there is no prompt of this name; prompts/list names them",
        ),
        (
            "weekly_review",
            json!({"week": "1"}),
            "there is no argument \"week\"",
        ),
        (
            "weekly_review",
            json!({"exercise": "squat"}),
            "exercise: is not an argument of this prompt, or no text",
        ),
        (
            "break_plateau",
            json!({"exercise": 7}),
            "exercise: is not an argument of this prompt, or no text",
        ),
        (
            "break_plateau",
            json!({"client_timezone": "Mars"}),
            "client_timezone: \"Mars\" is no IANA time zone such as America/Denver",
        ),
    ] {
        let refused = ann.prompt(prompt, arguments).await.unwrap_err();
        assert_eq!((refused.code.0, &*refused.message), (-32602, error));
    }
    let unknown = ann
        .prompt("break_plateau", json!({"exercise": "skwat"}))
        .await
        .unwrap_err();
    assert_eq!(unknown.code.0, -32602);
    assert!(
        unknown
            .message
            .starts_with("unknown exercise \"skwat\"; did you mean "),
        "{unknown}"
    );
});
